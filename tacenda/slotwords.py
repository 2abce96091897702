"""What speaks against publishing at an instant, in sentences; and how days and spans are said."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from tacenda.fields import moment
from tacenda.grounds import Basis, Bound, Constraint, Grounds
from tacenda.models import DAY
from tacenda.policy import WEEKDAYS, Calendar, Weekday
from tacenda.presence import Availability

MOST_LISTED = 6
_DAY_NAMES = dict(
    zip(
        WEEKDAYS,
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)


def span(of: timedelta) -> str:
    """Return a duration as a sentence says it: 24 hours, 7 days."""
    if of >= 2 * DAY:
        return f"{of.days} days"
    hours = int(of.total_seconds() // 3600)
    if hours:
        return "1 hour" if hours == 1 else f"{hours} hours"
    minutes = int(of.total_seconds() // 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def days_between(earlier: datetime, later: datetime) -> str:
    """Return how many days on the calendar lie between two instants: 1 day, 81 days."""
    days = (later.date() - earlier.date()).days
    return span(later - earlier) if days == 0 else "1 day" if days == 1 else f"{days} days"


def day_of(day: date) -> str:
    """Return a day with its weekday: Tue 2026-12-08."""
    return f"{day:%a} {day.isoformat()}"


def listed(items: Sequence[str]) -> str:
    """Return the first few of several things, and how many more there are: A, B and C."""
    more = len(items) - MOST_LISTED
    shown = [*items[:MOST_LISTED], *([f"{more} more"] if more > 0 else [])]
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def weekdays(days: tuple[Weekday, ...]) -> str:
    """Return weekdays as a sentence says them: Monday to Thursday."""
    places = sorted({WEEKDAYS.index(day) for day in days})
    if not places:
        return "on no day"
    runs = list(_runs(places))
    return listed(
        [
            _DAY_NAMES[WEEKDAYS[first]]
            + (f" to {_DAY_NAMES[WEEKDAYS[last]]}" if last > first else "")
            for first, last in runs
        ]
    )


def _runs(places: list[int]) -> Iterator[tuple[int, int]]:
    first = last = places[0]
    for place in places[1:]:
        if place != last + 1:
            yield first, last
            first = place
        last = place
    yield first, last


# What speaks against an instant.


def is_past(at: datetime) -> str:
    """An instant that is over."""
    return f"{moment(at)} is past."


def before_the_fix(grounds: Grounds, at: datetime) -> str:
    """A release without a fix that was meant to have one."""
    assert grounds.fix_at is not None
    if grounds.basis is Basis.OVERDUE:
        return "No fix has landed, and nobody has said when one will."
    how = {
        Basis.LANDED: "the fix landed only on",
        Basis.SUPPOSED: "the fix is expected on",
    }.get(grounds.basis, "no fix is certain before its limit,")
    return f"It would be without a fix: {how} {moment(grounds.fix_at)}."


def short_notice(grounds: Grounds, at: datetime) -> str:
    """A release inside the vendors' notice period."""
    assert grounds.told_at is not None
    needed = span(grounds.case.policy.release.vendor_notice)
    left = at - grounds.told_at
    if left <= timedelta(0):
        return f"The vendors would have no notice instead of {needed}."
    whom = "are told on" if not grounds.told else "were told on"
    return (
        f"The vendors would have {span(left)} of notice instead of {needed}: they {whom} "
        f"{moment(grounds.told_at)}."
    )


def short_warning(grounds: Grounds, at: datetime) -> str:
    """A release for which the final warning comes too late."""
    needed = span(grounds.case.policy.release.final_warning)
    return f"The final warning would come {span(at - grounds.now)} before it instead of {needed}."


def too_late(grounds: Grounds, bound: Bound, at: datetime) -> str:
    """A release after one of the limits."""
    past = days_between(bound.at, at)
    if bound.constraint is Constraint.LIMIT:
        return f"It overruns the limit of the release, {moment(bound.at)}, by {past}."
    if bound.constraint is Constraint.LONGEST_EMBARGO:
        longest = span(grounds.case.policy.release.longest_embargo)
        return f"It is {past} past the longest embargo of the policy, {longest} from the receipt."
    return f"It is {past} longer than {listed(bound.who)} keeps an embargo ({moment(bound.at)})."


def on_holiday(calendar: Calendar, day: date) -> str:
    """A holiday, with the countries in which it is one."""
    where = calendar.countries_with(day)
    return f"{day_of(day)} is a holiday{f' in {listed(where)}' if where else ''}."


def on_weekday(calendar: Calendar, day: date) -> str:
    """A weekday on which nothing is released."""
    good = weekdays(calendar.release_days)
    return f"{day.isoformat()} is a {day:%A}; releases go out {good}, when people can update."


def odd_hour(calendar: Calendar, at: datetime) -> str:
    """Another hour than the preferred one."""
    return f"{at:%H:%M} UTC is not the preferred hour, {calendar.release_at:%H:%M} UTC."


def joins_none(day: date) -> str:
    """A day without a planned release, for a case that joins one."""
    return f"{day_of(day)} is no day of a planned release, which the case was to join."


def unknown_day(known_until: date, day: date) -> str:
    """A day of which nobody knows whether it is a holiday."""
    return (
        f"Whether {day_of(day)} is a holiday, nobody knows: the holiday data of this case ends on "
        f"{known_until.isoformat()}. Look it up."
    )


def lead_away(people: Availability, day: date) -> str:
    """The lead is not there."""
    return f"{people.lead}, who leads it, is away on {day_of(day)}."


def team_away(people: Availability, day: date) -> str:
    """Nobody but perhaps the lead is there."""
    alone = f" beside {people.lead}" if people.lead else ""
    return f"Nobody else of the team{alone} is there on {day_of(day)}."
