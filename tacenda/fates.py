"""How what happens by itself changes a case: letters start, arrive, fail and hold."""

from datetime import datetime
from functools import singledispatch
from typing import Any

from tacenda.approving import held, with_notice, without_another_date
from tacenda.case import Case
from tacenda.deliveries import with_mail_stopped, with_pass
from tacenda.happenings import (
    Happening,
    HoursFound,
    LeadProposed,
    LetterHeld,
    LetterSent,
    LetterStarted,
    LinkLost,
    MailFlows,
    MailStopped,
    RecipientsFound,
    SecondProposed,
    TroubleFound,
    VendorsFound,
    VendorsSilent,
)
from tacenda.letters import Late, Notice, Sent
from tacenda.linking import lost
from tacenda.models import Audience, Kind
from tacenda.objections import command_for
from tacenda.rules import RIGHT_DATE, SURE_POST
from tacenda.sharing import kept_back
from tacenda.staffing import with_hours
from tacenda.stepping_in import with_second
from tacenda.troubles import with_trouble
from tacenda.vendorwords import named, words_on_silence

_TOLD = (Audience.TOLD, Audience.TOLD_VENDORS)


def happened(case: Case, happening: Happening, now: datetime) -> Case:
    """Return `case` after `happening` at `now` (UTC)."""
    return _happened(happening, case, now)


@singledispatch
def _happened(happening: Any, case: Case, now: datetime) -> Case:
    raise AssertionError(f"no rule for {type(happening).__name__}")


@_happened.register
def _(happening: LeadProposed, case: Case, now: datetime) -> Case:
    return case.model_copy(update={"proposed_lead": happening.name})


@_happened.register
def _(happening: SecondProposed, case: Case, now: datetime) -> Case:
    return with_second(case, happening.name, now)


@_happened.register
def _(happening: HoursFound, case: Case, now: datetime) -> Case:
    return with_hours(case, happening.name, happening.windows, happening.until, now)


@_happened.register
def _(happening: LetterStarted, case: Case, now: datetime) -> Case:
    after = case.model_copy(update={"under_way": (*case.under_way, happening.letter)})
    is_release = happening.letter.kind is Kind.RELEASE and case.rules >= RIGHT_DATE
    return _with_the_release_leaving(after, now) if is_release else after


def _with_the_release_leaving(case: Case, now: datetime) -> Case:
    """Return the case in which no other release waits: one that nobody seconded comes too late."""
    for other in tuple(case.all_waiting(Kind.RELEASE)):
        what = (
            f"The release goes out as it was approved before. What {' and '.join(other.approvers)} "
            "approved in its place did not get a second approval in time, and is void. If the text "
            f"must be another: tacenda notify {case.id} users --edit sends a correction."
        )
        case = with_trouble(held(case, other, "the one before it went out"), what, now)
    return case


@_happened.register
def _(happening: LetterSent, case: Case, now: datetime) -> Case:
    after = with_pass(case, happening.letter, now, gave_up=happening.gave_up)
    return _with_late(case, after, happening.letter)


def _with_late(before: Case, after: Case, letter: Sent) -> Case:
    """Return the case that knows when those got a letter who had been put off."""
    if before.rules < SURE_POST or not (before.finished(letter.key) and letter.delivered):
        return after
    late = Late(at=letter.at, count=len(letter.delivered))
    letters = (
        s.model_copy(update={"late": (*s.late, late)}) if s.key == letter.key else s
        for s in after.letters
    )
    return after.model_copy(update={"letters": tuple(letters)})


@_happened.register
def _(happening: MailStopped, case: Case, now: datetime) -> Case:
    return with_mail_stopped(case, happening.by, now)


@_happened.register
def _(happening: MailFlows, case: Case, now: datetime) -> Case:
    return case.model_copy(update={"stopped": None})


@_happened.register
def _(happening: LetterHeld, case: Case, now: datetime) -> Case:
    was_begun = any(s.key == happening.key for s in case.under_way)
    kept = tuple(s for s in case.under_way if s.key != happening.key)
    case = case.model_copy(update={"under_way": kept})
    # A final warning that is too late holds the release that it warns of.
    key = happening.key.replace(f"{Kind.FINAL_WARNING}.", f"{Kind.RELEASE}.")
    notice = case.notice(key)
    if notice is None or notice.held:
        return case
    what = (
        f"The approved {notice.kind.label} is held: {happening.reason}. {_how_sure(was_begun)} "
        f"Decide when, and approve it again: {command_for(case, notice)} --at T."
    )
    case = with_trouble(held(case, notice, happening.reason), what, now)
    is_release = notice.kind is Kind.RELEASE and case.rules >= RIGHT_DATE
    return without_another_date(case, now) if is_release else case


def _how_sure(was_begun: bool) -> str:
    """Say what is known of a held letter: the answer to an attempt may have been lost."""
    if was_begun:
        return "Nobody is known to have it, but look at the lists first: one answer may be lost."
    return "Nothing has been published."


@_happened.register
def _(happening: RecipientsFound, case: Case, now: datetime) -> Case:
    """Bind an approval to its recipients; others than those it is bound to make it void.

    Who has a notice hears of the release as well, whenever they got that: it binds nothing.
    """
    notice = case.notice(happening.key)
    is_apart = notice is not None and notice.key != happening.key
    if notice is None or is_apart or notice.held or case.finished(notice.key):
        return case
    listed = tuple(r for r in happening.recipients if r.audience not in _TOLD)
    if notice.recipients is None:
        return with_notice(case, notice.model_copy(update={"recipients": listed}))
    before = {r.address for r in notice.recipients}
    after = {r.address for r in listed}
    gone = before - after - _kept_back(case, notice)
    if not (gone or after - before):
        return case
    came, went = named(sorted(after - before)), named(sorted(gone))
    who = "; ".join(
        part for part in (f"new: {came}" if came else "", f"gone: {went}" if went else "") if part
    )
    what = "its recipients have changed since"
    return with_trouble(
        held(case, notice, what),
        f"The approval of the {notice.kind.label} is void because {what} ({who}). Nobody got it. "
        f"Look whom it is for, and approve it anew: {command_for(case, notice)}.",
        now,
    )


def _kept_back(case: Case, notice: Notice) -> set[str]:
    """Return who gets a notice apart, or not at all, by a word of their own: that voids nothing."""
    if case.rules < SURE_POST or notice.kind is not Kind.VENDOR_NOTICE:
        return set()
    return {recipient.address for recipient in kept_back(case, notice)}


@_happened.register
def _(happening: VendorsFound, case: Case, now: datetime) -> Case:
    """Take the vendors as they are now; who is new was not meant by what was said before."""
    since = {vendor.address.casefold(): vendor.since for vendor in case.vendors}
    first = case.looked_up + 1 if case.looked_up else 0
    vendors = tuple(
        vendor.model_copy(update={"since": since.get(vendor.address.casefold(), first)})
        for vendor in happening.vendors
    )
    return case.model_copy(update={"vendors": vendors, "looked_up": happening.asking})


@_happened.register
def _(happening: VendorsSilent, case: Case, now: datetime) -> Case:
    silent = case.model_copy(update={"silences": (*case.silences, *happening.silences)})
    for what in words_on_silence(case, happening.silences):
        silent = with_trouble(silent, what, now)
    return silent


_happened.register(LinkLost)(lost)


@_happened.register
def _(happening: TroubleFound, case: Case, now: datetime) -> Case:
    return with_trouble(case, happening.what, now, noise=happening.noise)
