"""What people have approved, as entries of the plan: notices, the release and what goes with it.

Nothing is here that no person has approved: exactly that text, for those recipients.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tacenda.agenda import Entry
from tacenda.askings import must_look_up
from tacenda.case import Case
from tacenda.consents import parted, warnable
from tacenda.letters import Notice, Recipient, Sent
from tacenda.models import NOTICES, Audience, Kind, Step
from tacenda.parties import standings
from tacenda.policy import Policy
from tacenda.promises import is_over, owed
from tacenda.releases import is_approved, standing_release
from tacenda.rules import SURE_POST, WHOLE_CASE
from tacenda.sharing import due, notice_entries

_CORRECTED = {
    Audience.USERS: (Audience.RELEASE, Audience.TOLD),
    Audience.VENDORS: (Audience.TOLD_VENDORS,),
}
"""Who hears of a correction: everybody who was told, or the vendors alone."""

WARNING_FIRST = timedelta(minutes=10)
"""How long the release waits until each vendor has the final warning that has left."""


def approved(case: Case, policy: Policy, now: datetime) -> Iterator[Entry]:
    """Yield what people have approved; what is to come is not announced after the release."""
    if case.rules >= SURE_POST and not must_look_up(case):
        yield from notice_entries(case, standings(case), now)
    for notice in case.notices:
        if notice.kind is Kind.VENDOR_NOTICE and case.rules >= SURE_POST:
            continue
        is_of_what_comes = notice.kind in (Kind.USER_NOTICE, Kind.VENDOR_NOTICE)
        is_late = is_over(case) and is_of_what_comes and not notice.elsewhere
        if notice.kind is not Kind.RELEASE and not (
            notice.held or is_late or case.started(notice.key)
        ):
            yield Entry(at=due(notice), key=notice.key, kind=notice.kind, to=_addressed(notice))
    warnings: list[Entry] = []
    release = standing_release(case)
    if release and is_approved(release, policy):
        entries = list(_release(case, release, policy, now))
        warnings = [entry for entry in entries if entry.kind is Kind.FINAL_WARNING]
        yield from entries
    if case.rules >= WHOLE_CASE:
        yield from _date_changes(case, now, warnings)


def warning_key(notice: Notice) -> str:
    """Return the key of the final warning that goes before a release."""
    return f"{Kind.FINAL_WARNING}.{notice.number}"


def warning_at(case: Case, notice: Notice, policy: Policy) -> datetime:
    """Return when the vendors are warned: 24 hours before, or at once if less is left."""
    # Who has a notice is not kept waiting for the next one, which may be for after the release.
    told = case.done_at(Step.VENDOR_NOTICE) or notice.approved
    # What was told elsewhere, long ago, may have been said to us only now.
    known = next((s.since for s in case.letters if _is_vendor_notice(s)), told)
    # Another policy may want the warning earlier than it was adopted.
    adopted = (former.until for former in case.former_policies)
    return max(
        notice.send_at - policy.release.final_warning, notice.approved, told, known, *adopted
    )


def _is_vendor_notice(letter: Sent) -> bool:
    return letter.kind is Kind.VENDOR_NOTICE and letter.arrived


def _addressed(notice: Notice) -> tuple[Audience, ...]:
    if notice.kind is Kind.CORRECTION:
        return _CORRECTED[notice.audience or Audience.USERS]
    return next(((audience,) for audience, kind in NOTICES.items() if kind is notice.kind), ())


def _release(case: Case, notice: Notice, policy: Policy, now: datetime) -> Iterator[Entry]:
    """Yield the final warning and the release; the second waits for the first."""
    grace = policy.release.grace
    everybody = (Audience.RELEASE, Audience.TOLD)
    if notice.elsewhere:
        yield Entry(at=due(notice), key=notice.key, kind=Kind.RELEASE, to=everybody)
        return
    warning, to_warn = warning_key(notice), warnable(case)
    if to_warn and not case.started(warning):
        at = warning_at(case, notice, policy)
        yield Entry(
            at=at,
            key=warning,
            kind=Kind.FINAL_WARNING,
            to=(Audience.TOLD_VENDORS,),
            not_after=None if is_urgent(case) else at + grace,
            whom=to_warn if case.rules >= SURE_POST else (),
        )
    elif late := _not_warned(case, warning):
        key = f"{warning}.{1 + sum(s.kind is Kind.FINAL_WARNING for s in case.all_letters)}"
        to = (Audience.TOLD_VENDORS,)
        yield Entry(at=due_late(case, notice), key=key, kind=Kind.FINAL_WARNING, to=to, whom=late)
    warned = case.finished(warning) or not to_warn or is_urgent(case)
    at = due(notice)
    until = None if warned else _waits_until(case, warning)
    if warned or until or at > now:
        first = max(at, until or at)
        yield Entry(at=first, key=notice.key, kind=Kind.RELEASE, to=everybody, not_after=at + grace)


def _waits_until(case: Case, warning: str) -> datetime | None:
    """Return how long the release waits for a warning on its way (UTC): one mailbox may be full."""
    begun = next((letter.since for letter in case.under_way if letter.key == warning), None)
    return begun + WARNING_FIRST if begun and case.rules >= WHOLE_CASE else None


def is_urgent(case: Case) -> bool:
    """Whether the release waits for no warning: what is public is not kept back for a mailbox."""
    return case.is_public and case.rules >= WHOLE_CASE


def due_late(case: Case, release: Notice) -> datetime:
    """Return when vendors are warned who were told after the others had been (UTC)."""
    told = [letter.at for letter in case.letters if letter.kind is Kind.VENDOR_NOTICE]
    return min(max(told), due(release))


def _not_warned(case: Case, warning: str) -> tuple[Recipient, ...]:
    """Return the vendors who were told after the final warning had left.

    A warning that reached nobody at all has called a person, and is not tried again.
    """
    if case.rules < WHOLE_CASE or not case.finished(warning):
        return ()
    if any(letter.kind is Kind.FINAL_WARNING for letter in case.under_way):
        return ()
    warnings = [
        letter
        for letter in case.letters
        if letter.key == warning or letter.key.startswith(f"{warning}.")
    ]
    if any(_reached_nobody(letter) for letter in warnings):
        return ()
    warned = {r.address for letter in warnings for r in letter.everyone}
    return tuple(r for r in warnable(case) if r.address not in warned)


def _date_changes(case: Case, now: datetime, warnings: list[Entry]) -> Iterator[Entry]:
    """Yield the news of another date to exactly those who were told the old one.

    Vendors who get a final warning in the same moment have it from there.
    """
    is_warning = any(w.at <= now for w in warnings) or any(
        letter.kind is Kind.FINAL_WARNING for letter in case.under_way
    )
    decided = max((notice.approved for notice in case.notices), default=now)
    for audience in (Audience.USERS, Audience.VENDORS):
        whom = tuple(r for r in owed(case, now) if r.audience is audience)
        if not (audience is Audience.VENDORS and is_warning):
            yield from date_changes(case, audience, whom, decided)


def _reached_nobody(letter: Sent) -> bool:
    return not (letter.delivered or letter.failed)


def date_changes(
    case: Case, audience: Audience, whom: tuple[Recipient, ...], at: datetime
) -> Iterator[Entry]:
    """Yield the letters about another date, or none, to those of `audience`; one at a time.

    What a person wrote for the vendors is for those who may hear a detail; what the template
    says is for the others, under a key of their own. What reached nobody is not tried again.
    """
    has_own_text = audience is Audience.VENDORS and case.news.get(audience)
    reading, others = parted(case, whom, at) if has_own_text else (whom, ())
    for name, group in ((audience, reading), (Audience.ASKED_VENDORS, others)):
        prefix = f"{Kind.DATE_CHANGE}.{name}."
        before = [letter for letter in case.letters if letter.key.startswith(prefix)]
        is_on_its_way = any(letter.key.startswith(prefix) for letter in case.under_way)
        if group and not is_on_its_way and not any(_was_in_vain(case, s) for s in before):
            key = f"{prefix}{1 + len(before)}"
            yield Entry(at=at, key=key, kind=Kind.DATE_CHANGE, to=(Audience.TOLD,), whom=group)


def _was_in_vain(case: Case, letter: Sent) -> bool:
    """Whether news of the date as it is now, or of the end, has reached nobody at all."""
    is_of_now = case.closing is None or letter.since >= case.closing.at
    return is_of_now and letter.planned == case.planned and _reached_nobody(letter)
