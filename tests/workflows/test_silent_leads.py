"""People in time: a lead who is silent or away, claims at once, reminders at work."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from temporalio.client import WorkflowUpdateFailedError

from tacenda.act import Act
from tacenda.models import Kind, Step
from tests.builders import acknowledge, extend, hand_off, score
from tests.workflows.desk import SETTINGS, Desk
from tests.workflows.plot import MAILBOXES, Plot, begin, whole_post

NOBODY = {"users": "", "oss": "", "one": "", "two": "", "three": ""}
CAROL = {"name": "carol", "email": "carol@example.org"}


def team(*members: Mapping[str, object]) -> dict[str, object]:
    """Return settings whose team has these members and no others."""
    return {"team": {**SETTINGS["team"], "members": members}}


ALICE, BOB = SETTINGS["team"]["members"]
THREE = team(ALICE, BOB, CAROL)


async def at_once(plot: Plot, *acts: Act) -> list[bool]:
    """Let several people act in the same moment; return whose act was accepted."""
    answers = await asyncio.gather(*(plot.case.act(act) for act in acts), return_exceptions=True)
    await plot.settle()
    failed = [isinstance(answer, WorkflowUpdateFailedError) for answer in answers]
    assert all(f or not isinstance(a, BaseException) for f, a in zip(failed, answers, strict=True))
    return [not f for f in failed]


async def test_a_silent_lead_is_followed_by_whoever_takes_over(desk: Desk) -> None:
    """Bob and then carol are asked; carol takes it over; the first lead's late word moves nothing.

    Nobody led but alice until carol acted (rules 4, 6).
    """
    async with desk.worker(other=THREE):
        plot = await begin(desk)
        await plot.do(acknowledge())
        await plot.until(9, 8)
        before = await plot.facts()
        assert (before.lead, before.second, before.fix_team) == ("alice", "bob", ())

        await plot.until(9, 10)
        assert (await plot.facts()).second == "carol"
        await plot.do(hand_off(to="carol", by="carol", why="nobody is there"))
        await plot.until(9, 12)
        assert "carol leads it" in await plot.case.refused(acknowledge("alice"))
        await plot.do(score(by="alice"))
        await plot.until(13)
        after = await plot.facts()

    assert (after.lead, after.former_lead, after.second) == ("carol", "alice", "")
    assert plot.when(Kind.STAND_IN) == ["day 8 09:00", "day 9 09:00"]
    assert plot.post() == whole_post(
        reporter="receipt acknowledgement",
        team="team_alert escalation stand_in stand_in digest",
        oncall="escalation",
        alice="team_alert fix_team reminder escalation stand_in stand_in fix_team",
        bob="stand_in",
        carol="stand_in fix_team digest",
        **NOBODY,
    )


async def test_the_lead_comes_back_and_nobody_steps_in(staffed: Desk) -> None:
    """What the lead does ends the question; bob hears nothing more of the case."""
    plot = await begin(staffed)
    await plot.do(acknowledge())
    await plot.until(8, 12)
    assert (await plot.facts()).second == "bob"
    await plot.fixed(by="alice")
    await plot.do(extend(Step.USER_NOTICE, plot.at(14)))
    await plot.until(13)

    assert (await plot.facts()).second == ""
    assert plot.post()[MAILBOXES["bob"]] == ["stand_in"]
    assert (await plot.facts()).lead == "alice"


async def test_nobody_takes_the_case_and_the_second_is_asked(staffed: Desk) -> None:
    """The proposed lead is silent past the limit of the answer: bob is asked, and takes it."""
    plot = await begin(staffed)
    await plot.until(2, 10)
    letter = staffed.mailroom.letter(Kind.STAND_IN, MAILBOXES["bob"])
    assert (letter.facts.lead, letter.facts.proposed_lead, letter.facts.second) == (
        "",
        "alice",
        "bob",
    )
    assert (await plot.facts()).lead == ""
    await plot.do(acknowledge("bob"))
    await plot.until(6)

    assert ((await plot.facts()).lead, (await plot.facts()).second) == ("bob", "")
    assert plot.when(Kind.STAND_IN) == ["day 2 09:00"]


async def test_a_case_that_several_claim_at_once_has_one_lead(desk: Desk) -> None:
    """Of three who take it in one moment one leads, and the others hear who (rule 4)."""
    async with desk.worker(other=THREE):
        plot = await begin(desk)
        claims = [acknowledge(name) for name in ("alice", "bob", "carol")]
        accepted = await at_once(plot, *claims)
        case = await plot.facts()

    assert accepted.count(True) == 1
    assert case.lead == claims[accepted.index(True)].by
    assert [deed.what for deed in case.deeds] == ["acknowledge"]
    assert desk.mailroom.kinds(MAILBOXES["reporter"]) == [Kind.RECEIPT, Kind.ACKNOWLEDGEMENT]


async def test_a_silent_case_that_two_take_over_at_once_has_one_lead(desk: Desk) -> None:
    """The one who came last leads, and the record has both, in order (rule 4)."""
    async with desk.worker(other=THREE):
        plot = await begin(desk)
        await plot.do(acknowledge())
        await plot.until(8, 12)
        takes = [hand_off(to=name, by=name, why="silent") for name in ("bob", "carol")]
        assert await at_once(plot, *takes) == [True, True]
        case = await plot.facts()

    assert case.lead == case.deeds[-1].by
    assert {case.lead, case.former_lead} == {"bob", "carol"}
    assert (case.handing_to, case.second) == ("", "")


async def test_a_hand_over_that_nobody_accepts_moves_nothing(staffed: Desk) -> None:
    """Handed to bob, who is silent as well, the case is alice's to the end (rule 6)."""
    plot = await begin(staffed)
    await plot.do(acknowledge(), hand_off(to="bob"))
    await plot.until(6)
    assert "bob has been asked" in await plot.case.refused(acknowledge("carol"))
    case = await plot.facts()

    assert (case.lead, case.handing_to) == ("alice", "bob")
    assert len(plot.when(Kind.HANDOVER)) == 6
    await plot.do(acknowledge("bob"))
    assert (await plot.facts()).lead == "bob"


async def test_a_reminder_of_a_monday_limit_arrives_on_friday(desk: Desk) -> None:
    """In alice's working hours; the limit itself escalates on Monday at nine, as promised."""
    nearby = {**ALICE, "zone": "Etc/GMT-2", "working": "10:00-18:00"}
    async with desk.worker(other=team(nearby, BOB)):
        plot = await begin(desk)
        await plot.do(acknowledge())
        await plot.until(7, 10)

    assert plot.when(Kind.REMINDER) == ["day 4 15:00"]
    assert plot.when(Kind.ESCALATION) == ["day 7 09:00"]


async def test_hours_are_asked_for_again_while_nothing_else_happens(desk: Desk) -> None:
    """They are known for eight weeks; a reminder after that finds them by timers of their own."""
    nearby = {**ALICE, "zone": "Etc/GMT", "working": "09:00-17:00"}
    async with desk.worker(other=team(nearby, BOB)):
        plot = await begin(desk)
        await plot.do(acknowledge())
        later = [step for step in reversed(Step) if step is not Step.ACKNOWLEDGE]
        await plot.do(*(extend(step, plot.at(77)) for step in later))
        await plot.until(77, 8)

    assert plot.when(Kind.REMINDER) == ["day 74 16:00"]


async def test_what_is_for_a_lead_who_is_away_reaches_the_team(desk: Desk) -> None:
    """A reminder that would lie unread until alice is back."""
    start = (await desk.now()).date()
    away = {"from": start.isoformat(), "to": (start + timedelta(days=30)).isoformat()}
    async with desk.worker(other=team({**ALICE, "absent": [away]}, BOB)):
        plot = await begin(desk)
        assert (await plot.facts()).proposed_lead == "bob"
        await plot.do(acknowledge("bob", lead="alice"))
        await plot.until(7, 4)

    assert desk.mailroom.to(Kind.REMINDER) == [MAILBOXES["alice"], MAILBOXES["team"]]
