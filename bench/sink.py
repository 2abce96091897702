"""A mail server that takes every letter at once, and remembers when it did."""

import asyncio
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

PATIENCE = 60.0


@dataclass(frozen=True)
class Arrival:
    """One letter to one mailbox: when (`time.perf_counter`, seconds) and how long (bytes)."""

    at: float
    recipient: str
    size: int


class Sink:
    """The server, on a free port of the loopback interface."""

    def __init__(self) -> None:
        """Take nothing yet."""
        self.port = 0
        self.arrivals: list[Arrival] = []
        self._server: asyncio.Server | None = None
        self._sessions: list[SMTP] = []
        self._arrived = asyncio.Condition()

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.get_running_loop().create_server(self._session, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Hang up."""
        if self._server:
            self._server.close()
        for session in self._sessions:
            if session.transport:
                session.transport.close()

    async def until(self, count: int, patience: float = PATIENCE) -> float:
        """Wait until `count` letters are here; return when the last of them came."""
        async with asyncio.timeout(patience), self._arrived:
            await self._arrived.wait_for(lambda: len(self.arrivals) >= count)
        return self.arrivals[count - 1].at

    def _session(self) -> SMTP:
        session = SMTP(self, hostname="localhost", enable_SMTPUTF8=True)
        self._sessions.append(session)
        return session

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a letter."""
        size = len(envelope.content or b"")
        now = time.perf_counter()
        async with self._arrived:
            self.arrivals += [Arrival(now, str(to), size) for to in envelope.rcpt_tos]
            self._arrived.notify_all()
        return "250 OK"
