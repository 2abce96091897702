"""What the commands share: who acts, when, on which server, and how a case is asked."""

import asyncio
import os
import subprocess
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from pydantic import ValidationError
from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode

from tacenda import lifecycle
from tacenda.acts import Act
from tacenda.connect import connect
from tacenda.contract import FIX_LANDED, Answer, Disclosure, View, act_id
from tacenda.errors import (
    BadInput,
    NoServer,
    NoWorker,
    OutcomeUnknown,
    Refused,
    TacendaError,
    UnknownCase,
)
from tacenda.fields import complaint_of
from tacenda.home import home_folder, recorded, settings_file

if TYPE_CHECKING:
    from tacenda.settings import Settings

T = TypeVar("T")
A = TypeVar("A", bound=Act)

ANSWER_WITHIN = timedelta(seconds=8)
# Without a worker the server keeps one question waiting and turns the next one away.
_NO_ANSWER = (
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
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

    options = click.get_current_context().find_root().obj or {}
    path = settings_file(options.get("config"), os.environ)
    return load(path) if path else None


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


def build(kind: type[A], **values: Any) -> A:
    """Return the act; raise `BadInput` with one sentence when a value cannot be used."""
    try:
        return kind(by=actor(), **values)
    except ValidationError as error:
        raise BadInput(f"{complaint_of(error)}.") from None


@cache
def _quiet() -> Runtime:
    """Return a runtime that logs nothing: the SDK would write among the results on stdout."""
    return Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter="off")))


async def client() -> Client:
    """Return a client of the server in use."""
    stack = recorded(home())
    return await connect(stack.temporal if stack else None, _quiet())


def handle_of(server: Client, case: str) -> WorkflowHandle[Disclosure, Any]:
    """Return the handle of a case."""
    return server.get_workflow_handle_for(Disclosure.run, case)


async def ask(server: Client, case: str) -> View:
    """Return the case as its workflow knows it.

    Raises `UnknownCase`, or `NoWorker` when nobody answers within 10 seconds.
    """
    if not case.strip():
        raise BadInput("No case is named. `tacenda list` shows those there are.")
    try:
        return await asyncio.wait_for(
            handle_of(server, case).query(Disclosure.view, rpc_timeout=ANSWER_WITHIN),
            ANSWER_WITHIN.total_seconds(),
        )
    except TimeoutError:
        raise _no_worker() from None
    except (WorkflowQueryFailedError, WorkflowQueryRejectedError):
        raise Refused(
            f"{case} could not be opened from what it was started with; it holds no case. "
            "Open the report again."
        ) from None
    except RPCError as error:
        raise explained(error, case) from None


async def act(server: Client, view: View, an_act: Act) -> Answer:
    """Send an act under its fixed id and return the answer.

    Raises `Refused` when the case says no, and `OutcomeUnknown` when no answer came.
    """
    handle = handle_of(server, view.case.id)
    try:
        return await asyncio.wait_for(
            handle.execute_update(
                an_act.name,
                an_act,
                id=act_id(view.case, an_act),
                result_type=Answer,
                rpc_timeout=ANSWER_WITHIN,
            ),
            ANSWER_WITHIN.total_seconds(),
        )
    except WorkflowUpdateFailedError as error:
        raise Refused(str(getattr(error.cause, "message", error.cause))) from None
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        raise OutcomeUnknown(
            "The act was sent, but no answer came. Repeat the command: it is safe, the act "
            "is done once."
        ) from None
    except RPCError as error:
        raise explained(error, view.case.id) from None


async def signal_fix(server: Client, case: str, landed: Act) -> None:
    """Send the fix to a case; it takes effect even when a worker comes only later."""
    try:
        await handle_of(server, case).signal(FIX_LANDED, landed, rpc_timeout=ANSWER_WITHIN)
    except RPCError as error:
        raise explained(error, case) from None


def check(view: View, an_act: Act) -> tuple[str, ...]:
    """Return the warnings about an act before it is sent; raise `Refused` as the case would."""
    return lifecycle.check(view.case, an_act, max(now(), view.now))


def view(case: str) -> View:
    """Connect, and return the case as its workflow knows it."""

    async def look() -> View:
        return await ask(await client(), case)

    return run(look())


def bring_back(server: Client, case: str) -> str:
    """Return the command that brings a terminated case back, with all that was done in it."""
    address = server.service_client.config.target_host
    return (
        f"temporal workflow reset --address {address} --namespace {server.namespace} "
        f"--workflow-id {case} --type LastWorkflowTask --reason mistake"
    )


def web_ui(case: str) -> str | None:
    """Return the page of the case in the Web UI, where the address of the UI is known."""
    stack = recorded(home())
    address = os.environ.get("TACENDA_UI") or (stack.ui if stack else None)
    namespace = os.environ.get("TEMPORAL_NAMESPACE", "default")
    return f"{address}/namespaces/{namespace}/workflows/{case}" if address else None


def _no_worker() -> NoWorker:
    return NoWorker(
        "No worker answered within 10 seconds, and nothing was changed. Start one: "
        "`tacenda up`, or python worker.py beside your own server."
    )


def explained(error: RPCError, case: str) -> TacendaError:
    """Return what an error of the server means for its reader."""
    if error.status is RPCStatusCode.NOT_FOUND:
        if "already completed" in error.message:
            return Refused(f"{case} has ended; nothing more happens in it.")
        return UnknownCase(f"There is no case {case}. `tacenda list` shows those there are.")
    if error.status in _NO_ANSWER:
        return _no_worker()
    if error.status is RPCStatusCode.INVALID_ARGUMENT:
        return BadInput("The server refused that as too large or malformed; make it smaller.")
    return NoServer(f"The Temporal server did not answer ({error.status.name}). Is it running?")
