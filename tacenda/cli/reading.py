"""The commands that read: list, next, preview. Each has --json."""

from datetime import datetime
from typing import Any

import click
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError

from tacenda import contract
from tacenda.acts import KIND_FOR
from tacenda.cli import session
from tacenda.cli.approvals import PEOPLE, templates
from tacenda.cli.options import as_json
from tacenda.drafts import draft_of, planned_for
from tacenda.models import Audience, Kind
from tacenda.render import away, moment, names, note, safe, say, say_json, say_table
from tacenda.timeline import plan

MOST_CASES = 1000
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
    say_table(
        ["case", "state", "severity", "next limit", "overdue", "lead"],
        [_row(case) for case in cases],
    )


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
    server = await session.client()
    found = await find_cases(server, everything)
    far = datetime.max.replace(tzinfo=session.now().tzinfo)
    return sorted(
        found,
        key=lambda c: (not c["alarm"], not c["overdue"], c["next_limit"] or far, c["id"]),
    )


async def find_cases(server: Client, everything: bool) -> list[dict[str, Any]]:
    """Return the open cases, those that did not end by closing, and all if asked."""
    query = f"WorkflowType = '{contract.WORKFLOW}'"
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
    return [_listed(execution) for execution in found]


async def _is_last_run(server: Client, execution: WorkflowExecution) -> bool:
    """Whether a case ended like this: one that was brought back has a newer run."""
    handle = session.handle_of(server, execution.id)
    newest = await handle.describe(rpc_timeout=session.ANSWER_WITHIN)
    return newest.run_id == execution.run_id


def _listed(execution: WorkflowExecution) -> dict[str, Any]:
    attributes = execution.typed_search_attributes
    return {
        "id": execution.id,
        "state": attributes.get(contract.STATE) or "acknowledge",
        "band": attributes.get(contract.BAND),
        "next_limit": attributes.get(contract.NEXT_LIMIT),
        "overdue": list(attributes.get(contract.OVERDUE) or []),
        "lead": attributes.get(contract.LEAD),
        "alarm": _ALARMING.get(execution.status) if execution.status else None,
    }


@click.command("next")
@click.argument("case")
@as_json
def next_entries(case: str, as_json: bool) -> None:
    """Say what will happen to the CASE if nobody acts: when, which letter, to whom."""
    view = session.view(case)
    now = max(session.now(), view.now)
    entries = plan(view.case, view.case.policy, now)
    if as_json:
        say_json(
            [
                {
                    "at": entry.at,
                    "what": entry.kind.value if entry.kind else "limit",
                    "steps": [step.value for step in entry.steps],
                    "to": [audience.value for audience in entry.to],
                    "every": entry.every,
                }
                for entry in entries
            ]
        )
        return
    if not entries:
        note("Nothing happens by itself any more.")
        return
    say_table(
        ["at", "", "what", "to"],
        [
            [
                moment(entry.at),
                away(entry.at, now),
                entry.label + (" (and again)" if entry.every else ""),
                names(tuple(audience.value.replace("_", " ") for audience in entry.to)),
            ]
            for entry in entries
        ],
    )


@click.command()
@click.argument("case")
@click.argument(
    "notice", metavar="NOTICE", type=click.Choice([*PEOPLE, *(kind.value for kind in Kind)])
)
@as_json
def preview(case: str, notice: str, as_json: bool) -> None:
    """Show a NOTICE of the CASE as it would be now: users, vendors, release, or any letter."""
    view = session.view(case)
    kind = KIND_FOR[Audience(notice)] if notice in PEOPLE else Kind(notice)
    now = max(session.now(), view.now)
    supposed = view.case.model_copy(update={"planned": planned_for(view.case, now)})
    draft = draft_of(supposed, kind, now, templates())
    if as_json:
        say_json({"kind": kind.value, "subject": draft.subject, "body": draft.body})
        return
    say(f"Subject: {draft.subject}\n")
    say(safe(draft.body))
