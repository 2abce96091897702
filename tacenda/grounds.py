"""What bounds the release of a case: what it must wait for, and until when it may."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from shlex import quote

from tacenda.case import Case
from tacenda.decisions import Choice
from tacenda.fields import Value
from tacenda.models import Band, Kind, Step
from tacenda.outgoing import warning_key
from tacenda.parties import standings
from tacenda.presence import Availability

_URGENT = (Band.HIGH, Band.CRITICAL)


class Constraint(StrEnum):
    """What a release date answers to; the names stand in the JSON of `tacenda plan`."""

    NOW = "now"
    FIX = "fix"
    VENDOR_NOTICE = "vendor_notice"
    FINAL_WARNING = "final_warning"
    LIMIT = "limit"
    LONGEST_EMBARGO = "longest_embargo"
    VENDORS_EMBARGO = "vendors_embargo"
    RELEASE_DAYS = "release_days"
    HOLIDAY = "holiday"
    RELEASE_AT = "release_at"
    PLANNED_RELEASE = "planned_release"
    LEAD = "lead"
    TEAM = "team"
    KNOWN_UNTIL = "known_until"
    USER_NOTICE = "user_notice"
    APPROVED = "approved"
    ANNOUNCED = "announced"
    PUBLIC = "public"
    BREAK = "break"
    ENDED = "ended"


class Basis(StrEnum):
    """From where it is known when there is a fix."""

    LANDED = "landed"
    SUPPOSED = "supposed"
    ASSUMED = "assumed"
    OVERDUE = "overdue"
    NONE = "none"


class Bound(Value):
    """An instant (UTC) before which, or after which, a release breaks a constraint.

    `who` are those whose bound it is, where it is not the policy's.
    """

    constraint: Constraint
    at: datetime
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a plan for `case` stands on at `now` (UTC).

    The fix is there at `fix_at`, by that `basis`; None where none is waited for. Vendors are
    told at `told_at` (still to come unless they were `told`), or None where they are not part
    of it. No release before the last of the `floors`, and none after the first of the `ceilings`.
    Where it was decided that it `joins` the next planned release, `releases` are their days.
    """

    case: Case
    now: datetime
    people: Availability
    basis: Basis
    fix_at: datetime | None
    told_at: datetime | None
    told: bool
    floors: tuple[Bound, ...]
    ceilings: tuple[Bound, ...]
    holidays: frozenset[date]
    joins: bool = False
    releases: tuple[date, ...] = ()

    @property
    def floor(self) -> Bound:
        """What the release waits for longest."""
        return max(self.floors, key=lambda bound: bound.at)

    @property
    def ceiling(self) -> Bound:
        """What ends first."""
        return min(self.ceilings, key=lambda bound: bound.at)

    @property
    def ready(self) -> datetime:
        """From when (UTC) there is something to publish."""
        return max(self.now, self.fix_at or self.now)

    def heir(self, at: datetime) -> str:
        """Return who could lead the case on the day of `at` (UTC), as it is typed."""
        present = self.people.present(at.date())
        return quote(present[0]) if present else "NAME"


def grounds_of(
    case: Case, now: datetime, people: Availability, fix_on: datetime | None = None
) -> Grounds:
    """Return what a plan for `case` stands on at `now`, with a fix supposed for `fix_on` (UTC)."""
    basis, fix_at = _fix(case, now, fix_on)
    ready = max(now, fix_at or now)
    told = case.vendors_told()
    has_vendors = not _is_without_vendors(case)
    told_at = (told or ready) if has_vendors else None
    return Grounds(
        case=case,
        now=now,
        people=people,
        basis=basis,
        fix_at=fix_at,
        told_at=told_at,
        told=told is not None,
        floors=tuple(_floors(case, now, fix_at, told_at)),
        ceilings=tuple(_ceilings(case)),
        holidays=frozenset(case.policy.calendar.holidays),
        joins=_joins(case),
        releases=_to_join(case, now),
    )


def _to_join(case: Case, now: datetime) -> tuple[date, ...]:
    coming = (day for day in case.policy.calendar.releases if day >= now.date())
    return tuple(sorted(coming)) if _joins(case) else ()


def _joins(case: Case) -> bool:
    """Whether it was decided that the release joins the next planned one, and that still holds.

    The process releases what is High or Critical out of band.
    """
    is_urgent = case.severity is not None and case.severity.band in _URGENT
    return Choice.NEXT_RELEASE in case.decisions and not is_urgent


def warned_at(case: Case) -> datetime | None:
    """Return when the vendors had the final warning of the release that is approved, or None."""
    release = case.waiting(Kind.RELEASE)
    if release is None:
        return None
    key = warning_key(release)
    return next((letter.at for letter in case.all_letters if letter.key == key), None)


def at_hour(day: date, hour: time, like: datetime) -> datetime:
    """Return an hour (UTC) of a day, in the zone of `like`."""
    return datetime.combine(day, hour, tzinfo=like.tzinfo)


def _fix(case: Case, now: datetime, fix_on: datetime | None) -> tuple[Basis, datetime | None]:
    """Return when there is a fix, and from where that is known."""
    if fix_on is not None:
        return Basis.SUPPOSED, fix_on
    if landed := case.done_at(Step.FIX):
        return Basis.LANDED, landed
    if case.is_without(Step.FIX):
        return Basis.NONE, None
    limit = case.limit(Step.FIX)
    return (Basis.ASSUMED, limit) if limit > now else (Basis.OVERDUE, now)


def _is_without_vendors(case: Case) -> bool:
    """Whether the vendors hear nothing in advance: by the policy, or as a person decided."""
    if case.vendors_told():
        return False
    return case.is_without(Step.VENDOR_NOTICE) or Choice.SKIP_VENDORS in case.decisions


def _floors(
    case: Case, now: datetime, fix_at: datetime | None, told_at: datetime | None
) -> Iterator[Bound]:
    rules = case.policy.release
    yield Bound(constraint=Constraint.NOW, at=now)
    if fix_at is not None:
        yield Bound(constraint=Constraint.FIX, at=fix_at)
    if told_at is not None:
        yield Bound(constraint=Constraint.VENDOR_NOTICE, at=told_at + rules.vendor_notice)
        warned = max(now, told_at)
        yield Bound(constraint=Constraint.FINAL_WARNING, at=warned + rules.final_warning)


def _ceilings(case: Case) -> Iterator[Bound]:
    yield Bound(constraint=Constraint.LIMIT, at=case.limit(Step.RELEASE))
    longest = case.report.received + case.policy.release.longest_embargo
    yield Bound(constraint=Constraint.LONGEST_EMBARGO, at=longest)
    if any(vendor.max_embargo for vendor in case.vendors):
        kept = [
            (s.told + s.vendor.max_embargo, s.vendor.name)
            for s in standings(case).values()
            if s.told and s.vendor.max_embargo and not s.left
        ]
        if kept:
            first = min(at for at, _ in kept)
            who = tuple(name for at, name in kept if at == first)
            yield Bound(constraint=Constraint.VENDORS_EMBARGO, at=first, who=who)
