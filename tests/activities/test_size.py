"""A letter that is too large for a server, or for one recipient's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tacenda.enclosures import MAX_ATTACHED_BYTES, Attachment
from tacenda.errands import Letter
from tests.activities.post import ANN, BOB, CAT, Attempt, Post, fails, letter
from tests.activities.sink import Sink


def with_a_file(*addresses: str) -> Letter:
    """Return a letter with as much attached as one may have."""
    return letter(*addresses, attachments=(Attachment.of("fix.patch", bytes(MAX_ATTACHED_BYTES)),))


async def test_a_letter_that_the_server_has_no_room_for_fails_for_good(post: Post) -> None:
    """Every recipient is recorded as failed, and the connection serves the next letter."""
    async with Sink(size=1024 * 1024).running() as sink:
        mailer, one = post.mailer(sink), with_a_file(ANN, BOB)
        delivery = await post.deliver(mailer, one)
        await post.deliver(mailer, letter(CAT))
        await mailer.close()

    assert delivery.failed == one.recipients
    assert sink.reached == [CAT]
    assert sink.connections == 1


async def test_a_letter_just_within_the_size_goes_out(sink: Sink, post: Post) -> None:
    """What the server announces is what it takes, to the byte."""
    await post.deliver(post.mailer(sink), letter(ANN))
    size = len(sink.received[0].raw)
    for room, reached in ((size, [ANN]), (size - 1, []), (0, [ANN])):
        async with Sink(size=room).running() as tight:
            mailer = post.mailer(tight)
            await post.deliver(mailer, letter(ANN))
            await mailer.close()
            assert tight.reached == reached


@pytest.mark.parametrize("stage", ["rcpt", "data"])
async def test_a_size_refused_unannounced_fails_for_that_recipient(
    stage: str, sink: Sink, post: Post
) -> None:
    """A recipient whose own server takes no such letter is recorded; the others get it."""
    getattr(sink, stage)[BOB] = "552 5.3.4 message size exceeds fixed limit"
    one = with_a_file(ANN, BOB, CAT)
    delivery = await post.deliver(post.mailer(sink), one)

    assert sink.reached == [ANN, CAT]
    assert delivery.failed == one.recipients[1:2]


async def test_a_server_that_would_hang_up_on_a_large_letter_is_not_tried(post: Post) -> None:
    """Where the announced size is passed, no attempt breaks off, to be repeated for ever."""
    async with impatient("SIZE 1000") as sink:
        mailer, one = post.mailer(sink), with_a_file(ANN, BOB)
        delivery = await post.deliver(mailer, one)
        await mailer.close()

    assert delivery.failed == one.recipients


@pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE unlimited", "SIZE 99999999", "HELP"])
async def test_a_server_without_such_a_limit_is_tried(size: str, post: Post) -> None:
    """A size of nothing is no limit; where it hangs up all the same, nobody has failed."""
    async with impatient(size) as sink:
        attempt = Attempt(post.mailer(sink))
        error = await fails(attempt, with_a_file(ANN))

    assert error.type == "MailUnavailable"
    assert attempt.beats == []


@asynccontextmanager
async def impatient(size: str) -> AsyncIterator[Sink]:
    """Yield a server that announces `size`, and hangs up when it is to read a letter."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink.example.org\r\n")
        async for line in reader:
            command = line[:4].upper()
            if command in (b"DATA", b"QUIT"):
                break
            answer = f"250-hello\r\n250 {size}\r\n" if command == b"EHLO" else "250 OK\r\n"
            writer.write(answer.encode())
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield Sink(port=server.sockets[0].getsockname()[1])
