"""What a break of the embargo changes, and what a person's decision about it does.

That it broke, and what to do about it, are two acts. What was approved stands until the second.
"""

from datetime import datetime
from typing import Any

from tacenda.acts import ReportEvent
from tacenda.approvals import ApproveRelease
from tacenda.approving import held, seconds, with_approval, with_second
from tacenda.case import Case
from tacenda.fields import moment
from tacenda.letters import Notice
from tacenda.models import Break, Kind
from tacenda.releases import is_approved
from tacenda.rules import RIGHT_DATE
from tacenda.turning import with_turn


def with_event(act: ReportEvent, case: Case, now: datetime) -> Case:
    """Return the case after somebody said that its embargo broke, or decided to hold on."""
    if act.hold_on:
        decided = case.model_copy(update={"asked": None})
        what = "it was decided to hold on to the plan"
        return with_turn(case, decided, now, by=act.by, what=what, why=act.why)
    if act.event is Break.PUBLIC:
        return _with_public(act, case, now)
    since = act.aware or now
    first = case.leaked if act.event is Break.LEAK else case.exploited
    field = "leaked" if act.event is Break.LEAK else "exploited"
    return case.model_copy(update={field: first or since, **_asked(act, now)})


def _asked(act: ReportEvent, now: datetime) -> dict[str, Any]:
    return {"asked": now, "asked_with": "", "broken": act.event}


def _with_public(act: ReportEvent, case: Case, now: datetime) -> Case:
    """Return the case whose limits are all now; a person must still say when it is published."""
    public = case.model_copy(update={"public_since": now, "asked": None})
    if case.rules >= RIGHT_DATE:
        public = public.model_copy(update=_asked(act, now))
    what = "it is public, so every limit is now"
    return with_turn(case, public, now, by=act.by, what=what, why=act.why)


def with_release(act: ApproveRelease, case: Case, now: datetime) -> Case:
    """Return the case with its release approved, seconded or stopped."""
    if act.hold:
        return _held(case, _stopped(case), f"{act.by} stopped it")
    if seconded := seconds(case, act):
        after = with_second(case, act, seconded, now)
        if case.rules >= RIGHT_DATE and is_approved(_last(after), case.policy):
            others = (n for n in after.all_waiting(Kind.RELEASE) if n.key != seconded.key)
            after = _held(after, tuple(others), f"{act.by} replaced it")
    else:
        after = with_approval(_held(case, _replaced(act, case), f"{act.by} replaced it"), act, now)
    return _decided(act, case, after, now)


def _last(case: Case) -> Notice:
    release = case.waiting(Kind.RELEASE)
    assert release is not None
    return release


def _stopped(case: Case) -> tuple[Notice, ...]:
    waiting = tuple(case.all_waiting(Kind.RELEASE))
    return waiting if case.rules >= RIGHT_DATE else waiting[:1]


def _replaced(act: ApproveRelease, case: Case) -> tuple[Notice, ...]:
    """Return the releases in whose place another comes as soon as one person approves it.

    What two people approved stands until two have approved the other.
    """
    is_enough = case.policy.release.approvals == 1 or bool(act.elsewhere)
    if case.rules < RIGHT_DATE or is_enough:
        return _stopped(case)
    waiting = case.all_waiting(Kind.RELEASE)
    return tuple(n for n in waiting if not is_approved(n, case.policy))


def _held(case: Case, releases: tuple[Notice, ...], reason: str) -> Case:
    for release in releases:
        case = held(case, release, reason)
    return case


def _decided(act: ApproveRelease, before: Case, after: Case, now: datetime) -> Case:
    """Return the case with its question answered once enough people have approved the release."""
    release = after.waiting(Kind.RELEASE)
    if release is None or not is_approved(release, after.policy):
        return after
    decided = after.model_copy(update={"asked": None})
    if before.asked is None and before.broken is None:
        return decided
    who = " and ".join(release.approvers)
    when = f"at {moment(release.send_at)}" if release.send_at > now else "now"
    what = f"it was decided to publish {when}"
    return with_turn(before, decided, now, by=who, what=what, why=act.override or act.why)


def reopened_question(case: Case, now: datetime) -> datetime | None:
    """Return since when (UTC) a reopened case asks what nobody had decided when it was closed."""
    return now if case.asked and case.rules >= RIGHT_DATE else None
