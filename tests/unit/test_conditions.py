"""What a notice and a release wait for: a fix, a date, the vendors' time, a working day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from tacenda.act import Act
from tacenda.errors import Refused
from tacenda.guards import objections
from tacenda.lifecycle import apply, check
from tacenda.models import Audience, Kind, Step
from tests.builders import (
    HIGH,
    RECEIVED,
    a_case,
    a_policy,
    acknowledge,
    after,
    fixed,
    mitigated,
    notice,
    release,
    score,
    skip,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story

FIXED = Story().do(acknowledge(), fixed()).case
WARNED = Story().do(acknowledge(), fixed(), vendor_notice()).case
RELEASED = Story().do(acknowledge(), fixed(), release(override="urgent")).case
LATER = after(0, minutes=10)


@pytest.mark.parametrize("basis", [fixed(), mitigated(), None])
def test_a_user_notice_needs_a_fix_a_mitigation_or_a_word(basis: Act | None) -> None:
    """Rule 10: a landed fix, a mitigation, or the word that it will be ready, each is enough."""
    story = Story().do(acknowledge())
    if basis:
        story.do(basis)
    story.do(user_notice(fix_expected=basis is None))

    assert story.times(Kind.USER_NOTICE) == [RECEIVED]
    assert story.case.planned == slot(15)


def test_the_planned_date_may_have_been_given_before() -> None:
    """Rule 10: a date that a person gave with another notice counts."""
    story = Story().do(acknowledge(), fixed(), vendor_notice(planned=slot(15)))

    assert story.do(user_notice(planned=None)).times(Kind.USER_NOTICE) == [RECEIVED]


@pytest.mark.parametrize(
    ("hours", "is_allowed"), [(23.999, False), (24, True), (24.001, True)], ids=str
)
def test_the_vendors_notice_period_is_served_to_the_minute(hours: float, is_allowed: bool) -> None:
    """Vendors told on Monday at 9 have their 24 hours before the release, and no less."""
    act = release(after(0, hours=hours))

    names = {objection.name for objection in objections(WARNED, act, LATER)}

    assert ("vendors' notice period" not in names) is is_allowed


def test_the_period_counts_from_the_notice_that_arrived() -> None:
    """A vendor notice that nobody got tells nobody: the period runs from the one that came."""
    story = Story().do(acknowledge(), fixed())
    story.refusing = {Kind.VENDOR_NOTICE}
    story.do(vendor_notice())
    names = {o.name for o in objections(story.case, release(after(0, hours=6)), story.now)}
    assert "vendors' notice period" not in names

    story.refusing = set()
    story.wait(after(1)).do(vendor_notice())
    names = {o.name for o in objections(story.case, release(after(1, hours=7)), story.now)}
    assert "vendors' notice period" in names


def test_a_vendor_notice_that_is_yet_to_leave_has_its_period_too() -> None:
    """A release may not come inside the period of a vendor notice approved for later."""
    story = Story().do(acknowledge(), fixed(), vendor_notice(at=slot(2)))

    with pytest.raises(Refused, match="period"):
        story.do(release(after(2, hours=8)))


def test_a_vendor_notice_may_not_come_too_late_for_an_approved_release() -> None:
    """With the release approved for tomorrow noon, a notice tonight would be too late."""
    story = Story().do(acknowledge(), fixed(), release(slot(1)))

    with pytest.raises(Refused, match="period"):
        story.do(vendor_notice(at=after(0, hours=12)))


def test_a_release_without_a_fix_has_no_artifact_to_confirm() -> None:
    """Whoever decided to publish without a fix is not asked where it is; with one, they are."""
    unconfirmed = release(slot(2), artifacts_confirmed=False)
    story = Story().do(acknowledge(), skip(Step.FIX))
    assert objections(story.case, unconfirmed, story.now) == ()

    story.do(fixed())
    assert [o.name for o in objections(story.case, unconfirmed, story.now)] == ["artifacts"]


def test_a_reporter_may_be_written_to_after_the_release() -> None:
    """The guard against late notices is for those who were promised one, not the reporter."""
    check(RELEASED, notice(Audience.REPORTER, "Thank you; what name shall we print?"), LATER)


def test_nobody_can_be_written_to_where_there_is_no_reporter() -> None:
    """A letter to a reporter whom nobody knows is refused, not sent to no one."""
    case = Story(a_case(reporter=None)).case

    with pytest.raises(Refused, match="reporter"):
        check(case, notice(Audience.REPORTER, "Thank you."), LATER)


def test_a_missing_score_and_an_odd_hour_only_warn() -> None:
    """Rule 16: an hour other than 16:00 UTC is warned of; so is a release without a score."""
    odd = check(FIXED, release(slot(2) + timedelta(hours=1)), LATER)
    scored = apply(FIXED, score(HIGH), LATER)

    assert any("score" in warning for warning in odd)
    assert any("16:00 UTC" in warning for warning in odd)
    assert not any("preferred hour" in warning for warning in check(FIXED, release(slot(2)), LATER))
    assert not any("no score" in warning for warning in check(scored, release(slot(2)), LATER))


@pytest.mark.parametrize("days", range(14))
def test_a_release_is_on_a_working_day(days: int) -> None:
    """Rule 16: Monday to Thursday outside holidays; any other day takes a recorded override."""
    holiday = date(2026, 3, 10)
    story = Story(a_case(policy=a_policy(holidays=[holiday]))).do(acknowledge(), fixed())
    at = slot(days)
    is_good = at.weekday() < 4 and at.date() != holiday
    act = release(at)

    found = [o for o in objections(story.case, act, story.now) if o.name == "release day"]

    assert (found == []) is is_good
    if found:
        offered = found[0].sentence.partition("--at ")[2][:17]
        better = datetime.strptime(offered, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
        assert better > at
        assert objections(story.case, release(better), story.now) == ()


@pytest.mark.parametrize("at", ["9999-12-31T16:00:00Z", "9999-12-31T23:59:59Z"])
def test_the_end_of_time_is_refused_and_no_crash(at: str) -> None:
    """A release thousands of years away is a slip of the keyboard, and is refused as one."""
    with pytest.raises((Refused, ValidationError)):
        check(FIXED, release(datetime.fromisoformat(at)), LATER)
