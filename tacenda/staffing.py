"""Who is chosen to lead, who is looked to as the lead, and in which hours they are reminded."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from tacenda.case import Case
from tacenda.hours import Hours, Windows
from tacenda.models import DAY
from tacenda.rules import ON_RECORD, RIGHT_DATE

ASK_AGAIN = 6 * DAY
"""How often somebody's working hours are asked for: they enter an absence now and then.

Not a week, which is what limits are made of: two timers at one instant would only get in each
other's way.
"""


ASK_NOBODY_AGAIN = 28 * DAY
"""The same for who names no zone, and so has no working hours."""

MOST_PAST = 10
"""So many working days are remembered, which are two weeks at the least."""


def least_busy(present: Iterable[str], load: Mapping[str, int]) -> str:
    """Return who of those `present` leads the fewest open cases, by `load`; or an empty name.

    Among equals the first of the list is chosen, so that whoever is always present leads at
    most one case more than any other such member (rule 5 of the facts).
    """
    return min(present, key=lambda name: load.get(name, 0), default="")


def leading(case: Case) -> str:
    """Return who is looked to: the lead, before there is one whoever is proposed, or nobody."""
    return case.lead or case.proposed_lead or ""


def reminded_at(case: Case, rung: datetime, decided: datetime | None) -> datetime:
    """Return when a reminder that would come at `rung` (UTC) comes: in the lead's working hours.

    Never later than that, nor before the case, or the decision, that it reminds of.
    """
    hours = case.hours
    if hours is None or hours.name != leading(case):
        return rung
    begun = [at for at in (case.opened, case.reopened, decided) if at]
    return hours.last_moment(rung, max(begun))


def must_ask_hours(case: Case, now: datetime) -> bool:
    """Whether somebody must be asked when the lead works: it is not known, or it is some time."""
    if case.rules < RIGHT_DATE or case.closing or case.released or not leading(case):
        return False
    hours = case.hours
    return hours is None or hours.name != leading(case) or ask_again_at(case, hours) <= now


def ask_again_at(case: Case, hours: Hours) -> datetime:
    """Return when (UTC) somebody is asked once more for the working hours of a lead."""
    has_none = not hours.windows and case.rules >= ON_RECORD
    return hours.asked + (ASK_NOBODY_AGAIN if has_none else ASK_AGAIN)


def with_hours(case: Case, name: str, windows: Windows, until: datetime, now: datetime) -> Case:
    """Return `case` with the working hours of a member, as they are known at `now` (UTC).

    When they worked before stays known: a reminder that came then was in time, and is not repeated.
    """
    known = case.hours if case.hours and case.hours.name == name else None
    since = known.since if known else now
    if known and windows:
        past = [window for window in known.windows if window[0] < now]
        windows = (*past[-MOST_PAST:], *windows)
    hours = Hours(name=name, since=since, asked=now, until=until, windows=windows)
    return case.model_copy(update={"hours": hours})
