"""The commands that read: list, show, next, preview. Each has --json."""

from datetime import datetime
from typing import Any

import click
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError

from tacenda import contract
from tacenda.acts import KIND_FOR
from tacenda.board import status_of
from tacenda.case import Case
from tacenda.cli import session
from tacenda.cli.approvals import PEOPLE, templates
from tacenda.drafts import draft_of, planned_for
from tacenda.models import Audience, Kind, Step
from tacenda.render import away, moment, note, safe, say, say_json, say_table
from tacenda.timeline import plan

as_json = click.option("--json", "as_json", is_flag=True, help="JSON with stable keys.")
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
    try:
        return [
            _listed(execution)
            async for execution in server.list_workflows(
                query, limit=MOST_CASES, rpc_timeout=session.ANSWER_WITHIN
            )
        ]
    except RPCError as error:
        raise session.explained(error, "") from None


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


@click.command()
@click.argument("case")
@as_json
def show(case: str, as_json: bool) -> None:
    """Show the CASE: where it stands, what is next, who was told."""
    view = session.view(case)
    now = max(session.now(), view.now)
    if as_json:
        say_json(_shown(view.case, now))
    else:
        _say_case(view.case, now)


def _shown(case: Case, now: datetime) -> dict[str, Any]:
    severity = case.severity
    return {
        "id": case.id,
        "state": case.state.value,
        "title": case.report.title,
        "received": case.report.received,
        "lead": case.lead or None,
        "proposed_lead": case.proposed_lead or None,
        "team": list(case.fix_team),
        "severity": severity
        and {"band": severity.band.value, "score": severity.score, "vector": severity.vector},
        "cves": list(case.cves),
        "planned_release": case.planned,
        "steps": [
            {
                "name": step.value,
                "limit": case.limit(step),
                "done": case.done_at(step),
                "status": status_of(case, step, now),
            }
            for step in Step
        ],
        "letters": [
            {
                "kind": letter.kind.value,
                "at": letter.at,
                "to": [r.address for r in (*letter.delivered, *letter.failed)],
                "delivered": len(letter.delivered),
                "failed": len(letter.failed),
            }
            for letter in case.letters
        ],
        "web_ui": session.web_ui(case.id),
    }


def _say_case(case: Case, now: datetime) -> None:
    for line in _heading(case):
        say(line)
    say("")
    say_table(
        ["step", "limit", "status", "done"],
        [
            [
                step.label,
                f"{moment(case.limit(step))} ({away(case.limit(step), now)})",
                status_of(case, step, now),
                moment(case.done_at(step)),
            ]
            for step in Step
        ],
    )
    if case.letters or case.under_way:
        say("")
        say_table(["letter", "at", "to", "delivered", "failed"], _letter_rows(case))
    if case.deeds:
        say("")
        say_table(["act", "at", "by", "why", "overrode"], _deed_rows(case))
    for notice in (n for kind in Kind if (n := case.waiting(kind))):
        who = " and ".join(notice.approvers)
        say(f"\nApproved by {who}: {notice.kind.label}, goes out {moment(notice.send_at)}")
    for trouble in case.troubles:
        say(f"\n{moment(trouble.at)}  {trouble.what}")
    say(f"\nThe report:\n\n{case.report.details.strip() or 'says nothing more.'}")
    if page := session.web_ui(case.id):
        say(f"\n{page}")


def _heading(case: Case) -> list[str]:
    severity, fix, report = case.severity, case.fix, case.report
    lead = case.lead or (f"{case.proposed_lead} (proposed)" if case.proposed_lead else "nobody yet")
    reporter = f"{report.reporter.name} <{report.reporter.email}>" if report.reporter else "nobody"
    scored = f"{severity.score} {severity.band} ({severity.vector})" if severity else "not scored"
    return [
        f"{case.id}  {case.state.label}",
        report.title,
        "",
        f"received   {moment(report.received)} from {reporter}",
        f"component  {report.component or '-'}, versions {report.versions or '-'}",
        f"lead       {lead}, fix team {_names(case.fix_team)}",
        f"severity   {scored}, CVE {_names(case.cves)}",
        f"fix        {_names(fix.refs) if fix else '-'}, in {_names(fix.versions) if fix else '-'}",
        f"release    planned {moment(case.planned)}, went out {moment(case.released)}",
    ]


def _letter_rows(case: Case) -> list[list[str]]:
    rows = [
        [
            letter.kind.label,
            moment(letter.at),
            _names(tuple(r.address for r in (*letter.delivered, *letter.failed))),
            str(len(letter.delivered)),
            str(len(letter.failed)),
        ]
        for letter in case.letters
    ]
    return rows + [
        [letter.kind.label, moment(letter.at), "on its way", "", ""] for letter in case.under_way
    ]


def _deed_rows(case: Case) -> list[list[str]]:
    return [
        [
            deed.what.replace("_", " "),
            moment(deed.at),
            deed.by,
            deed.why or "-",
            _names(deed.overrode),
        ]
        for deed in case.deeds
    ]


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "-"


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
                _names(tuple(audience.value.replace("_", " ") for audience in entry.to)),
            ]
            for entry in entries
        ],
    )


@click.command()
@click.argument("case")
@click.argument("notice", type=click.Choice([*PEOPLE, *(kind.value for kind in Kind)]))
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
