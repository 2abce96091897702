"""Who may be told what is under embargo, now: the last look before anything leaves."""

from datetime import datetime

from tacenda.case import Case
from tacenda.letters import Recipient
from tacenda.models import Audience, Kind
from tacenda.parties import Consent, Standing, may_hear, standings
from tacenda.rules import SURE_POST


def consented(case: Case) -> tuple[Recipient, ...]:
    """Return the vendors who have accepted the embargo of this case, as it is planned."""
    everybody = standings(case).values()
    return tuple(s.recipient for s in everybody if s.may_hear and s.consent is Consent.ACCEPTED)


def may_still_hear(
    case: Case, key: str, recipients: tuple[Recipient, ...], now: datetime | None = None
) -> tuple[Recipient, ...]:
    """Return those of `recipients` who may get the letter of that key at this very moment.

    A vendor may have declined, or may be asked for a later date, since it was looked up; and
    at `now` (UTC), where it is given, the date that it accepted may be past.
    """
    is_secret = key.partition(".")[0] in (Kind.VENDOR_NOTICE, Kind.FINAL_WARNING)
    if case.rules < SURE_POST or not is_secret:
        return recipients
    vendors = standings(case)
    refusing = {
        address
        for address, s in vendors.items()
        if not s.left and not (may_hear(case, s, now) if now else s.may_hear)
    }
    return tuple(r for r in recipients if r.address.casefold() not in refusing)


def warnable(case: Case) -> tuple[Recipient, ...]:
    """Return the vendors who get a final warning: they were told, and may still hear more."""
    told = case.told(Audience.VENDORS)
    if case.rules < SURE_POST:
        return told
    vendors = standings(case)
    return tuple(r for r in told if vendors[r.address.casefold()].may_hear)


def parted(
    case: Case, whom: tuple[Recipient, ...], at: datetime
) -> tuple[tuple[Recipient, ...], tuple[Recipient, ...]]:
    """Return those vendors among `whom` who get what a person wrote for vendors, and the others.

    It may hold a detail, which nobody gets at `at` (UTC) who was only invited. A case that
    closes has no date any more: what was accepted up to its last one still counts.
    """
    if case.rules < SURE_POST:
        return whom, ()
    vendors = standings(case)
    reading: list[Recipient] = []
    others: list[Recipient] = []
    for recipient in whom:
        standing = vendors.get(recipient.address.casefold())
        (reading if _may_read(case, standing, at) else others).append(recipient)
    return tuple(reading), tuple(others)


def _may_read(case: Case, standing: Standing | None, at: datetime) -> bool:
    if standing is None or standing.left:
        return False
    if standing.consent is not Consent.LAPSED:
        return may_hear(case, standing, at)
    until, asked_for = standing.until, standing.invited_for
    is_kept = until is not None and until > at and (asked_for is None or asked_for <= until)
    return case.closing is not None and is_kept


def is_asked_anew(standing: Standing, end: datetime) -> bool:
    """Whether a vendor was asked, or has accepted, for an earlier end (UTC) than that."""
    if standing.left or standing.vendor.standing:
        return False
    if standing.consent in (Consent.ACCEPTED, Consent.LAPSED):
        is_shorter = standing.until is not None and standing.until < end
        return is_shorter and (standing.invited_for is None or standing.invited_for < end)
    is_open = standing.consent is Consent.INVITED
    return is_open and standing.invited_for is not None and standing.invited_for < end
