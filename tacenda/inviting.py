"""Invitations to the embargo, reminders of them, and the silence that ends the waiting.

Nothing here carries a detail. Silence is not consent.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from tacenda.agenda import Entry
from tacenda.askings import is_meant, is_of_now, ordinals, small
from tacenda.case import Case
from tacenda.consents import is_asked_anew
from tacenda.fields import stamp
from tacenda.letters import Recipient
from tacenda.models import Audience, Kind
from tacenda.parties import Consent, Standing, embargo_end, standings
from tacenda.releases import may_ask_vendors
from tacenda.rules import SURE_POST
from tacenda.vendors import Silence

Vendors = dict[str, Standing]


def asks_nobody(case: Case) -> bool:
    """Whether there is no embargo any more to invite to, or to remind of."""
    return case.rules < SURE_POST or not may_ask_vendors(case)


def invitations(case: Case, vendors: Vendors, now: datetime) -> Iterator[Entry]:
    """Yield the invitations: to those never asked, and to those asked for an earlier date."""
    end = embargo_end(case)
    if asks_nobody(case) or end <= now:
        return
    first, again = _to_invite(case, vendors, end)
    decided = [*(n.approved for n in case.notices), *(a.at for a in case.askings)]
    at = max(decided, default=now)
    number = 1 + sum(letter.kind is Kind.INVITATION for letter in case.all_letters)
    for whom in filter(None, (first, again)):
        yield Entry(
            at=at,
            key=f"{Kind.INVITATION}.{number}",
            kind=Kind.INVITATION,
            to=(Audience.ASKED_VENDORS,),
            whom=whom,
            planned=end,
            answer_by=answer_by(case, max(at, now), end),
        )
        number += 1


def answer_by(case: Case, invited: datetime, end: datetime | None) -> datetime:
    """Return when an invitation to an embargo until `end` wants its answer (UTC)."""
    by = invited + case.policy_at(invited).vendors.answer_within
    return min(by, end) if end and end > invited else by


def _to_invite(
    case: Case, vendors: Vendors, end: datetime
) -> tuple[tuple[Recipient, ...], tuple[Recipient, ...]]:
    """Return whom to invite: for the first time, and to a later date than they know."""
    meant, wanted = _first_meant(case), _wanted(case)
    # Who has heard that it was called off is asked again when there is a date again.
    has_date = case.planned is not None or case.reopened is None
    first, again = [], []
    for standing in vendors.values():
        vendor = standing.vendor
        if vendor.standing or standing.left or _is_on_its_way(case, standing):
            continue
        if standing.consent is Consent.NOT_ASKED:
            if meant(standing):
                first.append(standing.recipient)
        elif (has_date and is_asked_anew(standing, end)) or wanted(standing):
            again.append(standing.recipient)
    return tuple(first), tuple(again)


def _is_on_its_way(case: Case, standing: Standing) -> bool:
    return any(letter.key == standing.invitation for letter in case.under_way)


def _first_meant(case: Case) -> Callable[[Standing], bool]:
    """Return what says whether a vendor is to be invited for the first time."""
    order = ordinals(case)
    notices = [
        (order[notice.key], small(notice.to))
        for notice in case.notices
        if notice.kind is Kind.VENDOR_NOTICE
        and not (notice.held or notice.elsewhere)
        and is_of_now(case, notice.approved)
    ]
    wishes = [asking for asking in case.askings if is_of_now(case, asking.at)]
    asked = [*notices, *((order[wish.at], small(wish.to)) for wish in wishes)]
    return lambda standing: any(
        number >= standing.vendor.since and is_meant(standing.vendor, names)
        for number, names in asked
    )


def _wanted(case: Case) -> Callable[[Standing], bool]:
    """Return what says whether a person wants a vendor asked again, by its name."""
    named = [(asking.at, small(asking.to)) for asking in case.askings if asking.to]

    def wants(standing: Standing) -> bool:
        if standing.consent not in (Consent.DECLINED, Consent.SILENT) and not standing.missed:
            return False
        last = _last_event(standing)
        return any(at > last and is_meant(standing.vendor, names) for at, names in named)

    return wants


def _last_event(standing: Standing) -> datetime:
    agreed = standing.agreed.at if standing.agreed else None
    instants = (standing.invited, standing.silent, agreed)
    return max(at for at in instants if at is not None)


# Who does not answer: is reminded, then the second contact as well, and then it is silence.


def reminders(case: Case, vendors: Vendors, now: datetime) -> Iterator[Entry]:
    """Yield what reminds vendors of an invitation, or of a notice that they are to confirm."""
    if asks_nobody(case):
        return
    groups: dict[tuple[str, int], list[Standing]] = {}
    instants: dict[tuple[str, int], tuple[datetime, datetime]] = {}
    started = {letter.key for letter in case.all_letters if letter.kind is Kind.VENDOR_REMINDER}
    for standing in vendors.values():
        if waited := _waits_for(case, standing):
            since, until, letter = waited
            for rung, at in _rungs(case, since, until, now):
                if _reminder_key(letter, rung) not in started:
                    groups.setdefault((letter, rung), []).append(standing)
                    instants[letter, rung] = at, until
    for (letter, rung), group in groups.items():
        if whom := tuple(box for standing in group for box in _mailboxes(standing, rung)):
            at, until = instants[letter, rung]
            yield Entry(
                at=at,
                key=_reminder_key(letter, rung),
                kind=Kind.VENDOR_REMINDER,
                to=(Audience.ASKED_VENDORS,),
                whom=whom,
                planned=embargo_end(case),
                answer_by=until,
            )


def _reminder_key(letter: str, rung: int) -> str:
    return f"{Kind.VENDOR_REMINDER}.{letter}.{1 + rung}"


def reminds_of_notice(key: str) -> bool:
    """Whether the reminder of that key asks somebody who was told to confirm it."""
    return key.startswith(f"{Kind.VENDOR_REMINDER}.{Kind.VENDOR_NOTICE}")


def _waits_for(case: Case, standing: Standing) -> tuple[datetime, datetime, str] | None:
    """Return since when and until when we wait for a vendor's answer (UTC), and to which letter."""
    if not _mailboxes(standing, len(case.policy.vendors.remind_after)):
        return None  # nobody whom our letters reach
    if standing.is_asked and standing.invited:
        until = answer_by(case, standing.invited, standing.invited_for)
        return standing.invited, until, standing.invitation
    if standing.told is None or standing.left:
        return None
    within = case.policy_at(standing.told).vendors.confirm_within
    if within is None:
        return None
    is_answered = standing.answered is not None and standing.answered.at >= standing.told
    if is_answered or standing.silent_on_notice or not standing.may_hear:
        return None
    # Who got it after the others is reminded after them, by a letter of its own.
    late = f".{stamp(standing.told)}" if standing.is_told_late else ""
    return standing.told, standing.told + within, f"{standing.told_in}{late}"


def waits_until(case: Case, standing: Standing) -> datetime | None:
    """Return until when (UTC) we wait for an answer of a vendor, or None."""
    waited = _waits_for(case, standing)
    return waited[1] if waited and not asks_nobody(case) else None


def _rungs(
    case: Case, since: datetime, until: datetime, now: datetime
) -> Iterator[tuple[int, datetime]]:
    """Yield the reminders still of use, by number; of those past only the last."""
    spans = sorted(set(case.policy.vendors.remind_after))
    rungs = [(n, since + span) for n, span in enumerate(spans) if since + span < until]
    past = [rung for rung in rungs if rung[1] <= now]
    if until > now:
        yield from (*past[-1:], *rungs[len(past) :])


def _mailboxes(standing: Standing, rung: int) -> list[Recipient]:
    """Return where a reminder goes: from the second one on to the second contact too."""
    first, second = standing.recipient, standing.vendor.second
    is_missed = (standing.missed and standing.is_asked) or first.address.casefold() in standing.dead
    found = [] if is_missed else [first]
    if second and (rung > 0 or is_missed) and second.casefold() not in standing.dead:
        found.append(first.model_copy(update={"address": second}))
    return found


def silences(case: Case, vendors: Vendors, now: datetime) -> Iterator[Entry]:
    """Yield the instants still to come at which vendors who go on saying nothing are silent."""
    if asks_nobody(case):
        return
    instants: dict[datetime, list[Recipient]] = {}
    for standing in vendors.values():
        waited = _waits_for(case, standing)
        if waited and waited[1] > now:
            instants.setdefault(waited[1], []).append(standing.recipient)
    for at, whom in instants.items():
        yield Entry(at=at, key=f"silence.{at.isoformat()}", whom=tuple(whom))


def fallen_silent(case: Case, now: datetime) -> tuple[Silence, ...]:
    """Return the vendors whose time to answer is over at `now` (UTC), and is not on record yet."""
    if asks_nobody(case):
        return ()
    return tuple(_silent(case, standings(case).values(), now))


def _silent(case: Case, everybody: Iterable[Standing], now: datetime) -> Iterator[Silence]:
    for standing in everybody:
        waited = _waits_for(case, standing)
        if waited and waited[1] <= now:
            to_notice = not standing.is_asked
            yield Silence(address=standing.vendor.address, at=now, to_notice=to_notice)


def soonest(case: Case) -> timedelta:
    """Return how soon the first reminder comes, to say so beforehand."""
    return min(case.policy.vendors.remind_after, default=case.policy.vendors.answer_within)
