"""A letter comes to its recipients in passes: each has it once, and nobody waits for another."""

from datetime import timedelta

import pytest

from tacenda.acts import Close
from tacenda.board import details_of
from tacenda.models import CloseReason, Kind, Step, Stop
from tests.builders import acknowledge, release, user_notice, vendor_notice
from tests.workflows.desk import Desk
from tests.workflows.plot import MAILBOXES, begin, under_way


async def test_a_step_is_done_when_somebody_has_its_letter(staffed: Desk) -> None:
    """A list that greylists us keeps neither the step nor the other recipients waiting."""
    plot = await under_way(staffed)
    staffed.mailroom.puts_off = {MAILBOXES["two"]}
    await plot.case.act(vendor_notice())
    await staffed.wait(seconds=10)
    early = await plot.facts()
    staffed.mailroom.puts_off = set()
    await staffed.wait(minutes=2)
    await plot.settle()
    late = await plot.facts()

    [before] = [letter for letter in early.letters if letter.kind is Kind.VENDOR_NOTICE]
    [after] = [letter for letter in late.letters if letter.kind is Kind.VENDOR_NOTICE]
    assert early.done_at(Step.VENDOR_NOTICE) == late.done_at(Step.VENDOR_NOTICE) == before.at
    assert [r.name for r in before.delivered] == ["One"]
    assert [r.name for r in before.pending] == ["Two"]
    assert [r.name for r in after.delivered] == ["One", "Two"]
    assert after.pending == ()
    assert late.troubles == ()


async def test_who_is_put_off_for_days_counts_as_failed_in_the_end(staffed: Desk) -> None:
    """The lead hears after an hour that somebody waits, and after five days that they gave up."""
    plot = await under_way(staffed)
    staffed.mailroom.puts_off, staffed.mailroom.pause = {MAILBOXES["two"]}, timedelta(minutes=50)
    await plot.case.act(vendor_notice())
    await staffed.until(plot.at(2, 11, 30))
    waits = await plot.troubles()
    await staffed.until(plot.at(7, 10, 30))
    [letter] = [s for s in (await plot.facts()).letters if s.kind is Kind.VENDOR_NOTICE]
    troubles = await plot.troubles()

    assert len(waits) == 1
    assert "puts off the vendor notice for 1 recipient: two@example.org" in waits[0]
    assert "until 2026" in waits[0]
    assert [r.name for r in letter.failed] == ["Two"]
    assert letter.pending == ()
    assert len(troubles) == 2
    assert "for 5 days, and it is not tried again. Reach them another way" in troubles[1]
    assert staffed.mailroom.to(Kind.VENDOR_NOTICE) == [MAILBOXES["one"]]


@pytest.mark.parametrize("stop", [Stop.REJECTED, Stop.LEDGER, Stop.TEMPLATE])
async def test_what_stops_all_mail_is_told_at_once(staffed: Desk, stop: Stop) -> None:
    """The case shows it; the lead is paged if no letter can tell them, and hears it once."""
    plot = await begin(staffed)
    staffed.mailroom.is_open, staffed.mailroom.stop = False, stop
    staffed.mailroom.pause = timedelta(minutes=30)
    await plot.case.act(acknowledge())
    await staffed.wait(minutes=1)
    stopped = await plot.facts()
    shown = details_of(stopped, await staffed.now())
    await staffed.wait(hours=6)
    pages = list(staffed.mailroom.pages)
    staffed.mailroom.is_open = True
    await staffed.wait(minutes=31)
    await plot.settle()
    flows = await plot.facts()

    assert stopped.stopped
    assert stopped.stopped.by is stop
    assert "NO LETTER LEAVES" in shown
    assert [page.stop for page in pages] == ([stop] if stop.is_of_mail else [])
    assert flows.stopped is None
    assert "NO LETTER LEAVES" not in details_of(flows, await staffed.now())
    assert len(await plot.troubles()) == 1
    assert staffed.mailroom.kinds(MAILBOXES["reporter"]) == [Kind.RECEIPT, Kind.ACKNOWLEDGEMENT]


async def test_a_mail_server_that_restarts_alarms_nobody(staffed: Desk) -> None:
    """Ten minutes without an answer are an everyday thing."""
    plot = await begin(staffed)
    staffed.mailroom.is_open = False
    await plot.case.act(acknowledge())
    await staffed.wait(minutes=10)
    staffed.mailroom.is_open = True
    await staffed.wait(minutes=5)
    await plot.settle()

    assert await plot.troubles() == []
    assert staffed.mailroom.pages == []
    assert Kind.ACKNOWLEDGEMENT in staffed.mailroom.kinds(MAILBOXES["reporter"])


async def test_a_closed_case_ends_when_nobody_waits_any_more(staffed: Desk) -> None:
    """The workflow stays until the last put off letter is there, and then closes its books."""
    plot = await begin(staffed)
    staffed.mailroom.puts_off = {MAILBOXES["alice"]}
    await plot.case.act(acknowledge(team=("bob",)))
    await staffed.wait(seconds=10)
    await plot.case.act(Close(by="alice", reason=CloseReason.INVALID))
    await staffed.wait(minutes=5)
    waits = await plot.case.is_over()
    books = list(staffed.mailroom.closed_books)
    staffed.mailroom.puts_off = set()
    await staffed.wait(minutes=2)
    await plot.ended()

    assert not waits
    assert books == []
    assert staffed.mailroom.closed_books == [plot.case.handle.id]
    assert Kind.FIX_TEAM in staffed.mailroom.kinds(MAILBOXES["alice"])


async def test_another_date_is_told_to_those_who_know_the_old_one_whenever_they_got_it(
    staffed: Desk,
) -> None:
    """Who gets a notice late, after the date has moved, hears of the new one right after it."""
    plot = await under_way(staffed)
    staffed.mailroom.puts_off = {MAILBOXES["two"]}
    await plot.case.act(user_notice(planned=plot.at(8, 16)))
    await plot.case.act(vendor_notice())
    await staffed.wait(seconds=10)
    await plot.case.act(release(plot.at(9, 16)))
    await staffed.wait(seconds=10)
    early = plot.post()
    staffed.mailroom.puts_off = set()
    await staffed.wait(minutes=20)
    await plot.settle()

    assert early[MAILBOXES["one"]] == ["vendor_notice", "date_change"]
    assert MAILBOXES["two"] not in early
    assert plot.post()[MAILBOXES["one"]] == ["vendor_notice", "date_change"]
    assert sorted(plot.post()[MAILBOXES["two"]]) == ["date_change", "vendor_notice"]
    assert staffed.mailroom.kinds(MAILBOXES["users"]) == [Kind.USER_NOTICE, Kind.DATE_CHANGE]


async def test_nobody_is_told_of_what_comes_after_it_has_come(staffed: Desk) -> None:
    """A notice that is still put off when the release goes out is not sent any more: that is."""
    plot = await under_way(staffed)
    staffed.mailroom.puts_off, staffed.mailroom.pause = {MAILBOXES["two"]}, timedelta(hours=2)
    await plot.case.act(vendor_notice())
    await staffed.until(plot.at(5))
    await plot.case.act(release(override="they had their time"))
    await staffed.until(plot.at(5, 10))
    staffed.mailroom.puts_off = set()
    await plot.until(9)

    [letter] = [s for s in (await plot.facts()).letters if s.kind is Kind.VENDOR_NOTICE]
    assert [r.name for r in letter.failed] == ["Two"]
    assert plot.post()[MAILBOXES["two"]] == ["release"]
    assert "the release goes out, and they get that instead" in (await plot.troubles())[-1]
