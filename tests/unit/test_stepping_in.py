"""What happens when the lead is silent past a limit: somebody else is asked, and nobody put in."""

from datetime import datetime, timedelta

import pytest

from tacenda.act import Act
from tacenda.agenda import STEPPING_IN
from tacenda.board import details_of
from tacenda.errands import Addressees
from tacenda.facts import facts_of
from tacenda.models import DAY, Audience, Kind, Step
from tacenda.notices import render
from tacenda.policy import Reminders
from tacenda.stepping_in import must_ask, not_asked
from tacenda.timeline import plan
from tests.builders import (
    a_case,
    a_policy,
    acknowledge,
    after,
    close,
    extend,
    fixed,
    hand_off,
    leak,
    reopen,
    score,
)
from tests.unit.letters import said
from tests.unit.story import Story, planned

TEAM = ("alice", "bob", "carol")


def of_alice(*members: str, **case: object) -> Story:
    """Return a case of alice's, with others who could step in."""
    story = Story(a_case(**case))  # type: ignore[arg-type]
    story.members = members or TEAM
    return story.do(acknowledge())


def asked(story: Story) -> list[datetime]:
    """Return when somebody was asked to step in."""
    return story.times(Kind.STAND_IN)


def test_a_day_after_the_limit_another_is_asked() -> None:
    """The lead has a day after the escalation; then one letter goes to three mailboxes."""
    story = of_alice().wait(after(8, minutes=1))

    assert asked(story) == [after(8)]
    assert story.sent(Kind.STAND_IN)[0][1].to == (Audience.SECOND, Audience.LEAD, Audience.TEAM)
    assert (story.case.second, story.case.second_since) == ("bob", after(8))


def test_nobody_leads_by_being_asked() -> None:
    """There is exactly one lead, who stays responsible until another has acted (rules 4, 6)."""
    story = of_alice().wait(after(60))

    assert story.case.lead == "alice"
    assert story.case.handing_to == ""
    assert story.case.fix_team == ()


def test_whoever_is_asked_takes_it_over_at_once() -> None:
    """By their own act, and by no other: from then on they lead, and nobody is asked (rule 6)."""
    story = of_alice().wait(after(8, hours=2)).do(hand_off("bob", by="bob"))
    assert (story.case.lead, story.case.former_lead, story.case.second) == ("bob", "alice", "")

    story.wait(after(13))
    assert asked(story) == [after(8)]
    assert all(Audience.SECOND not in e.to for at, e in story.begun if at > after(8, hours=2))


def test_where_nobody_has_taken_the_case_it_is_the_same() -> None:
    """The proposed lead is looked to until then; whoever steps in acknowledges the case."""
    story = Story()
    story.members = TEAM
    story.wait(after(2, hours=1))
    assert asked(story) == [after(2)]
    letter = render(Kind.STAND_IN, facts_of(story.case, story.now))
    assert "tacenda --as bob ack case-2026-7k3q9xm4tp" in said(letter)
    assert "handoff" not in letter.body

    story.do(acknowledge("bob")).wait(after(6))
    assert (story.case.lead, story.case.second) == ("bob", "")
    assert asked(story) == [after(2)]


@pytest.mark.parametrize("act", [score(), fixed(), hand_off("carol"), leak()])
def test_a_word_of_the_lead_ends_it(act: Act) -> None:
    """Whatever the lead does, they are there: nobody need step in."""
    story = of_alice().wait(after(8, hours=1)).do(act)

    assert (story.case.second, story.case.second_since, story.case.seconds) == ("", None, ())
    assert not must_ask(story.case, after(9, hours=12))


def test_an_act_of_somebody_else_does_not_speak_for_the_lead() -> None:
    """The fix team may work on while the lead is ill."""
    story = of_alice().do(acknowledge("alice", team=("carol",))).wait(after(7, hours=1))
    story.do(score(by="carol")).wait(after(8, hours=1))

    assert story.case.second == "bob"


def test_who_was_heard_since_the_limit_is_not_silent_at_once() -> None:
    """A lead who knows of it has a week, which is the pace of the last digests."""
    story = of_alice().wait(after(7, hours=5)).do(score()).wait(after(13))
    assert asked(story) == []

    quiet = of_alice().wait(after(7, hours=5)).do(score(), extend(Step.VENDOR_NOTICE, after(20)))
    assert asked(quiet.wait(after(15))) == [after(14, hours=5)]


def test_if_the_second_is_silent_the_next_one_is_asked() -> None:
    """One after the other, each once in a round, a day apart; the next limit begins anew."""
    story = of_alice().wait(after(13))
    assert asked(story) == [after(8), after(9)]
    assert [story.case.second, story.case.seconds] == ["carol", ()]

    story.wait(after(60))
    assert asked(story)[2:] == [after(15), after(16), after(22), after(23)]


def test_the_second_hears_of_it_as_the_lead_does() -> None:
    """From then on escalations and digests go to both, until somebody acts."""
    story = of_alice().wait(after(16))
    later = [e for at, e in story.sent(Kind.DIGEST, Kind.ESCALATION) if at >= after(9)]

    assert {e.kind for e in later} == {Kind.DIGEST, Kind.ESCALATION}
    assert all({Audience.LEAD, Audience.SECOND} <= set(e.to) for e in later)
    digest = next(e for e in later if e.kind is Kind.DIGEST)
    assert Addressees.of(story.case, digest).second == story.case.second
    assert "carol has been asked to step in" in said(
        render(Kind.DIGEST, facts_of(story.case, story.now, digest))
    )


def test_who_acts_without_taking_over_is_not_passed_over() -> None:
    """A second who does what was missing is there; the next is not asked the day after."""
    story = of_alice().wait(after(8, hours=2)).do(score(by="bob")).wait(after(12))

    assert asked(story) == [after(8)]
    assert story.case.second == "bob"


def test_nobody_to_ask_is_asked_for_again_and_costs_no_letter() -> None:
    """A team of one goes on as ever; who comes back from an absence is found a week later."""
    story = of_alice("alice").wait(after(8, hours=1))
    assert (story.case.second, asked(story)) == ("", [])

    story.members = TEAM
    story.wait(after(15, hours=1))
    assert asked(story) == [after(15)]


def test_a_step_that_is_met_moved_or_promised_asks_nobody() -> None:
    """There is nobody to ask for where nothing waits for a person."""
    assert asked(of_alice().do(fixed(), extend(Step.USER_NOTICE, after(20))).wait(after(13))) == []
    moved = of_alice().wait(after(7, hours=3))
    moved.do(extend(Step.FIX, after(20), by="carol"), extend(Step.USER_NOTICE, after(20), by="bob"))
    assert asked(moved.wait(after(13))) == []


def test_an_escalation_that_nobody_got_starts_no_clock() -> None:
    """While mail is down the lead cannot be silent; the day runs from the letter's arrival."""
    story = of_alice()
    story.refusing = {Kind.ESCALATION}

    assert asked(story.wait(after(12))) == []


def test_the_pause_is_the_teams_own() -> None:
    """A policy says how long the lead may be silent."""
    slow = a_policy(reminders=Reminders(second_after=3 * DAY))

    assert asked(of_alice(policy=slow).wait(after(12))) == [after(10)]


def test_cases_of_earlier_versions_ask_nobody() -> None:
    """Their histories hold no such question."""
    story = Story(a_case().model_copy(update={"rules": 4}))
    story.members = TEAM
    story.do(acknowledge()).wait(after(40))

    assert asked(story) == []
    assert story.case.second_since is None


def test_a_closed_case_asks_nobody_and_a_reopened_one_begins_anew() -> None:
    """What was asked before the close is over."""
    story = of_alice().wait(after(8, hours=1)).do(close(by="carol")).wait(after(12))
    assert story.case.second == ""
    assert asked(story) == [after(8)]

    story.do(reopen()).wait(after(12, hours=12))
    assert asked(story) == [after(8)]


def test_the_plan_says_when_somebody_will_be_asked() -> None:
    """`tacenda next` shows it once the limit has passed, and the Web UI who it was."""
    story = of_alice().wait(after(7, hours=1))
    coming = [e for e in plan(story.case, story.case.policy, story.now) if e.key == STEPPING_IN]
    assert [(e.at, e.label, e.kind) for e in coming] == [(after(8), STEPPING_IN, None)]

    story.wait(after(8, hours=1))
    assert "asked to step in: bob" in details_of(story.case, story.now)
    assert planned(story.case, story.now, Kind.STAND_IN) == ()


def test_the_letter_says_what_is_open_and_what_to_type() -> None:
    """Its reader knows nothing of the case yet."""
    story = of_alice().wait(after(8))
    letter = render(Kind.STAND_IN, facts_of(story.case, story.now + timedelta(minutes=1)))

    assert letter.subject == "case-2026-7k3q9xm4tp: please step in"
    text = said(letter)
    assert "bob: alice has not been heard of since a limit passed" in text
    assert "tacenda --as bob handoff case-2026-7k3q9xm4tp --to bob" in text
    assert "alice stays responsible" in text
    assert "Fix: overdue for" in text
    assert "A bug" not in text


def test_the_lead_and_whoever_was_asked_are_not_asked_again() -> None:
    """The directory hears whom it must not name."""
    assert not_asked(of_alice().case) == ("alice",)
    assert not_asked(of_alice().wait(after(8)).case) == ("alice", "bob")
