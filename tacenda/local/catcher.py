"""The mail catcher: an SMTP server that keeps every letter, and a page to read them.

Both listen on sockets that they are given, bound to the loopback interface. Nothing that
comes in here leaves the machine.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from socket import socket
from weakref import WeakSet

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from tacenda.local.maildir import Maildir
from tacenda.local.mailpage import app

log = logging.getLogger(__name__)

MAX_LETTER_BYTES = 64 * 1024 * 1024


class Catcher:
    """SMTP on one socket, the page on the other, one Maildir behind both."""

    def __init__(self, maildir: Maildir, smtp: socket, page: socket) -> None:
        """Take two sockets that are bound already; nothing is served yet."""
        self._maildir = maildir
        self._sockets = (smtp, page)
        self._sessions: WeakSet[SMTP] = WeakSet()
        self._smtp: asyncio.Server | None = None
        self._page = _Page(_configuration(maildir))
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Accept letters, and show them."""
        smtp, page = self._sockets
        self._smtp = await asyncio.get_running_loop().create_server(self._session, sock=smtp)
        self._serving = asyncio.create_task(self._page.serve(sockets=[page]), name="mail page")
        while not self._page.started and not self._serving.done():
            await asyncio.sleep(0.01)
        if self._serving.done():
            await self._serving

    def _session(self) -> SMTP:
        session = SMTP(
            _Delivery(self._maildir),
            data_size_limit=MAX_LETTER_BYTES,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="Tacenda mail catcher",
            loop=asyncio.get_running_loop(),
        )
        self._sessions.add(session)
        return session

    async def stop(self) -> None:
        """Accept and show nothing more."""
        if self._smtp:
            self._smtp.close()
        for session in self._sessions:
            if session.transport:
                session.transport.close()
        self._page.should_exit = True
        if self._serving:
            await asyncio.gather(self._serving, return_exceptions=True)
        for sock in self._sockets:
            sock.close()


class _Delivery:
    """What happens to a letter that came in."""

    def __init__(self, maildir: Maildir) -> None:
        self._maildir = maildir

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        letter = content.encode() if isinstance(content, str) else content or b""
        recipients = [str(recipient) for recipient in envelope.rcpt_tos]
        sender = str(envelope.mail_from or "")
        try:
            await asyncio.to_thread(self._maildir.store, sender, recipients, letter)
        except OSError as error:
            log.warning("a letter could not be stored: %s", error)
            return "452 4.3.1 The letter could not be stored"
        return "250 2.0.0 Stored"


class _Page(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _configuration(maildir: Maildir) -> uvicorn.Config:
    return uvicorn.Config(
        app(maildir),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        http="h11",
        ws="none",
        timeout_graceful_shutdown=1,
    )
