"""The send ledger: two attempts never both send, whoever dies; the same in file and database."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from activities.ledger.claims import Claim, Ledger
from activities.ledger.rows import MOST_DOUBTS
from tests.activities.ledgers import CASE, LEASE, Clock, Open, elsewhere
from tests.activities.memory_ledger import MemoryLedger

OURS, TAKEN, DELIVERED, REFUSED = Claim.OURS, Claim.TAKEN, Claim.DELIVERED, Claim.REFUSED
DAY = 86400.0
IDS = [f"<letter-{number}@example.org>" for number in range(4)]


async def test_a_letter_is_claimed_once(opened: Open) -> None:
    """Whoever claims first has it; to another worker, and to another attempt here, it is taken."""
    first, second = opened(), opened()

    assert await first.claim(CASE, IDS) == [OURS] * 4
    assert await first.claim(CASE, IDS) == [TAKEN] * 4
    assert await second.claim(CASE, IDS) == [TAKEN] * 4


async def test_a_name_that_comes_twice_is_claimed_once(opened: Open) -> None:
    """One chunk that names a letter twice gets it once."""
    assert await opened().claim(CASE, [IDS[0], IDS[1], IDS[0]]) == [OURS, OURS, TAKEN]


async def test_what_was_sent_is_sent_for_good(opened: Open) -> None:
    """A mark is found by everybody, however much later, in the order of the question."""
    first, second = opened(), opened()
    await first.claim(CASE, IDS)
    await first.mark(IDS[0], delivered=True)
    await first.mark(IDS[2], delivered=False)

    assert await second.claim(CASE, IDS) == [DELIVERED, TAKEN, REFUSED, TAKEN]
    assert await first.claim(CASE, IDS[::-1]) == [TAKEN, REFUSED, TAKEN, DELIVERED]


async def test_what_is_put_back_is_free(opened: Open) -> None:
    """A claim that is given up can be had by anybody; one of somebody else stays."""
    first, second = opened(), opened()
    await first.claim(CASE, IDS)
    await first.put_back(IDS[:2])
    await second.put_back(IDS)
    await first.put_back(["<nobody-claimed-it@example.org>"])

    assert await second.claim(CASE, IDS) == [OURS, OURS, TAKEN, TAKEN]
    await first.put_back(IDS)
    assert await first.claim(CASE, IDS) == [TAKEN, TAKEN, OURS, OURS]


async def test_nothing_is_put_back_that_was_marked(opened: Open) -> None:
    """An attempt that gives up everything gives up nothing that is done."""
    ledger = opened()
    await ledger.claim(CASE, IDS)
    await ledger.mark(IDS[0], delivered=True)
    await ledger.mark(IDS[1], delivered=False)
    await ledger.put_back(IDS)

    assert await ledger.claim(CASE, IDS) == [DELIVERED, REFUSED, OURS, OURS]


async def test_what_is_never_confirmed_is_given_up(opened: Open) -> None:
    """After three doubts, counted over all workers, nobody sends it; a delivery wins over them."""
    for number, worker in enumerate([opened(), opened(), opened()], start=1):
        assert await worker.claim(CASE, IDS[:2]) == [OURS] * 2
        assert await worker.doubt(IDS[0]) is (number == MOST_DOUBTS)
        await worker.put_back(IDS[:2])

    assert await opened().claim(CASE, IDS[:2]) == [Claim.UNCONFIRMED, OURS]
    await opened().mark(IDS[0], delivered=True)
    assert await opened().doubt(IDS[0]) is False
    assert await opened().claim(CASE, IDS[:1]) == [DELIVERED]


async def test_who_closes_leaves_nothing_taken(opened: Open) -> None:
    """A worker that ends in order gives up what it has claimed."""
    first, second = opened(), opened()
    await first.claim(CASE, IDS)
    await first.mark(IDS[0], delivered=True)
    await first.close()

    assert await second.claim(CASE, IDS) == [DELIVERED, OURS, OURS, OURS]


async def test_a_claim_ends_with_its_lease(opened: Open, clock: Clock) -> None:
    """Of a worker that lives and does nothing, a letter is free once its time is over."""
    first, second = opened(), opened()
    await first.claim(CASE, IDS)
    clock.at += LEASE - 1
    assert await second.claim(CASE, IDS) == [TAKEN] * 4
    clock.at += 1

    assert await second.claim(CASE, IDS) == [OURS] * 4
    assert await first.claim(CASE, IDS) == [TAKEN] * 4


async def test_a_zombie_harms_nothing(opened: Open, clock: Clock) -> None:
    """Who comes back after its lease frees nothing of its successor's; a delivery counts."""
    zombie, successor = opened(), opened()
    await zombie.claim(CASE, IDS)
    clock.at += LEASE
    await successor.claim(CASE, IDS)
    await zombie.put_back(IDS[1:])
    await zombie.mark(IDS[0], delivered=True)
    await successor.mark(IDS[0], delivered=False)

    assert await zombie.claim(CASE, IDS) == [DELIVERED, TAKEN, TAKEN, TAKEN]
    await successor.mark(IDS[1], delivered=False)
    await zombie.mark(IDS[1], delivered=True)
    assert await successor.claim(CASE, IDS[:2]) == [DELIVERED, DELIVERED]


async def test_a_zombie_in_the_same_process_harms_nothing(opened: Open, clock: Clock) -> None:
    """A second attempt of one worker keeps what the first one lets go of too late."""
    ledger, other = opened(), opened()
    await ledger.claim(CASE, IDS)
    clock.at += LEASE
    assert await ledger.claim(CASE, IDS) == [OURS] * 4
    await ledger.put_back(IDS)
    assert await other.claim(CASE, IDS) == [TAKEN] * 4
    await ledger.put_back(IDS)

    assert await other.claim(CASE, IDS) == [OURS] * 4


@pytest.mark.parametrize("step", [-10 * DAY, 10 * DAY])
async def test_a_clock_that_is_set_keeps_no_claim_for_ever(
    opened: Open, clock: Clock, step: float
) -> None:
    """After a step of the clock, a claim of somebody alive ends all the same."""
    first, second = opened(), opened()
    await first.claim(CASE, IDS)
    clock.at += step

    assert await second.claim(CASE, IDS) == [OURS] * 4


async def test_a_claim_that_nobody_waits_for_is_put_back(opened: Open) -> None:
    """An attempt that is cancelled while it claims leaves nothing taken."""
    other = opened()
    for name in IDS:
        ledger = opened()  # the first that it is asked is done behind our back
        claim = asyncio.create_task(ledger.claim(CASE, [name]))
        await asyncio.sleep(0)
        claim.cancel()
        with pytest.raises(asyncio.CancelledError):
            await claim
        await ledger.put_back([name])  # whatever was asked before is done before

    await eventually(lambda: other.claim(CASE, IDS), [OURS] * 4)


async def eventually(ask: Callable[[], Awaitable[list[Claim]]], wanted: list[Claim]) -> None:
    """Ask until every answer has been the wanted one at least once."""
    seen = [False] * len(wanted)
    async with asyncio.timeout(30):
        while not all(seen):
            found = await ask()
            pairs = zip(seen, found, wanted, strict=True)
            seen = [before or answer is want for before, answer, want in pairs]


async def test_two_workers_race_for_a_thousand_letters(where: str) -> None:
    """Each of a thousand letters is sent by exactly one of two processes."""
    ids = [f"<race-{number}@example.org>" for number in range(1000)]
    with elsewhere(where) as one, elsewhere(where) as other:
        for worker in (one, other):
            worker.tell("race", CASE, ids, 16)
        sent = [worker.hear() for worker in (one, other)]

    assert sorted(sent[0] + sent[1]) == sorted(ids)  # type: ignore[operator]


async def test_after_a_kill_the_successor_goes_on_at_once(where: str, opened: Open) -> None:
    """What a killed worker had in its hands is free, and nothing else is."""
    with elsewhere(where) as worker, elsewhere(where) as other:
        assert worker.call("claim", CASE, IDS[:3]) == ["ours"] * 3
        worker.call("mark", IDS[0], delivered=True)
        assert other.call("claim", CASE, IDS) == ["delivered", "taken", "taken", "ours"]
        worker.kill()
        successor = opened()

        assert await successor.claim(CASE, IDS[:1]) == [DELIVERED]
        await eventually(lambda: successor.claim(CASE, IDS[1:3]), [OURS, OURS])
        assert await successor.claim(CASE, IDS[3:]) == [TAKEN]


async def test_of_two_that_take_over_one_wins(where: str, opened: Open) -> None:
    """Letters of a killed worker are taken over once, however many want them."""
    ids = [f"<left-{number}@example.org>" for number in range(200)]
    with elsewhere(where) as worker:
        assert worker.call("claim", CASE, ids) == ["ours"] * len(ids)
        worker.kill()
    successors = [opened() for _ in range(4)]
    claims = [one.claim(CASE, [name]) for name in ids for one in successors]
    answers = [answer for [answer] in await asyncio.gather(*claims)]
    each = [answers[start : start + 4] for start in range(0, len(answers), 4)]

    assert max(four.count(OURS) for four in each) == 1
    left = [name for name, four in zip(ids, each, strict=True) if OURS not in four]
    await eventually(lambda: successors[0].claim(CASE, left), [OURS] * len(left))


async def test_a_closed_case_is_forgotten_after_a_week(opened: Open, clock: Clock) -> None:
    """Seven days after its close nothing of a case is left; open cases stay."""
    ledger = opened()
    await ledger.claim("case-closed", IDS[:2])
    await ledger.claim("case-open", IDS[2:])
    for name in IDS:
        await ledger.mark(name, delivered=True)
    await ledger.close_case("case-closed")
    clock.at += 7 * DAY - 1
    await ledger.close_case("another")
    assert await ledger.claim("case-none", IDS) == [DELIVERED] * 4
    clock.at += 1
    await ledger.close_case("another")

    assert await ledger.claim("case-none", IDS) == [OURS, OURS, DELIVERED, DELIVERED]


async def test_a_case_that_is_opened_again_is_no_longer_closed(opened: Open, clock: Clock) -> None:
    """Who has which of its letters stays known, however quiet it is after."""
    ledger = opened()
    await ledger.close_case(CASE)
    await ledger.claim(CASE, IDS[:1])
    await ledger.mark(IDS[0], delivered=True)
    clock.at += 8 * DAY
    await ledger.close_case("another")

    assert await ledger.claim(CASE, IDS[:1]) == [DELIVERED]


async def test_everything_is_forgotten_at_last(opened: Open, clock: Clock) -> None:
    """After 400 days in which nobody touched it, a case that was never closed is forgotten."""
    ledger = opened()
    await ledger.claim(CASE, IDS[:2])
    await ledger.mark(IDS[0], delivered=True)
    await ledger.mark("<never-claimed@example.org>", delivered=True)
    clock.at += 400 * DAY
    await ledger.close_case("another")

    assert await ledger.claim("case-none", IDS[:1]) == [OURS]


async def test_the_one_in_memory_answers_alike(opened: Open) -> None:
    """The ledger that other tests use answers as this one, in one process."""
    ledgers: tuple[Ledger, Ledger] = opened(), MemoryLedger()
    for ledger in ledgers:
        assert await ledger.claim(CASE, IDS[:3]) == [OURS] * 3
        await ledger.mark(IDS[0], delivered=True)
        await ledger.mark(IDS[0], delivered=False)
        await ledger.mark(IDS[1], delivered=False)
        assert await ledger.claim(CASE, IDS) == [DELIVERED, REFUSED, TAKEN, OURS]
        await ledger.put_back(IDS)
        assert await ledger.claim(CASE, IDS) == [DELIVERED, REFUSED, OURS, OURS]
        assert await ledger.is_first("trouble", 60)
        assert not await ledger.is_first("trouble", 60)
