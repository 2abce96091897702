"""The mail catcher: an SMTP server that keeps every letter, and a page to read them.

Both listen on sockets that they are given, bound to the loopback interface. Nothing that
comes in here leaves the machine.
"""

import asyncio
import logging
from socket import socket
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from tacenda.local.maildir import Maildir
from tacenda.local.mailpage import app
from tacenda.serving import Served

log = logging.getLogger(__name__)

MAX_LETTER_BYTES = 64 * 1024 * 1024


class Catcher:
    """SMTP on one socket, the page on the other, one Maildir behind both."""

    def __init__(self, maildir: Maildir, smtp: socket, page: socket) -> None:
        """Take two sockets that are bound already; nothing is served yet."""
        self._maildir = maildir
        self._socket = smtp
        self._sessions: WeakSet[SMTP] = WeakSet()
        self._smtp: asyncio.Server | None = None
        self._page = Served(app(maildir), page, "mail page")

    async def start(self) -> None:
        """Accept letters, and show them."""
        loop = asyncio.get_running_loop()
        self._smtp = await loop.create_server(self._session, sock=self._socket)
        await self._page.start()

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
        await self._page.stop()
        self._socket.close()


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
