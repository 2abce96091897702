"""Vendors who are asked in each case: from the invitation to the release, with all of the post."""

from tacenda.models import Kind, Step, Word
from tests.builders import acknowledge, extend, invite, release, replied, skip, vendor_notice
from tests.workflows.desk import WITH_THREE, Desk
from tests.workflows.plot import begin, under_way, whole_post


async def test_a_vendor_is_invited_accepts_and_is_told(desk: Desk) -> None:
    """Before anything is known it is asked; told when it has accepted; asked anew for a later day.

    Its first yes was for the 14th day, and the release comes on the 15th.
    """
    async with desk.worker(other=WITH_THREE):
        plot = await begin(desk)
        await plot.do(invite("Three", planned=plot.at(14, 16)))
        await plot.do(acknowledge(), skip(Step.USER_NOTICE))
        await plot.until(1)
        await plot.do(replied("Three"))
        await plot.fixed()
        await plot.do(vendor_notice())
        await plot.until(2)
        await plot.do(release(plot.at(15, 16)))
        await plot.until(3)
        await plot.do(replied("Three"))
        await plot.until(16)

        assert plot.post() == whole_post(
            reporter="receipt acknowledgement new_limits thanks",
            team="team_alert plan_change",
            oncall="",
            alice="team_alert fix_team plan_change",
            bob="",
            users="release",
            oss="release",
            one="vendor_notice date_change final_warning release",
            two="vendor_notice date_change final_warning release",
            three="invitation vendor_notice invitation final_warning release",
        )
        assert plot.when(Kind.INVITATION) == ["day 0 09:00", "day 2 09:00"]


async def test_who_says_nothing_is_reminded_and_told_nothing(desk: Desk) -> None:
    """Reminders on the second and the fourth day, then silence, which the lead hears once."""
    async with desk.worker(other=WITH_THREE):
        plot = await under_way(desk)
        await plot.do(extend(Step.RELEASE, plot.at(30)), vendor_notice(planned=plot.at(21, 16)))
        await plot.do(release(plot.at(21, 16)))
        await plot.until(22)

        assert plot.post()["three@example.org"] == [
            "invitation",
            "vendor_reminder",
            "vendor_reminder",
        ]
        assert plot.post()["one@example.org"] == ["vendor_notice", "final_warning", "release"]
        assert plot.when(Kind.VENDOR_REMINDER) == ["day 4 09:00", "day 6 09:00"]
        (trouble,) = await plot.troubles()
        assert "No answer to the invitation in time from Three" in trouble
        assert plot.when(Kind.ALARM) == ["day 9 09:00"]


async def test_the_directory_has_the_last_word(desk: Desk) -> None:
    """Who is gone from the settings gets nothing, whatever it has accepted; the lead hears why."""
    async with desk.worker(forgets=True, other=WITH_THREE):
        plot = await under_way(desk)
        await plot.do(invite("Three"), replied("Three"))
        await plot.do(vendor_notice(at=plot.at(4), planned=plot.at(14, 16)))
    async with desk.worker(forgets=True):
        await plot.until(5)
        (trouble,) = await plot.troubles()

    assert plot.post()["three@example.org"] == ["invitation"]
    assert plot.post()["one@example.org"] == ["vendor_notice"]
    assert "The vendor notice did not go to Three" in trouble


async def test_the_same_answer_twice_is_harmless_and_another_counts(desk: Desk) -> None:
    """An answer is written down again without effect; a declined vendor can still accept."""
    async with desk.worker(other=WITH_THREE):
        plot = await under_way(desk)
        await plot.do(vendor_notice(planned=plot.at(14, 16)))
        await plot.do(replied("three@example.org", Word.DECLINED))
        await plot.do(replied("three@example.org", Word.DECLINED), replied("THREE"))

        assert len((await plot.facts()).replies) == 2
        assert plot.post()["three@example.org"] == ["invitation", "vendor_notice"]
        assert "knows no vendor" in await plot.case.refused(replied("Nobody"))
