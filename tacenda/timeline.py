"""Everything that will happen to a case if nobody acts, as a pure function.

The workflow carries the plan out, `tacenda next` prints it, and tests enumerate it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tacenda.agenda import Entry, limits
from tacenda.case import Case
from tacenda.chase import chase
from tacenda.models import Audience, CloseReason, Kind, Notice
from tacenda.policy import Policy

ALARM_PAUSE = timedelta(hours=1)


def plan(case: Case, policy: Policy, now: datetime) -> tuple[Entry, ...]:
    """Return what will happen to `case` under `policy` from `now` (UTC) on, in order.

    What is already past and unsent is due at once, one letter a step; what has been sent
    or is on its way is not planned again. Nothing here publishes: a notice or a release
    is in the plan only when a person has approved its text.
    """
    if case.closing:
        entries = [*_closing(case), *_alarms(case)]
    else:
        entries = [
            *_opening(case),
            *_acknowledgement(case),
            *_alarms(case),
            *_approved(case, policy, now),
            *_tail(case, policy),
            *chase(case, policy, now),
            *(
                Entry(at=limit.at, key=limit.label, steps=limit.steps)
                for limit in limits(case)
                if limit.at > now
            ),
        ]
    if case.proposed_lead is None:
        # A letter to the lead waits the moment that the directory needs to propose one.
        entries = [e for e in entries if Audience.LEAD not in e.to or e.at > now]
    return tuple(sorted(entries, key=lambda entry: entry.at))


def lapsed(case: Case, policy: Policy, now: datetime) -> Notice | None:
    """Return the approved release that has missed its instant by more than the grace."""
    notice = case.waiting(Kind.RELEASE)
    if case.closing or notice is None or len(notice.approvers) < policy.release.approvals:
        return None
    due = _due(notice)
    if case.told(Audience.VENDORS) and not case.started(_warning_key(notice)):
        due = _warning_at(case, notice, policy)
    return notice if now > due + policy.release.grace else None


def _opening(case: Case) -> Iterator[Entry]:
    if case.report.reporter:
        yield from _once(case, Kind.RECEIPT, case.opened, Audience.REPORTER)
    yield from _once(case, Kind.TEAM_ALERT, case.opened, Audience.LEAD, Audience.TEAM)


def _acknowledgement(case: Case) -> Iterator[Entry]:
    if case.acknowledged is None:
        return
    if case.report.reporter:
        yield from _once(case, Kind.ACKNOWLEDGEMENT, case.acknowledged, Audience.REPORTER)
    yield from _once(case, Kind.FIX_TEAM, case.acknowledged, Audience.LEAD, Audience.FIX_TEAM)


def _tail(case: Case, policy: Policy) -> Iterator[Entry]:
    """Yield what follows the release, counted from when it actually went out."""
    if case.released is None:
        return
    if case.report.reporter:
        yield from _once(case, Kind.THANKS, case.released, Audience.REPORTER)
    reminder = case.released + policy.release.retrospective
    yield from _once(case, Kind.RETROSPECTIVE, reminder, Audience.LEAD, Audience.TEAM)


def _closing(case: Case) -> Iterator[Entry]:
    """Yield the last letter to the reporter; after a release only if somebody wrote one."""
    closing = case.closing
    if closing is None or case.report.reporter is None:
        return
    if closing.text or closing.reason is not CloseReason.COMPLETE:
        yield from _once(case, Kind.CLOSING, closing.at, Audience.REPORTER)


def _once(case: Case, kind: Kind, at: datetime, *to: Audience) -> Iterator[Entry]:
    if not case.started(kind.value):
        yield Entry(at=at, key=kind.value, kind=kind, to=to)


def _alarms(case: Case) -> Iterator[Entry]:
    """Yield one letter for all the troubles not told yet, at most one in an hour."""
    alarms = [letter for letter in case.all_letters if letter.kind is Kind.ALARM]
    told = max((alarm.covers for alarm in alarms), default=0)
    untold = [trouble for trouble in case.troubles if trouble.number > told]
    if not untold:
        return
    at = max([untold[0].at, *(alarm.at + ALARM_PAUSE for alarm in alarms)])
    yield Entry(
        at=at,
        key=f"{Kind.ALARM}.{told + 1}",
        kind=Kind.ALARM,
        to=(Audience.LEAD, Audience.TEAM),
        covers=untold[-1].number,
    )


_NOTICES = {
    Kind.REPORTER_UPDATE: Audience.REPORTER,
    Kind.USER_NOTICE: Audience.USERS,
    Kind.VENDOR_NOTICE: Audience.VENDORS,
}


def _approved(case: Case, policy: Policy, now: datetime) -> Iterator[Entry]:
    """Yield what people have approved; what is to come is not announced after the release."""
    for notice in case.notices:
        is_late = case.released and notice.kind is not Kind.REPORTER_UPDATE
        if notice.kind in _NOTICES and not (notice.held or is_late or case.started(notice.key)):
            to = (_NOTICES[notice.kind],)
            yield Entry(at=_due(notice), key=notice.key, kind=notice.kind, to=to)
    release = case.waiting(Kind.RELEASE)
    if release and len(release.approvers) >= policy.release.approvals:
        yield from _release(case, release, policy, now)


def _release(case: Case, notice: Notice, policy: Policy, now: datetime) -> Iterator[Entry]:
    """Yield the final warning and the release; the second waits for the first."""
    grace = policy.release.grace
    warning = _warning_key(notice)
    if case.told(Audience.VENDORS) and not case.started(warning):
        at = _warning_at(case, notice, policy)
        yield Entry(
            at=at,
            key=warning,
            kind=Kind.FINAL_WARNING,
            to=(Audience.TOLD_VENDORS,),
            not_after=at + grace,
        )
    warned = case.finished(warning) or not case.told(Audience.VENDORS)
    due = _due(notice)
    if warned or due > now:
        yield Entry(
            at=due,
            key=notice.key,
            kind=Kind.RELEASE,
            to=(Audience.RELEASE, Audience.TOLD),
            not_after=due + grace,
        )


def _due(notice: Notice) -> datetime:
    return max(notice.send_at, notice.approved)


def _warning_key(notice: Notice) -> str:
    return f"{Kind.FINAL_WARNING}.{notice.number}"


def _warning_at(case: Case, notice: Notice, policy: Policy) -> datetime:
    """Return when the vendors are warned: 24 hours before, or at once if less is left."""
    told = case.vendors_told() or notice.approved
    return max(notice.send_at - policy.release.final_warning, notice.approved, told)
