"""Whole stories on the time-skipping server: who gets which letter, and in which order."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError

from tacenda.approvals import ApproveRelease
from tacenda.models import Audience, CloseReason, Kind, State, Step
from tacenda.policy import Calendar, Policy
from tests.builders import (
    a_report,
    acknowledge,
    assign_cve,
    close,
    held_retrospective,
    published,
    release,
    score,
    user_notice,
    vendor_notice,
)
from tests.workflows.desk import CaseDesk, Desk
from tests.workflows.plot import whole_post

ANY_DAY = Policy(calendar=Calendar(release_days=("mon", "tue", "wed", "thu", "fri", "sat", "sun")))
NOTICES = {Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.RELEASE}


async def opened(desk: Desk, ago: timedelta = timedelta(), **report: Any) -> CaseDesk:
    """Open a case whose report came in some time ago."""
    received = await desk.now() - ago
    case = await desk.open(a_report(received=received, **report), ANY_DAY)
    await settled(case)
    return case


async def settled(case: CaseDesk) -> None:
    """Wait until nothing is on its way, as a person would see it."""
    async with asyncio.timeout(60):
        while True:
            facts = await case.case()
            if facts.proposed_lead is not None and facts.letters and not facts.under_way:
                return
            await asyncio.sleep(0.02)


async def sent(case: CaseDesk, kind: Kind, times: int = 1) -> None:
    """Wait until letters of a kind have been sent."""
    async with asyncio.timeout(60):
        while sum(s.kind is kind for s in (await case.case()).letters) < times:
            await asyncio.sleep(0.02)


async def test_the_straight_story_tells_everybody_in_order(staffed: Desk) -> None:
    """From report to close, everybody gets the letters they were promised, in order, once."""
    case = await opened(staffed)
    await case.act(acknowledge(team=("bob",)))
    await staffed.wait(days=1)
    await case.act(score())
    await case.act(assign_cve())
    await staffed.wait(days=2)
    await case.fixed()
    await staffed.wait(days=2)
    at = await staffed.now() + timedelta(days=10)
    await case.act(user_notice(planned=at))
    await staffed.wait(days=5)
    await case.act(vendor_notice())
    await sent(case, Kind.VENDOR_NOTICE)
    await case.act(release(at))
    await staffed.wait(days=5)
    await sent(case, Kind.THANKS)
    assert (await case.case()).state is State.RELEASED
    await staffed.wait(days=1)
    await sent(case, Kind.RETROSPECTIVE)
    await case.act(published())
    await case.act(held_retrospective())
    await case.act(close(CloseReason.COMPLETE))
    await case.handle.result()

    assert staffed.mailroom.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert retrospective",
        oncall="",
        alice="team_alert fix_team retrospective",
        bob="fix_team",
        users="user_notice release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
    )


async def test_nobody_acts_for_60_days(staffed: Desk) -> None:
    """Rule 3: silence escalates at each limit, nags ever less, and never publishes."""
    case = await opened(staffed)
    await staffed.wait(days=60)
    await settled(case)

    room = staffed.mailroom
    assert room.kinds("oncall@example.org") == [Kind.ESCALATION] * 4
    assert len(room.kinds("team@example.org")) <= 25
    assert len(room.kinds("alice@example.org")) <= 25
    assert not NOTICES & set(room.kinds())
    assert (await case.case()).state is State.ACKNOWLEDGE


@pytest.mark.parametrize(
    ("day", "state_before", "escalations"),
    [(3, State.FIX, 0), (8, State.FIX, 1), (15, State.FIX, 2), (22, State.FIX, 3)],
)
async def test_the_fix_lands(
    staffed: Desk, day: int, state_before: State, escalations: int
) -> None:
    """The fix moves the case on whenever it lands; what was missed has been escalated."""
    case = await opened(staffed)
    await case.act(acknowledge())
    await staffed.wait(days=day)
    assert (await case.case()).state is state_before
    refusal = await case.refused(release())
    assert "No fix has landed" in refusal
    assert "tacenda fixed" in refusal

    await case.fixed()
    assert (await case.case()).state is State.USER_NOTICE
    assert staffed.mailroom.kinds("oncall@example.org") == [Kind.ESCALATION] * escalations
    assert not NOTICES & set(staffed.mailroom.kinds())
    await case.act(user_notice(planned=await staffed.now() + timedelta(days=3)))
    await sent(case, Kind.USER_NOTICE)
    assert (await case.case()).state is State.VENDOR_NOTICE


async def test_two_people_approve_in_the_same_second(staffed: Desk) -> None:
    """Rule 12: one of two simultaneous approvals is refused, and one notice goes out."""
    case = await opened(staffed)
    await case.fixed()
    planned = await staffed.now() + timedelta(days=10)
    answers = await asyncio.gather(
        case.act(user_notice("Text of alice.", planned=planned, by="alice")),
        case.act(user_notice("Text of bob.", planned=planned, by="bob")),
        return_exceptions=True,
    )
    await sent(case, Kind.USER_NOTICE)
    await settled(case)

    assert [isinstance(a, WorkflowUpdateFailedError) for a in answers].count(True) == 1
    assert staffed.mailroom.to(Kind.USER_NOTICE) == ["announce@example.org"]


async def test_a_report_that_is_overdue_on_arrival(staffed: Desk) -> None:
    """Limits run from the receipt: a report two days old escalates at once, and once."""
    case = await opened(staffed, ago=timedelta(days=2))
    await sent(case, Kind.ESCALATION)
    await settled(case)

    facts = await case.case()
    assert facts.overdue(await staffed.now()) == (Step.ACKNOWLEDGE,)
    assert staffed.mailroom.to(Kind.RECEIPT) == ["rita@example.org"]
    assert staffed.mailroom.kinds("oncall@example.org") == [Kind.ESCALATION]
    assert Kind.DIGEST not in staffed.mailroom.kinds()


async def test_mail_is_down_for_two_hours(staffed: Desk) -> None:
    """A letter that finds the mail server down arrives when it is back, once."""
    staffed.mailroom.is_open = False
    case = await staffed.open(a_report(received=await staffed.now()), ANY_DAY)
    await staffed.wait(hours=2)
    assert staffed.mailroom.letters == []
    staffed.mailroom.is_open = True
    await staffed.wait(minutes=2)
    await settled(case)

    assert staffed.mailroom.to(Kind.RECEIPT) == ["rita@example.org"]
    assert sorted(staffed.mailroom.to(Kind.TEAM_ALERT)) == [
        "alice@example.org",
        "team@example.org",
    ]


async def test_a_refused_letter_is_told_to_the_lead(staffed: Desk) -> None:
    """A letter that is refused for good never ends the case; the lead hears of it."""
    staffed.mailroom.refuses = {"rita@example.org"}
    case = await staffed.open(a_report(received=await staffed.now()), ANY_DAY)
    await sent(case, Kind.ALARM)

    assert sorted(staffed.mailroom.to(Kind.ALARM)) == ["alice@example.org", "team@example.org"]
    [trouble] = (await case.case()).troubles
    assert "receipt was refused" in trouble.what


async def test_the_mail_is_down_across_an_approved_release(staffed: Desk) -> None:
    """An approved release that cannot go out within the grace holds, and a person is asked."""
    case = await opened(staffed)
    await case.act(acknowledge())
    await case.fixed()
    at = await staffed.now() + timedelta(days=2)
    await case.act(release(at))
    await staffed.wait(days=1, hours=23)
    staffed.mailroom.is_open = False
    await staffed.wait(hours=3)
    staffed.mailroom.is_open = True
    await staffed.wait(minutes=2)
    await sent(case, Kind.ALARM)
    facts = await case.case()
    assert facts.released is None
    assert staffed.mailroom.to(Kind.RELEASE) == []
    assert "held" in facts.troubles[-1].what

    await case.act(release(text="Please update today."))
    await sent(case, Kind.RELEASE)
    assert staffed.mailroom.to(Kind.RELEASE) == ["announce@example.org", "oss@example.org"]


async def test_the_release_follows_the_final_warning_by_24_hours(staffed: Desk) -> None:
    """Rule 15: vendors get the text 24 hours before the release, not later."""
    case = await opened(staffed)
    await case.act(acknowledge())
    await case.fixed()
    await case.act(vendor_notice())
    await sent(case, Kind.VENDOR_NOTICE)
    at = await staffed.now() + timedelta(days=3)
    await case.act(release(at))
    await staffed.wait(days=3, minutes=1)
    await sent(case, Kind.THANKS)

    letters = {letter.kind: letter.at for letter in (await case.case()).letters}
    assert at - timedelta(hours=24) <= letters[Kind.FINAL_WARNING]
    assert letters[Kind.FINAL_WARNING] < at - timedelta(hours=23)
    assert at <= letters[Kind.RELEASE] < at + timedelta(hours=1)


async def test_what_is_approved_is_what_is_sent(staffed: Desk) -> None:
    """Rule 11: the text that leaves is, byte for byte, the one that was approved."""
    text = "Grüße – please update.\n\n  Indented, trailing space \n"
    case = await opened(staffed)
    await case.fixed()
    await case.act(user_notice(text, planned=await staffed.now() + timedelta(days=9)))
    await sent(case, Kind.USER_NOTICE)

    [letter] = [x for x, _ in staffed.mailroom.letters if x.kind is Kind.USER_NOTICE]
    assert letter.text == text


async def test_closing_answers_the_reporter(staffed: Desk) -> None:
    """A case closed as a duplicate tells the reporter, ends, and refuses everything after."""
    case = await opened(staffed)
    await case.act(close(CloseReason.DUPLICATE))
    await case.handle.result()

    assert staffed.mailroom.kinds("rita@example.org") == [Kind.RECEIPT, Kind.CLOSING]
    facts = await case.case()
    assert facts.state is State.CLOSED


async def test_holding_stops_an_approved_release(staffed: Desk) -> None:
    """A held release does not go out at its instant; a new approval takes its place."""
    case = await opened(staffed)
    await case.act(acknowledge())
    await case.fixed()
    at: datetime = await staffed.now() + timedelta(days=2)
    await case.act(release(at))
    await case.act(ApproveRelease(by="bob", hold="the build is broken"))
    await staffed.wait(days=3)
    assert staffed.mailroom.to(Kind.RELEASE) == []
    await case.act(release())
    await sent(case, Kind.RELEASE)


async def test_a_case_without_a_reporter_writes_to_none(staffed: Desk) -> None:
    """An internal report has nobody to answer, and no letter goes to one."""
    case = await opened(staffed, reporter=None)
    await case.act(acknowledge())
    await sent(case, Kind.FIX_TEAM)

    assert Audience.REPORTER not in {r.audience for _, r in staffed.mailroom.letters}
