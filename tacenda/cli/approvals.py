"""The approvals: a person reads exactly the text that goes out, and says yes."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tacenda import approvals
from tacenda.act import Act, Telling
from tacenda.cli import dialogue, session, vendors
from tacenda.cli.addressees import check_names, had_one, say_addressees
from tacenda.cli.options import (
    INSTANT,
    acting,
    attached,
    case_argument,
    confirmed,
    telling,
    text_from,
    texting,
)
from tacenda.cli.planning import availability
from tacenda.contract import View
from tacenda.drafts import News, draft_of, news_of_date, planned_for
from tacenda.errors import BadInput, Refused
from tacenda.models import NOTICES, Audience, Kind
from tacenda.releases import wants_second
from tacenda.render import moment, note, say, show_text, warn

PEOPLE = [audience.value for audience in NOTICES]


@click.command()
@case_argument
@click.argument("audience", metavar="AUDIENCE", type=click.Choice(PEOPLE))
@click.option("--to", metavar="NAME", multiple=True, help="Only to these; repeatable.")
@click.option("--attach", "files", metavar="FILE", multiple=True, help="A patch; repeatable.")
@click.option("--planned", metavar="T", type=INSTANT, help="The release date that it names.")
@click.option("--at", metavar="T", type=INSTANT, help="When to send it; now if left out.")
@click.option("--fix-expected", is_flag=True, help="My word: the fix will be ready by then.")
@click.option("--invite", is_flag=True, help="Only ask vendors to accept the embargo.")
@click.option("--hold", metavar="REASON", help="Stop an approved notice instead.")
@texting
@telling
@acting
def notify(
    case: str,
    audience: str,
    to: tuple[str, ...],
    files: tuple[str, ...],
    planned: datetime | None,
    at: datetime | None,
    fix_expected: bool,
    invite: bool,
    hold: str | None,
    text_file: str | None,
    edit: bool,
    elsewhere: str | None,
    when: datetime | None,
    override: str,
    yes: bool,
) -> None:
    """Approve a notice of the CASE to users, vendors or reporter (AUDIENCE), and send it.

    After the release it is a correction: to users and everybody who was told, or to the
    vendors alone.
    """
    whom, now, attachments = Audience(audience), session.now(), attached(files)
    view = dialogue.view(case)
    kind = view.case.notice_for(whom, when)
    common: dict[str, Any] = {"audience": audience, "to": to, "override": override}
    if invite:
        _without_more("--invite", files, at, fix_expected, hold, text_file, edit, elsewhere)
        _invite(view, planned, yes, **common)
        return
    if hold is not None:
        _alone("--hold", hold, to, files, planned, at, fix_expected, text_file, edit, elsewhere)
        _hold(view, dialogue.build(approvals.ApproveNotice, hold=hold, **common), kind)
        return
    if elsewhere is not None:
        _alone("--sent-elsewhere", elsewhere, files, at, fix_expected, text_file, edit)
        if whom is Audience.REPORTER:
            # Told again next week is another act: it is the instant that tells them apart.
            when = when or max(view.case.report.received, now.replace(second=0, microsecond=0))
        told = {"elsewhere": elsewhere, "when": when, "planned": planned}
        _record(view, dialogue.build(approvals.ApproveNotice, **told, **common), kind)
        return
    check_names(view.case, whom, to)
    if whom is not Audience.REPORTER and not view.case.released:
        planned = planned or planned_for(view.case, now, availability(view.case))
    supposed = view.case.model_copy(update={"planned": planned or view.case.planned})
    names = tuple(attachment.name for attachment in attachments)
    again = had_one(view.case, whom) and not to
    draft = draft_of(supposed, kind, now, templates(), files=names, again=again)
    news = news_of_date(view.case, planned, now, templates())
    act = dialogue.build(
        approvals.ApproveNotice,
        text=text_from(text_file, edit, lambda: draft.body),
        planned=planned,
        at=at,
        fix_expected=fix_expected,
        attachments=attachments,
        revision=view.case.revision,
        **_told(news),
        **common,
    )
    say_addressees(view.case, whom, draft.subject, to)
    if not to:
        news.pop(whom, None)
    approve(view, act, f"the {kind.label}", news, yes, edited=edit)


@click.command()
@case_argument
@click.option("--at", metavar="T", type=INSTANT, help="When to publish; now if left out.")
@click.option("--confirm-artifacts", is_flag=True, help="My word: they are public and verified.")
@click.option("--hold", metavar="REASON", help="Stop an approved release instead.")
@texting
@telling
@acting
def release(
    case: str,
    at: datetime | None,
    confirm_artifacts: bool,
    hold: str | None,
    text_file: str | None,
    edit: bool,
    elsewhere: str | None,
    when: datetime | None,
    override: str,
    yes: bool,
) -> None:
    """Approve the release of the CASE, now or at an instant; or hold an approved one.

    Where two must approve, the second sees the text of the first.
    """
    view, now = dialogue.view(case), session.now()
    if hold is not None:
        _alone("--hold", hold, at, confirm_artifacts, text_file, edit, elsewhere)
        act = dialogue.build(approvals.ApproveRelease, hold=hold, override=override)
        _hold(view, act, Kind.RELEASE)
        return
    if elsewhere is not None:
        _alone("--sent-elsewhere", elsewhere, at, text_file, edit)
        told = {"elsewhere": elsewhere, "when": when, "override": override}
        _record(view, dialogue.build(approvals.ApproveRelease, **told), Kind.RELEASE)
        return
    supposed = view.case.model_copy(update={"planned": at or now})
    draft = draft_of(supposed, Kind.RELEASE, now, templates())
    first = wants_second(view.case, session.actor())
    if first and at in (None, first.send_at):
        draft = draft.model_copy(update={"body": first.text})
    news = news_of_date(view.case, at, now, templates())
    act = dialogue.build(
        approvals.ApproveRelease,
        text=text_from(text_file, edit, lambda: draft.body),
        at=at,
        artifacts_confirmed=confirm_artifacts,
        revision=view.case.revision,
        override=override,
        **_told(news),
    )
    say_addressees(view.case, Audience.RELEASE, draft.subject)
    approve(view, act, "the release", news, yes, edited=edit)


def _invite(view: View, planned: datetime | None, yes: bool, **common: Any) -> None:
    """Ask vendors to accept the embargo, before anything is known or said."""
    vendors.check_invited(view.case, common["to"])
    news = news_of_date(view.case, planned, session.now(), templates())
    act = dialogue.build(
        approvals.ApproveNotice, invite=True, planned=planned, **_told(news), **common
    )
    vendors.invite(view, act, news, templates(), yes)


def _told(news: News) -> dict[str, str]:
    return {f"{audience}_told": draft.body for audience, draft in news.items()}


def _alone(option: str, value: str, *others: object) -> None:
    if not value.strip() or any(others):
        raise BadInput(f"{option} wants to know why or where, and stands without a text.")


def _without_more(option: str, *others: object) -> None:
    if any(others):
        raise BadInput(f"{option} sends an invitation and nothing else: only --to and --planned.")


def _hold(view: View, act: Act, kind: Kind) -> None:
    for warning in dialogue.check(view, act):
        warn(warning)
    session.run(dialogue.send(view, act))
    say(f"{view.case.id}: the {kind.label} is held; it does not go out unless approved again.")


def _record(view: View, act: Telling, kind: Kind) -> None:
    """Record what was told elsewhere: nothing is sent."""
    for warning in dialogue.check(view, act):
        warn(warning)
    session.run(dialogue.send(view, act))
    say(
        f"{view.case.id}: the {kind.label} is recorded as told elsewhere on "
        f"{moment(act.when or view.now)}; nothing was sent."
    )


def approve(
    view: View, act: approvals.Approval, what: str, news: News, yes: bool, *, edited: bool
) -> None:
    """Show the text with its warnings, ask, and send exactly that text with the approval."""
    case = view.case.id
    try:
        warnings = dialogue.check(view, act)
    except Refused:
        if edited:  # the editor keeps no copy, and neither do we of what is under embargo
            note("Your text, so that it is not lost:")
            show_text(act.text or "")
        raise
    for warning in warnings:
        warn(warning)
    _warn_of_stranger(act.by)
    show_text(act.text or "")
    for audience, draft in news.items():
        note(f"And to the {audience} who were told another date: {draft.subject}")
        show_text(draft.body)
    when = f"at {act.at:%Y-%m-%d %H:%M} UTC" if act.at else "now"
    if not confirmed(f"Approve exactly this text as {what} of {case}, to go out {when}?", yes):
        raise Refused("Nothing was approved.")
    session.run(dialogue.send(view, act))
    say(f"{case}: {what} is approved by {act.by} and goes out {when}.")


def _warn_of_stranger(name: str) -> None:
    """Say so where nobody of that name is on the team: a slip of the hand signs for nobody."""
    settings = session.settings()
    if settings and name not in [member.name for member in settings.team.members]:
        warn(f"{name} is no member in tacenda.toml, and approves all the same. Is it you? (--as)")


def templates() -> Path | None:
    """Return the team's own templates, if it has a settings file that names some."""
    settings = session.settings()
    return settings.mail.templates if settings else None
