"""Cases that end early, come back or came from elsewhere, each with the whole of its post."""

from datetime import datetime, timedelta

import pytest

from tacenda.approvals import ApproveNotice
from tacenda.contract import Opening
from tacenda.enclosures import Attachment
from tacenda.models import Audience, CloseReason, Kind, State, Step
from tests.builders import (
    acknowledge,
    assign_cve,
    close,
    credit,
    held_retrospective,
    notice,
    published,
    release,
    reopen,
    score,
    skip,
    user_notice,
    vendor_notice,
)
from tests.workflows.desk import Desk
from tests.workflows.plot import MAILBOXES, Plot, begin, under_way, whole_post

PROOF = Attachment.of("proof.bin", bytes(range(256)))


async def reopened(plot: Plot, by: str = "bob") -> Plot:
    """Take a closed case up again, in a new run of the same workflow."""
    closed = await plot.facts()
    opening = Opening(
        report=closed.report,
        policy=closed.policy,
        attachments=(PROOF,),
        closed=closed,
        reopening=reopen(by=by),
    )
    again = Plot(plot.desk, await plot.desk.start(opening, plot.case.handle.id), plot.start)
    await again.settle()
    return again


async def test_a_report_turns_out_to_be_a_duplicate(staffed: Desk) -> None:
    """The reporter is answered twice, by a person and at the end; nobody hears anything after."""
    plot = await begin(staffed)
    await plot.do(acknowledge(team=("bob",)))
    await plot.until(1, 12)
    await plot.do(close(CloseReason.DUPLICATE))
    await plot.ended()
    await staffed.until(plot.at(60))

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement closing",
        team="team_alert",
        oncall="",
        alice="team_alert fix_team",
        bob="fix_team",
        users="",
        oss="",
        one="",
        two="",
        three="",
    )
    assert (await plot.facts()).state is State.CLOSED


async def test_a_closed_case_is_taken_up_again(staffed: Desk) -> None:
    """A reopened case keeps its history, lead and letters, repeats none, and comes to its end."""
    plot = await under_way(staffed)
    await plot.do(user_notice(planned=plot.at(8, 16)), vendor_notice(at=plot.at(4, 16)))
    await plot.until(3)
    await plot.do(close(CloseReason.INVALID))
    await plot.ended()
    before = await plot.facts()
    await staffed.until(plot.at(4))

    again = await reopened(plot)
    facts = await again.facts()
    assert facts.state is State.VENDOR_NOTICE
    assert (facts.lead, facts.fix_team) == ("alice", ("bob",))
    assert facts.letters[: len(before.letters)] == before.letters
    assert facts.deeds[:-1] == before.deeds
    assert (facts.deeds[-1].by, facts.deeds[-1].detail) == ("bob", "REOPENED")
    await again.until(7, 9)
    at = again.at(10, 16)
    await again.do(vendor_notice(planned=at), release(at))
    await again.until(12)
    await again.do(published(), held_retrospective(), close(CloseReason.COMPLETE))
    await again.ended()

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement closing thanks",
        team="team_alert alarm retrospective",
        oncall="",
        alice="team_alert fix_team alarm retrospective",
        bob="fix_team",
        users="user_notice date_change date_change release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
    )
    called_off = staffed.mailroom.letter(Kind.DATE_CHANGE, MAILBOXES["users"])
    moved = staffed.mailroom.letter(Kind.DATE_CHANGE, MAILBOXES["users"], 1)
    assert (called_off.facts.close_reason, moved.facts.close_reason) == ("invalid", "")
    assert moved.facts.planned == at
    assert "bob reopened the case" in (await again.troubles())[0]


async def test_a_case_is_closed_opened_and_closed_again(staffed: Desk) -> None:
    """Each closing answers the reporter, and the second says its own reason."""
    plot = await begin(staffed)
    await plot.do(close(CloseReason.INVALID))
    await plot.ended()
    again = await reopened(plot)
    assert await again.case.file(PROOF.enclosure.sha256) == PROOF
    await again.until(0, 12)
    await again.do(close(CloseReason.NOT_OURS))
    await again.ended()

    assert plot.post() == whole_post(
        reporter="receipt closing closing",
        team="team_alert alarm",
        oncall="",
        alice="team_alert alarm",
        bob="",
        users="",
        oss="",
        one="",
        two="",
        three="",
    )
    reasons = [
        staffed.mailroom.letter(Kind.CLOSING, MAILBOXES["reporter"], n).facts.close_reason
        for n in (0, 1)
    ]
    assert reasons == ["invalid", "not-ours"]


def told_by_hand(audience: Audience, when: datetime, planned: datetime) -> ApproveNotice:
    """Return the record of a notice that somebody sent before there was this case."""
    return ApproveNotice(
        by="alice", audience=audience, elsewhere="by hand", when=when, planned=planned
    )


async def test_a_case_is_adopted_in_the_middle_of_its_life(staffed: Desk) -> None:
    """What was told elsewhere is not told again; those told there are warned and released to."""
    plot = await begin(staffed, ago=timedelta(days=12), elsewhere="the old spreadsheet")
    planned = plot.at(8, 16)
    await plot.until(0, 9, 10)
    await plot.do(acknowledge(team=("bob",), elsewhere="by mail", when=plot.at(-11)))
    await plot.fixed(when=plot.at(-6))
    await plot.do(score(), assign_cve())
    await plot.do(told_by_hand(Audience.USERS, plot.at(-6), planned))
    await plot.do(told_by_hand(Audience.VENDORS, plot.at(-5), planned))
    facts = await plot.facts()
    assert facts.state is State.RELEASE
    assert facts.done_at(Step.VENDOR_NOTICE) == plot.at(-5)
    assert facts.overdue(await staffed.now()) == ()
    await plot.until(2)
    await plot.do(release(planned))
    await plot.until(9)

    assert plot.post() == whole_post(
        reporter="thanks",
        team="team_alert",
        oncall="",
        alice="team_alert fix_team",
        bob="fix_team",
        users="release",
        oss="release",
        one="final_warning release",
        two="final_warning release",
        three="",
    )
    assert plot.when(Kind.FINAL_WARNING) == ["day 7 16:00"]


async def test_a_case_is_adopted_and_nobody_says_what_was_done(staffed: Desk) -> None:
    """After an hour what is overdue escalates in one letter; the reporter gets no receipt."""
    plot = await begin(staffed, ago=timedelta(days=12), elsewhere="the old spreadsheet")
    await plot.until(0, 20)

    assert plot.post() == whole_post(
        reporter="",
        team="team_alert escalation",
        oncall="escalation",
        alice="team_alert escalation",
        bob="",
        users="",
        oss="",
        one="",
        two="",
        three="",
    )
    assert plot.when(Kind.ESCALATION) == ["day 0 10:00"]


@pytest.mark.parametrize("reporter", [None, {"name": "Rita, by telephone"}])
async def test_nobody_is_written_to_who_has_no_address(
    staffed: Desk, reporter: dict[str, str] | None
) -> None:
    """A case without a reporter's address answers nobody, and is complete without an answer."""
    plot = await begin(staffed, report={"reporter": reporter})
    await plot.do(acknowledge(team=("bob",)), skip(Step.VENDOR_NOTICE, override="a small list"))
    assert "address of a reporter" in await plot.case.refused(notice(Audience.REPORTER))
    if reporter:
        await plot.do(credit("Rita"))
    else:
        assert "no reporter to credit" in await plot.case.refused(credit("Rita"))
    await plot.until(2)
    await plot.fixed()
    await plot.do(user_notice(planned=plot.at(7, 16)), release(plot.at(7, 16)))
    await plot.until(9)
    await plot.do(held_retrospective(), close(CloseReason.COMPLETE))
    await plot.ended()

    assert plot.post() == whole_post(
        reporter="",
        team="team_alert plan_change retrospective",
        oncall="",
        alice="team_alert fix_team plan_change retrospective",
        bob="fix_team plan_change",
        users="user_notice release",
        oss="release",
        one="",
        two="",
        three="",
    )


async def test_the_retrospective_that_is_held_already_is_not_asked_for(staffed: Desk) -> None:
    """A team that talks it through on the day of the release is not asked to, the day after."""
    plot = await begin(staffed)
    await plot.do(
        acknowledge(), skip(Step.USER_NOTICE), skip(Step.VENDOR_NOTICE, override="a small list")
    )
    await plot.fixed()
    await plot.do(release(plot.at(1, 16)))
    await plot.until(1, 18)
    await plot.do(held_retrospective())
    await plot.until(3)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement new_limits new_limits thanks",
        team="team_alert plan_change plan_change",
        oncall="",
        alice="team_alert fix_team plan_change plan_change",
        bob="",
        users="release",
        oss="release",
        one="",
        two="",
        three="",
    )
