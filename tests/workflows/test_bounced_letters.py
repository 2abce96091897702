"""Letters that come back: who hears what then, with the whole of the post."""

from typing import Any

from tacenda.models import Audience, CloseReason, Kind
from tests.builders import bounced, close, user_notice, vendor_notice, works_again
from tests.workflows.desk import SETTINGS, Desk
from tests.workflows.plot import Plot, announced, begin, whole_post

ONE = SETTINGS["vendors"][0]
MOVED: dict[str, Any] = {
    "vendors": [{**ONE, "email": "uno@example.org"}, *SETTINGS["vendors"][1:]],
}


async def came_back(plot: Plot, kind: Kind, address: str, status: str = "5.1.1") -> None:
    """Record that the last letter of a kind came back from an address."""
    letters = [letter for letter in (await plot.facts()).letters if letter.kind is kind]
    await plot.do(bounced(address, letters[-1].key, status))


async def test_a_vendor_who_moved_is_told_at_the_new_address(desk: Desk) -> None:
    """The old address gets nothing after the bounce; the new one everything, once."""
    async with desk.worker(forgets=True):
        plot = await announced(desk, day=15)
        await came_back(plot, Kind.VENDOR_NOTICE, "one@example.org")
        told = [recipient.name for recipient in (await plot.facts()).told(Audience.VENDORS)]
    async with desk.worker(forgets=True, other=MOVED):
        await plot.do(vendor_notice("For you as well.", to=("One",)))
        await plot.until(16)
        [trouble] = await plot.troubles()

    assert told == ["Two"]
    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert alarm",
        oncall="",
        alice="team_alert fix_team alarm",
        bob="fix_team",
        users="user_notice release",
        oss="release",
        one="vendor_notice",
        two="vendor_notice final_warning release",
        three="",
        uno="vendor_notice final_warning release",
    )
    assert "vendors --to One" in trouble


async def test_a_user_notice_that_came_back_is_chased_again(staffed: Desk) -> None:
    """The list gets nothing more, the step is open, and its limit passes unmet."""
    plot = await begin(staffed)
    await plot.case.fixed()
    await plot.do(user_notice(planned=plot.at(15, 16)))
    await came_back(plot, Kind.USER_NOTICE, "announce@example.org")
    await plot.until(8)

    assert plot.post()["announce@example.org"] == ["user_notice"]
    assert "escalation" in plot.post()["oncall@example.org"]
    refused = await plot.case.refused(bounced("two@example.org", "user_notice.1"))
    assert "nothing was recorded" in refused
    assert "knows already" in await plot.case.refused(
        bounced("announce@example.org", "user_notice.1")
    )


async def test_a_lead_whose_letters_come_back_is_reached_through_the_others(staffed: Desk) -> None:
    """The alarm goes to the team; with the team lost as well, to those behind it."""
    plot = await begin(staffed)
    await came_back(plot, Kind.TEAM_ALERT, "alice@example.org")
    first = plot.post()
    await came_back(plot, Kind.TEAM_ALERT, "team@example.org")
    await plot.until(0, 10)

    assert first["team@example.org"] == ["team_alert", "alarm"]
    assert first["alice@example.org"] == ["team_alert"]
    assert "oncall@example.org" not in first
    assert plot.post()["oncall@example.org"][0] == "alarm"
    assert plot.post()["team@example.org"] == ["team_alert", "alarm"]


async def test_a_reporter_is_written_to_again_when_the_address_works(staffed: Desk) -> None:
    """Between the bounce and somebody's word that it works nothing goes there."""
    plot = await begin(staffed)
    await came_back(plot, Kind.RECEIPT, "rita@example.org")
    assert (await plot.facts()).reporter is None
    await plot.do(works_again("rita@example.org"), close(CloseReason.INVALID))
    await plot.ended()

    assert plot.post()["rita@example.org"] == ["receipt", "closing"]
