"""`tacenda list`: the cases as the server lists them, without asking any of them."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError

from tacenda.attributes import BAND, LEAD, NEXT_LIMIT, OVERDUE, STATE
from tacenda.cli import session
from tacenda.cli.options import SPAN, as_json
from tacenda.cli.recorded import from_records, not_over
from tacenda.models import Band, State
from tacenda.render import moment, note, say_json, say_table
from tacenda.views import NOBODY, REST, URGENT, Filter, quoted, saved_views

MOST_CASES = 1000
FIRST_PAGE = 100
AT_ONCE = 500
"""So many cases are named in one question to the server."""

ME = "me"
COLUMNS = ("case", "state", "severity", "next limit", "overdue", "lead")
_ALARMING = {
    WorkflowExecutionStatus.TERMINATED: "terminated",
    WorkflowExecutionStatus.FAILED: "failed",
    WorkflowExecutionStatus.TIMED_OUT: "timed out",
    WorkflowExecutionStatus.CANCELED: "canceled",
}
_FAR = datetime.max.replace(tzinfo=UTC)
_STATES = tuple(State)
_BANDS = tuple(reversed(Band))

Case = dict[str, Any]

ORDERS: dict[str, Callable[[Case], Any]] = {
    "limit": lambda case: case["next_limit"] or _FAR,
    "state": lambda case: _STATES.index(case["state"]),
    "severity": lambda case: _BANDS.index(case["band"]) if case["band"] else len(_BANDS),
    "lead": lambda case: (case["lead"] is None, case["lead"] or ""),
    "id": lambda case: case["id"],
}
"""By what cases can be sorted; alarms and the overdue ones come first all the same."""


@click.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed cases too, also from records.")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only these.")
@click.option("--severity", type=click.Choice([band.value for band in Band]), help="Only these.")
@click.option("--lead", metavar="NAME", help="Only those that NAME leads; or: me, nobody.")
@click.option("--overdue", is_flag=True, help="Only those with an overdue step.")
@click.option("--due", metavar="D", type=SPAN, help="Only those with a limit within D, as 7d.")
@click.option(
    "--sort", type=click.Choice(list(ORDERS)), default="limit", show_default=True, help="By what."
)
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(1, MOST_CASES),
    default=FIRST_PAGE,
    show_default=True,
    help="At most so many.",
)
@as_json
def list_cases(
    everything: bool,
    state: str | None,
    severity: str | None,
    lead: str | None,
    overdue: bool,
    due: timedelta | None,
    sort: str,
    limit: int,
    as_json: bool,
) -> None:
    """List the cases, alarms and the overdue ones first."""
    wanted = Filter(
        everything=everything or state == State.CLOSED,
        state=state,
        band=severity,
        lead=session.actor() if lead == ME else lead,
        overdue=overdue,
        due_before=session.now() + due if due else None,
    )
    cases, total = session.run(_list(wanted, limit, sort))
    if as_json:
        say_json(cases)
    elif not cases:
        note(_nothing(wanted))
    else:
        say_table(COLUMNS, rows_of(cases))
    if unended := [] if wanted.everything else not_over(cases):
        note(f"Closed, and not on record yet: {', '.join(unended)}.")
    if total > len(cases):
        note(
            f"These are {len(cases)} of {total}, alarms and overdue ones first; sorted are those "
            "listed. More: --limit N, or fewer: tacenda list --help."
        )
    if sys.stdout.isatty():
        _say_views(lead)


def rows_of(cases: Sequence[Case]) -> list[list[str]]:
    """Return cases as the rows of a table under `COLUMNS`."""
    return [_row(case) for case in cases]


def _row(case: Case) -> list[str]:
    overdue = ", ".join(step.replace("_", " ") for step in case["overdue"])
    state = case["state"].replace("_", " ")
    return [
        case["id"],
        f"ALARM: {case['alarm']} in {state}" if case["alarm"] else state,
        case["band"] or "-",
        moment(case["next_limit"]),
        f"overdue: {overdue}" if overdue else "-",
        case["lead"] or "-",
    ]


def _nothing(wanted: Filter) -> str:
    if wanted == Filter():
        return "There is no open case. Open one: tacenda open report.toml"
    return "No case matches. All that are open: tacenda list"


def _say_views(lead: str | None) -> None:
    """Say where the Web UI shows the same, where its address is known."""
    ui, namespace = session.web_ui_address()
    who = session.actor() if lead == ME else "" if lead == NOBODY else lead or ""
    for view in saved_views(ui, namespace, session.now(), who) if ui else ():
        note(f"{view.name}: {view.link}")


async def _list(wanted: Filter, limit: int, sort: str) -> tuple[list[Case], int]:
    """Return a page of cases, sorted, and how many there are in all."""
    server = await session.client()
    cases = await first_page(server, wanted, limit)
    if len(cases) >= limit:
        return in_order(cases, sort), max(len(cases), await _count(server, wanted))
    if wanted.everything:
        known = {case["id"] for case in cases}
        recorded = [case for case in from_records() if _is_wanted(case, wanted)]
        known |= await _running(server, [case["id"] for case in recorded])
        cases += [case for case in recorded if case["id"] not in known]
    return in_order(cases, sort)[:limit], len(cases)


async def first_page(server: Client, wanted: Filter, limit: int) -> list[Case]:
    """Return at most `limit` cases, alarms and the overdue ones before all others.

    The server sorts nothing, so that these are asked for first.
    """
    urgent = await _found(server, f"{wanted.query} AND {URGENT}", limit)
    if wanted.overdue or len(urgent) >= limit:
        return urgent
    rest = await _found(server, f"{wanted.query} AND {REST}", limit - len(urgent))
    newest = {case["id"]: case for case in (*rest, *urgent)}
    return list(newest.values())


async def find_cases(server: Client, everything: bool) -> list[Case]:
    """Return the open cases, those that did not end by closing, and all if asked.

    One question to the server. Alarms and overdue ones come first, then the one with the nearest
    limit; of very many only those that the server lists first.
    """
    query = Filter(everything=everything).query
    return in_order(await _found(server, query, MOST_CASES), "limit")


def in_order(cases: Iterable[Case], sort: str) -> list[Case]:
    """Return cases sorted, the alarms and overdue ones first."""
    key = ORDERS[sort]
    return sorted(cases, key=lambda c: (not c["alarm"], not c["overdue"], key(c), c["id"]))


async def _found(server: Client, query: str, limit: int) -> list[Case]:
    """Return what a query finds, each case once: one that was reopened has several runs.

    Of such a case only the last counts, also where the query finds an earlier one alone.
    """
    found = [
        execution
        for execution in await _executions(server, query, limit)
        if execution.status not in _ALARMING or await _is_last_run(server, execution)
    ]
    newest = {e.id: e for e in sorted(found, key=lambda e: e.start_time)}
    ended = [e.id for e in newest.values() if e.status is WorkflowExecutionStatus.COMPLETED]
    for case in await _running(server, ended):
        del newest[case]
    return [_listed(execution) for execution in newest.values()]


async def _executions(server: Client, query: str, limit: int) -> list[WorkflowExecution]:
    """Return at most `limit` of what a query finds."""
    found = server.list_workflows(
        query, limit=limit, page_size=limit, rpc_timeout=session.ANSWER_WITHIN
    )
    try:
        return [execution async for execution in found]
    except RPCError as error:
        raise session.explained(error, "") from None


async def _running(server: Client, cases: Sequence[str]) -> set[str]:
    """Return which of the cases run."""
    found: set[str] = set()
    for first in range(0, len(cases), AT_ONCE):
        ids = ", ".join(quoted(case) for case in cases[first : first + AT_ONCE])
        query = f"WorkflowId IN ({ids}) AND ExecutionStatus = 'Running'"
        found |= {execution.id for execution in await _executions(server, query, AT_ONCE)}
    return found


async def _count(server: Client, wanted: Filter) -> int:
    try:
        return (await server.count_workflows(wanted.query, rpc_timeout=session.ANSWER_WITHIN)).count
    except RPCError as error:
        raise session.explained(error, "") from None


def _is_wanted(case: Case, wanted: Filter) -> bool:
    """Whether a case on record is one of those wanted; who led it, its head does not say."""
    if wanted.lead or wanted.overdue or wanted.due_before:
        return False
    return wanted.state in (None, case["state"]) and wanted.band in (None, case["band"])


async def _is_last_run(server: Client, execution: WorkflowExecution) -> bool:
    """Whether a case ended like this: one that was brought back has a newer run."""
    handle = server.get_workflow_handle(execution.id)
    try:
        newest = await handle.describe(rpc_timeout=session.ANSWER_WITHIN)
    except RPCError as error:
        raise session.explained(error, execution.id) from None
    return newest.run_id == execution.run_id


def _listed(execution: WorkflowExecution) -> Case:
    attributes = execution.typed_search_attributes
    return {
        "id": execution.id,
        "state": attributes.get(STATE) or "acknowledge",
        "band": attributes.get(BAND),
        "next_limit": attributes.get(NEXT_LIMIT),
        "overdue": list(attributes.get(OVERDUE) or []),
        "lead": attributes.get(LEAD),
        "alarm": _ALARMING.get(execution.status) if execution.status else None,
    }
