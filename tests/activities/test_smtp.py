"""The way to the mail server: connections, encryption, login, and servers that fail."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from tacenda.tables import Mail
from tests.activities.post import ANN, BOB, CAT, Attempt, Post, fails, letter
from tests.activities.sink import Sink


def keys(count: int) -> list[str]:
    """Return the keys of so many different letters."""
    return [f"vendor_notice.{number}" for number in range(count)]


async def test_letters_share_a_connection(sink: Sink, post: Post) -> None:
    """Recipients and letters that follow each other go over one connection."""
    mailer = post.mailer(sink)
    for key in keys(3):
        await post.deliver(mailer, letter(ANN, BOB, key=key))

    assert len(sink.received) == 6
    assert sink.connections == 1
    assert sink.resets == 0


async def test_refusals_keep_the_connection(sink: Sink, post: Post) -> None:
    """After a refusal the connection serves the next recipient as if nothing had been."""
    sink.rcpt[ANN] = "550 no"
    sink.data[BOB] = "554 not this"
    mailer = post.mailer(sink)
    for key in keys(2):
        await post.deliver(mailer, letter(ANN, BOB, CAT, key=key))

    assert sink.reached == [CAT, CAT]
    assert sink.connections == 1
    assert sink.resets == 4


async def test_many_letters_at_once_share_a_few_connections(sink: Sink, post: Post) -> None:
    """The worst day opens no more connections than the server was promised."""
    mailer = post.mailer(sink)
    letters = [letter(ANN, BOB, key=key) for key in keys(20)]
    await asyncio.gather(*(post.deliver(mailer, one) for one in letters))

    assert len(sink.received) == 40
    assert sink.connections <= Mail().connections + 1


async def test_a_connection_closed_while_idle_costs_nothing(sink: Sink, post: Post) -> None:
    """A server that hung up in the meantime is called again, within the same attempt."""
    mailer = post.mailer(sink)
    for key in keys(3):
        await post.deliver(mailer, letter(ANN, key=key))
        sink.hang_up()

    assert len(sink.received) == 3
    assert sink.connections == 3


async def test_a_connection_that_ends_unnoticed_costs_nothing(sink: Sink, post: Post) -> None:
    """A server that drops a kept connection when we use it is called again as well."""
    sink.drops_second_mail = True
    await post.deliver(post.mailer(sink), letter(ANN, BOB, CAT))

    assert sink.reached == [ANN, BOB, CAT]
    assert sink.connections == 3


async def test_a_server_that_is_not_there_is_tried_again(post: Post) -> None:
    """A refused connection fails this attempt only, and at the pace of the retry policy."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        error = await failure(post, Sink(port=port))

    assert error.type == "MailUnavailable"
    assert not error.non_retryable
    assert error.next_retry_delay is None


async def test_a_connection_lost_after_the_text_repeats_at_most_that_one(
    sink: Sink, post: Post
) -> None:
    """When nobody can know whether a letter was taken, it comes again under the same id."""
    sink.drops_after_data.add(BOB)
    mailer = post.mailer(sink)
    error = await fails(Attempt(mailer), letter(ANN, BOB, CAT))
    assert error.type == "MailUnavailable"
    assert error.next_retry_delay == timedelta(minutes=1)
    assert sink.reached == [ANN, BOB, CAT]

    sink.drops_after_data.clear()
    delivery = await Attempt(mailer).deliver(letter(ANN, BOB, CAT))
    assert len(delivery.delivered) == 3
    assert sink.reached == [ANN, BOB, CAT, BOB]
    assert sink.received[1].raw == sink.received[3].raw


async def test_a_server_that_hangs_is_given_up(sink: Sink, post: Post) -> None:
    """After the time-out the attempt fails for want of a server; no recipient is blamed."""
    sink.hangs.add(ANN)
    assert (await failure(post, sink, timeout=0.2)).type == "MailUnavailable"

    sink.released.set()
    await post.deliver(post.mailer(sink), letter(ANN))
    assert sink.reached == [ANN]


async def test_a_cancelled_letter_leaves_no_answers_behind(sink: Sink, post: Post) -> None:
    """The answer to a letter broken off is not taken for the answer to the next one."""
    sink.hangs.add(ANN)
    mailer = post.mailer(sink)
    attempt = Attempt(mailer)
    sending = asyncio.create_task(attempt.deliver(letter(ANN)))
    await sink.hanging.wait()
    attempt.environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await sink.abandoned()

    sink.rcpt[BOB] = "550 no"
    delivery = await post.deliver(mailer, letter(BOB, CAT))
    assert [r.address for r in delivery.failed] == [BOB]
    assert sink.reached == [CAT]
    assert sink.connections == 2


async def test_closing_says_goodbye(sink: Sink, post: Post) -> None:
    """A mailer that was closed has no connection, and makes one when it is needed again."""
    mailer = post.mailer(sink)
    await post.deliver(mailer, letter(ANN))
    await mailer.close()
    await sink.abandoned()
    await mailer.close()
    await post.deliver(mailer, letter(BOB))

    assert sink.reached == [ANN, BOB]
    assert sink.connections == 2


async def test_a_greeting_that_asks_for_patience_is_tried_again(post: Post) -> None:
    """A server that is too busy to talk is not misconfigured; one that never will is."""
    async with greeting("421 4.3.2 too busy") as busy:
        assert (await failure(post, busy)).type == "MailUnavailable"
    async with greeting("554 5.7.1 go away") as closed:
        assert (await failure(post, closed)).type == "MailRejected"


@asynccontextmanager
async def greeting(line: str) -> AsyncIterator[Sink]:
    """Yield a server that says one line to whoever calls, and hangs up."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(line.encode() + b"\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        yield Sink(port=server.sockets[0].getsockname()[1])


# Encryption


async def test_letters_go_out_encrypted(
    certificate: tuple[Path, Path],
    server_tls: ssl.SSLContext,
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With STARTTLS and with TLS from the start, no letter travels in the clear."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    for security in ("starttls", "tls"):
        async with Sink(tls=server_tls, implicit_tls=security == "tls").running() as sink:
            mailer = post.mailer(sink, security=security)
            await post.deliver(mailer, letter(ANN))
            await post.deliver(mailer, letter(BOB))
            await mailer.close()
            assert [received.encrypted for received in sink.received] == [True, True]
            assert sink.connections == 1


async def test_without_starttls_nothing_is_sent(sink: Sink, post: Post) -> None:
    """A server that offers no encryption gets no letter, and not even the sender."""
    error = await failure(post, sink, security="starttls")

    assert error.type == "MailRejected"
    assert not error.non_retryable
    assert error.next_retry_delay == timedelta(minutes=5)
    assert sink.senders == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_an_unknown_certificate_gets_no_letter(
    security: str, server_tls: ssl.SSLContext, post: Post
) -> None:
    """A server that cannot prove who it is gets nothing."""
    async with Sink(tls=server_tls, implicit_tls=security == "tls").running() as sink:
        error = await failure(post, sink, security=security)
        assert error.type == "MailRejected"
        assert sink.senders == []


# Login


@pytest.fixture
async def guarded() -> AsyncIterator[Sink]:
    """A mail server that wants a login."""
    async with Sink(login=("tacenda", "a password")).running() as sink:
        yield sink


async def test_letters_go_out_after_login(guarded: Sink, post: Post, tmp_path: Path) -> None:
    """The password comes from the settings or from the file that they name."""
    (tmp_path / "password").write_text("a password\n")
    for secret in ({"password": "a password"}, {"password_file": tmp_path / "password"}):
        mailer = post.mailer(guarded, username="tacenda", **secret)
        await post.deliver(mailer, letter(ANN))
        await mailer.close()

    assert guarded.reached == [ANN, ANN]


async def test_a_refused_login_sends_nothing(guarded: Sink, post: Post) -> None:
    """A wrong password, or none, waits for a person to mend it and quotes nothing."""
    wrong = await failure(post, guarded, username="tacenda", password="wrong-password")
    missing = await failure(post, guarded)
    unreadable = await failure(
        post, guarded, username="tacenda", password_file=Path("/nonexistent/file")
    )

    for error in (wrong, missing, unreadable):
        assert error.type == "MailRejected"
        assert error.next_retry_delay == timedelta(minutes=5)
        assert "wrong-password" not in str(error)
    assert "535" in str(wrong)
    assert guarded.received == []


async def test_a_server_without_login_sends_nothing(sink: Sink, post: Post) -> None:
    """A login that the server does not offer is not left out."""
    error = await failure(post, sink, username="tacenda", password="a password")

    assert error.type == "MailRejected"
    assert sink.senders == []


async def failure(post: Post, sink: Sink, **mail: Any) -> ApplicationError:
    """Return the error with which a letter over `sink` fails."""
    mailer = post.mailer(sink, **mail)
    with pytest.raises(ApplicationError) as caught:
        await post.deliver(mailer, letter(ANN))
    await mailer.close()
    return caught.value
