"""Who is proposed to lead, fairly; and reminders that come while the lead is at work."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacenda.happenings import HoursFound
from tacenda.hours import Windows
from tacenda.lifecycle import apply
from tacenda.models import DAY, Kind, Step
from tacenda.policy import Reminders
from tacenda.staffing import ASK_AGAIN, least_busy, must_ask_hours
from tests.builders import (
    RECEIVED,
    a_case,
    a_policy,
    acknowledge,
    after,
    close,
    extend,
    fixed,
    hand_off,
)
from tests.unit.story import Story

TEAM = ("alice", "bob", "carol", "dave", "eve")
HOUR = timedelta(hours=1)


@settings(deadline=None)
@given(st.lists(st.sets(st.sampled_from(TEAM)), max_size=80))
def test_whoever_is_always_there_leads_as_many_cases_as_the_others(
    absences: list[set[str]],
) -> None:
    """Round-robin with a spread of at most one; who is absent is left out (rule 5)."""
    load = dict.fromkeys(TEAM, 0)
    for away in absences:
        present = [name for name in TEAM if name not in away]
        name = least_busy(present, load)
        assert name in present or not present
        if name:
            load[name] += 1

    always_there = [load[name] for name in TEAM if not any(name in away for away in absences)]
    assert not always_there or max(always_there) - min(always_there) <= 1


@settings(deadline=None)
@given(st.integers(0, 60))
def test_without_absences_the_cases_go_round(cases: int) -> None:
    """Everybody gets a case before anybody gets another one, in the order of the list (rule 5)."""
    load: dict[str, int] = {}
    for number in range(cases):
        name = least_busy(TEAM, load)
        assert name == TEAM[number % len(TEAM)]
        load[name] = load.get(name, 0) + 1


def test_where_nobody_is_there_nobody_is_proposed() -> None:
    """An empty team is no error."""
    assert least_busy((), {}) == ""


def working(first: int, last: int, *hours: int, but: tuple[int, ...] = ()) -> Windows:
    """Return the hours of each day from the `first` to the `last` one of the case, in UTC."""
    begin, end = hours or (8, 16)
    midnight = RECEIVED.replace(hour=0)
    days = (midnight + n * DAY for n in range(first, last + 1) if n not in but)
    return tuple((day + begin * HOUR, day + end * HOUR) for day in days)


WEEKENDS = (5, 6, 12, 13, 19, 20)
OFFICE = working(0, 40, but=WEEKENDS)
"""Eight to four (UTC) from Monday to Friday; day 0 is a Monday."""


def reminded(windows: Windows, until: datetime, **policy: Any) -> Story:
    """Return a case of alice, who works in those hours, when time has passed."""
    story = Story(a_case(policy=a_policy(**policy)))
    story.working = {"alice": windows}
    story.case = story.case.model_copy(update={"hours": None})
    story.settle()
    return story.do(acknowledge()).wait(until)


def test_a_reminder_of_a_monday_limit_comes_on_friday() -> None:
    """Six hours before Monday at nine is the night: it comes an hour before work ends on Friday."""
    story = reminded(OFFICE, after(8))

    friday = after(4).replace(hour=15)
    assert story.times(Kind.REMINDER) == [friday]
    assert story.sent(Kind.REMINDER)[0][1].steps == (Step.FIX, Step.USER_NOTICE)


def test_promises_keep_the_wall_clock() -> None:
    """Limits escalate at their very instant, in the night or on a Sunday as well."""
    limits = a_policy().limits.model_copy(update={"fix": 5 * DAY + 18 * HOUR})
    story = reminded(OFFICE, after(8), limits=limits)

    assert story.times(Kind.REMINDER, Step.FIX) == [after(4).replace(hour=15)]
    assert story.times(Kind.ESCALATION, Step.FIX) == [after(5, hours=18)]
    assert story.times(Kind.DIGEST) == [after(6, hours=18)]


def test_a_reminder_that_lies_in_working_hours_stays_where_it_is() -> None:
    """The last moment that leaves room is the first choice."""
    early = Reminders(before=(23 * HOUR,))
    story = reminded(working(0, 40), after(8), reminders=early)

    assert story.times(Kind.REMINDER) == [after(6, hours=1)]


def test_where_nobody_knows_the_hours_the_wall_clock_counts() -> None:
    """A member without a zone is reminded as ever."""
    assert reminded((), after(8)).times(Kind.REMINDER) == [after(7, hours=-6)]


def test_a_short_day_is_used_from_its_start() -> None:
    """Half an hour of work leaves no hour before its end."""
    day = RECEIVED.replace(hour=12) + 5 * DAY
    story = reminded(((day, day + timedelta(minutes=30)),), after(8))

    assert story.times(Kind.REMINDER) == [day]


def test_somebody_who_is_away_over_the_limit_is_reminded_before_they_go() -> None:
    """The hours leave absences out, so the last working day before one counts."""
    story = reminded(working(0, 40, but=(3, 4, *WEEKENDS)), after(8))

    assert story.times(Kind.REMINDER) == [after(2).replace(hour=15)]


def test_no_reminder_goes_to_before_the_case_or_the_decision() -> None:
    """A rung whose working hours were over when the case began counts itself."""
    over = working(0, 0, 8, 9)
    assert reminded(over, after(8)).times(Kind.REMINDER) == [after(7, hours=-6)]

    story = reminded(OFFICE, after(5)).do(extend(Step.FIX, after(7, hours=1))).wait(after(8))
    assert story.times(Kind.REMINDER, Step.FIX) == [after(4).replace(hour=15), after(7, hours=-5)]


def test_hours_that_are_not_known_so_far_ahead_move_nothing() -> None:
    """Nobody is reminded weeks early because somebody's hours were asked for long ago."""
    case = apply(a_case(), acknowledge(), after(0))
    known = {"windows": working(0, 2), "until": after(3)}
    story = Story(apply(case, HoursFound(name="alice", **known), after(0))).wait(after(8))

    assert story.times(Kind.REMINDER) == [after(7, hours=-6)]


def test_another_lead_is_reminded_in_their_own_hours() -> None:
    """Whoever takes over is asked for anew, and what the other had counts no more."""
    story = reminded(OFFICE, after(1))
    story.working["bob"] = working(0, 40, 20, 23)
    story.do(hand_off("bob", by="bob")).wait(after(8))

    assert story.times(Kind.REMINDER) == [after(6).replace(hour=22)]


def test_several_rungs_that_fall_together_are_one_letter() -> None:
    """Three reminders over a weekend come once."""
    thrice = Reminders(before=(6 * HOUR, 12 * HOUR, 40 * HOUR))
    story = reminded(OFFICE, after(8), reminders=thrice)

    assert story.times(Kind.REMINDER, Step.FIX) == [after(4).replace(hour=15)]


def test_a_reminder_that_was_missed_comes_as_soon_as_it_can() -> None:
    """After an outage over the weekend there is one, late, and the limit keeps its instant."""
    story = reminded(OFFICE, after(3)).outage(after(6, hours=23)).wait(after(8))

    assert story.times(Kind.REMINDER) == [after(6, hours=23)]
    assert story.times(Kind.ESCALATION) == [after(7)]


def test_hours_are_asked_for_again_after_a_week() -> None:
    """Somebody enters an absence now and then; a closed case and an old one ask nobody."""
    story = reminded(OFFICE, after(1))
    case, asked = story.case, story.case.hours
    assert asked
    assert not must_ask_hours(case, asked.asked + ASK_AGAIN - HOUR)
    assert must_ask_hours(case, asked.asked + ASK_AGAIN)
    assert not must_ask_hours(case.model_copy(update={"rules": 4}), asked.asked + ASK_AGAIN)
    assert not must_ask_hours(apply(case, close(), story.now), after(30))


def test_what_is_known_anew_reminds_nobody_twice() -> None:
    """A week later the same hours are known again, and the reminder that came still counts."""
    story = reminded(OFFICE, after(8)).do(fixed()).wait(after(14))
    hours = story.case.hours

    assert hours
    assert hours.asked >= story.case.opened + ASK_AGAIN
    assert hours.since == story.case.opened
    assert len(story.times(Kind.REMINDER, Step.FIX)) == 1


@settings(deadline=None)
@given(
    starts=st.lists(st.integers(0, 1500), max_size=12),
    length=st.integers(1, 12),
    rung=st.integers(0, 1400),
    floor=st.integers(0, 1400),
)
def test_a_reminder_never_comes_later_than_it_must(
    starts: list[int], length: int, rung: int, floor: int
) -> None:
    """It comes at its rung, or before it in working hours and not before the floor."""
    windows = tuple((after(hours=s), after(hours=s + length)) for s in sorted(starts))
    case = apply(a_case(), HoursFound(name="alice", windows=windows, until=after(60)), after(0))
    hours = case.hours
    assert hours
    at = hours.last_moment(after(hours=rung), after(hours=floor))

    assert at <= after(hours=rung)
    if at < after(hours=rung):
        assert at >= after(hours=floor)
        assert any(start <= at < end for start, end in windows)
        assert not any(start <= after(hours=rung) < end for start, end in windows)


@pytest.mark.parametrize("act", [acknowledge("bob"), acknowledge("bob", lead="carol")])
def test_before_there_is_a_lead_whoever_is_proposed_is_reminded(act: object) -> None:
    """The hours are those of the proposed lead, and afterwards those of the lead."""
    story = Story()
    assert story.case.hours
    assert story.case.hours.name == "alice"
    story.do(act)  # type: ignore[arg-type]

    assert story.case.hours.name == story.case.lead != "alice"
