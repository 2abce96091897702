"""What a break of the embargo changes: a person is asked until they decide, or it is public."""

from datetime import timedelta

import pytest

from tacenda.act import Act
from tacenda.acts import ReportEvent
from tacenda.advice import advice
from tacenda.models import Audience, Break, Kind, Step
from tacenda.texts import approved_text
from tests.builders import (
    a_case,
    a_policy,
    acknowledge,
    after,
    close,
    exploited,
    extend,
    fixed,
    hold,
    leak,
    public,
    release,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story, planned

HOUR = timedelta(hours=1)
broken = pytest.mark.parametrize("event", [leak(), exploited()], ids=["leak", "exploited"])


def ready(approvals: int = 1) -> Story:
    """Return a case whose fix has landed, on its second day."""
    policy = a_policy(approvals=approvals)
    return Story(a_case(policy=policy)).do(acknowledge(), fixed()).wait(after(1))


@broken
def test_a_decision_is_asked_for_every_hour(event: ReportEvent) -> None:
    """The lead, the team and those behind them are asked at once; hourly, the fix team too.

    Nobody waits for the lead to answer before others are asked (rule 25).
    """
    story = ready().do(event).wait(after(1, hours=3))

    assert story.times(Kind.DECISION) == [after(1) + n * HOUR for n in range(4)]
    first, *others = (entry.to for _, entry in story.sent(Kind.DECISION))
    assert first == (Audience.LEAD, Audience.TEAM, Audience.ESCALATION)
    assert set(others) == {(*first, Audience.FIX_TEAM)}


@broken
def test_silence_publishes_nothing(event: ReportEvent) -> None:
    """Whoever never decides is asked for ever, and nothing goes out by itself (rules 3 and 25)."""
    story = ready().do(event).wait(after(8))

    assert story.times(Kind.RELEASE) == []
    # Every hour for three days, every six hours after that.
    assert len(story.times(Kind.DECISION)) == 3 * 24 + 4 * 4 + 1


@broken
@pytest.mark.parametrize(
    "decision",
    [release(), release(slot(1)), release(slot(15)), leak(hold_on=True)],
    ids=["now", "tonight", "as planned", "hold on"],
)
def test_the_questions_end_with_the_decision(event: ReportEvent, decision: Act) -> None:
    """Publishing now or then, or holding on: each is a decision, and ends them (rule 25)."""
    story = ready().do(event).wait(after(1, hours=2)).do(decision).wait(after(30))

    assert story.times(Kind.DECISION) == [after(1) + n * HOUR for n in range(3)]
    assert story.case.asked is None


def test_one_of_two_approvals_is_no_decision_yet() -> None:
    """Where two must agree the question stays until the second has."""
    story = ready(approvals=2).do(leak(), release(slot(1))).wait(after(1, hours=1))
    assert story.case.asked

    story.do(release(slot(1), by="bob")).wait(slot(1))

    assert story.times(Kind.DECISION) == [after(1), after(1, hours=1)]
    assert story.case.released == slot(1)


def test_an_outage_collapses_the_questions() -> None:
    """After five hours in which nothing ran there is one letter, and an hour until the next."""
    story = ready().do(leak()).outage(after(1, hours=5.5)).wait(after(1, hours=7))

    assert story.times(Kind.DECISION) == [after(1), after(1, hours=5.5), after(1, hours=6.5)]


def test_another_break_asks_at_once() -> None:
    """News within the hour does not wait for the next letter, also after a decision."""
    story = ready().do(leak()).wait(after(1, hours=0.5)).do(exploited())
    assert story.times(Kind.DECISION) == [after(1), after(1, hours=0.5)]

    story.do(leak(hold_on=True)).wait(after(2)).do(leak("a second post"))
    assert story.times(Kind.DECISION)[2:] == [after(2)]


def test_an_approved_release_stands_until_somebody_changes_it() -> None:
    """A break of the embargo touches no approval: what was to go out on that day does."""
    story = ready().do(vendor_notice(), release(slot(3)))
    hints = advice(story.case, leak(), story.now)
    story.do(leak()).wait(slot(4))

    assert any("stays approved for 2026-03-05 16:00 UTC" in hint for hint in hints)
    assert story.times(Kind.RELEASE) == [slot(3)]
    assert [at for at in story.times(Kind.DECISION) if at > slot(3)] == []


def test_the_decision_takes_the_place_of_the_release_that_stood() -> None:
    """Whoever decides to publish earlier need not stop the other first; it goes out once."""
    story = ready().do(vendor_notice(), release(slot(8))).wait(after(2)).do(leak())
    story.do(release(text="It leaked. Update now.", override="it leaked")).wait(after(30))

    assert story.times(Kind.RELEASE) == [after(2)]
    assert approved_text(story.case, "release.2") == "It leaked. Update now."
    assert story.heard("vendors").count(Kind.FINAL_WARNING) == 1


def test_a_release_that_is_stopped_asks_nobody_again() -> None:
    """Holding what was decided is a decision of its own: the step is chased as any other."""
    story = ready().do(leak(), release(slot(2)), hold()).wait(after(30))

    assert story.times(Kind.DECISION) == [after(1)]
    assert story.times(Kind.ESCALATION, Step.RELEASE) == [after(21)]


def test_the_first_break_is_remembered_with_its_instant() -> None:
    """The letter says since when it has been known, whatever is reported later."""
    story = ready().do(leak(aware=after(0.5))).wait(after(2)).do(leak())

    assert (story.case.leaked, story.case.asked) == (after(0.5), after(2))


def test_a_closed_case_asks_for_no_decision() -> None:
    """Closing is a decision too."""
    assert ready().do(leak(), close()).wait(after(9)).times(Kind.DECISION) == [after(1)]


def test_what_is_public_has_every_limit_now() -> None:
    """Each limit that was to come is at that instant, and each step escalates in one letter."""
    story = ready().do(public())

    assert [story.case.limit(step) for step in Step][1:] == [after(1)] * 4
    assert [e.steps for at, e in story.sent(Kind.ESCALATION) if at == after(1)] == [
        (Step.USER_NOTICE, Step.VENDOR_NOTICE, Step.RELEASE)
    ]
    assert story.case.deeds[-1].detail.startswith(f"{Break.PUBLIC}; user notice, from 2026-03-09")


def test_a_limit_that_was_passed_stays_where_it_was() -> None:
    """Rule 21: what was late before is not made less late."""
    story = Story().wait(after(8)).do(public())

    assert [story.case.limit(step) for step in Step] == [
        after(1),
        after(7),
        after(7),
        after(8),
        after(8),
    ]


def test_a_limit_moved_before_it_was_public_is_now_like_the_others() -> None:
    """An extension agreed on in peace ends with it."""
    story = ready().do(extend(Step.RELEASE, after(40))).wait(after(2)).do(public())

    assert story.case.limit(Step.RELEASE) == after(2)


def test_a_limit_moved_since_it_is_public_holds() -> None:
    """What a person decides with that knowledge counts."""
    story = ready().do(public()).wait(after(2)).do(extend(Step.RELEASE, after(4)))

    assert story.case.limit(Step.RELEASE) == after(4)
    assert story.wait(after(5)).times(Kind.ESCALATION, Step.RELEASE) == [after(1), after(4)]


def test_publishing_what_is_public_waits_for_no_warning() -> None:
    """The vendors' warning goes out with the release; a mailbox that hangs keeps nobody back."""
    story = ready().do(vendor_notice(), public())
    story.stuck = {Kind.FINAL_WARNING}
    story.do(release())

    assert story.times(Kind.FINAL_WARNING) == story.times(Kind.RELEASE) == [after(1)]


def test_exploitation_of_what_is_public_still_asks() -> None:
    """That it is being used is news, also where there is nothing left to keep."""
    story = ready().do(public(), exploited()).wait(after(1, hours=1))
    assert len(story.times(Kind.DECISION)) == 2

    story.do(release()).wait(after(3)).do(exploited()).wait(after(4))
    assert len(story.times(Kind.DECISION)) == 2


def test_a_break_says_what_can_be_done() -> None:
    """Whoever reports it reads the command for each decision, with a fix and without."""
    case = "case-2026-7k3q9xm4tp"
    fixed, unfixed = (" ".join(advice(c, leak(), after(1))) for c in (ready().case, a_case()))

    assert f"tacenda release {case} --confirm-artifacts --override WHY" in fixed
    assert f"without a fix: tacenda release {case} --edit --override WHY" in unfixed
    for hints in (fixed, unfixed):
        assert "--at 2026-03-03T16:00Z" in hints
        assert f"tacenda leak {case} --hold-on --reason WHY" in hints


def test_users_told_before_hear_of_the_earlier_date() -> None:
    """A release brought forward to tonight is news for those who expect another day."""
    story = ready().do(user_notice(), leak(), release(slot(1)))

    assert story.heard("users") == [Kind.USER_NOTICE, Kind.DATE_CHANGE]
    assert planned(story.case, story.now, Kind.DATE_CHANGE) == ()
