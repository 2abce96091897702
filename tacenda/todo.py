"""Who must do what next: what keeps the promises of a case, in the order in which it is due.

Nothing of what a case is about is said here: the Web UI puts it into addresses of its own host.
"""

from collections.abc import Iterator
from datetime import datetime

from tacenda.calls import is_answered, unpublished
from tacenda.case import Case
from tacenda.duties import duty_limits
from tacenda.fields import Instant, Value
from tacenda.filings import Duty
from tacenda.linkage import is_led
from tacenda.models import Kind, Matter, Step
from tacenda.promises import announced
from tacenda.staffing import leading

TEAM = "the team"

_BY_STEP = {
    Step.ACKNOWLEDGE: ("take the case, and answer the reporter", "tacenda ack {case}"),
    Step.FIX: ("say that the fix landed", "tacenda fixed {case} --ref URL"),
    Step.USER_NOTICE: ("approve the user notice", "tacenda notify {case} users"),
    Step.VENDOR_NOTICE: ("approve the vendor notice", "tacenda notify {case} vendors"),
    Step.RELEASE: ("approve the release", "tacenda release {case}{at} --confirm-artifacts"),
}
_APPROVED = {
    Step.USER_NOTICE: Kind.USER_NOTICE,
    Step.VENDOR_NOTICE: Kind.VENDOR_NOTICE,
    Step.RELEASE: Kind.RELEASE,
}


class Todo(Value):
    """One thing that a person has to do: who, what, by when (UTC; None: now), and the command.

    `is_urgent`: everything else waits for it, or its limit has passed.
    """

    who: str
    what: str
    command: str
    by: Instant | None = None
    is_urgent: bool = False


def todos(case: Case, now: datetime) -> tuple[Todo, ...]:
    """Return what people have to do in a case at `now` (UTC): the urgent first, then by time.

    What is urgent without a time comes before all, what is not after all.
    """
    if case.closing:
        return ()
    found = [*_now(case), *_steps(case, now), *_owed(case, now), *_open_ends(case)]
    return tuple(
        sorted(found, key=lambda t: (not t.is_urgent, (t.by is None) != t.is_urgent, t.by or now))
    )


def _now(case: Case) -> Iterator[Todo]:
    """Yield what cannot wait: a decision, a hand-over, mail that has stopped."""
    lead = leading(case) or TEAM
    if case.asked and not case.released:
        at = case.follows or case.id
        yield Todo(
            who=lead,
            what="decide: publish now, earlier, or hold on to the plan",
            command=f"tacenda release {at}, or tacenda leak {case.id} --hold-on --reason R",
            is_urgent=True,
        )
    if case.stopped:
        yield Todo(
            who=TEAM,
            what="let letters leave again",
            command="tacenda doctor",
            is_urgent=True,
        )
    if case.handing_to:
        yield Todo(
            who=case.handing_to,
            what="accept the hand-over, or say no to it",
            command=f"tacenda ack {case.id}",
            is_urgent=True,
        )


def _steps(case: Case, now: datetime) -> Iterator[Todo]:
    lead = leading(case) or TEAM
    for step in case.open_steps():
        if is_led(case) and step is Step.RELEASE:
            continue  # the leading case releases both
        what, command = _BY_STEP[step]
        if step in _APPROVED and case.waiting(_APPROVED[step]):
            continue  # it leaves by itself
        limit = _due(case, step)
        who = case.second or case.proposed_lead or TEAM if step is Step.ACKNOWLEDGE else lead
        yield Todo(
            who=who,
            what=what,
            command=command.format(case=case.id, at=" --at T" if limit > now else ""),
            by=limit,
            is_urgent=limit <= now,
        )
    if case.severity is None and case.acknowledged and not case.released:
        yield Todo(who=lead, what="score it", command=f"tacenda score {case.id} VECTOR")


def _due(case: Case, step: Step) -> datetime:
    """Return by when (UTC) a step has to be done: a date that people were told binds as well."""
    told = announced(case) if step is Step.RELEASE else None
    return min(case.limit(step), told) if told else case.limit(step)


def _owed(case: Case, now: datetime) -> Iterator[Todo]:
    """Yield the duties to the regulator that are open."""
    lead = leading(case) or TEAM
    for duty, limit in duty_limits(case):
        told = duty is Duty.USERS_INFORMED
        what = "tell the users that it is exploited" if told else f"file the {duty.label}"
        command = f"tacenda filed {case.id} {duty.word} --ref REF"
        yield Todo(who=lead, what=what, command=command, by=limit, is_urgent=limit <= now)


def _open_ends(case: Case) -> Iterator[Todo]:
    """Yield what is left to do once the release is out; then the case can be closed."""
    if not case.released:
        return
    lead, left = leading(case) or TEAM, unpublished(case)
    if left:
        command = f"tacenda cve {case.id} {' '.join(left)} --published"
        yield Todo(who=lead, what="say that the CVE records are public", command=command)
    if not is_answered(case):
        command = f"tacenda confirm {case.id} reporter --ref WHERE"
        yield Todo(who=lead, what="tell the reporter of the release", command=command)
    if Matter.RETROSPECTIVE not in case.confirmed:
        command = f"tacenda confirm {case.id} retrospective"
        yield Todo(who=TEAM, what="hold the retrospective", command=command)
    yield Todo(who=lead, what="close the case", command=f"tacenda close {case.id} --as complete")
