"""A mail server on a free loopback port that misbehaves as it is told to."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(frozen=True)
class Received:
    """One letter as it arrived."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        """The letter as a mail program reads it."""
        message = BytesParser(EmailMessage, policy=default).parsebytes(self.raw)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def body(self) -> bytes:
        """The body as a mail program decodes it, with line ends as Unix writes them."""
        decoded = self.message.get_payload(decode=True)
        assert isinstance(decoded, bytes)
        return decoded.replace(b"\r\n", b"\n")


@dataclass
class Sink:
    """The server; its fields say how it behaves, and what it has seen.

    `rcpt` and `data` hold answers by recipient, `mail` the answer to the sender. It hangs
    on the recipients in `hangs` until `released`. A letter has at most `size` bytes.
    """

    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    login: tuple[str, str] | None = None
    utf8: bool = False
    size: int = 32 * 1024 * 1024

    mail: str = "250 OK"
    rcpt: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    drops_after_data: set[str] = field(default_factory=set)
    drops_second_mail: bool = False
    hangs: set[str] = field(default_factory=set)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    hanging: asyncio.Event = field(default_factory=asyncio.Event)

    port: int = 0
    connections: int = 0
    resets: int = 0
    senders: list[str] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    _sessions: list[SMTP] = field(default_factory=list)

    @property
    def reached(self) -> list[str]:
        """The recipients of the letters that arrived, in order."""
        return [address for letter in self.received for address in letter.recipients]

    async def abandoned(self) -> None:
        """Wait until no connection is left."""
        async with asyncio.timeout(10):
            while any(session.transport for session in self._sessions):
                await asyncio.sleep(0.001)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Sink"]:
        """Listen until the end of the block."""
        server = await asyncio.get_running_loop().create_server(
            self._session, "127.0.0.1", 0, ssl=self.tls if self.implicit_tls else None
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.released.set()
            server.close()
            self.hang_up()
            tasks = [s._handler_coroutine for s in self._sessions if s._handler_coroutine]
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)

    def hang_up(self) -> None:
        """Close every connection, as a server does with those that stay idle."""
        for session in self._sessions:
            if session.transport and not session.transport.is_closing():
                _transport_of(session).write(b"421 4.4.2 idle for too long\r\n")
                session.transport.close()

    def _session(self) -> SMTP:
        self.connections += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a login without TLS is what we want to try
            session = SMTP(
                _Handler(self),
                hostname="sink.example.org",
                tls_context=None if self.implicit_tls else self.tls,
                authenticator=self._knows if self.login else None,
                auth_required=self.login is not None,
                auth_require_tls=False,
                enable_SMTPUTF8=self.utf8,
                data_size_limit=self.size,
            )
        self._sessions.append(session)
        return session

    def _knows(self, *arguments: Any) -> AuthResult:
        given = arguments[-1]
        known = isinstance(given, LoginPassword) and self.login == (
            given.login.decode(),
            given.password.decode(),
        )
        # Not handled: otherwise a client whose login fails waits for an answer for ever.
        return AuthResult(success=known, handled=False)


def _transport_of(session: SMTP) -> asyncio.Transport:
    assert isinstance(session.transport, asyncio.Transport)
    return session.transport


class _Handler:
    """What the server answers within one session."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._used = False

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._used and self._sink.drops_second_mail:
            _transport_of(server).abort()
        self._used = True
        self._sink.senders.append(address)
        if self._sink.mail.startswith("250"):
            envelope.mail_from = address
        return self._sink.mail

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._sink.hangs:
            self._sink.hanging.set()
            await self._sink.released.wait()
        answer = self._sink.rcpt.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._sink.resets += 1
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        recipient = envelope.rcpt_tos[0]
        answer = self._sink.data.get(recipient, "250 OK")
        if not answer.startswith("250"):
            return answer
        assert isinstance(envelope.content, bytes)
        assert envelope.mail_from is not None
        encrypted = _transport_of(server).get_extra_info("sslcontext") is not None
        self._sink.received.append(
            Received(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content, encrypted)
        )
        if recipient in self._sink.drops_after_data:
            _transport_of(server).abort()
        return answer
