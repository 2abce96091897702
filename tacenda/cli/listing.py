"""`tacenda list`: the cases as the server lists them, without asking any of them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError

from tacenda.attributes import BAND, LEAD, NEXT_LIMIT, OVERDUE, STATE, WORKFLOW
from tacenda.cli import session
from tacenda.cli.options import as_json
from tacenda.cli.recorded import from_records
from tacenda.render import moment, note, say_json, say_table

MOST_CASES = 1000
COLUMNS = ("case", "state", "severity", "next limit", "overdue", "lead")
_ALARMING = {
    WorkflowExecutionStatus.TERMINATED: "terminated",
    WorkflowExecutionStatus.FAILED: "failed",
    WorkflowExecutionStatus.TIMED_OUT: "timed out",
    WorkflowExecutionStatus.CANCELED: "canceled",
}


@click.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed cases too.")
@as_json
def list_cases(everything: bool, as_json: bool) -> None:
    """List the cases, alarms and the overdue ones first."""
    cases = session.run(_list(everything))
    if as_json:
        say_json(cases)
        return
    if not cases:
        note("There is no open case. Open one: tacenda open report.toml")
        return
    say_table(COLUMNS, rows_of(cases))


def rows_of(cases: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Return cases as the rows of a table under `COLUMNS`."""
    return [_row(case) for case in cases]


def _row(case: dict[str, Any]) -> list[str]:
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


async def _list(everything: bool) -> list[dict[str, Any]]:
    return await find_cases(await session.client(), everything)


async def find_cases(server: Client, everything: bool) -> list[dict[str, Any]]:
    """Return the open cases, those that did not end by closing, and all if asked.

    Alarms and overdue ones come first, then the one with the nearest limit.
    """
    query = f"WorkflowType = '{WORKFLOW}'"
    if not everything:
        query += " AND ExecutionStatus != 'Completed'"
    found: list[WorkflowExecution] = []
    try:
        async for execution in server.list_workflows(
            query, limit=MOST_CASES, rpc_timeout=session.ANSWER_WITHIN
        ):
            if execution.status not in _ALARMING or await _is_last_run(server, execution):
                found.append(execution)
    except RPCError as error:
        raise session.explained(error, "") from None
    far = datetime.max.replace(tzinfo=UTC)
    # A case that was reopened has several runs, and is listed once, as it is now.
    newest = {e.id: e for e in sorted(found, key=lambda e: e.start_time)}
    listed = [_listed(execution) for execution in newest.values()]
    if everything:
        listed += [case for case in from_records() if case["id"] not in newest]
    return sorted(
        listed,
        key=lambda c: (not c["alarm"], not c["overdue"], c["next_limit"] or far, c["id"]),
    )


async def _is_last_run(server: Client, execution: WorkflowExecution) -> bool:
    """Whether a case ended like this: one that was brought back has a newer run."""
    handle = server.get_workflow_handle(execution.id)
    newest = await handle.describe(rpc_timeout=session.ANSWER_WITHIN)
    return newest.run_id == execution.run_id


def _listed(execution: WorkflowExecution) -> dict[str, Any]:
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
