"""`tacenda show`: one case on one screen, where it stands and who was told."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from textwrap import indent
from typing import Any

import click
from temporalio.client import WorkflowExecutionStatus

from tacenda.bounces import words_for
from tacenda.cadence import offers
from tacenda.case import Case
from tacenda.cli import dialogue, session
from tacenda.cli.absences import absences_of_the_lead, words_on
from tacenda.cli.files import files_of, write_files
from tacenda.cli.filing import duties_shown, duties_table
from tacenda.cli.options import as_json, case_argument
from tacenda.cli.steps import steps_shown, steps_table
from tacenda.contract import View
from tacenda.decisions import Choice, Decision
from tacenda.deliveries import why
from tacenda.letters import Notice
from tacenda.render import (
    few_of,
    moment,
    names,
    safe_line,
    say,
    say_json,
    say_table,
    warn,
)
from tacenda.roster import tally

MOST_DEEDS = 100


@click.command()
@case_argument
@click.option("--files", metavar="FOLDER", help="Write the files of the case there.")
@as_json
def show(case: str, files: str | None, as_json: bool) -> None:
    """Show the CASE: where it stands, what is next, who was told."""
    view, ended = session.run(_look(case))
    if files is not None:
        session.run(write_files(view, Path(files)))
    now = max(session.now(), view.now)
    if ended:
        warn(ended)
    if as_json:
        say_json(_shown(view.case, now))
    else:
        _say_case(view.case, now)


async def _look(case: str) -> tuple[View, str]:
    """Return the case, and what is to be said when nothing keeps it going any more."""
    server = await session.client()
    view = await dialogue.ask(server, case)
    description = await dialogue.handle_of(server, case).describe(rpc_timeout=session.ANSWER_WITHIN)
    if description.status is not WorkflowExecutionStatus.TERMINATED:
        return view, ""
    return view, f"ALARM: {case} was terminated, and nothing keeps it going. Bring it back: " + (
        session.bring_back(server, case)
    )


def _shown(case: Case, now: datetime) -> dict[str, Any]:
    severity = case.severity
    return {
        "id": case.id,
        "state": case.state.value,
        "title": case.report.title,
        "received": case.report.received,
        "lead": case.lead or None,
        "handing_to": case.handing_to or None,
        "stepping_in": case.second or None,
        "lead_away": [absence.model_dump() for absence in absences_of_the_lead(case, now)],
        "leaked": case.leaked,
        "exploited": case.exploited,
        "decision_asked": case.asked,
        "proposed_lead": case.proposed_lead or None,
        "team": list(case.fix_team),
        "severity": severity
        and {"band": severity.band.value, "score": severity.score, "vector": severity.vector},
        "cves": list(case.cves),
        "credit": case.credit or None,
        "files": [enclosure.model_dump() for enclosure in files_of(case)],
        "planned_release": case.planned,
        "decisions": {choice.value: each.model_dump() for choice, each in case.decisions.items()},
        "offers": list(offers(case, now)),
        "steps": steps_shown(case, now),
        "duties": duties_shown(case, now),
        "letters": [
            {
                "kind": letter.kind.value,
                "at": letter.at,
                "to": [r.address for r in letter.everyone],
                "delivered": len(letter.delivered),
                "failed": len(letter.failed),
                "pending": len(letter.pending),
                "bounced": [
                    bounce.model_dump(exclude={"letter"})
                    for bounce in case.bounces
                    if bounce.letter == letter.key
                ],
            }
            for letter in case.letters
        ],
        "mail_stopped": case.stopped and case.stopped.model_dump(),
        "public": case.is_public,
        "closed": case.closing and case.closing.reason.value,
        "duplicate_of": (case.closing.duplicate_of or None) if case.closing else None,
        "follows": case.follows or None,
        "linked": [link.model_dump() for link in case.links],
        "acts": [deed.model_dump(exclude={"digest"}) for deed in case.deeds],
        "vendors": tally(case) or None,
        "troubles": [trouble.what for trouble in case.troubles],
        "web_ui": session.web_ui(case.id),
    }


def standing_of(case: Case, now: datetime) -> str:
    """Return where the case stands, to be printed: its facts, and its steps with their limits."""
    steps = steps_table(case, now)
    owed = duties_table(case, now)
    owed = f"\n{owed}" if owed else ""
    return "\n".join(map(safe_line, _heading(case))) + f"\n\n{steps}{owed}"


def _say_case(case: Case, now: datetime) -> None:
    click.echo(standing_of(case, now), nl=False)
    for absence in absences_of_the_lead(case, now):
        say(f"\n{safe_line(words_on(case, absence))}")
    if case.letters or case.under_way:
        say("")
        say_table(["letter", "at", "to", "delivered", "failed", "waiting"], _letter_rows(case))
    for line in _without(case):
        say(f"\n{safe_line(line)}")
    if case.bounces:
        say("")
        say_table(["letter", "at", "came back from", "bounce", "why"], _bounce_rows(case))
    if case.deeds:
        say("")
        say_table(["act", "at", "by", "why", "overrode"], _deed_rows(case))
        if len(case.deeds) > MOST_DEEDS:
            say(f"These are the last {MOST_DEEDS} acts; tacenda history {case.id} has them all.")
    if vendors := tally(case):
        say(f"\nvendors: {vendors}; tacenda vendors {case.id} has the table")
    for offer in offers(case, now):
        say(f"\n{offer}")
    last = {(notice.kind, notice.audience): notice for notice in case.notices}
    for notice in last.values():
        if not case.finished(notice.key):
            say(f"\n{notice.kind.label}: {safe_line(_approval(notice))}")
    for trouble in case.troubles:
        say(f"\n{moment(trouble.at)}  {safe_line(trouble.what)}")
    # Set in: no line of a stranger's passes for one of ours.
    details = indent(case.report.details.strip() or "says nothing more.", "  ")
    say(f"\nThe report:\n\n{details}")
    if page := session.web_ui(case.id):
        say(f"\n{page}")


def _heading(case: Case) -> list[str]:
    severity, fix, report = case.severity, case.fix, case.report
    lead = case.lead or (f"{case.proposed_lead} (proposed)" if case.proposed_lead else "nobody yet")
    reporter = _reporter(case)
    scored = f"{severity.score} {severity.band} ({severity.vector})" if severity else "not scored"
    return [
        f"{case.id}  {case.state.label}{'  PUBLIC' if case.is_public else ''}",
        report.title,
        "",
        f"received   {moment(report.received)} from {reporter}",
        f"component  {report.component or '-'}, versions {report.versions or '-'}",
        f"lead       {lead}, fix team {names(case.fix_team)}",
        f"severity   {scored}, CVE {names(case.cves)}",
        f"fix        {names(fix.refs) if fix else '-'}, in {names(fix.versions) if fix else '-'}",
        f"release    planned {moment(case.planned)}, went out {moment(case.released)}",
        *_linked(case),
        *_unusual(case),
    ]


def _linked(case: Case) -> list[str]:
    """Return with which cases it is released, and of which it is a duplicate."""
    lines = [
        f"together   with {link.case}, {'ready' if link.is_ready else 'NO FIX YET'}, limit "
        f"{moment(link.limit)}: {link.title}"
        for link in case.links
    ]
    if case.follows:
        lines.append(f"together   with {case.follows}, which leads: tacenda show {case.follows}")
    if case.closing and case.closing.duplicate_of:
        lines.append(f"duplicate  of {case.closing.duplicate_of}")
    return lines + [f"duplicate  {other} is one of this case" for other in case.duplicates]


def _reporter(case: Case) -> str:
    """Return who reported it, how to reach them, and how they are credited."""
    reporter = case.report.reporter
    if reporter is None:
        return "no reporter"
    address = f"<{reporter.email}>" if reporter.email else "(no address)"
    wish = f", wish: {reporter.credit}" if reporter.credit else ""
    credit = f"credit: {case.credit}" if case.credit else f"credit not confirmed{wish}"
    key = ", letters encrypted" if reporter.key else ""
    return f"{reporter.name} {address}{key}, {credit}".strip()


def _unusual(case: Case) -> list[str]:
    """Return what is out of the ordinary, the most urgent first."""
    files = names([f"{f.name} ({f.size} bytes)" for f in files_of(case)])
    lines = {
        "NO MAIL": case.stopped
        and f"leaves since {moment(case.stopped.since)}: {why(case.stopped.by)}",
        "DECIDE": case.asked
        and not case.released
        and f"asked for since {moment(case.asked)}: publish, or hold on",
        "leaked": case.leaked and f"reported {moment(case.leaked)}",
        "exploited": case.exploited and f"known since {moment(case.exploited)}",
        "public": case.public_since and f"since {moment(case.public_since)}",
        "decided": ", ".join(map(_decided, case.decisions.items())),
        "hand-over": case.handing_to and f"to {case.handing_to}, who has not accepted yet",
        "silent": case.second and f"{case.second} was asked to step in {moment(case.second_since)}",
        "adopted": case.adopted and f"handled elsewhere before: {case.adopted}",
        "files": files_of(case) and f"{files}; tacenda show {case.id} --files FOLDER",
    }
    return [f"{name:<10} {line}" for name, line in lines.items() if line]


def _decided(made: tuple[Choice, Decision]) -> str:
    choice, decision = made
    until = decision.until or decision.date
    return f"{choice.label}{f' to {moment(until)}' if until else ''} (by {decision.by})"


def _letter_rows(case: Case) -> list[list[str]]:
    rows = [
        [
            letter.kind.label,
            moment(letter.at),
            few_of(tuple(r.address for r in letter.everyone)),
            str(len(letter.delivered)),
            str(len(letter.failed)),
            str(len(letter.pending)),
        ]
        for letter in case.letters
    ]
    on_its_way = [
        [letter.kind.label, moment(letter.at), "on its way", "", "", ""]
        for letter in case.under_way
    ]
    return rows + on_its_way


def _without(case: Case) -> Iterator[str]:
    """Yield who has not got a letter: who never will, and who still waits for it."""
    for letter in case.letters:
        for recipients, fate in ((letter.failed, "has not got it"), (letter.pending, "waits")):
            if recipients:
                whom = few_of(tuple(recipient.address for recipient in recipients))
                yield f"{letter.kind.label} {moment(letter.at)}, {fate}: {whom}"


def _bounce_rows(case: Case) -> list[list[str]]:
    kinds = {letter.key: letter.kind.label for letter in case.all_letters}
    return [
        [
            kinds.get(bounce.letter, bounce.letter),
            moment(bounce.at),
            bounce.address,
            f"{bounce.kind}, works again" if bounce.works_again else bounce.kind.value,
            f"{bounce.status}, {words_for(bounce.status)}",
        ]
        for bounce in case.bounces
    ]


def _approval(notice: Notice) -> str:
    who = f"approved by {' and '.join(notice.approvers)} for {moment(notice.send_at)}"
    return f"HELD, {notice.held} ({who})" if notice.held else who


def _deed_rows(case: Case) -> list[list[str]]:
    return [
        [
            f"{deed.what.replace('_', ' ')}: {deed.detail}",
            moment(deed.at),
            deed.by,
            deed.why or deed.override or "-",
            names(deed.overrode),
        ]
        for deed in case.deeds[-MOST_DEEDS:]
    ]
