"""Why a release date is what it is: a sentence for each constraint, and which of them decide."""

from collections.abc import Iterator

from tacenda import planwords
from tacenda.fields import Value
from tacenda.grounds import Constraint, Grounds
from tacenda.slots import Candidate, candidates


class Reason(Value):
    """One constraint and what it means for the date; whether it is what `decides` it."""

    constraint: Constraint
    sentence: str
    decides: bool = False


def why(grounds: Grounds, found: Candidate, *, is_chosen: bool = True) -> Iterator[Reason]:
    """Yield a sentence for each constraint, in the order in which they shape the date.

    Which days were passed over is part of it only where the plan has chosen the date.
    """
    at, floor, ceiling = found.at, grounds.floor, grounds.ceiling
    waits = grounds.fix_at is not None and grounds.fix_at > grounds.now
    is_bound = floor.constraint is Constraint.FIX or (waits and not grounds.told)
    yield Reason(
        constraint=Constraint.FIX, sentence=planwords.of_the_fix(grounds), decides=is_bound
    )
    is_bound = floor.constraint is Constraint.VENDOR_NOTICE
    yield Reason(
        constraint=Constraint.VENDOR_NOTICE,
        sentence=planwords.of_the_vendors(grounds),
        decides=is_bound,
    )
    if grounds.told_at is not None:
        if short := planwords.of_short_embargoes(grounds):
            yield Reason(constraint=Constraint.VENDORS_EMBARGO, sentence=short)
        is_bound = floor.constraint is Constraint.FINAL_WARNING
        yield Reason(
            constraint=Constraint.FINAL_WARNING,
            sentence=planwords.of_the_warning(grounds),
            decides=is_bound,
        )
    if is_chosen:
        yield from _of_days(grounds, found)
    calendar = grounds.case.policy.calendar
    yield Reason(constraint=Constraint.RELEASE_AT, sentence=planwords.of_the_hour(calendar))
    yield Reason(
        constraint=ceiling.constraint, sentence=planwords.of_the_ceiling(grounds, ceiling, at)
    )
    for finding in found.findings:
        yield Reason(
            constraint=finding.constraint,
            sentence=finding.sentence + planwords.way_out(grounds, finding.constraint, at),
        )


def _of_days(grounds: Grounds, found: Candidate) -> Iterator[Reason]:
    """Yield what days and people have to do with the date, and the planned releases."""
    joined = found.at.date() in grounds.releases
    before = [] if joined else [*candidates(grounds, grounds.floor.at, found.at)][:-1]
    days = [candidate.at.date() for candidate in before if not candidate.is_good()]
    away = [candidate.at.date() for candidate in before if candidate.is_good()]
    if passed := planwords.of_passed_days(grounds, days):
        is_holiday = any(day in grounds.holidays for day in days)
        constraint = Constraint.HOLIDAY if is_holiday else Constraint.RELEASE_DAYS
        yield Reason(constraint=constraint, sentence=passed, decides=True)
    if later := planwords.of_absences(grounds, away):
        is_lead = any(grounds.people.lead_is_away(day) for day in away)
        constraint = Constraint.LEAD if is_lead else Constraint.TEAM
        yield Reason(constraint=constraint, sentence=later, decides=True)
    if grounds.joins:
        sentence = planwords.of_the_planned(grounds, found.at)
        yield Reason(constraint=Constraint.PLANNED_RELEASE, sentence=sentence, decides=joined)
