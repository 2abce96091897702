"""The instants at which a case could be published, what speaks against each, and the best one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from tacenda import slotwords
from tacenda.fields import Value
from tacenda.grounds import Bound, Constraint, Grounds, at_hour
from tacenda.models import DAY
from tacenda.policy import WEEKDAYS

FARTHEST = 400
"""How many days a good instant is looked for where no limit ends the search."""

_WEIGHTS = {
    Constraint.NOW: 50,
    Constraint.FIX: 20,
    Constraint.LONGEST_EMBARGO: 8,
    Constraint.VENDORS_EMBARGO: 7,
    Constraint.LIMIT: 6,
    Constraint.VENDOR_NOTICE: 5,
    Constraint.FINAL_WARNING: 3,
    Constraint.HOLIDAY: 2,
    Constraint.RELEASE_DAYS: 2,
    Constraint.LEAD: 1,
    Constraint.TEAM: 1,
    Constraint.RELEASE_AT: 1,
    Constraint.PLANNED_RELEASE: 1,
    Constraint.KNOWN_UNTIL: 0,
}
"""How much breaking each weighs, where something has to give."""

_SOFT = frozenset(
    (
        Constraint.LEAD,
        Constraint.TEAM,
        Constraint.RELEASE_AT,
        Constraint.PLANNED_RELEASE,
        Constraint.KNOWN_UNTIL,
    )
)
CEILINGS = frozenset((Constraint.LIMIT, Constraint.LONGEST_EMBARGO, Constraint.VENDORS_EMBARGO))


class Finding(Value):
    """One thing that speaks against an instant, in a sentence."""

    constraint: Constraint
    sentence: str

    @property
    def is_hard(self) -> bool:
        """Whether no plan breaks it by itself; what is soft moves a date only inside the limit."""
        return self.constraint not in _SOFT


Findings = tuple[Finding, ...]


class Candidate(NamedTuple):
    """An instant (UTC), and what speaks against it."""

    at: datetime
    findings: Findings

    @property
    def weight(self) -> int:
        """How much it breaks."""
        return sum(_WEIGHTS[finding.constraint] for finding in self.findings)

    def is_good(self, *but: Constraint) -> bool:
        """Whether nothing hard speaks against it but for those constraints."""
        return not any(f.is_hard and f.constraint not in but for f in self.findings)


def against(grounds: Grounds, at: datetime) -> Findings:
    """Return what speaks against publishing at `at` (UTC), the hard things first."""
    return tuple(
        Finding(constraint=constraint, sentence=sentence)
        for look in (_too_early, _too_late, _bad_day, _who_is_away)
        for constraint, sentence in look(grounds, at)
    )


Found = Iterator[tuple[Constraint, str]]


def _too_early(grounds: Grounds, at: datetime) -> Found:
    broken = {bound.constraint: bound for bound in grounds.floors if at < bound.at}
    if Constraint.NOW in broken:
        yield Constraint.NOW, slotwords.is_past(at)
    if Constraint.FIX in broken:
        yield Constraint.FIX, slotwords.before_the_fix(grounds, at)
    if Constraint.VENDOR_NOTICE in broken:
        yield Constraint.VENDOR_NOTICE, slotwords.short_notice(grounds, at)
    elif Constraint.FINAL_WARNING in broken:
        yield Constraint.FINAL_WARNING, slotwords.short_warning(grounds, at)


def _too_late(grounds: Grounds, at: datetime) -> Found:
    for bound in grounds.ceilings:
        if at > bound.at:
            yield bound.constraint, slotwords.too_late(grounds, bound, at)


def _bad_day(grounds: Grounds, at: datetime) -> Found:
    calendar = grounds.case.policy.calendar
    day = at.date()
    if day in grounds.holidays:
        yield Constraint.HOLIDAY, slotwords.on_holiday(calendar, day)
    if WEEKDAYS[at.weekday()] not in calendar.release_days:
        yield Constraint.RELEASE_DAYS, slotwords.on_weekday(calendar, day)
    if grounds.releases and day not in grounds.releases:
        yield Constraint.PLANNED_RELEASE, slotwords.joins_none(day)
    if calendar.is_odd_hour(at):
        yield Constraint.RELEASE_AT, slotwords.odd_hour(calendar, at)
    if calendar.known_until and day > calendar.known_until:
        yield Constraint.KNOWN_UNTIL, slotwords.unknown_day(calendar.known_until, day)


def _who_is_away(grounds: Grounds, at: datetime) -> Found:
    people, day = grounds.people, at.date()
    if people.lead_is_away(day):
        yield Constraint.LEAD, slotwords.lead_away(people, day)
    if people.is_deserted(day):
        yield Constraint.TEAM, slotwords.team_away(people, day)


def instants(grounds: Grounds, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the preferred hour of each day in [start, end] (UTC)."""
    at = at_hour(start.date(), grounds.case.policy.calendar.release_at, start)
    if at < start:
        at += DAY
    while at <= end:
        yield at
        at += DAY


def candidates(grounds: Grounds, start: datetime, end: datetime) -> Iterator[Candidate]:
    """Yield those instants with what speaks against each."""
    return (Candidate(at, against(grounds, at)) for at in instants(grounds, start, end))


def best(grounds: Grounds) -> Candidate | None:
    """Return the earliest good instant that satisfies everything, or None.

    An absence moves it only where that is possible inside the limit. A release that joins the
    planned ones takes the first of their days that is not before that instant, if there is one.
    """
    plain = _earliest(replace(grounds, releases=()))
    if plain is None or not grounds.releases:
        return plain
    return _planned(grounds, plain.at) or plain


def _planned(grounds: Grounds, after: datetime) -> Candidate | None:
    """Return the first good instant from `after` (UTC) on that joins a planned release, or None."""
    within = _on_days(grounds, grounds.releases, after)
    return min((c for c in within if c.is_good()), key=_burden, default=None)


def _on_days(grounds: Grounds, days: tuple[date, ...], after: datetime) -> Iterator[Candidate]:
    hour = grounds.case.policy.calendar.release_at
    for day in days:
        at = at_hour(day, hour, after)
        if at >= after:
            yield Candidate(at, against(grounds, at))


def _earliest(grounds: Grounds) -> Candidate | None:
    least: Candidate | None = None
    for candidate in candidates(grounds, grounds.floor.at, grounds.ceiling.at):
        if not candidate.is_good():
            continue
        if candidate.weight == 0:
            return candidate
        if least is None or candidate.weight < least.weight:
            least = candidate
    return least


def _burden(candidate: Candidate) -> tuple[int, datetime]:
    return candidate.weight, candidate.at


def next_good(grounds: Grounds, after: datetime) -> Candidate | None:
    """Return the first instant after `after` (UTC) against which at most a limit speaks, or None.

    A release that joins the planned ones joins one of them, where there is one.
    """
    joining = (c for c in _on_days(grounds, grounds.releases, after) if c.at > after)
    end = after + FARTHEST * DAY
    anyday = (c for c in candidates(grounds, after, end) if c.at > after)
    for found in (joining, anyday):
        good = (c for c in found if c.at >= grounds.floor.at and c.is_good(*CEILINGS))
        if candidate := next(good, None):
            return candidate
    return None


def least_before(grounds: Grounds, end: datetime) -> Candidate | None:
    """Return what breaks least before `end` (UTC), the earliest such; the fix comes first."""
    found = (c for c in candidates(grounds, grounds.ready, end) if c.at < end)
    return min(found, key=_burden, default=None)


def least_inside(grounds: Grounds, ceiling: Bound) -> Candidate | None:
    """Return the last instant inside a limit that breaks the least, or None if it is past."""
    if ceiling.at <= grounds.now:
        return None
    inside = [*candidates(grounds, grounds.now, ceiling.at)]
    if not inside:
        return Candidate(ceiling.at, against(grounds, ceiling.at))
    least = min(candidate.weight for candidate in inside)
    return max((c for c in inside if c.weight == least), key=lambda c: c.at)
