"""Who was told which release date, and who must hear that it has changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tacenda.case import Case
from tacenda.letters import Notice, Recipient
from tacenda.models import NOTICES, Audience, Kind

_DATED = (Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.DATE_CHANGE)


def dates_told(case: Case) -> dict[str, datetime | None]:
    """Return the release date (UTC) that each address was last told; None if called off."""
    return {
        recipient.address: letter.planned
        for letter in sorted(case.letters, key=lambda letter: letter.at)
        if letter.kind in _DATED and (letter.planned or letter.kind is Kind.DATE_CHANGE)
        for recipient in letter.everyone
    }


def told_otherwise(case: Case, planned: datetime | None) -> tuple[Recipient, ...]:
    """Return those who have a notice and were told another release date than `planned`."""
    dates = dates_told(case)
    return tuple(
        recipient
        for recipient in case.told(Audience.USERS, Audience.VENDORS)
        if dates.get(recipient.address, planned) != planned
    )


def owed(case: Case, now: datetime) -> tuple[Recipient, ...]:
    """Return those who must hear at `now` (UTC) that the date has changed, and do not anyway."""
    if case.planned is None or case.planned <= now or is_going_out(case):
        return ()
    coming, dates = tuple(_coming(case)), dates_told(case)
    return tuple(
        recipient
        for recipient in told_otherwise(case, case.planned)
        if not any(_reaches(notice, recipient, dates[recipient.address]) for notice in coming)
    )


def announced(case: Case) -> datetime | None:
    """Return the planned release date (UTC) that somebody outside has been told, or None."""
    return case.planned if case.planned in dates_told(case).values() else None


def is_going_out(case: Case) -> bool:
    """Whether the release is out, or on its way."""
    return case.released is not None or any(s.kind is Kind.RELEASE for s in case.under_way)


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
