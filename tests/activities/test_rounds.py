"""A round with a letter: what is claimed, marked and put back, and who is answered for when."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import activities.mail
import activities.records
import activities.rounds
from activities.envelope import Envelope, Stationery, message_id
from tacenda.errands import Letter
from tacenda.letters import Recipient
from tacenda.models import Kind, Stop
from tests.activities.memory_ledger import MemoryLedger
from tests.activities.post import ANN, BOB, CAT, NOW, Attempt, Post, fails, letter
from tests.activities.scripted import DROPS, TEXT, Scripted
from tests.activities.sink import Sink

DOMAIN = "psirt.example.org"
MANY = [f"list{number}@one.example" for number in range(60)]


def identity(one: Letter, place: int) -> str:
    """Return the Message-ID of a letter to the recipient at that place."""
    return message_id(one, one.recipients[place], DOMAIN)


def until(one: Letter, minutes: float, *, gives_up: bool = False) -> Letter:
    """Return the letter with an instant by which to answer for those who wait."""
    answer_by = NOW + timedelta(minutes=minutes)
    return one.model_copy(update={"answer_by": answer_by, "gives_up": gives_up})


# The ledger


async def test_what_others_sent_counts(sink: Sink, post: Post) -> None:
    """Whom another attempt has served, or heard refused, gets nothing and is answered for."""
    one = letter(ANN, BOB, CAT)
    ledger = MemoryLedger(fates={identity(one, 0): True, identity(one, 1): False})
    delivery = await post.deliver(post.mailer(sink, ledger=ledger), one)

    assert sink.reached == [CAT]
    assert delivery.delivered == (one.recipients[0], one.recipients[2])
    assert delivery.failed == one.recipients[1:2]


async def test_what_another_attempt_has_taken_is_asked_for_again(
    sink: Sink, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not sent as long as the other may be alive; heartbeats go on until that is decided."""
    monkeypatch.setattr(activities.rounds, "SHORTEST_POLL_SECONDS", 0.001)
    monkeypatch.setattr(activities.mail, "BEAT_SECONDS", 0.001)
    one = letter(ANN, BOB, CAT)
    taken = {identity(one, 0), identity(one, 1)}
    ledger = MemoryLedger(claimed=set(taken))
    attempt = Attempt(post.mailer(sink, ledger=ledger))
    delivering = asyncio.create_task(attempt.deliver(one))
    while len(attempt.beats) < 5:
        await asyncio.sleep(0.001)
    assert sink.reached == [CAT]

    await ledger.mark(identity(one, 0), delivered=True)
    await ledger.put_back([identity(one, 1)])
    delivery = await delivering
    assert sink.reached == [CAT, BOB]
    assert delivery.delivered == one.recipients


async def test_everybody_is_claimed_before_and_marked_after(sink: Sink, post: Post) -> None:
    """Few are claimed at a time, and in the end each fate is in the ledger."""
    sink.rcpt[MANY[7]] = "550 no"
    ledger, one = MemoryLedger(), letter(*MANY)
    delivery = await post.deliver(post.mailer(sink, ledger=ledger), one)

    assert sorted(sink.reached) == sorted(set(MANY) - {MANY[7]})
    assert [who.address for who in delivery.delivered] == [a for a in MANY if a != MANY[7]]
    assert len(ledger.fates) == 60
    assert ledger.claimed == set()
    assert ledger.most_claimed <= 40


@pytest.mark.parametrize("operation", ["claim", "mark", "put_back", "wait_for_turn"])
async def test_without_a_ledger_sending_stops(operation: str, sink: Sink, post: Post) -> None:
    """When the ledger fails nothing more leaves, the error says so, and nothing is lost."""
    ledger = MemoryLedger(down={operation}, works=2)
    sink.rcpt |= dict.fromkeys(MANY[:3], "451 later")
    mailer = post.mailer(sink, ledger=ledger, per_minute=600)
    error = await fails(Attempt(mailer), letter(*MANY))

    assert error.type == "LedgerDown"
    assert not error.non_retryable
    assert len(sink.received) < 40
    ledger.down.clear()
    ledger.claimed.clear()  # as the lease does
    sink.rcpt.clear()
    delivery = await post.deliver(mailer, letter(*MANY))
    assert len(delivery.delivered) == 60
    assert sorted(sink.reached) == sorted(MANY)


async def test_a_cancelled_letter_is_put_back(sink: Sink, post: Post) -> None:
    """What was not sent can be claimed at once by whoever goes on with the letter."""
    sink.hangs |= set(MANY[3:6])
    ledger = MemoryLedger()
    attempt = Attempt(post.mailer(sink, ledger=ledger))
    sending = asyncio.create_task(attempt.deliver(letter(*MANY[:20])))
    await sink.hanging.wait()
    attempt.environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert ledger.claimed == set()
    assert len(ledger.fates) == len(sink.received)


async def test_what_may_have_arrived_when_it_was_cancelled_stays_claimed(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a letter of which all was out nobody knows; it is not free before the lease ends."""
    monkeypatch.setattr(activities.rounds, "FINISH_SECONDS", 0)
    async with Scripted(to={BOB: {TEXT: "says nothing"}}).running() as script:
        ledger, one = MemoryLedger(), letter(ANN, BOB, CAT)
        attempt = Attempt(post.mailer(script.sink, ledger=ledger))
        sending = asyncio.create_task(attempt.deliver(one))
        while len(script.received) < 2:
            await asyncio.sleep(0.001)
        attempt.environment.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    assert ledger.claimed == {identity(one, 1)}


async def test_a_worker_that_stops_begins_no_other_letter(sink: Sink, post: Post) -> None:
    """What is begun is finished; the rest is put back and goes on elsewhere at once."""
    sink.hangs.add(MANY[1])
    ledger, one = MemoryLedger(), letter(*MANY[:8])
    attempt = Attempt(post.mailer(sink, ledger=ledger))
    sending = asyncio.create_task(fails(attempt, one))
    await sink.hanging.wait()
    attempt.environment.worker_shutdown()
    sink.released.set()
    error = await sending

    assert error.type == "WorkerStopping"
    assert error.next_retry_delay == timedelta(seconds=1)
    assert sink.reached == MANY[:2]
    assert ledger.claimed == set()


# Answers in time


async def test_before_its_time_a_letter_is_tried_again(sink: Sink, post: Post) -> None:
    """Where there is time for another attempt, and no news, nothing is answered yet."""
    sink.rcpt[BOB] = "451 later"
    error = await fails(Attempt(post.mailer(sink)), until(letter(BOB), 1.1))
    assert error.type == "MailDeferred"


async def test_a_claim_that_could_not_be_given_up_is_given_up_later(sink: Sink, post: Post) -> None:
    """A disk that was full for a moment keeps nobody waiting until the end of a lease."""
    sink.rcpt[ANN] = "451 later"
    ledger = MemoryLedger(down={"put_back"})
    mailer = post.mailer(sink, ledger=ledger)
    assert (await fails(Attempt(mailer), letter(ANN, BOB))).type == "LedgerDown"
    assert ledger.claimed
    ledger.down.clear()
    sink.rcpt.clear()
    await post.deliver(mailer, letter(ANN, BOB))

    assert sorted(sink.reached) == [ANN, BOB]
    assert ledger.claimed == set()


async def test_news_is_answered_at_once(sink: Sink, post: Post) -> None:
    """Whoever has the letter counts as told, and the others come again when it is time."""
    sink.rcpt[BOB] = "451 later"
    one = until(letter(ANN, BOB), 1.1).model_copy(update={"gives_up": True})
    delivery = await post.deliver(post.mailer(sink), one)

    assert [who.address for who in delivery.pending] == [BOB]
    assert delivery.failed == ()
    assert delivery.again == NOW + timedelta(minutes=1)


async def test_who_only_asks_sends_to_nobody(sink: Sink, post: Post) -> None:
    """The ledger says who has a letter; the others neither get nor block it."""
    mailer = post.mailer(sink)
    await post.deliver(mailer, letter(ANN))
    asks = letter(ANN, BOB).model_copy(update={"only_asks": True})
    known = await post.deliver(mailer, asks)
    await post.deliver(mailer, letter(BOB))

    assert [who.address for who in known.delivered] == [ANN]
    assert sink.reached == [ANN, BOB]


async def test_in_time_those_who_wait_are_named(sink: Sink, post: Post) -> None:
    """Who has the letter is not named: they may be ten thousand."""
    sink.rcpt |= {BOB: "451 later", CAT: "550 no"}
    one = until(letter(ANN, BOB, CAT), 1)
    delivery = await post.deliver(post.mailer(sink), one)

    assert delivery.rest
    assert delivery.delivered == ()
    assert delivery.pending == one.recipients[1:2]
    assert delivery.failed == one.recipients[2:]
    assert delivery.stopped is None


async def test_at_the_end_those_who_wait_have_failed(sink: Sink, post: Post) -> None:
    """A letter that gives up leaves nobody pending."""
    sink.rcpt[BOB] = "451 later"
    one = until(letter(ANN, BOB), 1, gives_up=True)
    delivery = await post.deliver(post.mailer(sink), one)

    assert delivery.pending == ()
    assert delivery.failed == one.recipients[1:]


async def test_a_letter_that_everybody_has_names_nobody(sink: Sink, post: Post) -> None:
    """The answer of a letter that reached all has room for any number."""
    delivery = await post.deliver(post.mailer(sink), until(letter(*MANY), 1))
    assert delivery.rest
    assert delivery.delivered == delivery.failed == delivery.pending == ()
    assert delivery.sha256


STOPS: dict[Stop, dict[str, Any]] = {
    Stop.UNREACHABLE: {"port": 1},
    Stop.REJECTED: {"security": "starttls"},
    Stop.LEDGER: {"ledger": MemoryLedger(down={"claim"})},
    Stop.TEMPLATE: {"templates": Path()},
}


@pytest.mark.parametrize("stop", Stop)
async def test_what_keeps_every_letter_back_is_named(stop: Stop, sink: Sink, post: Post) -> None:
    """An answer in time says what is to be mended, and that everybody waits."""

    def broken(*_: object) -> Any:
        raise ValueError

    how = STOPS[stop] | ({"render": broken} if stop is Stop.TEMPLATE else {})
    delivery = await post.deliver(post.mailer(sink, **how), until(letter(ANN, BOB), 0))

    assert delivery.stopped is stop
    assert [who.address for who in delivery.pending] == [ANN, BOB]


async def test_whom_a_stopped_letter_reached_before_is_not_pending(sink: Sink, post: Post) -> None:
    """What the ledger knows counts also where this attempt came to nobody."""
    one = until(letter(ANN, BOB), 0, gives_up=True)
    ledger = MemoryLedger(fates={identity(one, 0): True})
    delivery = await post.deliver(post.mailer(sink, port=1, ledger=ledger), one)

    assert delivery.failed == one.recipients[1:]
    assert delivery.stopped is Stop.UNREACHABLE
    assert ledger.claimed == set()


async def test_a_server_that_broke_off_in_the_middle_is_not_away(post: Post) -> None:
    """Nobody is told that mail is the trouble where the server has just taken a letter."""
    async with Scripted(to={BOB: {"RCPT": DROPS}}).running() as script:
        one = until(letter(ANN, BOB), 0)
        delivery = await post.deliver(post.mailer(script.sink), one)
    assert delivery.pending == one.recipients[1:]
    assert delivery.stopped is None


async def test_what_another_attempt_still_has_is_pending(sink: Sink, post: Post) -> None:
    """In time for the answer, that it is taken stops nothing and blames nobody."""
    one = until(letter(ANN, BOB), 0)
    ledger = MemoryLedger(claimed={identity(one, 1)})
    delivery = await post.deliver(post.mailer(sink, ledger=ledger), one)
    assert delivery.pending == one.recipients[1:]
    assert delivery.stopped is None
    assert sink.reached == [ANN]


async def test_a_late_letter_waits_to_hear_whether_it_was_begun(
    sink: Sink, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another attempt has in hand decides whether it is held or finished."""
    monkeypatch.setattr(activities.records, "POLL_SECONDS", 0.001)
    for begun in (True, False):
        one = letter(ANN, BOB, not_after=NOW - timedelta(hours=1))
        ledger = MemoryLedger(claimed={identity(one, 0)})
        delivering = asyncio.create_task(post.deliver(post.mailer(sink, ledger=ledger), one))
        await asyncio.sleep(0.01)
        assert not delivering.done()
        if begun:
            await ledger.mark(identity(one, 0), delivered=True)
        else:
            await ledger.put_back([identity(one, 0)])
        assert (await delivering).held is not begun
        assert ledger.claimed == set()
    assert sink.reached == [BOB]


async def test_one_letter_that_cannot_be_written_keeps_back_no_other(
    sink: Sink, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong with one recipient, the others have theirs, and nothing is quoted."""
    mailer = post.mailer(sink)
    sealed = mailer._sealing.envelope

    def fails_for_one(stationery: Stationery, recipient: Recipient) -> Envelope:
        if recipient.address == ANN:
            raise RuntimeError(ANN)
        return sealed(stationery, recipient)

    mailer._sealing.envelope = fails_for_one  # type: ignore[method-assign]
    error = await fails(Attempt(mailer), letter(ANN, *MANY[:20]))
    assert sorted(sink.reached) == sorted(MANY[:20])
    assert "RuntimeError" in str(error)
    assert ANN not in str(error)
    assert "recipient 0 was not served: RuntimeError" in caplog.text


# When to come again


@pytest.mark.parametrize(
    ("answers", "minutes"),
    [
        (["451 later"], 1),
        (["450 4.7.1 Greylisted for 300 seconds"], 5),
        (["450 try again in 5 seconds"], 1),
        (["450 try again in 2 hours", "450 try again in 10 minutes"], 10),
        (["450 try again in 48 hours"], 240),
    ],
)
async def test_a_letter_comes_again_when_the_server_says(
    answers: list[str], minutes: int, sink: Sink, post: Post
) -> None:
    """The earliest wish counts: nobody waits for another's."""
    sink.rcpt |= dict(zip((ANN, BOB), answers, strict=False))
    addresses = (ANN, BOB)[: len(answers)]
    error = await fails(Attempt(post.mailer(sink)), letter(*addresses))
    assert error.next_retry_delay == timedelta(minutes=minutes)


async def test_pauses_grow_with_the_attempts(sink: Sink, post: Post) -> None:
    """The setting is the first pause, each later one is twice as long."""
    sink.rcpt[ANN] = "451 later"
    mailer = post.mailer(sink, retry_after="PT2M")
    pauses = [
        (await fails(Attempt(mailer, number=n), letter(ANN))).next_retry_delay for n in (1, 2, 3)
    ]
    assert pauses == [timedelta(minutes=m) for m in (2, 4, 8)]


# Order and pace


@pytest.mark.parametrize("connections", [1, 4])
async def test_an_acknowledgement_does_not_wait_behind_a_mass_letter(
    connections: int, sink: Sink, post: Post
) -> None:
    """It arrives while the server stalls on every connection that the mass letter has."""
    sink.hangs |= set(MANY)
    mailer = post.mailer(sink, connections=connections)
    mass = asyncio.create_task(post.deliver(mailer, letter(*MANY, key="user_notice.1")))
    await sink.hanging.wait()
    await post.deliver(mailer, letter(ANN, kind=Kind.ACKNOWLEDGEMENT, key="acknowledgement"))
    assert sink.reached == [ANN]
    assert not mass.done()

    sink.released.set()
    assert len((await mass).delivered) == 60
    assert sink.connections <= connections + 1


async def test_another_letter_goes_next(sink: Sink, post: Post) -> None:
    """What is not pressing has no connection of its own: the mass letter makes way for it."""
    sink.hangs.add(MANY[2])
    mailer = post.mailer(sink, connections=1)
    mass = asyncio.create_task(post.deliver(mailer, letter(*MANY, key="user_notice.1")))
    await sink.hanging.wait()
    usual = letter(ANN, kind=Kind.VENDOR_NOTICE, key="vendor_notice.1")
    told = asyncio.create_task(post.deliver(mailer, usual))
    await asyncio.sleep(0.01)
    sink.released.set()
    await asyncio.gather(mass, told)
    assert sink.reached.index(ANN) == 3


async def test_a_letter_keeps_to_the_pace(sink: Sink, post: Post) -> None:
    """Turns are asked for before letters leave, a second's worth at a time, and none in vain."""
    one = letter(*MANY)
    ledger = MemoryLedger(fates={identity(one, place): True for place in range(30)})
    await post.deliver(post.mailer(sink, ledger=ledger, per_minute=300), one)

    assert len(sink.received) == 30
    assert max(ledger.reserved) == 5
    assert 30 <= sum(ledger.reserved) <= 30 + 3 * 5


async def test_without_a_limit_nobody_asks_for_a_turn(sink: Sink, post: Post) -> None:
    """Letters then leave as fast as the server takes them."""
    ledger = MemoryLedger(down={"wait_for_turn"})
    await post.deliver(post.mailer(sink, ledger=ledger), letter(ANN))
    assert sink.reached == [ANN]
