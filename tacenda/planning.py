"""The release date of a case: when, who is told when, why then, and what else could be.

The date is the earliest instant at which nothing of the policy is broken; where there is none,
what stands in the way is said, and what would have to give. Nothing here publishes anything.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from tacenda import planwords
from tacenda.alternatives import Alternative, commands_for, instead_of, where_none
from tacenda.case import Case
from tacenda.fields import Value, moment
from tacenda.grounds import Constraint, Grounds, grounds_of, warned_at
from tacenda.letters import Notice
from tacenda.models import Audience, Kind
from tacenda.presence import Availability
from tacenda.promises import is_going_out, told_a_date
from tacenda.reasons import Reason, why
from tacenda.releases import is_approved
from tacenda.slots import Candidate, Findings, against, best, candidates
from tacenda.telling import Telling, tellings


class Verdict(StrEnum):
    """What a plan comes to."""

    DATE = "date"
    STANDS = "stands"
    NOW = "now"
    IMPOSSIBLE = "impossible"
    OVER = "over"


class Proposal(Value):
    """When to publish (`at`, UTC; None for at once, and where there is no such instant), and why.

    A date that `stands` was approved or announced; `against` is what speaks against that one.
    `commands` are what a person types next to go this way.
    """

    verdict: Verdict
    at: datetime | None = None
    commands: tuple[str, ...] = ()
    told: tuple[Telling, ...] = ()
    reasons: tuple[Reason, ...] = ()
    against: Findings = ()
    alternatives: tuple[Alternative, ...] = ()


def propose(
    case: Case,
    now: datetime,
    people: Availability | None = None,
    fix_on: datetime | None = None,
) -> Proposal:
    """Return the plan of `case` at `now`, where a fix is supposed for `fix_on` (UTC) if given."""
    if is_over := _over(case):
        return Proposal(verdict=Verdict.OVER, reasons=(is_over,))
    grounds = grounds_of(case, now, people or Availability(), fix_on)
    if case.public_since is not None:
        return Proposal(verdict=Verdict.NOW, reasons=tuple(_of_public(grounds)))
    standing = _standing(case, now)
    if standing is not None:
        return _as_it_stands(grounds, *standing)
    found = best(grounds)
    if found is None:
        return _impossible(grounds)
    return Proposal(
        verdict=Verdict.DATE,
        at=found.at,
        commands=_next(grounds, found.at, ()),
        told=tellings(grounds, found.at),
        reasons=(*_unusual(grounds), *why(grounds, found)),
        alternatives=instead_of(grounds, found.at),
    )


def date_for(case: Case, now: datetime, people: Availability | None = None) -> datetime | None:
    """Return the date (UTC) that the plan of `case` comes to at `now`, or what is best instead.

    None where there is no date to name: it is public, or over.
    """
    proposal = propose(case, now, people)
    return proposal.at or next((other.at for other in proposal.alternatives), None)


def _over(case: Case) -> Reason | None:
    if case.closing:
        closed = f"The case was closed as {case.closing.reason} on {moment(case.closing.at)}."
        return Reason(constraint=Constraint.ENDED, sentence=closed, decides=True)
    if case.released:
        out = f"The release went out on {moment(case.released)}."
        return Reason(constraint=Constraint.ENDED, sentence=out, decides=True)
    if is_going_out(case):
        out = "The release is just going out."
        return Reason(constraint=Constraint.ENDED, sentence=out, decides=True)
    return None


def _of_public(grounds: Grounds) -> Iterator[Reason]:
    case = grounds.case
    assert case.public_since is not None
    yield Reason(
        constraint=Constraint.PUBLIC,
        sentence=f"The case has been public since {moment(case.public_since)}: every limit is as "
        "soon as possible, and there is no embargo left to keep.",
        decides=True,
    )
    yield Reason(constraint=Constraint.FIX, sentence=planwords.of_the_public_fix(grounds))
    if waiting := case.waiting(Kind.RELEASE):
        yield Reason(
            constraint=Constraint.APPROVED,
            sentence=f"The release is approved for {moment(waiting.send_at)}. To publish sooner: "
            f"tacenda release {case.id}.",
        )


def _standing(case: Case, now: datetime) -> tuple[datetime, Notice | None] | None:
    """Return the date (UTC) that was approved or announced, with the approval, or None."""
    waiting = case.waiting(Kind.RELEASE)
    if waiting and waiting.send_at + case.policy.release.grace >= now:
        return waiting.send_at, waiting
    return (case.planned, None) if case.planned and case.planned > now else None


def _next(grounds: Grounds, at: datetime, found: Findings) -> tuple[str, ...]:
    """Return what a person types next for a release at `at` (UTC): first, who takes the case."""
    case = grounds.case
    ack = () if case.acknowledged else (f"tacenda ack {case.id}",)
    is_unfixed = case.fix is None and grounds.fix_at is not None
    fixed = (f"tacenda fixed {case.id} --ref URL",) if is_unfixed else ()
    return (*ack, *fixed, *commands_for(grounds, at, found))


def _as_it_stands(grounds: Grounds, at: datetime, release: Notice | None) -> Proposal:
    found, better = against(grounds, at), best(grounds)
    if release and warned_at(grounds.case):
        found = tuple(f for f in found if f.constraint is not Constraint.FINAL_WARNING)
    reasons = [*_unusual(grounds), _of_standing(grounds, at, release)]
    if not found:
        reasons += why(grounds, Candidate(at, ()), is_chosen=False)
    return Proposal(
        verdict=Verdict.STANDS,
        at=at,
        commands=() if release else _next(grounds, at, found),
        told=tellings(grounds, at),
        reasons=tuple(reasons),
        against=found,
        alternatives=instead_of(grounds, at, better, release),
    )


def _of_standing(grounds: Grounds, at: datetime, release: Notice | None) -> Reason:
    case = grounds.case
    count = len(told_a_date(case, Audience.USERS, Audience.VENDORS)) if case.planned == at else 0
    told = f"announced to {count} recipient{'s' if count > 1 else ''}" if count else ""
    if release is None:
        said = f"The date is {told or 'planned, and nobody outside has been told'}."
        return Reason(constraint=Constraint.ANNOUNCED, sentence=said, decides=True)
    who = " and ".join(release.approvers)
    lacks = "" if is_approved(release, case.policy) else "; another member has to approve it too"
    said = f"{who} approved the release for {moment(at)}{f', {told}' if told else ''}{lacks}."
    return Reason(constraint=Constraint.APPROVED, sentence=said, decides=True)


def _unusual(grounds: Grounds) -> Iterator[Reason]:
    """Yield what a lead must know before anything else."""
    case, now = grounds.case, grounds.now
    if case.asked:
        yield Reason(
            constraint=Constraint.BREAK,
            sentence=f"The embargo is said to have broken, and a decision is asked for since "
            f"{moment(case.asked)}: publish now with tacenda release {case.id}, or keep to the "
            f"plan with tacenda {case.broken or 'leak'} {case.id} --hold-on --reason WHY.",
            decides=True,
        )
    if case.planned and case.planned <= now:
        yield Reason(
            constraint=Constraint.ANNOUNCED,
            sentence=f"{moment(case.planned)}, which was planned, is past without a release. Those "
            "who were told it are waiting, and hear of another date when a notice names it.",
        )
    waiting = case.waiting(Kind.RELEASE)
    if waiting and waiting.send_at + case.policy.release.grace < now:
        yield Reason(
            constraint=Constraint.APPROVED,
            sentence=f"The release was approved for {moment(waiting.send_at)} and did not leave in "
            f"time. Take it back: tacenda release {case.id} --hold REASON.",
        )


def _impossible(grounds: Grounds) -> Proposal:
    reasons = [
        *_unusual(grounds),
        Reason(
            constraint=grounds.ceiling.constraint,
            sentence=planwords.of_the_impossible(grounds),
            decides=True,
        ),
        Reason(constraint=Constraint.FIX, sentence=planwords.of_the_fix(grounds)),
        Reason(constraint=Constraint.VENDOR_NOTICE, sentence=planwords.of_the_vendors(grounds)),
    ]
    within = candidates(grounds, grounds.floor.at, grounds.ceiling.at)
    days = [candidate.at.date() for candidate in within]
    if passed := planwords.of_passed_days(grounds, days):
        reasons.append(Reason(constraint=Constraint.HOLIDAY, sentence=passed, decides=True))
    hour = planwords.of_the_hour(grounds.case.policy.calendar)
    reasons.append(Reason(constraint=Constraint.RELEASE_AT, sentence=hour))
    return Proposal(
        verdict=Verdict.IMPOSSIBLE,
        reasons=tuple(reasons),
        alternatives=where_none(grounds),
    )
