"""Every recipient gets a letter once, whatever fails in between."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.common import RawValue

import activities.mail
from activities.ledger.claims import Claim
from activities.mail import Progress
from tacenda.converter import PLAIN
from tacenda.errands import Delivery
from tacenda.models import Kind
from tacenda.notices import render
from tests.activities.memory_ledger import MemoryLedger
from tests.activities.post import (
    ANN,
    BOB,
    CAT,
    NOW,
    Attempt,
    Post,
    fails,
    letter,
)
from tests.activities.sink import Sink


async def test_a_letter_reaches_everybody(sink: Sink, post: Post) -> None:
    """Each recipient gets one letter of their own, in order."""
    one = letter(ANN, BOB, CAT)
    delivery = await post.deliver(post.mailer(sink), one)

    assert sink.reached == [ANN, BOB, CAT]
    assert delivery.delivered == one.recipients
    assert delivery.failed == ()
    assert not delivery.held


async def test_a_letter_to_nobody_is_an_empty_delivery(post: Post) -> None:
    """Without recipients there is nothing to do, not even a connection to make."""
    nowhere = post.mailer(Sink(port=1))
    one = letter()
    assert await post.deliver(nowhere, one) == Delivery(letter=one.key)


@pytest.mark.parametrize("stage", ["rcpt", "data"])
async def test_one_refusal_does_not_stop_the_others(stage: str, sink: Sink, post: Post) -> None:
    """A recipient whom the server refuses for good is recorded; the others get the letter."""
    getattr(sink, stage)[BOB] = "550 5.1.1 no such user"
    one = letter(ANN, BOB, CAT)
    delivery = await post.deliver(post.mailer(sink), one)

    assert sink.reached == [ANN, CAT]
    assert delivery.failed == one.recipients[1:2]
    assert delivery.delivered == (one.recipients[0], one.recipients[2])


@pytest.mark.parametrize("stage", ["rcpt", "data"])
async def test_greylisting_resumes_at_the_right_recipient(
    stage: str, sink: Sink, post: Post
) -> None:
    """Those put off are tried later, on another worker too; nobody gets the letter twice."""
    getattr(sink, stage)[BOB] = "451 4.7.1 try again later"
    one = letter(ANN, BOB, CAT)
    ledger = MemoryLedger()
    error = await fails(Attempt(post.mailer(sink, ledger=ledger)), one)

    assert error.type == "MailDeferred"
    assert not error.non_retryable
    assert error.next_retry_delay == timedelta(minutes=1)
    assert sink.reached == [ANN, CAT]

    getattr(sink, stage).clear()
    delivery = await Attempt(post.mailer(sink, ledger=ledger)).deliver(one)
    assert sink.reached == [ANN, CAT, BOB]
    assert delivery.delivered == one.recipients


async def test_a_sender_put_off_is_tried_later(sink: Sink, post: Post) -> None:
    """A server that has no room just now refuses nobody for good."""
    sink.mail = "452 4.3.1 insufficient storage"
    attempt = Attempt(post.mailer(sink))

    assert (await fails(attempt, letter(ANN))).type == "MailDeferred"
    assert attempt.beats == []
    sink.mail = "250 OK"
    assert len((await attempt.deliver(letter(ANN))).delivered) == 1


async def test_a_refused_sender_blames_no_recipient(sink: Sink, post: Post) -> None:
    """A sender whom the server does not take is for a person to mend, and then goes out."""
    sink.mail = "550 5.7.1 not your address"
    attempt = Attempt(post.mailer(sink))
    error = await fails(attempt, letter(ANN))

    assert error.type == "MailRejected"
    assert not error.non_retryable
    assert error.next_retry_delay == timedelta(minutes=5)
    assert attempt.beats == []
    assert sink.received == []


async def test_a_server_that_wants_more_of_us_blames_no_recipient(sink: Sink, post: Post) -> None:
    """A refusal for want of a login or of encryption is not the recipient's, who has to wait."""
    sink.rcpt[ANN] = "530 5.7.0 must issue STARTTLS first"
    attempt = Attempt(post.mailer(sink))

    assert (await fails(attempt, letter(ANN))).type == "MailRejected"
    assert attempt.beats == []


@pytest.mark.parametrize("form", ["raw", "value", "plain"])
async def test_progress_is_read_in_every_form(form: str, sink: Sink, post: Post) -> None:
    """A worker reads the heartbeat whether or not its converter knew the type."""
    one = letter(ANN, BOB, CAT)
    progress = Progress(letter=one.key, delivered=(0,), failed=(2,))
    payload = PLAIN.payload_converter.to_payload(progress)
    detail = {"raw": RawValue(payload), "value": progress, "plain": progress.model_dump()}[form]
    delivery = await Attempt(post.mailer(sink), details=[detail]).deliver(one)

    assert sink.reached == [BOB]
    assert delivery.delivered == one.recipients[:2]
    assert delivery.failed == one.recipients[2:]


async def test_progress_of_another_letter_keeps_none_back(sink: Sink, post: Post) -> None:
    """A heartbeat that somebody copied from another letter says nothing of this one."""
    copied = Progress(letter="another.1", delivered=(0, 1))
    delivery = await Attempt(post.mailer(sink), details=[copied]).deliver(letter(ANN, BOB))

    assert sink.reached == [ANN, BOB]
    assert len(delivery.delivered) == 2


async def test_unreadable_progress_keeps_no_letter_back(sink: Sink, post: Post) -> None:
    """When the last heartbeat makes no sense, a repetition is better than silence."""
    delivery = await Attempt(post.mailer(sink), details=["nonsense", 7]).deliver(letter(ANN))

    assert sink.reached == [ANN]
    assert len(delivery.delivered) == 1


async def test_progress_of_an_earlier_version_is_kept(sink: Sink, post: Post) -> None:
    """What an earlier version left in its heartbeat is in the ledger from then on."""
    ledger, one = MemoryLedger(), letter(ANN, BOB, CAT)
    sink.rcpt[BOB] = "451 later"
    progress = Progress(letter=one.key, delivered=(0, 7), failed=(2,))
    await fails(Attempt(post.mailer(sink, ledger=ledger), details=[progress]), one)
    sink.rcpt.clear()
    delivery = await Attempt(post.mailer(sink, ledger=ledger)).deliver(one)

    assert sink.reached == [BOB]
    assert delivery.delivered == one.recipients[:2]
    assert delivery.failed == one.recipients[2:]


async def test_progress_of_an_earlier_version_outlives_a_ledger_that_is_down(
    sink: Sink, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the ledger has it, each heartbeat passes it on."""
    monkeypatch.setattr(activities.mail, "BEAT_SECONDS", 0)
    progress = Progress(letter=letter().key, delivered=(0,))
    attempt = Attempt(post.mailer(sink, ledger=SlowLedger(down={"claim"})), details=[progress])
    assert (await fails(attempt, letter(ANN))).type == "LedgerDown"

    assert set(attempt.beats) == {progress}


class SlowLedger(MemoryLedger):
    """One that takes its time to say that it is down."""

    async def claim(self, case: str, ids: Sequence[str]) -> list[Claim]:
        """Wait until a few heartbeats were sent."""
        for _ in range(10):
            await asyncio.sleep(0)
        return await super().claim(case, ids)


async def test_a_retry_repeats_nothing(sink: Sink, post: Post) -> None:
    """A retry repeats nothing, though no heartbeat was stored: the ledger knows."""
    sink.rcpt[BOB] = "451 later"
    mailer, one = post.mailer(sink), letter(ANN, BOB, CAT)
    await fails(Attempt(mailer), one)
    sink.rcpt.clear()
    delivery = await Attempt(mailer).deliver(one)

    assert sink.reached == [ANN, CAT, BOB]
    assert delivery.delivered == one.recipients


async def test_letters_are_known_one_by_one(sink: Sink, post: Post) -> None:
    """Another letter of the case, and the same letter of another case, still go out."""
    mailer = post.mailer(sink)
    for one in (letter(ANN), letter(ANN, key="release.1"), letter(ANN, case_id="case-2")):
        await post.deliver(mailer, one)

    assert sink.reached == [ANN, ANN, ANN]


async def test_a_hanging_server_is_not_a_dead_worker(
    sink: Sink, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the server keeps us waiting, heartbeats go on."""
    monkeypatch.setattr(activities.mail, "BEAT_SECONDS", 0.001)
    sink.hangs.add(ANN)
    attempt = Attempt(post.mailer(sink))

    def beat() -> None:
        attempt.beats.append(None)
        if len(attempt.beats) == 10 and sink.hanging.is_set():
            sink.released.set()
        elif not sink.hanging.is_set():
            attempt.beats.clear()

    attempt.environment.on_heartbeat = beat
    delivery = await attempt.deliver(letter(ANN))

    assert len(delivery.delivered) == 1
    assert len(attempt.beats) >= 10


async def test_heartbeats_end_with_the_letter(
    sink: Sink, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A letter that is delivered, or has failed, sends no heartbeat any more."""
    monkeypatch.setattr(activities.mail, "BEAT_SECONDS", 0)
    sink.rcpt[BOB] = "451 later"
    attempt = Attempt(post.mailer(sink))
    await attempt.deliver(letter(ANN))
    await fails(attempt, letter(BOB))
    beats = len(attempt.beats)
    await post.deliver(post.mailer(sink), letter(CAT))

    assert len(attempt.beats) == beats


async def test_a_letter_that_comes_too_late_is_held(sink: Sink, post: Post) -> None:
    """After its last instant a letter is not begun; at that instant it still is."""
    one = letter(ANN, not_after=NOW)
    late = post.mailer(sink, now=NOW + timedelta(microseconds=1))

    assert await post.deliver(late, one) == Delivery(letter=one.key, held=True)
    assert sink.senders == []
    assert len((await post.deliver(post.mailer(sink, now=NOW), one)).delivered) == 1


async def test_a_letter_that_was_begun_in_time_is_finished(sink: Sink, post: Post) -> None:
    """What some recipients already have, the others get as well, however late."""
    late = post.mailer(sink, now=NOW + timedelta(days=1))
    one = letter(ANN, BOB, not_after=NOW)
    delivery = await Attempt(late, details=[Progress(letter=one.key, delivered=(0,))]).deliver(one)

    assert not delivery.held
    assert delivery.delivered == one.recipients
    assert sink.reached == [BOB]


async def test_the_ledger_knows_that_a_letter_was_begun_in_time(sink: Sink, post: Post) -> None:
    """A letter that somebody has is finished late, though no heartbeat was stored."""
    ledger = MemoryLedger()
    mailer = post.mailer(sink, ledger=ledger)
    sink.rcpt[BOB] = "451 later"
    one = letter(ANN, BOB, not_after=NOW)
    await fails(Attempt(mailer), one)
    sink.rcpt.clear()
    late = post.mailer(sink, ledger=ledger, now=NOW + timedelta(days=1))
    delivery = await Attempt(late).deliver(one)

    assert not delivery.held
    assert sink.reached == [ANN, BOB]


async def test_a_letter_that_nobody_has_is_not_begun_late(sink: Sink, post: Post) -> None:
    """Attempts that reached nobody in time do not make a late letter one that was begun."""
    late = post.mailer(sink, now=NOW + timedelta(days=1))
    one = letter(ANN, BOB, not_after=NOW)
    delivery = await Attempt(late, details=[Progress(letter=one.key, failed=(0,))]).deliver(one)

    assert delivery == Delivery(letter=one.key, held=True)


async def test_a_broken_template_waits_to_be_mended(sink: Sink, post: Post, tmp_path: Path) -> None:
    """A template that cannot be filled in sends nothing, and goes out once it is mended."""
    template = tmp_path / "receipt.txt"
    template.write_text("Subject: Thank you\n\n{{ nonsense }}\n")
    attempt = Attempt(post.mailer(sink, render=render, templates=tmp_path))
    one = letter(ANN, kind=Kind.RECEIPT, text=None)
    error = await fails(attempt, one)

    assert error.type == "TemplateBroken"
    assert not error.non_retryable
    assert "receipt.txt" in str(error)
    assert sink.received == []
