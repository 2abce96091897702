"""Each guard refuses with what is missing and the command that supplies it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import ValidationError

from tacenda.acts import Act
from tacenda.case import Case
from tacenda.errors import Refused
from tacenda.guards import objections
from tacenda.lifecycle import apply, check
from tacenda.models import Audience, CloseReason, Kind, Step
from tests.builders import (
    HIGH,
    RECEIVED,
    Story,
    a_case,
    a_policy,
    acknowledge,
    after,
    close,
    extend,
    fixed,
    hold,
    mitigated,
    notice,
    release,
    score,
    skip,
    slot,
    user_notice,
    vendor_notice,
)

BARE = Story().case
FIXED = Story().do(acknowledge(), fixed()).case
WARNED = Story().do(acknowledge(), fixed(), vendor_notice()).case
APPROVED = Story().do(acknowledge(), fixed(), user_notice(at=slot(1)), release(slot(2))).case
RELEASED = Story().do(acknowledge(), fixed(), release(override="urgent")).case
CLOSED = Story().do(close()).case
PUBLIC = Story(a_case(public=True)).case

# The case, the act, the name of the guard, what its sentence offers, whether it yields.
GUARDS: list[tuple[Case, Act, str, str, bool]] = [
    (FIXED, user_notice(planned=None), "planned date", "--planned T", True),
    (FIXED, user_notice(planned=RECEIVED), "planned date", "--planned T", True),
    (FIXED, user_notice(at=slot(16)), "planned date", "--planned T", True),
    (FIXED, user_notice("In <the version>."), "place to fill in", "--text FILE", True),
    (FIXED, release(slot(2), "In <the version>."), "place to fill in", "--edit", True),
    (BARE, user_notice(), "fix or mitigation", "tacenda fixed case-2026-7k3q9xm4tp --ref", True),
    (BARE, user_notice(), "fix or mitigation", "--mitigation TEXT", True),
    (BARE, user_notice(), "fix or mitigation", "--fix-expected", True),
    (BARE, release(slot(2)), "fix", "tacenda fixed case-2026-7k3q9xm4tp --ref URL", True),
    (BARE, release(slot(2)), "fix", "tacenda extend case-2026-7k3q9xm4tp fix --skip", True),
    (FIXED, release(slot(2), artifacts_confirmed=False), "artifacts", "--confirm-artifacts", True),
    (WARNED, release(after(0, hours=20)), "vendors' notice period", "--at 2026-03-03T16:00Z", True),
    (FIXED, release(slot(4)), "release day", "--at 2026-03-09T16:00Z", True),
    (FIXED, release(slot(5)), "release day", "--at 2026-03-09T16:00Z", True),
    (FIXED, close(CloseReason.COMPLETE), "release", "tacenda release case-2026-7k3q9xm4tp", True),
    (FIXED, acknowledge("bob"), "acknowledged", "alice took the case", False),
    (FIXED, score("CVSS:3.1/av:N"), "vector", 'metric "av"', False),
    (FIXED, hold(), "nothing to hold", "no approved release", False),
    (FIXED, release(RECEIVED), "instant", "--at T", False),
    (FIXED, vendor_notice(at=RECEIVED), "instant", "--at T", False),
    (APPROVED, release(slot(3)), "approved already", "--hold REASON", False),
    (APPROVED, user_notice("Other."), "approved already", "goes out at", False),
    (WARNED, vendor_notice(), "approved already", "it has gone out", False),
    (RELEASED, user_notice(), "released", "The release is out", False),
    (RELEASED, extend(Step.RELEASE, slot(30)), "step", "done or skipped", False),
    (FIXED, extend(Step.FIX, slot(30)), "step", "done or skipped", False),
    (FIXED, extend(Step.RELEASE, slot(20)), "limit", "only forward", False),
    (FIXED, skip(Step.RELEASE), "step", "tacenda close case-2026-7k3q9xm4tp --as", False),
    (BARE, skip(Step.ACKNOWLEDGE), "step", "tacenda close case-2026-7k3q9xm4tp --as", False),
    (CLOSED, fixed(), "closed", "closed as invalid by alice", False),
    (CLOSED, close(), "closed", "closed as invalid by alice", False),
]

LATER = after(0, minutes=10)


@pytest.mark.parametrize(("case", "act", "name", "offer", "yields"), GUARDS)
def test_a_guard_says_what_is_missing(
    case: Case, act: Act, name: str, offer: str, yields: bool
) -> None:
    """Rule 10 among others: the sentence holds the command that supplies what is missing."""
    found = {objection.name: objection for objection in objections(case, act, LATER)}

    assert offer in found[name].sentence
    assert found[name].yields is yields
    with pytest.raises(Refused) as refused:
        check(case, act, LATER)
    assert offer in str(refused.value)


@pytest.mark.parametrize(("case", "act", "name", "offer", "yields"), GUARDS)
def test_an_override_sets_aside_what_yields_and_lists_it(
    case: Case, act: Act, name: str, offer: str, yields: bool
) -> None:
    """Every guard yields to a reason, which is recorded with what it overrode; the rest stays."""
    insisting = act.model_copy(update={"override": "the board decided"})
    if not yields:
        with pytest.raises(Refused):
            check(case, insisting, LATER)
        return
    check(case, insisting, LATER)
    deed = apply(case, insisting, LATER).deeds[-1]

    assert name in deed.overrode
    assert (deed.by, deed.at, deed.why) == ("alice", LATER, "the board decided")


def test_an_override_is_only_named_where_it_helps() -> None:
    """The hint at --override stands there when all that is missing yields, and only then."""
    with pytest.raises(Refused, match="--override REASON"):
        check(BARE, release(slot(2)), LATER)
    with pytest.raises(Refused) as refused:
        check(BARE, release(RECEIVED), LATER)
    assert "--override" not in str(refused.value)


def test_an_override_that_overrode_nothing_lists_nothing() -> None:
    """A reason given in advance records no guard where none stood in the way."""
    story = Story().do(acknowledge(), fixed(), release(slot(2), override="just in case"))

    assert story.case.deeds[-1].overrode == ()


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


def test_a_case_public_from_the_start_has_no_guards_but_two() -> None:
    """Once public, only the named person and the exact text remain."""
    friday = slot(4)
    story = Story(a_case(public=True)).wait(friday)

    story.do(user_notice(planned=None), release(artifacts_confirmed=False))

    assert story.times(Kind.RELEASE) == [friday]
    assert objections(PUBLIC, close(CloseReason.COMPLETE), LATER) == ()
    assert {deed.override for deed in story.case.deeds} == {"the case is public"}


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
