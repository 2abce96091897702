"""What the commands share: who acts, when, on which server, and what its errors mean."""

import asyncio
import os
import subprocess
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from temporalio.client import Client
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode

from tacenda import logs
from tacenda.connect import UNSAFE_PLAINTEXT, connect, converter_for
from tacenda.errors import BadInput, NoServer, NoWorker, Refused, TacendaError, UnknownCase
from tacenda.fields import CASE_ID
from tacenda.home import home_folder, recorded, settings_file
from tacenda.keystore import location
from tacenda.render import warn

if TYPE_CHECKING:
    from tacenda.settings import Settings

T = TypeVar("T")

ANSWER_WITHIN = timedelta(seconds=8)
# Without a worker the server keeps one question waiting and turns the next one away.
_NO_ANSWER = (
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.FAILED_PRECONDITION,
)


def now() -> datetime:
    """Return the present instant; the one place where the CLI asks the clock."""
    return datetime.now(UTC)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end."""
    return asyncio.run(work)


def home() -> Path:
    """Return the home of the embedded stack."""
    return home_folder(os.environ)


def actor() -> str:
    """Return who acts: --as NAME, else TACENDA_ACTOR, else git's user name."""
    options = click.get_current_context().find_root().obj or {}
    name = options.get("actor") or os.environ.get("TACENDA_ACTOR") or _git_user()
    if not name:
        raise BadInput("Nobody is named as the actor. Say who acts with --as NAME.")
    return str(name)


def settings() -> "Settings | None":
    """Return the settings in use, or None where there is no settings file."""
    from tacenda.settings import load

    path = settings_path()
    return load(path) if path else None


def settings_path() -> Path | None:
    """Return the settings file in use, or None where there is none."""
    context = click.get_current_context(silent=True)
    options = (context.find_root().obj if context else None) or {}
    return settings_file(options.get("config"), os.environ)


def set_actor(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    """Let `--as` stand after the command as well as before it."""
    if value:
        ctx.find_root().ensure_object(dict)["actor"] = value


def _git_user() -> str:
    try:
        found = subprocess.run(
            ["git", "config", "user.name"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip()


@cache
def _quiet() -> Runtime:
    """Return a runtime that logs nothing: the SDK would write among the results on stdout."""
    logs.last_resort()
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter="off")))


async def client() -> Client:
    """Return a client of the server in use, with the keys in use."""
    if os.environ.get(UNSAFE_PLAINTEXT) == "1":
        warn(f"{UNSAFE_PLAINTEXT} is set: nothing is encrypted.")
    stack, settings_file = recorded(home()), settings_path()
    return await connect(
        lambda: converter_for(os.environ, settings_file, home()),
        stack.temporal if stack else None,
        _quiet(),
    )


def _unknown(case: str) -> UnknownCase:
    """Return that the server has no such case, and whether its record is there."""
    from tacenda.archive.storage import records_at

    try:
        is_on_record = bool(CASE_ID.fullmatch(case)) and records_at(record_location()).read(case)
    except TacendaError:
        is_on_record = False
    if is_on_record:
        return UnknownCase(
            f"The server has forgotten {case}; its record has all of it: tacenda record show {case}"
        )
    return UnknownCase(f"There is no case {case}. `tacenda list` shows those there are.")


def record_location() -> str:
    """Return where records lie: a folder, or a URL that fsspec knows."""
    from tacenda.archive.keeping import place_of_records

    return place_of_records(os.environ, settings_path(), home())


def key_location() -> str:
    """Return where the keys are: a folder, or the address of a database."""
    return location(os.environ, settings_path(), home())


def bring_back(server: Client, case: str) -> str:
    """Return the command that brings a terminated case back, with all that was done in it."""
    address = server.service_client.config.target_host
    return (
        f"temporal workflow reset --address {address} --namespace {server.namespace} "
        f"--workflow-id {case} --type LastWorkflowTask --reason mistake"
    )


def web_ui(case: str) -> str | None:
    """Return the page of the case in the Web UI, where the address of the UI is known."""
    address, namespace = web_ui_address()
    return f"{address}/namespaces/{namespace}/workflows/{case}" if address else None


def web_ui_address() -> tuple[str, str]:
    """Return the address of the Web UI, empty where it is not known, and the namespace."""
    stack = recorded(home())
    address = os.environ.get("TACENDA_UI") or (stack.ui if stack else None) or ""
    return address, os.environ.get("TEMPORAL_NAMESPACE", "default")


def no_worker() -> NoWorker:
    """Return what is said where nobody carries the cases."""
    return NoWorker(
        "No worker answered within 10 seconds, and nothing was changed. Start one: "
        "`tacenda up`, or python worker.py beside your own server. Where one runs, `tacenda "
        "doctor` says what is wrong."
    )


def explained(error: RPCError, case: str) -> TacendaError:
    """Return what an error of the server means for its reader."""
    if error.status is RPCStatusCode.NOT_FOUND:
        if "already completed" in error.message:
            return Refused(
                f"{case} is closed; nothing more happens in it. To take it up again: "
                f"tacenda close {case} --reopen REASON."
            )
        return _unknown(case)
    if error.status in _NO_ANSWER:
        return no_worker()
    if error.status is RPCStatusCode.INVALID_ARGUMENT:
        return BadInput("The server refused that as too large or malformed; make it smaller.")
    return NoServer(f"The Temporal server did not answer ({error.status.name}). Is it running?")
