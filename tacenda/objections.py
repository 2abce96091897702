"""What can stand against several acts: each objection with its sentence and its way out."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.case import Case
from tacenda.fields import Value, moment
from tacenda.models import Kind, Notice
from tacenda.prose import placeholders


class Objection(Value):
    """One thing that speaks against an act; `yields` to an override or does not.

    What is `about_text` stands on the worst day too: then nobody reads a text twice.
    """

    name: str
    sentence: str
    yields: bool = True
    about_text: bool = False


def command_for(case: Case, kind: Kind) -> str:
    """Return the command that approves a letter of `kind`."""
    if kind is Kind.RELEASE:
        return f"tacenda release {case.id}"
    audience = {Kind.USER_NOTICE: "users", Kind.VENDOR_NOTICE: "vendors"}.get(kind, "reporter")
    return f"tacenda notify {case.id} {audience}"


def vendors_period(case: Case, told: datetime, release: datetime) -> Iterator[Objection]:
    """Object to a release that leaves the vendors less than their notice period."""
    earliest = told + case.policy.release.vendor_notice
    if release < earliest:
        yield Objection(
            name="vendors' notice period",
            sentence=f"The vendors have their notice from {moment(told)} and their notice period "
            f"until {moment(earliest)}, but the release would be at {moment(release)}. "
            f"The next good instant for it is {_next_slot(case, earliest)}.",
        )


def release_day(case: Case, at: datetime) -> Iterator[Objection]:
    """Object to a release on a Friday, a weekend or a holiday, as the process does."""
    if objection := case.policy.calendar.objection(at):
        told = case.vendors_told()
        earliest = max(at, told + case.policy.release.vendor_notice) if told else at
        yield Objection(
            name="release day",
            sentence=f"{objection}: nobody is there to update. The next good instant is "
            f"{_next_slot(case, earliest)}.",
        )


def _next_slot(case: Case, after: datetime) -> str:
    """Name the instant that was announced, where it still is a good one, else the next."""
    calendar = case.policy.calendar
    announced = case.planned
    if announced and announced >= after and calendar.objection(announced) is None:
        return f"--at {announced:%Y-%m-%dT%H:%MZ}, as it was announced"
    return f"--at {calendar.next_slot(after):%Y-%m-%dT%H:%MZ}"


def filled_in(text: str) -> Iterator[Objection]:
    """Object to a text in which a person still has to fill something in."""
    if left := placeholders(text):
        yield Objection(
            name="place to fill in",
            sentence=f"The text still has a place to fill in: {left[0]}. Fill it in with --edit, "
            "or give the whole text with --text FILE.",
            about_text=True,
        )


def once_only(case: Case, kind: Kind) -> Iterator[Objection]:
    """Object to a second approval of what is approved already: it goes out once."""
    notice = case.approved(kind)
    if notice is None or kind is Kind.REPORTER_UPDATE:
        return
    yield Objection(name="approved already", sentence=_already(case, notice), yields=False)


def _already(case: Case, notice: Notice) -> str:
    who = " and ".join(notice.approvers)
    approved = f"{who} approved the {notice.kind.label} on {moment(notice.approved)}"
    if case.started(notice.key):
        return f"{approved}, and it has gone out; it goes out once."
    needed = case.policy.release.approvals
    if notice.kind is Kind.RELEASE and len(notice.approvers) < needed:
        return f"{approved}; another member must approve the same text and instant."
    stop = f" To stop it: tacenda release {case.id} --hold REASON."
    return (
        f"{approved}; it goes out at {moment(notice.send_at)}."
        f"{stop if notice.kind is Kind.RELEASE else ''}"
    )


def not_past(at: datetime | None, now: datetime) -> Iterator[Objection]:
    """Object to an instant that is past."""
    if at is not None and at < now:
        yield Objection(
            name="instant",
            sentence=f"{moment(at)} is past. Give a later --at T, or none for now.",
            yields=False,
        )
