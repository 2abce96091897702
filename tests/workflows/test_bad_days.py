"""Bad days, each with the whole of its post: somebody or something is not there."""

from datetime import timedelta

from tacenda.models import Kind, Stop
from tacenda.notices import render
from tests.builders import (
    acknowledge,
    hand_off,
    release,
    user_notice,
    vendor_notice,
)
from tests.workflows.desk import Desk
from tests.workflows.plot import MAILBOXES, announced, begin, under_way, whole_post


async def test_the_lead_goes_silent_and_a_member_takes_over(staffed: Desk) -> None:
    """The team is called first; whoever takes over gets all that follows, the former lead no more.

    Both hear of the change itself.
    """
    plot = await begin(staffed)
    await plot.do(acknowledge())
    await plot.until(8, 12)
    taken = await plot.case.act(hand_off(to="bob", by="bob", why="alice is silent"))
    assert "reporter knows another contact" in taken.warnings[0]
    await plot.until(8, 13)
    await plot.fixed()
    await plot.do(user_notice(planned=plot.at(16, 16), by="bob"))
    await plot.until(14, 10)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement",
        team="team_alert escalation stand_in escalation",
        oncall="escalation escalation",
        alice="team_alert fix_team reminder escalation stand_in fix_team",
        bob="stand_in fix_team reminder escalation",
        users="user_notice",
        oss="",
        one="",
        two="",
        three="",
    )
    assert plot.when(Kind.FIX_TEAM) == ["day 0 09:00", "day 8 12:00"]
    told = staffed.mailroom.letter(Kind.FIX_TEAM, MAILBOXES["alice"], 1).facts
    assert (told.lead, told.former_lead) == ("bob", "alice")


async def test_a_polite_hand_over_is_accepted_a_day_later(staffed: Desk) -> None:
    """Both are asked until the other accepts; the lead stays responsible until then."""
    plot = await begin(staffed)
    await plot.do(acknowledge())
    await plot.until(6)
    await plot.do(hand_off(to="bob"))
    await plot.until(7, 6)
    assert (await plot.facts()).lead == "alice"
    await plot.until(7, 8)
    accepted = await plot.case.act(acknowledge(by="bob"))
    assert "reporter knows another contact" in accepted.warnings[0]
    await plot.until(7, 10)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement",
        team="team_alert escalation",
        oncall="escalation",
        alice="team_alert fix_team handover reminder fix_team",
        bob="handover fix_team escalation",
        users="",
        oss="",
        one="",
        two="",
        three="",
    )
    assert plot.when(Kind.HANDOVER) == ["day 6 09:00"]
    assert (await plot.facts()).lead == "bob"


async def test_a_case_is_taken_over_after_its_release(staffed: Desk) -> None:
    """What follows the release goes to the new lead, who is not told to keep it secret."""
    plot = await announced(staffed, day=7)
    await plot.until(7, 18)
    await plot.do(hand_off(to="bob", by="bob", why="alice is on leave"))
    await plot.until(9, 17)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert retrospective open_ends",
        oncall="",
        alice="team_alert fix_team fix_team",
        bob="fix_team fix_team retrospective open_ends",
        users="user_notice release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
    )
    letter = staffed.mailroom.letter(Kind.FIX_TEAM, MAILBOXES["bob"], 1)
    body = render(letter.kind, letter.facts).body
    assert "The release has been out since" in body
    assert "until the release" not in body


async def test_no_worker_runs_from_friday_to_monday(desk: Desk) -> None:
    """A release whose instant fell into the outage holds and pages; it is approved anew, once."""
    async with desk.worker(forgets=True):
        plot = await under_way(desk)
        friday = plot.at(11, 17)
        await plot.do(user_notice(planned=friday), vendor_notice())
        await plot.do(release(friday, override="the vendors asked for it"))
        await plot.until(11, 12)
    await desk.outage(plot.case, until=plot.at(14, 9))
    async with desk.worker(forgets=True):
        await plot.settle()
        assert (await plot.facts()).released is None
        await plot.until(14, 10)
        await plot.do(release(plot.at(15, 16)))
        await plot.until(16)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert escalation alarm",
        oncall="escalation",
        alice="team_alert fix_team escalation alarm",
        bob="fix_team",
        users="user_notice date_change release",
        oss="release",
        one="vendor_notice final_warning date_change final_warning release",
        two="vendor_notice final_warning date_change final_warning release",
        three="",
    )
    assert plot.when(Kind.ALARM) == plot.when(Kind.ESCALATION) == ["day 14 09:00"]
    assert plot.when(Kind.RELEASE) == ["day 15 16:00"]
    (trouble,) = desk.mailroom.letter(Kind.ALARM, MAILBOXES["alice"]).facts.troubles
    assert "release is held: its instant has passed. Nothing has been published" in trouble


async def test_limits_pass_while_no_worker_runs(desk: Desk) -> None:
    """What fell into the outage is one letter a limit when it ends: no reminder, no digest."""
    async with desk.worker(forgets=True):
        plot = await begin(desk, ago=timedelta(days=2))
        await plot.do(acknowledge())
        await plot.until(4, 17)
    await desk.outage(plot.case, until=plot.at(14, 9))
    async with desk.worker(forgets=True):
        await plot.settle()
        await plot.until(14, 20)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement",
        team="team_alert escalation escalation escalation",
        oncall="escalation escalation escalation",
        alice="team_alert escalation fix_team escalation escalation",
        bob="",
        users="",
        oss="",
        one="",
        two="",
        three="",
    )
    assert plot.when(Kind.ESCALATION) == ["day 0 09:00", "day 14 09:00", "day 14 09:00"]


async def test_the_mail_server_is_down_over_the_release(staffed: Desk) -> None:
    """Nothing is published late by itself, and everybody is called when mail works again."""
    plot = await announced(staffed, day=8)
    await plot.until(8, 15)
    staffed.mailroom.is_open = False
    await staffed.until(plot.at(8, 18))
    staffed.mailroom.is_open = True
    await staffed.wait(minutes=2)
    await plot.settle()

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement",
        team="team_alert escalation alarm",
        oncall="escalation",
        alice="team_alert fix_team escalation alarm",
        bob="fix_team",
        users="user_notice",
        oss="",
        one="vendor_notice final_warning",
        two="vendor_notice final_warning",
        three="",
    )
    stopped, held = await plot.troubles()
    assert "the mail server does not answer" in stopped
    assert "it could not go out in time" in held
    assert [page.stop for page in staffed.mailroom.pages] == [Stop.UNREACHABLE]
    assert (await plot.facts()).stopped is None


async def test_one_full_mailbox_does_not_keep_the_release_back(staffed: Desk) -> None:
    """A vendor whose final warning is put off holds up nobody but themselves; the lead hears.

    Once the release is out the warning is no longer sent.
    """
    plot = await under_way(staffed)
    at = plot.at(8, 16)
    await plot.do(user_notice(planned=at), vendor_notice())
    await plot.until(8, 15)
    staffed.mailroom.puts_off = {MAILBOXES["two"]}
    await plot.case.act(release(at))
    await staffed.until(plot.at(8, 16, 5))
    before = plot.post()
    staffed.mailroom.puts_off = set()
    await staffed.wait(minutes=2)
    await plot.settle()

    told = {
        "reporter": "receipt acknowledgement thanks",
        "team": "team_alert alarm",
        "oncall": "",
        "alice": "team_alert fix_team reminder alarm",
        "bob": "fix_team",
        "users": "user_notice release",
        "oss": "release",
        "one": "vendor_notice final_warning release",
        "two": "vendor_notice",
        "three": "",
    }
    assert before == whole_post(**told)
    late = {"two": "vendor_notice release"}
    assert plot.post() == whole_post(**{**told, **late})
    assert "final warning is not sent any more to 1 recipient" in (await plot.troubles())[-1]
    assert plot.when(Kind.RELEASE) == ["day 8 16:00"]
