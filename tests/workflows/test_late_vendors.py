"""Vendors who come late, change or have not agreed, each with the whole of the post."""

from typing import Any

from tacenda.enclosures import Attachment
from tacenda.models import Kind, Step
from tests.builders import extend, user_notice, vendor_notice
from tests.workflows.desk import SETTINGS, WITH_THREE, Desk
from tests.workflows.plot import announced, under_way, whole_post

FOUR = {"name": "Four", "email": "four@example.org", "embargo": "standing"}
WITH_FOUR: dict[str, Any] = {"vendors": [*SETTINGS["vendors"], FOUR]}
PATCH = Attachment.of("fix.patch", bytes(range(256)))


async def test_a_vendor_is_added_on_the_eighteenth_day(desk: Desk) -> None:
    """A vendor who is told late is told once, and warned and released to like the others."""
    async with desk.worker(forgets=True):
        plot = await announced(desk, day=21)
        await plot.do(extend(Step.RELEASE, plot.at(22)))
        await plot.until(18)
    async with desk.worker(forgets=True, other=WITH_FOUR):
        assert "gone out" in await plot.case.refused(vendor_notice("You as well."))
        await plot.do(vendor_notice("You as well.", to=("Four",)))
        await plot.until(22)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement new_limits thanks",
        team="team_alert plan_change",
        oncall="",
        alice="team_alert fix_team plan_change",
        bob="fix_team plan_change",
        users="user_notice release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
        four="vendor_notice final_warning release",
    )
    assert plot.when(Kind.FINAL_WARNING) == ["day 20 16:00"]


async def test_a_vendor_is_added_after_the_final_warning(desk: Desk) -> None:
    """Who is told on the last evening is warned at once, and nobody is warned twice."""
    async with desk.worker(forgets=True):
        plot = await announced(desk, day=8)
        await plot.until(7, 20)
    async with desk.worker(forgets=True, other=WITH_FOUR):
        late = vendor_notice("You as well.", to=("Four",))
        assert "notice period" in await plot.case.refused(late)
        await plot.do(late.model_copy(update={"override": "better late than never"}))
        await plot.until(9)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert",
        oncall="",
        alice="team_alert fix_team",
        bob="fix_team",
        users="user_notice release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
        four="vendor_notice final_warning release",
    )
    assert plot.when(Kind.FINAL_WARNING) == ["day 7 16:00", "day 7 20:00"]


async def test_the_vendors_change_before_their_notice_leaves(desk: Desk) -> None:
    """A notice that was approved for other vendors than there are is void, and the lead hears."""
    async with desk.worker(forgets=True):
        plot = await under_way(desk)
        await plot.do(user_notice(planned=plot.at(10, 16)))
        await plot.do(vendor_notice(at=plot.at(7, 16), attachments=(PATCH,)))
    async with desk.worker(forgets=True, other=WITH_FOUR):
        await plot.until(7, 17)
        assert (
            "its recipients have changed since (new: four@example.org)"
            in (await plot.troubles())[0]
        )
        await plot.do(vendor_notice(attachments=(PATCH,)))

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement",
        team="team_alert alarm",
        oncall="",
        alice="team_alert fix_team alarm",
        bob="fix_team",
        users="user_notice",
        oss="",
        one="vendor_notice",
        two="vendor_notice",
        three="",
        four="vendor_notice",
    )
    assert plot.when(Kind.ALARM) == ["day 7 16:00"]
    assert plot.when(Kind.VENDOR_NOTICE) == ["day 7 17:00"]


async def test_a_vendor_without_a_standing_embargo_is_invited_first(desk: Desk) -> None:
    """Whoever is named and has not accepted the embargo gets no detail, but the question."""
    async with desk.worker(other=WITH_THREE):
        plot = await under_way(desk)
        await plot.do(vendor_notice(to=("One", "Three")))

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement",
        team="team_alert",
        oncall="",
        alice="team_alert fix_team",
        bob="fix_team",
        users="",
        oss="",
        one="vendor_notice",
        two="",
        three="invitation",
    )
