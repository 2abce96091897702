"""The approvals: a person reads exactly the text that goes out, and says yes."""

from datetime import datetime
from pathlib import Path

import click

from tacenda import acts
from tacenda.cli import session
from tacenda.cli.options import INSTANT, acting, confirmed, text_from, texting
from tacenda.contract import View
from tacenda.drafts import draft_of, planned_for
from tacenda.errors import BadInput, Refused
from tacenda.models import Audience, Kind
from tacenda.render import note, say, show_text, warn

PEOPLE = [Audience.USERS.value, Audience.VENDORS.value, Audience.REPORTER.value]


@click.command()
@click.argument("case")
@click.argument("audience", metavar="AUDIENCE", type=click.Choice(PEOPLE))
@click.option("--planned", metavar="T", type=INSTANT, help="The release date that it names.")
@click.option("--at", metavar="T", type=INSTANT, help="When to send it; now if left out.")
@click.option("--fix-expected", is_flag=True, help="My word: the fix will be ready by then.")
@texting
@acting
def notify(
    case: str,
    audience: str,
    planned: datetime | None,
    at: datetime | None,
    fix_expected: bool,
    text_file: str | None,
    edit: bool,
    override: str,
    yes: bool,
) -> None:
    """Approve a notice of the CASE to users, vendors or reporter (AUDIENCE), and send it."""
    view = session.view(case)
    kind = acts.KIND_FOR[Audience(audience)]
    if audience != Audience.REPORTER:
        planned = planned or planned_for(view.case, session.now())
    supposed = view.case.model_copy(update={"planned": planned or view.case.planned})
    draft = draft_of(supposed, kind, session.now(), templates())
    text = text_from(text_file, edit, lambda: draft.body)
    act = session.build(
        acts.ApproveNotice,
        audience=audience,
        text=text,
        planned=planned,
        at=at,
        fix_expected=fix_expected,
        override=override,
    )
    say_addressees(Audience(audience), draft.subject)
    approve(view, act, text, f"the {kind.label}", at, yes)


@click.command()
@click.argument("case")
@click.option("--at", metavar="T", type=INSTANT, help="When to publish; now if left out.")
@click.option("--confirm-artifacts", is_flag=True, help="My word: they are public and verified.")
@click.option("--hold", metavar="REASON", help="Stop an approved release instead.")
@texting
@acting
def release(
    case: str,
    at: datetime | None,
    confirm_artifacts: bool,
    hold: str | None,
    text_file: str | None,
    edit: bool,
    override: str,
    yes: bool,
) -> None:
    """Approve the release of the CASE, now or at an instant; or hold an approved one."""
    view = session.view(case)
    if hold is not None:
        if not hold.strip() or at or confirm_artifacts or text_file or edit:
            raise BadInput("--hold takes a reason, and stands alone.")
        act = session.build(acts.ApproveRelease, hold=hold, override=override)
        for warning in session.check(view, act):
            warn(warning)
        session.run(_send(view, act))
        say(f"{case}: the release is held; nothing goes out until it is approved again.")
        return
    supposed = view.case.model_copy(update={"planned": at or session.now()})
    draft = draft_of(supposed, Kind.RELEASE, session.now(), templates())
    text = text_from(text_file, edit, lambda: draft.body)
    act = session.build(
        acts.ApproveRelease,
        text=text,
        at=at,
        artifacts_confirmed=confirm_artifacts,
        override=override,
    )
    say_addressees(Audience.RELEASE, draft.subject)
    approve(view, act, text, "the release", at, yes)


def approve(
    view: View, act: acts.Act, text: str, what: str, at: datetime | None, yes: bool
) -> None:
    """Show the text with its warnings, ask, and send exactly that text with the approval."""
    case = view.case.id
    for warning in session.check(view, act):
        warn(warning)
    show_text(text)
    when = f"at {at:%Y-%m-%d %H:%M} UTC" if at else "now"
    if not confirmed(f"Approve exactly this text as {what} of {case}, to go out {when}?", yes):
        raise Refused("Nothing was approved.")
    session.run(_send(view, act))
    say(f"{case}: {what} is approved by {act.by} and goes out {when}.")


def say_addressees(audience: Audience, subject: str) -> None:
    """Say to whom the text goes, as the settings here know them, and under which subject."""
    settings = session.settings()
    if settings:
        vendors = (f"{v.name} <{v.email}>" for v in settings.vendors if v.embargo == "standing")
        known = {
            Audience.USERS: settings.lists.users,
            Audience.VENDORS: tuple(vendors),
            Audience.RELEASE: (*settings.lists.release, "and everybody who had a notice"),
            Audience.REPORTER: ("the reporter",),
        }
        note(f"To:      {', '.join(known[audience]) or 'nobody'}")
    note(f"Subject: {subject}")


async def _send(view: View, act: acts.Act) -> None:
    await session.act(await session.client(), view, act)


def templates() -> Path | None:
    """Return the team's own templates, if it has a settings file that names some."""
    settings = session.settings()
    return settings.mail.templates if settings else None
