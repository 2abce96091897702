"""Who was told which release date, and who must hear that it has changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tacenda.case import Case
from tacenda.consents import is_asked_anew
from tacenda.letters import Notice, Recipient
from tacenda.models import NOTICES, Audience, Kind
from tacenda.parties import Consent, Standing, standings
from tacenda.rules import RIGHT_DATE, SURE_POST

_WAITING = (Consent.INVITED, Consent.ACCEPTED, Consent.LAPSED)
_DATED = (
    Kind.USER_NOTICE,
    Kind.VENDOR_NOTICE,
    Kind.FINAL_WARNING,
    Kind.DATE_CHANGE,
    Kind.INVITATION,
)


def dates_told(case: Case) -> dict[str, datetime | None]:
    """Return the release date (UTC) that each address was last told; None if called off."""
    return {
        recipient.address: letter.planned
        for letter in sorted(case.letters, key=lambda letter: letter.at)
        if letter.kind in _DATED and (letter.planned or letter.kind is Kind.DATE_CHANGE)
        for recipient in letter.everyone
    }


def told_otherwise(case: Case, planned: datetime | None) -> tuple[Recipient, ...]:
    """Return those who were told another release date than `planned`, and are to hear that.

    Vendors who must accept the new date first hear of it by being asked.
    """
    dates, asked = dates_told(case), _asked_anew(case, planned)
    return tuple(
        recipient
        for recipient in told_a_date(case, Audience.USERS, Audience.VENDORS)
        if dates.get(recipient.address, planned) != planned and recipient.address not in asked
    )


def told_a_date(case: Case, *audiences: Audience) -> tuple[Recipient, ...]:
    """Return those of `audiences` who have a notice; and vendors who wait for one, invited."""
    told = case.told(*audiences)
    if case.rules < SURE_POST or Audience.VENDORS not in audiences:
        return told
    have_it = {recipient.address for recipient in told}
    dead = case.dead if case.rules >= RIGHT_DATE else frozenset()
    waiting = (
        standing.recipient
        for standing in standings(case).values()
        if standing.consent in _WAITING
        and _knows_a_date(standing)
        and standing.vendor.address.casefold() not in dead
    )
    return (*told, *(r for r in waiting if r.address not in have_it))


def _knows_a_date(standing: Standing) -> bool:
    """Whether a vendor that waits knows a date from us, or has accepted one."""
    if standing.invited is None or standing.left:
        return False
    return not standing.missed or standing.consent is not Consent.INVITED


def _asked_anew(case: Case, planned: datetime | None) -> set[str]:
    """Return the addresses of the vendors who are asked whether they accept that date (UTC)."""
    if planned is None or case.rules < SURE_POST or case.is_public:
        return set()
    is_so = planned == case.planned  # a copy would be looked at anew
    supposed = case if is_so else case.model_copy(update={"planned": planned})
    everybody = standings(supposed).values()
    on_their_way = [s for s in case.under_way if s.kind is Kind.INVITATION]
    being_asked = {r.address for s in on_their_way for r in (*s.pending, *s.delivered)}
    return being_asked | {s.vendor.address for s in everybody if is_asked_anew(s, planned)}


def owed(case: Case, now: datetime) -> tuple[Recipient, ...]:
    """Return those who must hear at `now` (UTC) that the date has changed, and do not anyway."""
    if case.planned is None or case.planned <= now or is_going_out(case):
        return ()
    coming, dates = tuple(_coming(case)), dates_told(case)
    kept_out = {s.vendor.address for s in standings(case).values() if not s.may_hear}
    return tuple(
        recipient
        for recipient in told_otherwise(case, case.planned)
        if recipient.address in kept_out
        or not any(_reaches(notice, recipient, dates[recipient.address]) for notice in coming)
    )


def announced(case: Case) -> datetime | None:
    """Return the planned release date (UTC) that somebody outside has been told, or None."""
    return case.planned if case.planned in dates_told(case).values() else None


def is_going_out(case: Case) -> bool:
    """Whether the release is out, or on its way."""
    return case.released is not None or any(s.kind is Kind.RELEASE for s in case.under_way)


def is_over(case: Case) -> bool:
    """Whether nothing is announced any more that is to come: the release is out, or leaving."""
    return is_going_out(case) if case.rules >= RIGHT_DATE else case.released is not None


def _coming(case: Case) -> Iterator[Notice]:
    """Yield the notices on their way, or about to be, that name the date as it is now."""
    for notice in case.notices:
        is_coming = notice.kind in NOTICES.values() and not notice.held
        if is_coming and notice.planned == case.planned and not case.finished(notice.key):
            yield notice


def _reaches(notice: Notice, recipient: Recipient, told: datetime | None) -> bool:
    """Whether `notice` comes to them before the date (UTC) that they were told has passed."""
    if notice.audience is not recipient.audience or (told and notice.send_at > told):
        return False
    return not notice.to or is_among(recipient, notice.to)


def is_among(recipient: Recipient, names: Iterable[str]) -> bool:
    """Whether one of `names` is the name or the address of `recipient`, however it is written."""
    known = {recipient.name.casefold(), recipient.address.casefold()}
    return any(name.casefold() in known for name in names)
