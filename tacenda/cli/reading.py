"""The commands that look ahead: next, preview. Each has --json."""

from collections.abc import Sequence
from datetime import datetime

import click

from tacenda.agenda import Entry
from tacenda.cli import dialogue, session
from tacenda.cli.approvals import PEOPLE, templates
from tacenda.cli.options import as_json
from tacenda.drafts import draft_of, planned_for
from tacenda.models import Audience, Kind
from tacenda.render import away, moment, names, note, safe, say, say_json, say_table
from tacenda.timeline import plan

COMING = ("at", "", "what", "to")


@click.command("next")
@click.argument("case")
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
    say_table(COMING, coming_rows(entries, now))


def coming_rows(entries: Sequence[Entry], now: datetime) -> list[list[str]]:
    """Return what will happen as the rows of a table under `COMING`."""
    return [
        [
            moment(entry.at),
            away(entry.at, now),
            entry.label + (" (and again)" if entry.every else ""),
            names(tuple(audience.value.replace("_", " ") for audience in entry.to)),
        ]
        for entry in entries
    ]


@click.command()
@click.argument("case")
@click.argument(
    "notice", metavar="NOTICE", type=click.Choice([*PEOPLE, *(kind.value for kind in Kind)])
)
@as_json
def preview(case: str, notice: str, as_json: bool) -> None:
    """Show a NOTICE of the CASE as it would be now: users, vendors, release, or any letter."""
    view = dialogue.view(case)
    kind = view.case.notice_for(Audience(notice)) if notice in PEOPLE else Kind(notice)
    now = max(session.now(), view.now)
    supposed = view.case.model_copy(update={"planned": planned_for(view.case, now)})
    draft = draft_of(supposed, kind, now, templates())
    if as_json:
        say_json({"kind": kind.value, "subject": draft.subject, "body": draft.body})
        return
    say(f"Subject: {draft.subject}\n")
    say(safe(draft.body))
