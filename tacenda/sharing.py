"""When each vendor gets an approved notice: not before it has consented, nor too long before.

Those with a standing consent get it when it is due. Who accepts the embargo later, or keeps none
for so long, gets exactly the same text later, by itself, while what was approved still holds.
"""

from collections.abc import Iterator
from datetime import datetime

from tacenda.agenda import Entry
from tacenda.askings import is_meant, is_of_now, ordinals, small
from tacenda.case import Case
from tacenda.letters import Notice, Recipient
from tacenda.models import Audience, Kind
from tacenda.parties import Consent, Standing, embargo_end, may_hear, standings
from tacenda.promises import is_over
from tacenda.rules import SURE_POST

Vendors = dict[str, Standing]


def due(notice: Notice) -> datetime:
    """Return when an approved notice goes out (UTC)."""
    return max(notice.send_at, notice.approved)


def notice_entries(case: Case, vendors: Vendors, now: datetime) -> Iterator[Entry]:
    """Yield the letters of the vendors' notices that stand; after the release none leaves."""
    for notice in case.notices:
        if notice.kind is not Kind.VENDOR_NOTICE or notice.held or case.started(notice.key):
            continue
        if notice.elsewhere or (not is_over(case) and _is_for_all(case, vendors, notice)):
            to = (Audience.VENDORS,)
            yield Entry(at=due(notice), key=notice.key, kind=Kind.VENDOR_NOTICE, to=to)
    groups: dict[tuple[str, datetime], list[Recipient]] = {}
    for notice, vendor in later(case, vendors, now):
        at = _leaves(case, notice, vendor)
        groups.setdefault((notice.key, at), []).append(vendor.recipient)
    for (key, at), whom in sorted(groups.items()):
        number = 1 + sum(letter.key.startswith(f"{key}.") for letter in case.all_letters)
        number += sum(other[0] == key and other[1] < at for other in groups)
        yield Entry(
            at=at,
            key=f"{key}.{number}",
            kind=Kind.VENDOR_NOTICE,
            to=(Audience.VENDORS,),
            whom=tuple(whom),
        )


def later(case: Case, vendors: Vendors, now: datetime) -> Iterator[tuple[Notice, Standing]]:
    """Yield who gets a notice apart from the others, with the last one that is for them.

    Who has none of the last one that is for them gets it only if it speaks of the facts and
    of the date as they are now (UTC).
    """
    notices = () if is_over(case) else tuple(_approved(case))
    for standing in vendors.values():
        last = _last(notices, standing) if may_hear(case, standing, now) else None
        if last is None or last.key in standing.notices or not is_current(case, last):
            continue
        if _is_apart(case, last, standing) and not _is_on_its_way(case, last, standing):
            yield last, standing


def _is_on_its_way(case: Case, notice: Notice, standing: Standing) -> bool:
    """Whether a vendor may be among those to whom the notice for all is just being taken.

    With a standing consent it is one of them unless it had said something before. Once the fate
    of that letter is known, it is known as well who still has to get it apart.
    """
    begun = next((s.since for s in case.under_way if s.key == notice.key), None)
    agreed = standing.agreed
    is_word_since = begun is not None and agreed is not None and agreed.at >= begun
    return standing.vendor.standing and is_word_since and not _waits(case, notice, standing)


def is_current(case: Case, notice: Notice) -> bool:
    """Whether a notice still says what holds: the facts, and the date."""
    return notice.revision == case.revision and notice.planned == case.planned


def last_for(case: Case, standing: Standing) -> Notice | None:
    """Return the last notice that was approved for a vendor and stands, or None."""
    return _last(tuple(_approved(case)), standing)


def waits_for_approval(case: Case, standing: Standing) -> bool:
    """Whether the last notice for a vendor is held: it gets none before there is another."""
    if case.is_public or standing.left:
        return False
    ours = (n for n in reversed(case.notices) if n.kind is Kind.VENDOR_NOTICE and not n.elsewhere)
    last = next((n for n in ours if is_meant(standing.vendor, small(n.to))), None)
    return last is not None and bool(last.held) and last.key not in standing.notices


def _approved(case: Case) -> Iterator[tuple[Notice, int, frozenset[str]]]:
    """Yield the vendors' notices that stand, the last first, each with its place and its names."""
    order = ordinals(case)
    for notice in reversed(case.notices):
        is_ours = notice.kind is Kind.VENDOR_NOTICE and not (notice.held or notice.elsewhere)
        if is_ours and is_of_now(case, notice.approved):
            yield notice, order[notice.key], small(notice.to)


def _last(
    notices: tuple[tuple[Notice, int, frozenset[str]], ...], standing: Standing
) -> Notice | None:
    vendor = standing.vendor
    meant = (n for n, place, names in notices if place >= vendor.since and is_meant(vendor, names))
    return next(meant, None)


def _leaves(case: Case, notice: Notice, standing: Standing) -> datetime:
    """Return when a notice leaves for a vendor (UTC): once it has accepted, and not too early."""
    accepted = standing.agreed.at if standing.agreed else notice.approved
    return max(due(notice), accepted, _not_before(case, notice, standing))


def _not_before(case: Case, notice: Notice, standing: Standing) -> datetime:
    longest = standing.vendor.max_embargo
    end = notice.planned or embargo_end(case)
    return end - longest if longest else due(notice)


def _waits(case: Case, notice: Notice, standing: Standing) -> bool:
    """Whether a notice comes too early for a vendor: it keeps no embargo for so long."""
    return _not_before(case, notice, standing) > due(notice)


def _is_apart(case: Case, notice: Notice, standing: Standing) -> bool:
    """Whether a vendor gets a notice by itself: because of its own word, or of its own time."""
    has_word = standing.consent is Consent.ACCEPTED or standing.agreed is not None
    return has_word or _waits(case, notice, standing)


def kept_back(case: Case, notice: Notice) -> tuple[Recipient, ...]:
    """Return the vendors who do not get a notice together with the others, or not at all."""
    return tuple(
        standing.recipient
        for standing in standings(case).values()
        if standing.vendor.standing and (not standing.may_hear or _is_apart(case, notice, standing))
    )


def _is_for_all(case: Case, vendors: Vendors, notice: Notice) -> bool:
    """Whether a notice leaves for those with a standing consent, when it is due.

    Where nobody is known whom it could be for it leaves as well, and the lead hears that it
    found nobody.
    """
    names = small(notice.to)
    meant = [v for v in vendors.values() if is_meant(v.vendor, names) and not v.left]
    ready = (v for v in meant if v.vendor.standing and v.may_hear)
    return not meant or any(not _is_apart(case, notice, vendor) for vendor in ready)


def waits_for_consent(case: Case, notice: Notice, now: datetime) -> bool:
    """Whether an approved notice has nobody at `now` (UTC) until a vendor accepts the embargo."""
    if case.rules < SURE_POST or notice.kind is not Kind.VENDOR_NOTICE or notice.elsewhere:
        return False
    vendors = standings(case)
    if case.started(notice.key) or _is_for_all(case, vendors, notice):
        return False
    has_it = any(notice.key in vendor.notices for vendor in vendors.values())
    return not has_it and all(coming.key != notice.key for coming, _ in later(case, vendors, now))


def comes_at(case: Case, notice: Notice, names: frozenset[str], now: datetime) -> datetime | None:
    """Return when a notice that waits goes out (UTC) to the first of `names`, if to any of them.

    Without names it is to anybody. Vendors have it, or are waited for, each by itself.
    """
    if case.rules < SURE_POST or notice.kind is not Kind.VENDOR_NOTICE or notice.elsewhere:
        return notice.send_at
    vendors = standings(case)
    instants = [
        _leaves(case, coming, vendor)
        for coming, vendor in later(case, vendors, now)
        if coming.key == notice.key and is_meant(vendor.vendor, names)
    ]
    to = small(notice.to)
    among = {
        address: vendor
        for address, vendor in vendors.items()
        if is_meant(vendor.vendor, names) and is_meant(vendor.vendor, to)
    }
    is_for_them = bool(among) or not (names and to) or bool(names & to)
    if is_for_them and _is_for_all(case, among or vendors, notice):
        instants.append(notice.send_at)
    return min(instants, default=None)
