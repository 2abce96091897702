"""Turns at a mail server, and pages, over all workers; the same in file and database."""

import pytest

from tests.activities.ledgers import CASE, Clock, Open, elsewhere

DAY = 86400.0


async def test_a_page_goes_out_once(opened: Open, clock: Clock) -> None:
    """Of all who would tell the same trouble, one is first; after the time, one is again."""
    first, second = opened(), opened()

    assert await first.is_first("mail is refused", 3600)
    assert not await second.is_first("mail is refused", 3600)
    assert await second.is_first("the ledger is full", 3600)
    clock.at += 3600
    assert await second.is_first("mail is refused", 3600)
    assert not await first.is_first("mail is refused", 3600)


async def test_no_minute_sees_more_than_it_may(opened: Open, clock: Clock) -> None:
    """Over two workers, and beyond the burst of a second, the rate of a server holds."""
    workers = opened(), opened()
    left: list[float] = []
    for turn in range(300):
        letters = turn % 10 + 1
        wait = await workers[turn % 2].wait_for_turn("mail.example.org", 600, letters)
        left += [clock.at + wait] * letters
        clock.at += wait if turn % 3 == 0 else 0.0

    left.sort()
    for number, at in enumerate(left):
        in_a_minute = sum(1 for other in left[number:] if other < at + 60 - 1e-6)
        assert in_a_minute <= 600 + 10
    assert left[-1] - left[0] < len(left) / 10 + 1  # and no slower than it must be


async def test_a_letter_waits_behind_few(opened: Open) -> None:
    """Beside a mass notice that asks for a second's worth at a time, another waits a second."""
    mass, other = opened(), opened()
    assert await mass.wait_for_turn("mail.example.org", 600, 10) == 0
    assert await other.wait_for_turn("mail.example.org", 600, 1) == pytest.approx(0.1)
    assert await other.wait_for_turn("second.example.org", 600, 1) == 0


async def test_each_server_turns_slowly_where_it_must(opened: Open) -> None:
    """With fewer letters a minute than seconds, each comes at its distance."""
    ledger = opened()
    waits = [await ledger.wait_for_turn("slow.example.org", 6, 1) for _ in range(3)]
    assert waits == [pytest.approx(0), pytest.approx(10), pytest.approx(20)]


@pytest.mark.parametrize("step", [-DAY, DAY])
async def test_a_clock_that_is_set_stops_no_letter(opened: Open, clock: Clock, step: float) -> None:
    """After a step of the clock the next letter waits no longer than it would have."""
    ledger = opened()
    for _ in range(3):
        await ledger.wait_for_turn("mail.example.org", 60, 1)
    clock.at += step

    assert await ledger.wait_for_turn("mail.example.org", 60, 1) <= 3.01


async def test_the_real_clock_serves(where: str) -> None:
    """Without a clock of a test it works as well, in another process too."""
    with elsewhere(where) as worker:
        assert worker.call("is_first", "trouble", 60) is True
        assert worker.call("is_first", "trouble", 60) is False
        assert worker.call("wait_for_turn", "mail.example.org", 60, 1) == 0
        assert 0 < worker.call("wait_for_turn", "mail.example.org", 60, 1) <= 1  # type: ignore[operator]
        assert worker.call("close_case", CASE) is None
