"""What happened elsewhere is recorded with its time and not sent again; what follows, follows."""

from datetime import timedelta

import pytest

from tacenda.advice import advice
from tacenda.calls import is_answered
from tacenda.errors import Refused
from tacenda.models import Audience, CloseReason, Kind, State, Step
from tacenda.timeline import lapsed
from tests.builders import (
    RECEIVED,
    a_case,
    a_policy,
    acknowledge,
    after,
    close,
    fixed,
    notice,
    release,
    slot,
    told_elsewhere,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story

VENDORS = {Audience.VENDORS: ("one", "two")}
PLANNED = slot(15)


def begun() -> Story:
    """Return a case with its fix, on the fifth day; nobody was told anything by us."""
    return Story(lists=VENDORS).do(acknowledge(), fixed()).wait(after(5))


def test_nothing_is_sent_and_the_step_is_done_when_it_was() -> None:
    """Who was told by telephone on the third day has no letter, and the step is done since then."""
    story = begun().do(told_elsewhere(Audience.VENDORS, when=after(3), planned=PLANNED))

    assert story.heard("one") == story.heard("two") == []
    assert story.case.done_at(Step.VENDOR_NOTICE) == after(3)
    assert story.case.planned == PLANNED
    (letter,) = [s for s in story.case.letters if s.kind is Kind.VENDOR_NOTICE]
    assert (letter.elsewhere, letter.since) == ("by telephone", after(5))
    assert "told elsewhere on 2026-03-05 09:00 UTC: by telephone" in story.case.deeds[-1].detail


def test_without_an_instant_it_was_now() -> None:
    """Who says nothing else has just told them."""
    story = begun().do(told_elsewhere(Audience.USERS))

    assert story.case.done_at(Step.USER_NOTICE) == after(5)


def test_people_told_elsewhere_get_what_follows() -> None:
    """The final warning, another date and the release come from us, to everybody who was told."""
    story = begun().do(
        told_elsewhere(Audience.VENDORS, planned=PLANNED),
        told_elsewhere(Audience.USERS, planned=PLANNED),
        release(slot(16)),
    )
    story.wait(slot(17))

    assert story.heard("users") == [Kind.DATE_CHANGE, Kind.RELEASE]
    assert story.heard("one") == [Kind.DATE_CHANGE, Kind.FINAL_WARNING, Kind.RELEASE]


def test_only_those_who_were_told_are_recorded() -> None:
    """One vendor on the telephone is one vendor; the other is told by letter."""
    story = begun().do(told_elsewhere(Audience.VENDORS, to=("ONE",)), vendor_notice(to=("two",)))

    assert [r.name for r in story.case.told(Audience.VENDORS)] == ["one", "two"]
    assert (story.heard("one"), story.heard("two")) == ([], [Kind.VENDOR_NOTICE])


def test_who_was_told_no_date_hears_of_no_other() -> None:
    """Where nobody named a date there is none to change."""
    story = begun().do(told_elsewhere(Audience.USERS), release(slot(16)))

    assert story.times(Kind.DATE_CHANGE) == []


def test_a_date_told_elsewhere_is_news_for_the_others() -> None:
    """The date that was last said holds, and those who were told another hear it."""
    story = begun().do(user_notice(), told_elsewhere(Audience.VENDORS, planned=slot(17)))

    assert story.case.planned == slot(17)
    assert story.heard("users") == [Kind.USER_NOTICE, Kind.DATE_CHANGE]


def test_a_date_that_was_changed_since_is_no_news() -> None:
    """A call of last week does not bring last week's date back; who was called hears the new."""
    story = begun().do(user_notice()).wait(after(6)).do(user_notice("Later.", planned=slot(17)))
    late = told_elsewhere(Audience.VENDORS, when=after(5, hours=-1), planned=PLANNED)
    hints = advice(story.case, late, story.now)
    story.do(late)

    assert any("now planned for 2026-03-19 16:00 UTC" in hint for hint in hints)
    assert story.case.planned == slot(17)
    assert story.heard("users") == [Kind.USER_NOTICE, Kind.USER_NOTICE]
    assert story.heard("one") == [Kind.DATE_CHANGE]


def test_what_was_said_elsewhere_moves_no_approved_release() -> None:
    """People called for another date than the one approved hear of that one at once."""
    story = begun().do(release(slot(8)), told_elsewhere(Audience.USERS, planned=PLANNED))

    assert story.case.planned == slot(8)
    assert story.heard("users") == [Kind.DATE_CHANGE]
    assert story.wait(slot(9)).times(Kind.RELEASE) == [slot(8)]


def test_an_approved_release_is_not_late_for_a_call_that_is_recorded_late() -> None:
    """Vendors called days ago, recorded on the last day, are warned now; the release still goes."""
    story = begun().do(release(slot(8))).wait(slot(8) - timedelta(hours=10))
    story.do(told_elsewhere(Audience.VENDORS, when=after(5)))
    assert lapsed(story.case, story.case.policy, story.now) is None

    story.wait(slot(9))

    assert story.times(Kind.FINAL_WARNING) == [slot(8) - timedelta(hours=10)]
    assert story.times(Kind.RELEASE) == [slot(8)]


def test_the_notice_period_counts_from_the_call() -> None:
    """Vendors called two days ago have had their time."""
    story = begun().do(told_elsewhere(Audience.VENDORS, when=after(3)))

    story.do(release(slot(7)))


@pytest.mark.parametrize("approvals", [1, 2])
def test_a_release_that_went_out_elsewhere_is_out(approvals: int) -> None:
    """One person's word is enough for what is in the world; what follows counts from then."""
    story = Story(a_case(policy=a_policy(approvals=approvals))).do(acknowledge(), fixed())
    story.wait(slot(4)).do(release(text=None, elsewhere="the list's web page", when=slot(3)))

    assert story.case.state is State.RELEASED
    assert story.case.released == slot(3)
    assert story.heard("release") == []
    assert story.heard("reporter") == [Kind.RECEIPT, Kind.ACKNOWLEDGEMENT]
    assert story.times(Kind.RETROSPECTIVE) == [slot(4)]


def test_a_release_that_went_out_elsewhere_seconds_none() -> None:
    """The same text, recorded as out, is not taken for the second yes to sending it."""
    story = Story(a_case(policy=a_policy(approvals=2))).do(acknowledge(), fixed())
    story.do(release(slot(3)))
    story.do(release(by="bob", elsewhere="the list's web page")).wait(slot(9))

    assert story.case.released == RECEIVED
    assert story.heard("release") == []


def test_a_release_that_went_out_elsewhere_stops_the_one_that_waited() -> None:
    """It goes out once, wherever that was."""
    story = begun().do(release(slot(8)), release(elsewhere="a web page")).wait(slot(9))

    assert story.heard("release") == []
    with pytest.raises(Refused, match="goes out once"):
        story.do(release(elsewhere="another page"))


def test_a_reporter_who_was_answered_elsewhere_is_not_answered_again() -> None:
    """The case is taken since then, and the fix team has its letter."""
    story = Story().wait(after(2)).do(acknowledge(elsewhere="on the telephone", when=after(0.5)))

    assert story.case.acknowledged == after(0.5)
    assert story.heard("reporter") == [Kind.RECEIPT]
    assert story.times(Kind.FIX_TEAM) == [after(2)]


@pytest.mark.parametrize("reason", [CloseReason.INVALID, CloseReason.DUPLICATE])
def test_a_reporter_who_knows_of_the_end_gets_no_last_letter(reason: CloseReason) -> None:
    """A closing told on the telephone is not told again by letter."""
    story = Story().do(close(reason, elsewhere="on the telephone"))

    assert story.times(Kind.CLOSING) == []
    assert story.wait(after(9)).case.troubles == ()


def test_a_fix_landed_when_it_did() -> None:
    """Whoever records it late says when, and the step was not late."""
    story = begun()
    late = Story().wait(after(8)).do(fixed(when=after(6)))

    assert late.case.done_at(Step.FIX) == after(6)
    assert story.do(fixed("https://example.org/2", when=after(4))).case.done_at(Step.FIX) == after(
        0
    )


def test_nobody_is_made_up() -> None:
    """Where the directory knows nobody for an audience, the record says that nobody is known."""
    story = Story(lists={Audience.VENDORS: ()}).do(acknowledge(), told_elsewhere(Audience.VENDORS))

    assert story.case.told(Audience.VENDORS) == ()
    assert story.case.done_at(Step.VENDOR_NOTICE) == RECEIVED
    assert story.case.troubles == ()


def test_the_order_in_which_the_past_is_recorded_does_not_matter() -> None:
    """A notice from before the release is no correction, and an older fix alarms nobody."""
    story = begun().do(release(text=None, elsewhere="the old list", when=slot(4)))
    story.do(told_elsewhere(Audience.VENDORS, when=after(2)))
    story.happen(fixed("https://example.org/pull/2").model_copy(update={"when": after(1)}))

    assert [s.kind for s in story.case.letters if s.elsewhere] == [Kind.RELEASE, Kind.VENDOR_NOTICE]
    assert story.case.troubles == ()


def test_a_reporter_who_was_told_by_us_since_knows() -> None:
    """A release elsewhere thanks nobody by itself; a letter after it answers the reporter."""
    story = begun().do(release(text=None, elsewhere="the old list"))
    assert not is_answered(story.case)
    story.wait(after(6)).do(notice(Audience.REPORTER, "It is out."))

    assert is_answered(story.case)
