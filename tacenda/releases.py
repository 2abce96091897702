"""Which approved release stands, and who must hear it.

Where two people must approve, the first of them replaces nothing: what both had approved stands
until both have approved the other.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from tacenda.agenda import Entry
from tacenda.askings import is_meant, is_of_now, small
from tacenda.case import Case
from tacenda.letters import Notice, Recipient, Sent
from tacenda.models import Audience, Kind
from tacenda.parties import Consent, Standing, standings
from tacenda.policy import Policy
from tacenda.promises import is_going_out, told_a_date
from tacenda.rules import RIGHT_DATE

OF_WHAT_COMES = (Kind.USER_NOTICE, Kind.VENDOR_NOTICE)
"""The notices of a release that is still to come."""

ANSWERED_SOON = timedelta(minutes=5)
"""A call for a decision is not broken off where somebody decides sooner: it is just arriving."""

_REFUSING = (Consent.DECLINED, Consent.SILENT)


def is_approved(release: Notice, policy: Policy) -> bool:
    """Whether enough people have approved the release; one that went out elsewhere is out."""
    return bool(release.elsewhere) or len(release.approvers) >= policy.release.approvals


def standing_release(case: Case) -> Notice | None:
    """Return the release that waits: the last that enough people approved, else the last."""
    waiting = tuple(case.all_waiting(Kind.RELEASE))
    if case.rules >= RIGHT_DATE:
        for release in waiting:
            if is_approved(release, case.policy):
                return release
    return waiting[0] if waiting else None


def promised_release(case: Case) -> Notice | None:
    """Return the release that stands, is on its way, or is out, or None."""
    if case.rules < RIGHT_DATE:
        return case.approved(Kind.RELEASE)
    return standing_release(case) or case.approved(Kind.RELEASE)


def wants_second(case: Case, by: str) -> Notice | None:
    """Return the release that waits for the approval of one more person, who can be `by`."""
    release = case.waiting(Kind.RELEASE)
    if release is None or is_approved(release, case.policy) or by in release.approvers:
        return None
    return release


def told_by(case: Case, entry: Entry) -> tuple[Recipient, ...]:
    """Return who of those outside a letter is for because of what they were told before."""
    if entry.whom:
        return entry.whom
    notice = case.notice(entry.key)
    if entry.kind is Kind.RELEASE and (notice is None or notice.elsewhere):
        return case.told(Audience.USERS, Audience.VENDORS)
    return who_had_a_notice(case, entry.kind)


def who_had_a_notice(case: Case, kind: Kind | None) -> tuple[Recipient, ...]:
    """Return whom of those outside a letter of that kind reaches beside its own lists.

    A release is for everybody who would have had a notice of it, also where that is only half
    sent; and a correction for everybody who had either.
    """
    told = case.told(Audience.USERS, Audience.VENDORS)
    if case.rules < RIGHT_DATE:
        return told
    if kind is Kind.RELEASE:
        return _each_once(case, (*told, *_would_hear(case)))
    if kind is Kind.CORRECTION:
        return _each_once(case, (*told, *_had_the_release(case)))
    return told


def _each_once(case: Case, recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    found: dict[str, Recipient] = {}
    dead = case.dead
    for recipient in recipients:
        if recipient.address.casefold() not in dead:
            found.setdefault(recipient.address, recipient)
    return tuple(found.values())


def _would_hear(case: Case) -> Iterator[Recipient]:
    """Yield who still waits for a notice: put off, for later, once it consents, or broken off.

    Also whom one was for that is void, where nobody approved another.
    """
    vendors = standings(case)
    for letter in case.all_letters:
        if letter.kind in OF_WHAT_COMES:
            yield from (r for r in _not_reached(letter) if not _refuses(vendors, r))
    for notice in case.notices:
        is_wanted = notice.void or not notice.held
        if notice.kind in OF_WHAT_COMES and is_wanted and not case.started(notice.key):
            yield from (r for r in notice.recipients or () if not _refuses(vendors, r))
    meant = [small(n.to) for n in case.notices if _is_for_vendors(case, n)]
    for standing in vendors.values():
        is_among_them = any(is_meant(standing.vendor, names) for names in meant)
        if is_among_them and not _refuses(vendors, standing.recipient):
            yield standing.recipient
    yield from told_a_date(case, Audience.VENDORS)


def _is_for_vendors(case: Case, notice: Notice) -> bool:
    is_stopped = notice.held and not notice.void
    is_ours = notice.kind is Kind.VENDOR_NOTICE and not (is_stopped or notice.elsewhere)
    return is_ours and is_of_now(case, notice.approved)


def _not_reached(letter: Sent) -> Iterator[Recipient]:
    """Yield who has not got a letter, though no mail server refused it for them."""
    yield from letter.pending
    yield from (r for r in letter.failed if r.address in letter.withheld)


def _refuses(vendors: dict[str, Standing], recipient: Recipient) -> bool:
    standing = vendors.get(recipient.address.casefold())
    return standing is not None and (standing.left or standing.consent in _REFUSING)


def _had_the_release(case: Case) -> Iterator[Recipient]:
    """Yield those to whom the release went for what they had been told, or would have been."""
    vendors = standings(case)
    for letter in case.letters:
        if letter.kind is not Kind.RELEASE:
            continue
        for recipient in case.reached(letter):
            standing = vendors.get(recipient.address.casefold())
            if recipient.audience is Audience.TOLD:
                yield standing.recipient if standing else recipient


def is_overtaken(case: Case, letter: Sent, now: datetime) -> bool:
    """Whether events have overtaken what a letter says, so that who waits gets it no more.

    A notice of what comes, once the release goes out; the warning of a release that stands no
    more; a question that somebody has answered by `now` (UTC), or that nobody is to be asked.
    """
    if case.rules < RIGHT_DATE:
        return False
    match letter.kind:
        case Kind.USER_NOTICE | Kind.VENDOR_NOTICE | Kind.DATE_CHANGE:
            return is_going_out(case)
        case Kind.FINAL_WARNING:
            number = letter.key.split(".")[1]
            warned_of = case.notice(f"{Kind.RELEASE}.{number}")
            return is_going_out(case) or bool(warned_of and warned_of.held)
        case Kind.INVITATION | Kind.VENDOR_REMINDER:
            return not may_ask_vendors(case)
        case Kind.DECISION:
            is_answered = case.asked is None or is_going_out(case)
            return is_answered and now - letter.since >= ANSWERED_SOON
    return False


def may_ask_vendors(case: Case) -> bool:
    """Whether there still is an embargo to invite to: not once it is public, or being exploited.

    The claim of a leak alone ends none; that is for a person to decide (rules 22 and 23 of the
    facts).
    """
    is_over = case.closing is not None or case.is_public or is_going_out(case)
    return not is_over and not (case.exploited and case.rules >= RIGHT_DATE)
