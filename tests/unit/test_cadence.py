"""Each choice that severity leaves to people has its ground, and is offered where it is there."""

import pytest

from tacenda.cadence import needs_a_user, offers
from tacenda.cadence_acts import Decide
from tacenda.case import Case
from tacenda.decisions import Choice
from tacenda.errors import Refused
from tacenda.guards import objections
from tacenda.lifecycle import check
from tacenda.policy import Calendar
from tacenda.rules import SURE_POST
from tacenda.severity import severity_of
from tests.builders import (
    HIGH,
    LOW,
    a_case,
    a_policy,
    acknowledge,
    after,
    close,
    decide,
    fixed,
    mitigated,
    public,
    score,
    slot,
    vendor_notice,
)
from tests.unit.story import Story

V = "CVSS:3.1/"
OF = {
    3.9: f"{V}AV:A/AC:H/PR:H/UI:N/S:U/C:L/I:L/A:L",
    4.0: f"{V}AV:N/AC:H/PR:N/UI:N/S:C/C:N/I:N/A:L",
    6.9: f"{V}AV:A/AC:L/PR:H/UI:N/S:C/C:N/I:L/A:H",
    7.0: f"{V}AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:H",
}
"""On either side of the two boundaries, none of which takes a user."""

RELEASES = tuple(slot(day).date() for day in (-2, 10, 38))


def scored(vector: str = "", **values: object) -> Case:
    """Return a case that alice leads, scored, with planned releases before and after it."""
    policy = a_policy(calendar=Calendar(releases=RELEASES))
    story = Story(a_case(policy=policy)).do(acknowledge())
    return story.do(score(vector)).case if vector else story.case


def against(case: Case, act: Decide) -> set[str]:
    """Return the names of what speaks against a choice."""
    return {objection.name for objection in objections(case, act, after(0, hours=1))}


def test_the_vectors_are_on_either_side_of_the_boundaries() -> None:
    """The scores of this module are those that they are called by."""
    assert {wanted: severity_of(vector).score for wanted, vector in OF.items()} == {
        wanted: wanted for wanted in OF
    }


@pytest.mark.parametrize("choice", [Choice.SLOW_DOWN, Choice.SKIP_VENDORS])
def test_what_needs_a_low_score_has_it_up_to_3_9(choice: Choice) -> None:
    """Rule 17: 3.9 is the last score that is low, and 4.0 the first that is not."""
    assert against(scored(OF[3.9]), decide(choice)) == set()
    assert against(scored(OF[4.0]), decide(choice)) == {"ground"}


@pytest.mark.parametrize("choice", [Choice.SEMI_PUBLIC, Choice.NEXT_RELEASE])
def test_what_needs_less_than_a_high_score_has_it_up_to_6_9(choice: Choice) -> None:
    """Rule 18: at 6.9 the lead may choose, at 7.0 the release is out-of-band."""
    assert against(scored(OF[6.9]), decide(choice)) == set()
    assert against(scored(OF[7.0]), decide(choice)) == {"ground"}


def test_slowing_down_needs_the_link_to_its_discussion() -> None:
    """Rule 17: also with a low score it must have been discussed, and one says where."""
    assert against(scored(LOW), decide(Choice.SLOW_DOWN, discussion="")) == {"discussion"}


def test_a_risk_assessed_as_low_allows_slowing_down_at_any_score() -> None:
    """Rule 17: the word of whoever decides stands for the score, and for no discussion."""
    assert against(scored(HIGH), decide(Choice.SLOW_DOWN, low_risk=True)) == set()
    unlinked = decide(Choice.SLOW_DOWN, low_risk=True, discussion="")
    assert against(scored(HIGH), unlinked) == {"discussion"}


def test_only_the_lead_decides_on_semi_public_fixing() -> None:
    """Rule 18: anybody else is told who does, and how to lead."""
    assert against(scored(LOW), decide(Choice.SEMI_PUBLIC, by="bob")) == {"fix lead"}


@pytest.mark.parametrize("choice", Choice)
def test_a_case_without_a_score_leaves_no_choice(choice: Choice) -> None:
    """Whatever the choice, the way to it begins with a score."""
    case = Story(scored()).do(mitigated()).case
    is_slow, is_early = choice is Choice.SLOW_DOWN, choice is Choice.WARN_EARLY
    act = decide(choice, low_risk=is_slow, easy_mitigation=is_early)

    assert against(case, act) == {"ground"}
    with pytest.raises(Refused, match=f"Score it first: tacenda score {case.id} VECTOR"):
        check(case, act, after(1))
    assert offers(case, after(1)) == ()


@pytest.mark.parametrize(
    ("vector", "takes_one"),
    [
        ("CVSS:3.0/AV:N/AC:H/PR:H/UI:R/S:U/C:H/I:H/A:H", True),
        ("CVSS:3.0/AV:N/AC:H/PR:H/UI:N/S:U/C:H/I:H/A:H", False),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", True),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/MUI:R", False),
        ("CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:P/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N", True),
        ("CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N", True),
        ("CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N", False),
        ("AV:N/AC:L/Au:N/C:N/I:N/A:C", False),
    ],
)
def test_whether_a_vector_takes_a_user(vector: str, takes_one: bool) -> None:
    """Version 3 says R, version 4 passive or active, version 2 nothing; a score stands for none."""
    assert needs_a_user(severity_of(vector)) is takes_one
    missing = set() if takes_one else {"ground"}
    assert against(scored(vector), decide(Choice.WARN_EARLY)) == missing


def test_an_easy_mitigation_must_be_recorded_and_somebody_must_call_it_easy() -> None:
    """One of both is not enough for a warning before the fix; the score does not matter."""
    said = decide(Choice.WARN_EARLY, easy_mitigation=True)
    known = Story(scored(HIGH)).do(mitigated()).case

    assert against(scored(HIGH), said) == {"ground"}
    assert against(known, decide(Choice.WARN_EARLY)) == {"ground"}
    assert against(known, said) == set()


def test_who_decides_in_spite_of_the_severity_says_so() -> None:
    """An override sets the ground aside, and the record says for which reason."""
    story = Story(scored(HIGH)).do(decide(Choice.SKIP_VENDORS, override="they all told us so"))

    assert story.case.deeds[-1].overrode == ("ground",)
    assert story.case.decisions[Choice.SKIP_VENDORS].override == "they all told us so"


def test_what_applies_now_is_offered_with_its_command() -> None:
    """A lead reads what they may choose, and nothing that would be refused."""
    low, high = scored(LOW), scored(HIGH)
    offered = " ".join(offers(low, after(1)))

    assert [choice for choice in Choice if f"tacenda decide {low.id} {choice} " in offered] == [
        Choice.SLOW_DOWN,
        Choice.SEMI_PUBLIC,
        Choice.NEXT_RELEASE,
        Choice.SKIP_VENDORS,
    ]
    assert "the planned release of 2026-03-12 16:00 UTC" in offered
    assert offers(high, after(1)) == ()
    [early] = offers(Story(high).do(mitigated()).case, after(1))
    assert f"tacenda decide {high.id} warn-early --easy-mitigation" in early


def test_what_is_decided_done_or_over_is_not_offered() -> None:
    """Nobody is told of a choice that is made, that is past, or that is no more."""
    story = Story(scored(LOW)).do(fixed(), vendor_notice(), decide(Choice.SEMI_PUBLIC))
    left = " ".join(offers(story.case, after(40)))

    assert "slow-down" in left
    assert not any(each in left for each in ("semi-public", "next-release", "skip-vendors"))
    assert offers(Story(scored(LOW)).do(public()).case, after(1)) == ()
    assert offers(Story(scored(LOW)).do(close()).case, after(1)) == ()
    assert offers(scored(LOW).model_copy(update={"rules": SURE_POST}), after(1)) == ()


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"choice": "slow-down"}, "needs a reason"),
        ({"choice": "slow-down", "why": "x", "withdraw": "y"}, "either made or taken back"),
        ({"choice": "semi-public", "withdraw": "y", "discussion": "z"}, "either made"),
        ({"choice": "semi-public", "why": "x", "low_risk": True}, "only what slows down"),
        ({"choice": "skip-vendors", "why": "x", "until": slot(40)}, "only what slows down"),
        ({"choice": "slow-down", "why": "x", "easy_mitigation": True}, "only an early warning"),
    ],
)
def test_an_act_that_says_two_things_is_none(values: dict[str, object], complaint: str) -> None:
    """What belongs to another choice is refused, and not dropped."""
    with pytest.raises(ValueError, match=complaint):
        Decide.model_validate({"by": "alice", **values})
