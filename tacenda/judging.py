"""What the process says about publishing at one instant."""

from collections.abc import Iterator
from datetime import datetime

from tacenda import slotwords
from tacenda.alternatives import commands_for, hear_of_it
from tacenda.case import Case
from tacenda.fields import Value, moment
from tacenda.grounds import Constraint, Grounds, grounds_of
from tacenda.models import Step
from tacenda.presence import Availability
from tacenda.slots import Finding, Findings, against


class Judgement(Value):
    """What speaks against an instant (UTC) and what for it, and the commands it would take."""

    at: datetime
    against: Findings = ()
    in_favour: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def judged(
    case: Case,
    at: datetime,
    now: datetime,
    people: Availability | None = None,
    fix_on: datetime | None = None,
) -> Judgement:
    """Return what the process says at `now` about publishing `case` at `at` (UTC).

    A fix is supposed for `fix_on` (UTC), if given.
    """
    if at < case.report.received:
        early = f"{moment(at)} is before the report was received, {moment(case.report.received)}."
        return Judgement(at=at, against=(Finding(constraint=Constraint.NOW, sentence=early),))
    if case.closing or case.released:
        ended = "The case is closed." if case.closing else "The release is out."
        return Judgement(at=at, against=(Finding(constraint=Constraint.ENDED, sentence=ended),))
    if case.public_since is not None:
        return Judgement(at=at, against=tuple(_of_public(case, at, now)))
    grounds = grounds_of(case, now, people or Availability(), fix_on)
    found = (*against(grounds, at), *hear_of_it(case, at))
    return Judgement(
        at=at,
        against=found,
        in_favour=tuple(_in_favour(grounds, at, {f.constraint for f in found})),
        commands=commands_for(grounds, at, found) if at >= now else (),
    )


def _of_public(case: Case, at: datetime, now: datetime) -> Iterator[Finding]:
    since = case.public_since
    if since is not None and at > max(since, now):
        yield Finding(
            constraint=Constraint.PUBLIC,
            sentence=f"The case has been public since {moment(since)}, so the process says as soon "
            f"as possible: this is {slotwords.days_between(since, at)} later.",
        )


def _in_favour(grounds: Grounds, at: datetime, broken: set[Constraint]) -> Iterator[str]:
    case, calendar = grounds.case, grounds.case.policy.calendar
    if not broken & {Constraint.HOLIDAY, Constraint.RELEASE_DAYS, Constraint.KNOWN_UNTIL}:
        countries = tuple(calendar.holidays_in)
        holiday = f", and no holiday in {slotwords.listed(countries)}" if countries else ""
        yield f"{at.date()} is a {at:%A}, on which releases go out{holiday}."
    if Constraint.RELEASE_AT not in broken:
        yield f"{at:%H:%M} UTC is the preferred hour."
    if Constraint.LIMIT not in broken:
        after = slotwords.days_between(case.report.received, at)
        limit = case.limit(Step.RELEASE)
        yield f"It is {after} after the report, inside the limit of the release, {moment(limit)}."
    if grounds.told_at is not None and Constraint.VENDOR_NOTICE not in broken:
        of = slotwords.span(at - grounds.told_at)
        yield (
            f"The vendors have {of} of notice."
            if grounds.told
            else f"The vendors can have {of} of notice, told on {moment(grounds.told_at)}."
        )
