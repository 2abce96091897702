"""The commands that look ahead: next, preview. Each has --json."""

from collections.abc import Sequence
from datetime import datetime

import click

from tacenda.agenda import STEPPING_IN, Entry
from tacenda.cli import dialogue, session
from tacenda.cli.approvals import PEOPLE, templates
from tacenda.cli.options import as_json, case_argument
from tacenda.cli.planning import availability
from tacenda.drafts import draft_of, planned_for, report_draft
from tacenda.filings import REPORTS
from tacenda.linkage import is_led, together
from tacenda.models import Audience, Kind
from tacenda.notices import Draft
from tacenda.parties import embargo_end
from tacenda.render import away, few_of, moment, names, note, safe, say, say_json, say_table
from tacenda.timeline import plan

DRAFTED = {duty.word: duty for duty in REPORTS}
COMING = ("at", "", "what", "to")


@click.command("next")
@case_argument
@as_json
def next_entries(case: str, as_json: bool) -> None:
    """Say what will happen to the CASE if nobody acts: when, which letter, to whom."""
    view = dialogue.view(case)
    now = max(session.now(), view.now)
    entries = plan(view.case, view.case.policy, now)
    if as_json:
        say_json(
            [
                {
                    "at": entry.at,
                    "what": entry.kind.value if entry.kind else what_of(entry),
                    "steps": [step.value for step in entry.steps],
                    "duty": entry.duty,
                    "to": [audience.value for audience in entry.to],
                    "every": entry.every,
                    "recipients": [recipient.address for recipient in entry.whom] or None,
                }
                for entry in entries
            ]
        )
        return
    if not entries:
        note("Nothing happens by itself any more.")
        return
    if is_led(view.case):
        lead = view.case.follows
        note(f"It is released together with {lead}, by the plan of that case: tacenda next {lead}")
    elif view.case.links:
        note(f"Released together with it: {names(together(view.case))}")
    say_table(COMING, coming_rows(entries, now))


def coming_rows(entries: Sequence[Entry], now: datetime) -> list[list[str]]:
    """Return what will happen as the rows of a table under `COMING`."""
    return [
        [
            moment(entry.at),
            away(entry.at, now),
            entry.label + (" (and again)" if entry.every else ""),
            _whom(entry),
        ]
        for entry in entries
    ]


def what_of(entry: Entry) -> str:
    """Return what an entry is that sends no letter: a limit, or that somebody is silent."""
    if entry.key == STEPPING_IN:
        return "stepping_in"
    return "limit" if entry.is_limit else "silence"


def _whom(entry: Entry) -> str:
    """Return for whom an entry is: by name where it is only for some."""
    if entry.whom and (entry.kind is None or Audience.TOLD not in entry.to):
        return few_of(tuple(dict.fromkeys(recipient.name for recipient in entry.whom)))
    return names(tuple(audience.label for audience in entry.to))


@click.command()
@case_argument
@click.argument(
    "notice",
    metavar="NOTICE",
    type=click.Choice([*PEOPLE, *DRAFTED, *(kind.value for kind in Kind)]),
)
@as_json
def preview(case: str, notice: str, as_json: bool) -> None:
    """Show a NOTICE of the CASE as it would be now: users, vendors, release, or any letter.

    Or a report to the regulator: early-warning, notification, final-report.
    """
    view = dialogue.view(case)
    if notice in DRAFTED:
        now = max(session.now(), view.now)
        _say_draft(notice, report_draft(view.case, DRAFTED[notice], now, templates()), as_json)
        return
    kind = view.case.notice_for(Audience(notice)) if notice in PEOPLE else Kind(notice)
    now = max(session.now(), view.now)
    planned = planned_for(view.case, now, availability(view.case))
    if kind in (Kind.INVITATION, Kind.VENDOR_REMINDER):
        planned = embargo_end(view.case)
    supposed = view.case.model_copy(update={"planned": planned})
    draft = draft_of(supposed, kind, now, templates())
    _say_draft(kind.value, draft, as_json)


def _say_draft(kind: str, draft: Draft, as_json: bool) -> None:
    if as_json:
        say_json({"kind": kind, "subject": draft.subject, "body": draft.body})
        return
    say(f"Subject: {draft.subject}\n")
    say(safe(draft.body))
