"""The vendors of a case: inviting them, writing down what they answer, the table of them."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from tacenda import vendor_acts
from tacenda.approvals import ApproveNotice
from tacenda.askings import is_meant, small
from tacenda.case import Case
from tacenda.cli import dialogue, session
from tacenda.cli.acts import perform
from tacenda.cli.options import INSTANT, acting, as_json, case_argument, confirmed
from tacenda.contract import View
from tacenda.drafts import News, invitations_by
from tacenda.errors import BadInput, Refused
from tacenda.models import Word
from tacenda.render import moment, note, say, say_json, say_table, show_text, warn
from tacenda.roster import Row, roster, summary
from tacenda.vendors import Party
from tacenda.vendorwords import named

HEADINGS = (
    *("vendor", "consent", "invited", "told", "answer", "warned", "told date", "release"),
    "outstanding",
)


@click.command()
@case_argument
@click.argument("name", metavar="NAME")
@click.argument("word", metavar="ANSWER", type=click.Choice([word.value for word in Word]))
@click.option("--reason", metavar="R", default="", help="How you know, or why.")
@click.option("--until", metavar="T", type=INSTANT, help="Up to which release date it accepts.")
@acting
def vendor(
    case: str,
    name: str,
    word: str,
    reason: str,
    until: datetime | None,
    override: str,
    yes: bool,
) -> None:
    """Write down what the vendor NAME answered in the CASE (ANSWER): it accepted the embargo or
    declined it; or, once it was told, that it is ready, or not-affected.
    """
    values = {"vendor": name, "word": word, "why": reason, "until": until}
    act = dialogue.build(vendor_acts.VendorReply, override=override, **values)
    settings = session.settings()
    if settings and settings.vendors and not _is_listed(name):
        raise BadInput(
            f"tacenda.toml has no vendor of the name {name}. `tacenda vendors {case}` shows them."
        )
    perform(case, act)


def _is_listed(name: str) -> bool:
    return any(is_meant(party, small((name,))) for party in listed())


def listed() -> tuple[Party, ...]:
    """Return the vendors that the settings here have; none where there are no settings."""
    settings = session.settings()
    return tuple(
        Party(name=vendor.name, address=vendor.email, standing=vendor.embargo == "standing")
        for vendor in (settings.vendors if settings else ())
    )


@click.command()
@case_argument
@as_json
def vendors(case: str, as_json: bool) -> None:
    """Show the vendors of the CASE: who consented, who was told what and when, what is open."""
    view = dialogue.view(case)
    rows = roster(view.case, max(session.now(), view.now), listed())
    if as_json:
        say_json({"vendors": [row.model_dump() for row in rows], "summary": summary(rows)})
        return
    if rows:
        say_table(HEADINGS, [_cells(row) for row in rows])
    say(summary(rows))


def _cells(row: Row) -> list[str]:
    until = f" until {moment(row.until)}" if row.until else ""
    told = f"{moment(row.told)} ({row.notice})" if row.told else "-"
    answered = f" {moment(row.answered)}" if row.answered else ""
    return [
        row.name,
        f"{row.consent}{until}",
        moment(row.invited),
        told,
        f"{row.answer}{answered}" or "-",
        moment(row.final_warning),
        moment(row.knows),
        moment(row.released),
        "; ".join(row.outstanding) or "-",
    ]


def check_invited(case: Case, to: Sequence[str]) -> None:
    """Raise `BadInput` for names that are no vendor here, or that need no invitation."""
    parties = listed()
    for name in to if parties else ():
        meant = [party for party in parties if is_meant(party, small((name,)))]
        if not meant:
            raise BadInput(f"tacenda.toml has no vendor of the name {name}. Add it.")
        if all(party.standing for party in meant):
            raise BadInput(
                f"{name} has accepted the embargo for good, and needs no invitation. To send it "
                f"the details: tacenda notify {case.id} vendors --to '{name}'."
            )


def invite(view: View, act: ApproveNotice, news: News, templates: Path | None, yes: bool) -> None:
    """Show the invitation and to whom it goes, ask, and let it go out."""
    case = view.case
    warnings = dialogue.check(view, act)
    for warning in warnings:
        warn(warning)
    parties = listed() or case.vendors
    now = max(session.now(), view.now)
    invited = invitations_by(case, act, parties, now, templates)
    for whom, draft in invited:
        note(f"To:      {named([recipient.name for recipient in whom])}")
        note(f"Subject: {draft.subject}")
        show_text(draft.body)
    if not parties:
        warn("There is no tacenda.toml here; the worker's settings say who is invited.")
    elif not invited:
        note("To:      nobody who has not been invited for that date, or has answered")
    for audience, letter in news.items():
        note(f"And to the {audience} who were told another date: {letter.subject}")
        show_text(letter.body)
    if not confirmed(f"Invite them to the embargo of {case.id}?", yes):
        raise Refused("Nobody was invited.")
    session.run(dialogue.send(view, act))
    if parties and not invited:
        say(f"{case.id}: no invitation goes out, for there is nobody to invite for that date.")
    else:
        say(f"{case.id}: the invitation is approved by {act.by} and goes out now.")
