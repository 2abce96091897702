"""The default profile, and the calendar that says when a release goes out."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tacenda.models import DAY, Step
from tacenda.policy import (
    Calendar,
    Limits,
    Policy,
    ReleaseRules,
    Reminders,
    on_top_of,
)
from tacenda.profiles import PROFILES
from tests.builders import a_case

CHRISTMAS = Calendar(
    holidays=(date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 31), date(2027, 1, 1))
)
EVENINGS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


def at(text: str) -> datetime:
    """Return an instant as a test writes it: 2026-03-02 16:00."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("step", "span"),
    [
        (Step.ACKNOWLEDGE, timedelta(hours=24)),
        (Step.FIX, 7 * DAY),
        (Step.USER_NOTICE, 7 * DAY),
        (Step.VENDOR_NOTICE, 14 * DAY),
        (Step.RELEASE, 21 * DAY),
    ],
)
def test_the_default_profile_is_the_process_of_2017(step: Step, span: timedelta) -> None:
    """Rule 1: 24 hours, 7, 7, 14 and 21 days, each counted from the receipt."""
    case = a_case()

    assert PROFILES["kubernetes-2017"].limits.of(step) == span
    assert case.limit(step) == case.report.received + span


def test_the_default_profile_has_the_promised_rules() -> None:
    """Grace, final warning, vendors' period, approvals and the slot are those of the design."""
    policy = PROFILES["kubernetes-2017"]

    assert policy.profile == "kubernetes-2017"
    assert policy.reminders.before == (timedelta(hours=6),)
    assert policy.reminders.digest_every == DAY
    assert policy.release.grace == timedelta(hours=1)
    assert policy.release.vendor_notice == policy.release.final_warning == DAY
    assert policy.release.approvals == 1
    assert policy.calendar.release_at == time(16)
    assert policy.calendar.release_days == ("mon", "tue", "wed", "thu")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-03-02 09:00", "2026-03-02 16:00"),  # a Monday morning: today
        ("2026-03-02 16:00", "2026-03-02 16:00"),  # at the hour itself
        ("2026-03-02 16:01", "2026-03-03 16:00"),  # a minute late: tomorrow
        ("2026-03-05 16:01", "2026-03-09 16:00"),  # Thursday evening: past Friday, to Monday
        ("2026-03-06 09:00", "2026-03-09 16:00"),  # Friday
        ("2026-03-07 09:00", "2026-03-09 16:00"),  # Saturday, America changes its clocks
        ("2026-03-29 01:30", "2026-03-30 16:00"),  # Europe changes its clocks
        ("2026-10-25 00:30", "2026-10-26 16:00"),  # Europe changes them back
        ("2026-11-01 05:30", "2026-11-02 16:00"),  # America changes them back
        ("2028-02-28 17:00", "2028-02-29 16:00"),  # a leap day
        ("2026-12-23 17:00", "2026-12-28 16:00"),  # two holidays, then a weekend
        ("2026-12-30 17:00", "2027-01-04 16:00"),  # over the end of the year
    ],
)
def test_the_next_slot_is_a_working_day_at_the_hour(after: str, expected: str) -> None:
    """Rule 16: a slot is 16:00 UTC in summer and winter, Monday to Thursday, no holiday."""
    assert CHRISTMAS.next_slot(at(after)) == at(expected)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("2026-03-06 12:00", "2026-03-02 09:00", "2026-03-05 16:00"),  # a Friday
        ("2026-03-05 16:00", "2026-03-02 09:00", "2026-03-05 16:00"),  # at the hour itself
        ("2026-03-05 15:59", "2026-03-02 09:00", "2026-03-04 16:00"),
        ("2027-01-03 12:00", "2026-12-20 09:00", "2026-12-30 16:00"),  # over holidays
        ("2026-03-08 12:00", "2026-03-06 09:00", None),  # a weekend holds no slot
        ("2026-03-02 09:00", "2026-03-05 09:00", None),  # nothing between
    ],
)
def test_the_last_slot_lies_inside_the_span(before: str, after: str, expected: str | None) -> None:
    """The last slot before a limit is a good one, or there is none."""
    last = CHRISTMAS.last_slot(at(before), at(after))

    assert last == (at(expected) if expected else None)


@settings(deadline=None, max_examples=200)
@given(EVENINGS)
def test_slots_are_good_and_next(moment: datetime) -> None:
    """Rule 16: the next slot is good, not before the instant, and none is skipped."""
    found = CHRISTMAS.next_slot(moment)

    assert found >= moment
    assert CHRISTMAS.objection(found) is None
    assert not CHRISTMAS.is_odd_hour(found)
    assert CHRISTMAS.last_slot(found - timedelta(microseconds=1), moment) is None


@pytest.mark.parametrize(
    ("moment", "word"),
    [
        ("2026-03-06 16:00", "Friday"),
        ("2026-03-07 16:00", "Saturday"),
        ("2026-03-08 16:00", "Sunday"),
        ("2026-12-24 16:00", "holiday"),
    ],
)
def test_the_calendar_says_what_speaks_against_a_day(moment: str, word: str) -> None:
    """Rule 16: Fridays, weekends and holidays are named."""
    assert word in (CHRISTMAS.objection(at(moment)) or "")


def test_an_hour_is_odd_by_the_minute() -> None:
    """Any minute but the preferred one is odd; seconds do not count."""
    calendar = Calendar()

    assert not calendar.is_odd_hour(at("2026-03-02 16:00:59"))
    assert calendar.is_odd_hour(at("2026-03-02 16:01"))
    assert calendar.is_odd_hour(at("2026-03-02 17:00"))


def test_a_calendar_without_a_good_day_still_answers() -> None:
    """With no day to publish on, a slot is still named, and nothing hangs."""
    calendar = Calendar(release_days=())

    assert calendar.next_slot(at("2026-03-02 09:00")) == at("2026-03-02 16:00")
    assert calendar.last_slot(at("2026-03-09 09:00"), at("2026-03-02 09:00")) is None


def test_single_values_lie_over_the_profile() -> None:
    """A table changes what it names and leaves the rest of each section alone."""
    merged = Policy.model_validate(
        on_top_of(PROFILES["kubernetes-2017"], {"limits": {"release": "14d"}})
    )

    assert merged.limits == Limits(release=14 * DAY)
    assert merged.model_copy(update={"limits": Limits()}) == PROFILES["kubernetes-2017"]


@pytest.mark.parametrize("span", ["PT0S", "-1d", "PT-1H", "5000d", "soon", ""])
def test_a_span_is_positive_and_sane(span: str) -> None:
    """A duration of nothing, less than nothing, or more than ten years is refused."""
    with pytest.raises(ValidationError):
        Limits.model_validate({"fix": span})


def test_digests_cannot_come_every_millisecond() -> None:
    """A pause so short that counting the digests never ends is refused."""
    with pytest.raises(ValidationError):
        Reminders(
            digest_every=timedelta(milliseconds=1),
            digest_at_least_every=timedelta(milliseconds=1),
        )


def test_a_preferred_hour_with_a_zone_is_refused() -> None:
    """The hour is in UTC; another zone is not silently read as UTC."""
    with pytest.raises(ValidationError):
        Calendar.model_validate({"release_at": "16:00+02:00"})


@pytest.mark.parametrize("approvals", [0, 3, -1])
def test_one_or_two_approvals(approvals: int) -> None:
    """A release needs one or two approvals, no other number."""
    with pytest.raises(ValidationError):
        ReleaseRules(approvals=approvals)


def test_a_policy_travels_unchanged() -> None:
    """The snapshot that a case carries survives JSON."""
    policy = Policy(calendar=CHRISTMAS, limits=Limits(fix=timedelta(hours=36)))

    assert Policy.model_validate_json(policy.model_dump_json()) == policy
