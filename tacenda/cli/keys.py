"""`tacenda keys`: the keys that cases are encrypted with, from the first to the last."""

import sys
from typing import Any

import click
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from tacenda.archive.storage import records_at
from tacenda.cli import session
from tacenda.cli.options import as_json, case_argument
from tacenda.contract import Outcome
from tacenda.errors import BadInput, Refused
from tacenda.keys import INBOUND
from tacenda.keystore import KeyStore, Shredded, Stored, make_store, open_store
from tacenda.render import moment, say, say_json, say_table, warn

CODEC = "codec server"


@click.group()
def keys() -> None:
    """The keys that cases are encrypted with: make, list, rotate and shred them.

    They are in TACENDA_KEYS__STORE, else where [keys] store in tacenda.toml says, else in
    the home. Who opens, carries or reads cases needs the same ones.
    """


@keys.command()
def new() -> None:
    """Make the key store; each case gets a key of its own in it when it is opened."""
    store, is_new = make_store(session.key_location())
    if is_new:
        say(f"Keys were made in {store.name}. Without them no case can be read again: back them")
        say("up, and apart from the backups of Temporal's database.")
    else:
        say(f"There are keys in {store.name} already; nothing was changed.")


@keys.command("list")
@as_json
def list_keys(as_json: bool) -> None:
    """List who has keys, since when, and which are shredded; never the keys themselves."""
    rows = [_row(stored) for stored in _store().scopes()]
    if as_json:
        say_json(rows)
        return
    say_table(["for", "keys", "newest", "shredded"], [_cells(row) for row in rows])


@keys.command()
@click.argument("cases", metavar="[CASE]...", nargs=-1)
@click.option("--codec", is_flag=True, help="The key of the codec server.")
@click.option("--all", "everything", is_flag=True, help="That, and those of all cases.")
def rotate(cases: tuple[str, ...], codec: bool, everything: bool) -> None:
    """Give each CASE a new key: what is written from now on is encrypted with it.

    Older keys stay, and so does what was written with them. Workers take the new one within
    seconds.
    """
    store = _store()
    scopes = [*cases, *([INBOUND] if codec else [])]
    if everything:
        scopes = [stored.scope for stored in store.scopes() if stored.keys]
    if not scopes:
        raise BadInput("Say which: CASE, --codec, or --all.")
    for scope in scopes:
        key = store.rotate(scope)
        say(f"{_named(scope)}: new key since {moment(key.made)}.")


@keys.command()
@case_argument
@click.option("--terminated", is_flag=True, help="Also one that was terminated in Temporal.")
@click.option("--forgotten", is_flag=True, help="Also one that Temporal does not know any more.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def shred(case: str, terminated: bool, forgotten: bool, yes: bool) -> None:
    """Destroy the keys of a closed CASE: its history can never be read again, by anybody.

    Copies of the keys in backups have to be destroyed as well.
    """
    store = _store()
    stored = store.of(case)
    if stored.shredded:
        raise Shredded.on(case, stored.shredded)
    if case == INBOUND or not stored.keys:
        raise Refused(f"There are no keys for {case}. `tacenda keys list` shows those there are.")
    allowed = {"even_terminated": terminated, "even_forgotten": forgotten}
    by_the_door = session.run(_look(case, **allowed))
    if not yes:
        if not sys.stdin.isatty():
            raise BadInput("Nobody is at a terminal to be asked. Add --yes.")
        question = f"Destroy the keys of {case}? Nothing of it can be read again"
        if not click.confirm(question, err=True):
            raise Refused("Nothing was shredded.")
        by_the_door = session.run(_look(case, **allowed))  # it may have been reopened meanwhile
    store.shred(case)
    say(f"{case}: its keys are destroyed. Destroy their copies in backups of {store.name} too.")
    if on_record := records_at(session.record_location()).read(case):
        warn(
            f"Its record stays ({len(on_record)} bytes): sealed with the team's key, unless the "
            "case was released. Delete it where nothing of the case may be kept: "
            f"{records_at(session.record_location()).where(case)}"
        )
    if by_the_door:
        warn(
            f"{by_the_door} of its payloads came through the codec server. They were encrypted "
            "with the key of that, which other cases need, and stay readable until Temporal "
            f"forgets the case: temporal workflow delete --query \"WorkflowId = '{case}'\"."
        )


async def _look(case: str, *, even_terminated: bool, even_forgotten: bool) -> int:
    """Return how many payloads of a case that is over have another key than its own.

    Raises `Refused` for a case that still needs its keys. A case that was reopened has
    several runs.
    """
    server = await session.client()
    try:
        description = await server.get_workflow_handle(case).describe(
            rpc_timeout=session.ANSWER_WITHIN
        )
        by_the_door = 0
        async for run in server.list_workflows(
            f"WorkflowId = '{case}'", rpc_timeout=session.ANSWER_WITHIN
        ):
            handle = server.get_workflow_handle(case, run_id=run.run_id)
            history = await handle.fetch_history(rpc_timeout=session.ANSWER_WITHIN)
            by_the_door += sum(_sealed_for_the_door(event) for event in history.events)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise session.explained(error, case) from None
        if even_forgotten:
            return 0
        address = server.service_client.config.target_host
        raise Refused(
            f"Temporal at {address} does not know {case} (namespace {server.namespace}). If it has "
            "forgotten the case, and this is not another server, add --forgotten."
        ) from None
    if description.status is WorkflowExecutionStatus.RUNNING:
        raise Refused(
            f"{case} is open and needs its keys. Close it first: tacenda close {case} --as REASON."
        )
    if description.status is WorkflowExecutionStatus.TERMINATED and not even_terminated:
        raise Refused(
            f"{case} was terminated and could be brought back: "
            f"{session.bring_back(server, case)}. To shred it all the same, add --terminated."
        )
    if description.status is WorkflowExecutionStatus.COMPLETED:
        await _must_be_closed(server, case)
    return by_the_door


async def _must_be_closed(server: Client, case: str) -> None:
    """Raise `Refused` where somebody else than a worker of ours says that the case is closed."""
    outcome = await server.get_workflow_handle(case, result_type=Outcome).result()
    if not isinstance(outcome, Outcome) or outcome.case_id != case:
        raise Refused(
            f"{case} was ended by somebody who has not its keys, and never closed. Bring it back: "
            f"{session.bring_back(server, case)}."
        )


def _sealed_for_the_door(event: HistoryEvent) -> int:
    return event.SerializeToString().count(f"{INBOUND}.".encode())


def _store() -> KeyStore:
    return open_store(session.key_location())


def _named(scope: str) -> str:
    return CODEC if scope == INBOUND else scope


def _row(stored: Stored) -> dict[str, Any]:
    newest = stored.keys[-1] if stored.keys else None
    return {
        "for": _named(stored.scope),
        "keys": len(stored.keys),
        "newest": newest.made if newest else None,
        "newest_id": newest.id if newest else None,
        "shredded": stored.shredded,
    }


def _cells(row: dict[str, Any]) -> list[str]:
    return [row["for"], str(row["keys"]), moment(row["newest"]), moment(row["shredded"])]
