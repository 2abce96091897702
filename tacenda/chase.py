"""How a limit is called to mind: a reminder before it, an escalation at it, digests after.

A limit that passes unmet never publishes anything; it only grows harder to overlook.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from tacenda.agenda import Entry
from tacenda.case import Case
from tacenda.fields import stamp
from tacenda.letters import Sent
from tacenda.linkage import is_led
from tacenda.links import SHARED
from tacenda.models import Audience, Kind, Step
from tacenda.policy import Policy, Reminders
from tacenda.promises import announced
from tacenda.releases import is_approved, promised_release
from tacenda.rules import LATE_REPORT, WHOLE_CASE
from tacenda.sharing import waits_for_consent
from tacenda.staffing import reminded_at

ADOPTING = timedelta(hours=1)
SOON = 0.9
"""The part of a pause that must have passed since the last letter for another digest."""


_CHASES = (Kind.ESCALATION, Kind.DIGEST, Kind.STAND_IN)
"""What says that limits have passed: a digest need not say it again so soon."""


def chase(case: Case, policy: Policy, now: datetime) -> Iterator[Entry]:
    """Yield reminders, escalations and the next digest for the steps nobody has promised."""
    steps = chased(case, policy, now)
    own = [step for step in steps if not (is_led(case) and step in SHARED)]
    letters = case.all_letters
    escalations = [
        (at, step)
        for step in steps
        if not _escalates_where_it_is_led(case, step)
        for at in _escalation_instants(case, policy, step, now)
        if not _reminded(letters, Kind.ESCALATION, step, at)
    ]
    reminders = [
        (_not_at_once(case, at), step)
        for step in own
        if case.limit(step) > now
        for at in _reminder_instants(case, policy, step, now)
        if not _reminded(letters, Kind.REMINDER, step, at)
        and not (case.rules >= WHOLE_CASE and _is_escalated(case, policy, step, at, now))
    ]
    yield from _grouped(Kind.REMINDER, reminders, _for_reminder(case))
    seconds = (Audience.SECOND,) if case.second else ()
    everybody = (Audience.LEAD, *seconds, Audience.TEAM, Audience.ESCALATION)
    yield from _grouped(Kind.ESCALATION, escalations, everybody)
    if own:
        first = _first_missed(case, own)
        is_escalating = any(at <= now for at, _ in escalations)
        digest = _digest(letters, policy.reminders, first, now, is_escalating=is_escalating)
        yield replace(digest, to=(Audience.LEAD, *seconds, Audience.TEAM))


def chased(case: Case, policy: Policy, now: datetime) -> tuple[Step, ...]:
    """Return the open steps that nobody has promised by an approval within their limit."""
    return tuple(s for s in case.open_steps() if not _is_promised(case, policy, s, now))


def _escalates_where_it_is_led(case: Case, step: Step) -> bool:
    """Whether the leading case escalates a notice by itself, at the limit of this one or before.

    The limit of the release is a promise to the reporter of each case, and escalates in each.
    """
    if not is_led(case) or step not in SHARED or step is Step.RELEASE:
        return False
    limit = case.leading.limits.get(step) if case.leading else None
    return limit is not None and limit <= case.limit(step)


def _escalation_instants(
    case: Case, policy: Policy, step: Step, now: datetime
) -> tuple[datetime, ...]:
    """Return when a step escalates: at its limit, and a release when it was announced for.

    A release that is approved keeps its date by itself. Instants past collapse to the last.
    """
    instants = {_not_at_once(case, case.limit(step))}
    if step is Step.RELEASE and case.rules >= WHOLE_CASE:
        release, told = promised_release(case), announced(case)
        if told and not (release and is_approved(release, policy)):
            instants.add(_not_at_once(case, told))
    past = [at for at in sorted(instants) if at <= now]
    return (*past[-1:], *sorted(instants)[len(past) :])


def _is_escalated(case: Case, policy: Policy, step: Step, since: datetime, now: datetime) -> bool:
    """Whether a step has escalated since an instant (UTC), or does now: that reminds enough."""
    instants = _escalation_instants(case, policy, step, now)
    return any(since <= at <= now for at in instants) or _reminded(
        case.all_letters, Kind.ESCALATION, step, since
    )


def _first_missed(case: Case, steps: Sequence[Step]) -> datetime:
    """Return since when a limit is missed here, or will be: not before the case was opened."""
    first = _not_at_once(case, min(case.limit(step) for step in steps))
    return max(first, case.opened) if case.rules >= LATE_REPORT else first


def _not_at_once(case: Case, at: datetime) -> datetime:
    """Return `at`, or later: a case that is adopted or reopened is first brought up to date."""
    begun = case.reopened or (case.opened if case.adopted else None)
    return max(at, begun + ADOPTING) if begun else at


def _for_reminder(case: Case) -> tuple[Audience, ...]:
    return (Audience.LEAD,) if case.lead else (Audience.LEAD, Audience.TEAM)


def _is_promised(case: Case, policy: Policy, step: Step, now: datetime) -> bool:
    """Whether an approved letter will do the step within its limit, or is on its way."""
    for kind in (Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.RELEASE):
        is_of_it = case.step_for(kind) is step
        notice = promised_release(case) if kind is Kind.RELEASE else case.approved(kind)
        if is_of_it and notice:
            enough = kind is not Kind.RELEASE or is_approved(notice, policy)
            enough = enough and not waits_for_consent(case, notice, now)
            return enough and (notice.send_at <= case.limit(step) or case.started(notice.key))
    return False


def _reminder_instants(
    case: Case, policy: Policy, step: Step, now: datetime
) -> tuple[datetime, ...]:
    """Return the instants that still call for a reminder; those past collapse to the last.

    A reminder comes at the last moment that leaves room: for the vendors, while their
    notice period can still be served before the planned release; for the release, while
    the final warning before the announced instant can. Whoever has just moved a limit needs
    no reminder of it, nor whoever approves a release so soon that the vendors have no period.
    Where it is known when the lead works, it comes in those hours.
    """
    limit = case.limit(step)
    decided = case.moved[step].decided if step in case.moved else None
    if step is Step.VENDOR_NOTICE:
        release = case.planned or case.limit(Step.RELEASE)
        limit = min(limit, release - policy.release.vendor_notice)
        approved = case.approved(Kind.RELEASE)
        if approved and case.rules >= WHOLE_CASE:
            decided = max(decided or approved.approved, approved.approved)
    if step is Step.RELEASE and case.planned:
        limit = min(limit, case.planned)
        if case.told(Audience.VENDORS):
            limit -= policy.release.final_warning
    rungs = sorted(limit - before for before in policy.reminders.before)
    kept = [at for at in rungs if decided is None or at > decided]
    instants = sorted({reminded_at(case, at, decided) for at in kept})
    past = [at for at in instants if at <= now]
    return tuple(past[-1:] + instants[len(past) :])


def _reminded(letters: tuple[Sent, ...], kind: Kind, step: Step, at: datetime) -> bool:
    return any(
        letter.kind is kind and step in letter.steps and letter.since >= at for letter in letters
    )


def _grouped(
    kind: Kind, due: list[tuple[datetime, Step]], to: tuple[Audience, ...]
) -> Iterator[Entry]:
    """Yield one letter for all the steps that are called to mind at the same instant."""
    order = list(Step)
    for at, group in groupby(sorted(due, key=lambda d: (d[0], order.index(d[1]))), lambda d: d[0]):
        steps = tuple(step for _, step in group)
        key = f"{kind}.{'+'.join(steps)}.{stamp(at)}"
        yield Entry(at=at, key=key, kind=kind, steps=steps, to=to)


def _digest(
    letters: tuple[Sent, ...],
    reminders: Reminders,
    first: datetime,
    now: datetime,
    *,
    is_escalating: bool,
) -> Entry:
    """Return the next digest after the first limit missed; past ones collapse to the last.

    After an outage a digest that has just left, late, takes the place of one that is soon due.
    """
    chases = [s.since for s in letters if s.kind in _CHASES]
    last = now if is_escalating else max(chases, default=first)
    pause = reminders.digest_every
    longest = max(pause, reminders.digest_at_least_every)
    earliest = last + SOON * pause
    at = first + pause
    while at < earliest or at + _next_pause(pause, longest) <= now:
        pause = _next_pause(pause, longest)
        at += pause * max(1, (max(earliest, now) - at) // longest if pause == longest else 1)
    return Entry(
        at=at,
        key=f"{Kind.DIGEST}.{stamp(at)}",
        kind=Kind.DIGEST,
        every=_next_pause(pause, longest),
    )


def _next_pause(pause: timedelta, longest: timedelta) -> timedelta:
    return min(pause * 2, longest)
