"""One case on one screen: where it stands, who must do what, who was told."""

from collections.abc import Iterator
from datetime import datetime
from textwrap import indent

import click

from tacenda.bounces import words_for
from tacenda.cadence import offers
from tacenda.case import Case
from tacenda.cli import session
from tacenda.cli.absences import absences_of_the_lead, words_on
from tacenda.cli.files import files_of
from tacenda.cli.owed import duties_table
from tacenda.cli.steps import steps_table
from tacenda.decisions import Choice, Decision
from tacenda.deliveries import why
from tacenda.letters import Notice
from tacenda.models import Kind
from tacenda.render import (
    away,
    few_of,
    moment,
    names,
    safe_line,
    say,
    say_table,
)
from tacenda.roster import tally
from tacenda.timeline import plan
from tacenda.todo import todos

MOST_DEEDS = 100
FEW_DEEDS, FEW_LETTERS, FEW_LINES, FEW_TODOS = 4, 6, 4, 4
"""How much of each fits on one screen; --full shows the rest."""


def standing_of(case: Case, now: datetime) -> str:
    """Return where the case stands, to be printed: its facts, and its steps with their limits."""
    steps = steps_table(case, now)
    owed = duties_table(case, now)
    owed = f"\n{owed}" if owed else ""
    return "\n".join(map(safe_line, _heading(case))) + f"\n\n{steps}{owed}"


def say_case(case: Case, now: datetime, *, is_full: bool) -> None:
    """Print a case; what does not fit on one screen only where all of it is wanted."""
    click.echo(standing_of(case, now), nl=False)
    _say_what_is_next(case, now, is_full=is_full)
    for absence in absences_of_the_lead(case, now):
        say(f"\n{safe_line(words_on(case, absence))}")
    _say_letters(case, is_full=is_full)
    for line in _without(case):
        say(f"\n{safe_line(line)}")
    if case.bounces:
        say("")
        say_table(["letter", "at", "came back from", "bounce", "why"], _bounce_rows(case))
    _say_deeds(case, is_full=is_full)
    if vendors := tally(case):
        say(f"\nvendors: {vendors}; tacenda vendors {case.id} has the table")
    for offer in offers(case, now):
        say(f"\n{offer}")
    for notice in _not_gone(case):
        if not notice.held:
            say(f"\n{notice.kind.label}: {safe_line(_approval(notice))}")
    for trouble in case.troubles:
        say(f"\n{moment(trouble.at)}  {safe_line(trouble.what)}")
    _say_report(case, is_full=is_full)
    if page := session.web_ui(case.id):
        say(f"\n{page}")


def _say_what_is_next(case: Case, now: datetime, *, is_full: bool) -> None:
    """Print who must do what, and what happens first if nobody does."""
    if rows := [[t.who, t.what, moment(t.by), t.command] for t in todos(case, now)]:
        say("")
        few = rows if is_full else rows[:FEW_TODOS]
        say_table(["who", "has to", "by", "command"], few)
        _say_more(len(rows) - len(few), "thing", case, where=" to do")
    to_come = (e for e in plan(case, case.policy, now) if not e.is_limit)
    coming = next((e for e in to_come if e.kind is not Kind.CALENDAR), None)
    if coming:
        at = max(coming.at, now)
        says = f"next, if nobody acts: {coming.label}, {moment(at)} ({away(at, now)})"
        say(f"\n{says}; tacenda next {case.id} has all")


def _say_letters(case: Case, *, is_full: bool) -> None:
    if case.letters or case.under_way:
        say("")
        rows = _letter_rows(case)
        few = rows if is_full else rows[-FEW_LETTERS:]
        say_table(["letter", "at", "to", "delivered", "failed", "waiting"], few)
        _say_more(len(rows) - len(few), "letter", case, where=" before these")


def _say_deeds(case: Case, *, is_full: bool) -> None:
    if case.deeds:
        say("")
        few = _deed_rows(case)[-(MOST_DEEDS if is_full else FEW_DEEDS) :]
        say_table(["act", "at", "by", "why", "overrode"], few)
        if not is_full:
            _say_more(len(case.deeds) - len(few), "act", case, where=" before these")
        elif len(case.deeds) > MOST_DEEDS:
            say(f"These are the last {MOST_DEEDS} acts; tacenda history {case.id} has them all.")


def _say_report(case: Case, *, is_full: bool) -> None:
    # Set in: no line of a stranger's passes for one of ours.
    lines = (case.report.details.strip() or "says nothing more.").splitlines()
    few_lines = lines if is_full else lines[:FEW_LINES]
    say("\nThe report:\n\n" + indent("\n".join(few_lines), "  "))
    _say_more(len(lines) - len(few_lines), "line", case)


def _say_more(count: int, what: str, case: Case, *, where: str = "") -> None:
    if count > 0:
        say(f"and {count} {what}{'s' * (count > 1)}{where}: tacenda show {case.id} --full")


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
        "HELD": ", ".join(_held(notice) for notice in _not_gone(case) if notice.held),
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


def _held(notice: Notice) -> str:
    return f"the {notice.kind.label}: {notice.held} ({_approval(notice)})"


def _decided(made: tuple[Choice, Decision]) -> str:
    choice, decision = made
    until = decision.until or decision.date
    return f"{choice.label}{f' to {moment(until)}' if until else ''} (by {decision.by})"


def _letter_rows(case: Case) -> list[list[str]]:
    rows = [
        [
            letter.label,
            moment(letter.at),
            few_of(tuple(r.address for r in letter.everyone)),
            str(len(letter.delivered)),
            str(len(letter.failed)),
            str(len(letter.pending)),
        ]
        for letter in case.letters
    ]
    on_its_way = [
        [letter.label, moment(letter.at), "on its way", "", "", ""] for letter in case.under_way
    ]
    return rows + on_its_way


def _without(case: Case) -> Iterator[str]:
    """Yield who has not got a letter: who never will, and who still waits for it."""
    for letter in case.letters:
        for recipients, fate in ((letter.failed, "has not got it"), (letter.pending, "waits")):
            if recipients:
                whom = few_of(tuple(recipient.address for recipient in recipients))
                yield f"{letter.label} {moment(letter.at)}, {fate}: {whom}"


def _bounce_rows(case: Case) -> list[list[str]]:
    kinds = {letter.key: letter.label for letter in case.all_letters}
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


def _not_gone(case: Case) -> list[Notice]:
    """Return what was approved last of each kind and has not left: to leave at its time, or held.

    Once the release is out, nothing that is held is missed any more.
    """
    last = {(notice.kind, notice.audience): notice for notice in case.notices}
    waiting = (notice for notice in last.values() if not case.finished(notice.key))
    return [notice for notice in waiting if not (notice.held and case.released)]


def _approval(notice: Notice) -> str:
    return f"approved by {' and '.join(notice.approvers)} for {moment(notice.send_at)}"


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
