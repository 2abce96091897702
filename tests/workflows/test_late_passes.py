"""What happens to a letter that somebody still waits for, while the case goes on."""

from datetime import timedelta

from tacenda.models import CloseReason, Kind
from tests.builders import close, held_retrospective, published, release, user_notice, vendor_notice
from tests.workflows.desk import SETTINGS, Desk
from tests.workflows.plot import MAILBOXES, announced, under_way

ASKED_NOW = {
    "vendors": [{**SETTINGS["vendors"][0], "embargo": "per-case"}, SETTINGS["vendors"][1]],
}


async def test_a_list_that_puts_the_release_off_gets_it_all_the_same(staffed: Desk) -> None:
    """A release that is out is neither held nor forgotten for the one who waits."""
    plot = await announced(staffed, day=8)
    staffed.mailroom.puts_off = {MAILBOXES["oss"]}
    staffed.mailroom.pause = timedelta(minutes=20)
    await staffed.until(plot.at(8, 20))
    out = await plot.facts()
    staffed.mailroom.puts_off = set()
    await staffed.until(plot.at(9))
    late = await plot.facts()
    await plot.do(published(), held_retrospective(), close(CloseReason.COMPLETE))
    await plot.ended()

    [letter] = [s for s in out.letters if s.kind is Kind.RELEASE]
    assert [r.address for r in letter.pending] == [MAILBOXES["oss"]]
    assert not any(notice.held for notice in out.notices)
    [letter] = [s for s in late.letters if s.kind is Kind.RELEASE]
    assert letter.pending == ()
    assert staffed.mailroom.kinds(MAILBOXES["oss"]) == [Kind.RELEASE]
    assert ["puts off the release" in trouble for trouble in await plot.troubles()] == [True]


async def test_a_full_mailbox_of_one_vendor_holds_no_release(staffed: Desk) -> None:
    """The final warning that one vendor waits for is no reason to hold what it warns of."""
    plot = await announced(staffed, day=8)
    staffed.mailroom.puts_off = {MAILBOXES["two"]}
    staffed.mailroom.pause = timedelta(minutes=20)
    await staffed.until(plot.at(8, 17))

    assert (await plot.facts()).released is not None
    assert Kind.RELEASE in staffed.mailroom.kinds(MAILBOXES["one"])


async def test_who_has_got_a_letter_counts_as_told_at_once(staffed: Desk) -> None:
    """Between two passes, while another still waits: the release is for them as well."""
    plot = await under_way(staffed)
    staffed.mailroom.puts_off = {MAILBOXES["one"], MAILBOXES["two"]}
    staffed.mailroom.pause = timedelta(minutes=10)
    await plot.case.act(vendor_notice())
    await staffed.wait(hours=6, minutes=5)
    staffed.mailroom.puts_off = {MAILBOXES["two"]}
    await staffed.wait(minutes=15)
    [letter] = [s for s in (await plot.facts()).letters if s.kind is Kind.VENDOR_NOTICE]
    await plot.case.act(release(override="it cannot wait"))
    await staffed.wait(hours=1)

    assert [r.name for r in letter.delivered] == ["One"]
    assert [r.name for r in letter.pending] == ["Two"]
    assert Kind.RELEASE in staffed.mailroom.kinds(MAILBOXES["one"])
    assert not any("One" in trouble for trouble in await plot.troubles())


async def test_a_vendor_whose_consent_is_gone_from_the_settings_gets_nothing(desk: Desk) -> None:
    """Before each pass the directory is asked anew, and has the last word."""
    async with desk.worker(forgets=True):
        plot = await under_way(desk)
        desk.mailroom.puts_off = {MAILBOXES["one"]}
        desk.mailroom.pause = timedelta(minutes=10)
        await plot.case.act(vendor_notice())
        await desk.wait(seconds=30)
    async with desk.worker(forgets=True, other=ASKED_NOW):
        desk.mailroom.puts_off = set()
        await desk.wait(hours=1)
        [letter] = [s for s in (await plot.facts()).letters if s.kind is Kind.VENDOR_NOTICE]

        assert [r.name for r in letter.failed] == ["One"]
        assert Kind.VENDOR_NOTICE not in desk.mailroom.kinds(MAILBOXES["one"])
        assert "The vendor notice is not sent any more to 1 recipient" in (await plot.troubles())[0]


async def test_closing_stops_what_is_put_off(staffed: Desk) -> None:
    """Nobody reads that a release is coming after it was called off."""
    plot = await under_way(staffed)
    staffed.mailroom.puts_off = {MAILBOXES["users"], MAILBOXES["two"]}
    staffed.mailroom.pause = timedelta(minutes=10)
    await plot.case.act(user_notice(planned=plot.at(15, 16)))
    await plot.case.act(vendor_notice())
    await staffed.wait(seconds=30)
    await plot.case.act(close())
    await staffed.wait(seconds=30)
    staffed.mailroom.puts_off = set()
    await staffed.wait(hours=1)

    assert staffed.mailroom.kinds(MAILBOXES["users"]) == []
    assert Kind.VENDOR_NOTICE not in staffed.mailroom.kinds(MAILBOXES["two"])


async def test_dates_do_not_cross(staffed: Desk) -> None:
    """The news of a date that has changed again is not sent after that of the next."""
    plot = await under_way(staffed)
    await plot.do(user_notice(planned=plot.at(14, 16)), vendor_notice())
    staffed.mailroom.puts_off = {MAILBOXES["two"]}
    staffed.mailroom.pause = timedelta(minutes=10)
    await plot.case.act(release(plot.at(15, 16)))
    await staffed.wait(seconds=30)
    await plot.case.act(release(hold="not yet"))
    await plot.case.act(release(plot.at(16, 16), override="again"))
    await staffed.wait(seconds=30)
    staffed.mailroom.puts_off = set()
    await staffed.wait(hours=1)

    told = [x for x, r in staffed.mailroom.letters if r.address == MAILBOXES["two"]]
    assert [x.key for x in told if x.kind is Kind.DATE_CHANGE] == ["date_change.vendors.2"]


async def test_nobody_knocks_again_before_it_is_time(staffed: Desk) -> None:
    """Between two passes there is the pause that the mail server asked for."""
    plot = await under_way(staffed)
    staffed.mailroom.puts_off = {MAILBOXES["two"]}
    staffed.mailroom.pause = timedelta(minutes=30)
    await plot.case.act(vendor_notice())
    await staffed.wait(minutes=20)

    assert staffed.mailroom.attempts == 1
