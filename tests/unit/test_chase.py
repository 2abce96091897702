"""How a limit is called to mind before and after it passes, and how that ends."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from tacenda.happenings import LetterSent
from tacenda.models import DAY, Audience, Kind, State, Step
from tacenda.policy import Reminders
from tests.builders import (
    PUBLISHING,
    RECEIVED,
    a_case,
    a_policy,
    acknowledge,
    after,
    extend,
    fixed,
    hold,
    release,
    skip,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story

WORKING_ON_IT = (Kind.REMINDER, Kind.ESCALATION, Kind.DIGEST)


@pytest.mark.parametrize("opened", [0, 3, 30])
def test_nobody_acts_for_sixty_days(opened: int) -> None:
    """Rule 3: limits escalate and digests back off; nothing leaves the team, nobody drowns."""
    story = Story(a_case(opened=after(opened))).wait(after(opened + 60))
    letters = Counter(audience for _, entry in story.begun for audience in entry.to)

    for step in Step:
        assert len(story.times(Kind.ESCALATION, step)) == 1
    assert {entry.kind for _, entry in story.begun} <= {
        Kind.RECEIPT,
        Kind.TEAM_ALERT,
        *WORKING_ON_IT,
    }
    assert max(letters.values()) <= 25
    assert letters[Audience.REPORTER] == 1
    assert story.case.state is State.ACKNOWLEDGE
    assert len({entry.key for _, entry in story.begun}) == len(story.begun)


def test_escalations_come_at_the_limits() -> None:
    """Rule 2: each limit that passes unmet escalates at that very instant."""
    story = Story().wait(after(60))

    assert story.times(Kind.ESCALATION) == [after(1), after(7), after(14), after(21)]
    assert all(Audience.ESCALATION in entry.to for _, entry in story.sent(Kind.ESCALATION))


def test_digests_back_off_to_one_a_week() -> None:
    """After a day, two days, four days, then weekly: the pauses only grow."""
    times = Story().wait(after(60)).times(Kind.DIGEST)

    assert times[0] == after(2)
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses == sorted(pauses)
    assert set(pauses[3:]) == {7 * DAY}


def test_a_report_that_comes_late_is_called_to_mind_the_next_day() -> None:
    """Limits that passed before anybody could know are chased as if they passed at the opening."""
    story = Story(a_case(opened=after(16))).wait(after(20))

    assert story.times(Kind.ESCALATION)[0] == after(16)
    assert story.times(Kind.DIGEST) == [after(17), after(19)]


def test_no_digest_joins_an_escalation() -> None:
    """Where a digest and an escalation fall together, the escalation is enough."""
    limits = a_policy().limits.model_copy(update={"fix": 2 * DAY})
    story = Story(a_case(policy=a_policy(limits=limits))).wait(after(3))

    assert story.times(Kind.ESCALATION, Step.FIX) == [after(2)]
    assert after(2) not in story.times(Kind.DIGEST)


@pytest.mark.parametrize("hours", [1, 5, 20])
def test_digests_keep_a_day_between_them_after_an_outage(hours: int) -> None:
    """A digest that an outage delayed is not followed by the next within hours."""
    story = Story().wait(after(7)).outage(after(15, hours=-hours)).wait(after(40))
    times = [at for at, entry in story.sent(Kind.ESCALATION, Kind.DIGEST) if at > after(8)]

    assert all(later - earlier >= DAY for earlier, later in pairwise(times))


def test_one_reminder_a_step_before_its_limit() -> None:
    """Each open step is reminded of once, six hours before its limit."""
    story = Story().wait(after(21))

    for step, days in ((Step.ACKNOWLEDGE, 1), (Step.FIX, 7), (Step.USER_NOTICE, 7)):
        assert story.times(Kind.REMINDER, step) == [after(days, hours=-6)]
    assert story.times(Kind.REMINDER, Step.RELEASE) == [after(21, hours=-6)]


def test_several_reminders_collapse_when_they_are_past() -> None:
    """With three reminders configured, a late opening sends one, not three."""
    reminders = Reminders(before=(timedelta(hours=20), timedelta(hours=12), timedelta(hours=6)))
    case = a_case(policy=a_policy(reminders=reminders), opened=after(0, hours=13))
    story = Story(case).wait(after(1))

    assert story.times(Kind.REMINDER, Step.ACKNOWLEDGE) == [
        after(0, hours=13),
        after(0, hours=18),
    ]


def test_the_vendors_reminder_leaves_room_for_their_notice_period() -> None:
    """With the release planned for the 10th day, vendors must be told a day before that."""
    story = Story().do(acknowledge(), fixed(), user_notice(planned=slot(10))).wait(after(13))

    assert story.times(Kind.REMINDER, Step.VENDOR_NOTICE) == [slot(9) - timedelta(hours=6)]


def test_a_step_that_is_done_is_chased_no_more() -> None:
    """What was done in time is neither reminded of nor escalated."""
    story = Story().do(acknowledge(), fixed(), user_notice(), vendor_notice()).wait(after(14))

    assert story.sent(*WORKING_ON_IT) == []


def test_the_release_is_called_to_mind_while_the_final_warning_can_be_kept() -> None:
    """The instant that was announced is not passed unseen: the reminder leaves room for it."""
    story = Story().do(acknowledge(), fixed(), user_notice(planned=slot(15)), vendor_notice())
    story.wait(after(20))

    assert story.times(Kind.REMINDER, Step.RELEASE) == [slot(14) - timedelta(hours=6)]


def test_a_step_done_late_ends_its_digests() -> None:
    """The last overdue step that is done ends the digests until the next limit."""
    story = (
        Story().wait(after(3)).do(acknowledge(), fixed(), user_notice()).wait(after(14, hours=-7))
    )

    assert story.times(Kind.DIGEST) == [after(2)]


def test_an_approved_notice_within_its_limit_is_a_promise() -> None:
    """A step whose notice is approved for before its limit needs no reminder."""
    story = Story().do(acknowledge(), fixed(), user_notice(at=after(6, hours=20)))
    story.wait(after(7))

    assert story.times(Kind.REMINDER, Step.USER_NOTICE) == []
    assert story.times(Kind.ESCALATION, Step.USER_NOTICE) == []


def test_an_approval_for_after_the_limit_is_none() -> None:
    """Rule 2: a release approved for after its limit still escalates at it."""
    story = Story().do(acknowledge(), fixed(), release(slot(22))).wait(slot(22))

    assert story.times(Kind.ESCALATION, Step.RELEASE) == [after(21)]
    assert story.times(Kind.RELEASE) == [slot(22)]


def test_a_broken_promise_is_chased_at_once() -> None:
    """Rule 2: a release that is held after its limit escalates when it is held."""
    story = Story().do(acknowledge(), fixed(), extend(Step.RELEASE, slot(22)), release(slot(22)))
    story.outage(slot(22) + timedelta(hours=3))

    assert story.times(Kind.ESCALATION, Step.RELEASE) == [story.now]


def test_an_extension_defers_the_escalation() -> None:
    """Rule 2: an extended step is reminded and escalated at its new limit, not the old one."""
    story = Story().do(acknowledge()).wait(after(6)).do(extend(Step.FIX, after(10)))
    story.wait(after(12))

    assert story.times(Kind.REMINDER, Step.FIX) == [after(10, hours=-6)]
    assert story.times(Kind.ESCALATION, Step.FIX) == [after(10)]
    assert story.times(Kind.ESCALATION, Step.USER_NOTICE) == [after(7)]


def test_an_extension_of_what_is_overdue_starts_afresh() -> None:
    """Rule 2: after an extension the next limit that passes escalates again."""
    story = Story().do(acknowledge()).wait(after(8)).do(extend(Step.FIX, after(9)))
    story.wait(after(10))

    assert story.times(Kind.ESCALATION, Step.FIX) == [after(7), after(9)]


def test_an_escalation_that_was_on_its_way_does_not_count_for_a_new_limit() -> None:
    """Rule 2: a letter about the old limit that arrives late leaves the new one to escalate."""
    story = Story().wait(after(0, hours=23))
    story.stuck = {Kind.ESCALATION}
    story.wait(after(1)).do(extend(Step.ACKNOWLEDGE, after(1, hours=1)))
    (late,) = story.case.under_way
    story.now = after(1, hours=1)
    story.stuck = set()
    story.happen(LetterSent(letter=late.model_copy(update={"at": story.now})))

    assert story.times(Kind.ESCALATION, Step.ACKNOWLEDGE) == [after(1), after(1, hours=1)]


def test_whoever_just_moved_a_limit_is_not_reminded_of_it() -> None:
    """An extension by three hours brings no reminder of a limit three hours away."""
    story = Story().do(acknowledge()).wait(after(7)).do(extend(Step.FIX, after(7, hours=3)))
    story.wait(after(7, hours=4))

    assert after(7) not in story.times(Kind.REMINDER, Step.FIX)
    assert story.times(Kind.ESCALATION, Step.FIX) == [after(7), after(7, hours=3)]


def test_a_skipped_step_is_chased_no_more() -> None:
    """Rule 2: without a step there is nothing to remind of."""
    story = Story().do(
        acknowledge(), skip(Step.USER_NOTICE), skip(Step.VENDOR_NOTICE, override="a small list")
    )
    story.wait(after(16))

    for step in (Step.USER_NOTICE, Step.VENDOR_NOTICE):
        assert not any(step in entry.steps for _, entry in story.sent(*WORKING_ON_IT))


@pytest.mark.parametrize("days", [3, 8, 15, 22])
def test_the_letters_of_a_fix_that_lands_on_a_day(days: int) -> None:
    """Rule 2: each limit before the fix escalates once; afterwards only what is left does."""
    story = Story().do(acknowledge()).wait(after(days)).do(fixed())
    story.do(user_notice(planned=slot(29)), vendor_notice(), release(slot(29))).wait(after(40))

    assert story.times(Kind.ESCALATION, Step.FIX) == [after(7)] * (days > 7)
    assert story.times(Kind.ESCALATION, Step.USER_NOTICE) == [after(7)] * (days > 7)
    assert story.times(Kind.ESCALATION, Step.VENDOR_NOTICE) == [after(14)] * (days > 14)
    assert story.times(Kind.ESCALATION, Step.RELEASE) == [after(21)]
    for kind in PUBLISHING:
        assert len(story.times(kind)) == 1
    assert story.case.state is State.RELEASED


def test_a_public_case_escalates_everything_at_once() -> None:
    """What is public has one escalation of all steps, then digests; nothing is published."""
    story = Story(a_case(public=True)).wait(after(10))

    assert [entry.steps for _, entry in story.sent(Kind.ESCALATION)] == [tuple(Step)]
    assert story.times(Kind.ESCALATION) == [RECEIVED]
    assert story.sent(*PUBLISHING) == []


def test_after_the_release_nothing_is_chased() -> None:
    """A release ends all five steps."""
    story = Story().do(fixed(), release(slot(1))).wait(after(60))

    assert all(at < slot(1) for at in story.times(Kind.ESCALATION) if at > after(1))
    assert [at for at, _ in story.sent(*WORKING_ON_IT) if at > slot(1)] == []


def test_holidays_stop_no_clock() -> None:
    """A limit on a holiday or a weekend passes like any other."""
    policy = a_policy(holidays=[date(2026, 3, day) for day in range(1, 32)])
    story = Story(a_case(policy=policy)).wait(after(22))

    assert story.times(Kind.ESCALATION) == [after(1), after(7), after(14), after(21)]


def test_a_held_release_is_chased_by_digests_again() -> None:
    """With the release held, the digests of its overdue step go on."""
    story = Story().do(acknowledge(), fixed(), user_notice(), vendor_notice())
    story.wait(after(25)).do(release(slot(28)))
    before = len(story.times(Kind.DIGEST))
    story.do(hold()).wait(after(50))

    assert before < len(story.times(Kind.DIGEST)) <= before + 5
