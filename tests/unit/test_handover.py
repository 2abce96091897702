"""How a case changes hands: the old lead answers for it until the other has accepted."""

from datetime import timedelta

import pytest

from tacenda.acts import Acknowledge
from tacenda.advice import advice
from tacenda.errands import Addressees
from tacenda.errors import Refused
from tacenda.facts import facts_of
from tacenda.models import DAY, Audience, Kind
from tacenda.notices import render
from tests.builders import a_case, acknowledge, after, close, fixed, hand_off, reopen
from tests.unit.story import Story, planned


def handed() -> Story:
    """Return a case of alice, with bob asked to take it over on the second day."""
    return Story().do(acknowledge(team=("carol",))).wait(after(1)).do(hand_off("bob"))


def test_the_old_lead_stays_responsible_until_the_other_accepts() -> None:
    """Rule 6: a hand-over that nobody accepts changes nobody's duty."""
    story = handed().wait(after(20))

    assert (story.case.lead, story.case.handing_to) == ("alice", "bob")
    assert "alice stays responsible" in advice(story.case, hand_off("bob"), story.now)[0]


def test_both_are_reminded_every_day_until_somebody_accepts() -> None:
    """A hand-over that hangs in the air is called to mind daily, to both of them."""
    story = handed().wait(after(4))

    assert story.times(Kind.HANDOVER) == [after(1), after(2), after(3), after(4)]
    assert {entry.to for _, entry in story.sent(Kind.HANDOVER)} == {
        (Audience.NEXT_LEAD, Audience.LEAD)
    }
    assert Addressees.of(story.case, story.sent(Kind.HANDOVER)[0][1]).next_lead == "bob"


def test_whoever_accepts_leads_from_then_on() -> None:
    """Rule 6: the acceptance makes the new lead; everybody on the case hears it, once."""
    story = handed().wait(after(2)).do(acknowledge("bob")).wait(after(9))

    assert (story.case.lead, story.case.handing_to) == ("bob", "")
    assert story.case.acknowledged == after(0)
    assert story.times(Kind.HANDOVER) == [after(1), after(2)]
    assert story.times(Kind.FIX_TEAM) == [after(0), after(2)]
    assert story.sent(Kind.FIX_TEAM)[-1][1].to == (
        Audience.LEAD,
        Audience.FIX_TEAM,
        Audience.FORMER_LEAD,
    )
    letter = render(Kind.FIX_TEAM, facts_of(story.case, story.now)).body
    assert "bob has taken the case over from alice" in letter


def test_the_reporter_is_answered_once() -> None:
    """Another lead answers nobody again; whoever accepts is told to write to the reporter."""
    story = handed()
    hints = advice(story.case, acknowledge("bob"), story.now)
    story.do(acknowledge("bob"))

    assert any("notify case-2026-7k3q9xm4tp reporter" in hint for hint in hints)
    assert story.times(Kind.ACKNOWLEDGEMENT) == [after(0)]


@pytest.mark.parametrize("who", ["alice", "carol", "dave"])
def test_nobody_accepts_for_another(who: str) -> None:
    """Rule 4: only who was asked takes the case with an acknowledgement."""
    story = handed()

    with pytest.raises(Refused, match="bob has been asked"):
        story.do(acknowledge(who))


@pytest.mark.parametrize(
    "act",
    [
        acknowledge("bob", lead="dave"),
        acknowledge("bob", text="Hello, I am bob."),
        acknowledge("bob", elsewhere="by telephone"),
    ],
)
def test_an_acceptance_says_nothing_that_would_be_lost(act: Acknowledge) -> None:
    """Naming a third as lead, or a text for the reporter, is refused and not dropped."""
    with pytest.raises(Refused):
        handed().do(act)


@pytest.mark.parametrize("leads", [False, True], ids=["at first", "after a hand-over"])
def test_whoever_names_themselves_takes_the_case_over_at_once(leads: bool) -> None:
    """On a sick day nobody waits for the one who is ill."""
    story = handed() if leads else Story().do(acknowledge()).wait(after(1))
    story.do(hand_off("dave", by="dave"))

    assert (story.case.lead, story.case.former_lead) == ("dave", "alice")
    assert story.case.handing_to == ""
    assert story.times(Kind.FIX_TEAM)[-1] == after(1)
    assert planned(story.case, story.now, Kind.HANDOVER) == ()


def test_a_hand_over_can_be_taken_back_or_passed_on() -> None:
    """Naming the lead ends it; naming a third asks them, at once, and not the second."""
    story = handed().do(hand_off("alice"))
    assert planned(story.case, story.now, Kind.HANDOVER) == ()

    story.do(hand_off("bob"), hand_off("dave", by="bob")).wait(after(1, hours=1))
    with pytest.raises(Refused, match="dave has been asked"):
        story.do(acknowledge("bob"))
    assert story.do(acknowledge("dave")).case.lead == "dave"


def test_somebody_joins_the_fix_team() -> None:
    """Who is added gets the letter that the others had; nobody is told of another lead."""
    story = (
        Story().do(acknowledge(team=("bob",))).wait(after(1)).do(acknowledge("bob", team=("eve",)))
    )

    assert (story.case.lead, story.case.fix_team) == ("alice", ("bob", "eve"))
    assert story.times(Kind.FIX_TEAM) == [after(0), after(1)]
    assert "you are on this case" in render(Kind.FIX_TEAM, facts_of(story.case, story.now)).subject
    assert story.case.deeds[-1].detail == "fix team eve"


def test_who_joins_after_a_hand_over_is_not_told_of_it_again() -> None:
    """The news of another lead is news once."""
    story = handed().do(acknowledge("bob")).wait(after(3)).do(acknowledge("bob", team=("eve",)))

    assert story.case.former_lead == ""
    assert "you are on this case" in render(Kind.FIX_TEAM, facts_of(story.case, story.now)).subject


def test_somebody_can_join_while_a_hand_over_waits() -> None:
    """The old lead still leads, and may still find help."""
    story = handed().do(acknowledge(team=("eve",)))

    assert story.case.fix_team == ("carol", "eve")
    assert story.case.handing_to == "bob"


def test_an_outage_collapses_the_reminders() -> None:
    """After a week without anything running there is one letter, and a day until the next."""
    story = handed().outage(after(8, hours=5)).wait(after(10))

    assert story.times(Kind.HANDOVER) == [after(1), after(8, hours=5), after(9, hours=5)]


def test_a_closed_case_asks_nobody_to_take_it_over() -> None:
    """The question rests while the case is closed, and is asked again in its second life."""
    story = handed().do(close()).wait(after(5))
    assert story.times(Kind.HANDOVER) == [after(1)]

    assert story.do(reopen()).times(Kind.HANDOVER) == [after(1), after(5)]


def test_there_is_one_lead_at_every_moment() -> None:
    """Rule 4: through hand-overs, take-overs and additions exactly one person leads."""
    story = Story().do(acknowledge("alice", lead="bob", team=("bob", "carol")))
    leads = [story.case.lead]
    for act in (
        hand_off("carol", by="bob"),
        acknowledge("carol"),
        hand_off("alice", by="alice"),
        acknowledge("bob", team=("alice", "bob")),
        fixed(),
    ):
        story.now += timedelta(minutes=1)
        leads.append(story.do(act).case.lead)
        assert story.case.lead not in story.case.fix_team

    assert leads == ["bob", "bob", "carol", "alice", "alice", "alice"]
    assert story.case.former_lead == ""


def test_the_pause_is_that_of_the_digests() -> None:
    """A team that is reminded every other day is asked every other day."""
    policy = a_case().policy
    slow = policy.reminders.model_copy(update={"digest_every": 2 * DAY})
    story = Story(a_case(policy=policy.model_copy(update={"reminders": slow})))
    story.do(acknowledge(), hand_off("bob")).wait(after(5))

    assert story.times(Kind.HANDOVER) == [after(0), after(2), after(4)]
