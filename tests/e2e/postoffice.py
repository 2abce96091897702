"""A mail server outside every stack, in a thread: it can be closed, and hang with a letter."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.e2e.machine import Letter
from tests.e2e.programs import free_port
from tests.e2e.running import PATIENCE

T = TypeVar("T")


class PostOffice:
    """The server; it keeps its port and its letters, closed or open.

    It hangs on the first letter of each kind in `hangs_on`: it has taken the letter, and
    does not answer before `release`.
    """

    def __init__(self, *hangs_on: str) -> None:
        self.port = free_port()
        self.connections = 0
        self.letters: list[Letter] = []
        self.hanging = threading.Event()
        self._hangs_on = set(hangs_on)
        self._loop = asyncio.new_event_loop()
        self._sessions: list[SMTP] = []
        self._released = asyncio.Event()

    @property
    def settings(self) -> str:
        """The table of a tacenda.toml that sends every letter here."""
        return f'[mail]\nhost = "127.0.0.1"\nport = {self.port}\nsecurity = "none"\n'

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Listen until the end of the block."""
        server = self._run(self._listen())
        try:
            yield
        finally:
            self._run(self._hang_up(server))

    def release(self) -> None:
        """Answer those who wait."""
        self._loop.call_soon_threadsafe(self._released.set)

    def wait_until_hanging(self) -> None:
        """Wait until a letter is in our hands and nobody has been told."""
        assert self.hanging.wait(PATIENCE), "waited in vain for the letter to hang on"

    def kinds(self, to: str) -> list[str]:
        """Return the kinds of the letters to an address, in order."""
        return [letter.kind for letter in self.letters if letter.to == to]

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(self._session, "127.0.0.1", self.port)

    async def _hang_up(self, server: asyncio.Server) -> None:
        server.close()
        for session in self._sessions:
            if isinstance(session.transport, asyncio.Transport):
                session.transport.abort()
        tasks = [s._handler_coroutine for s in self._sessions if s._handler_coroutine]
        await asyncio.gather(*tasks, return_exceptions=True)
        self._sessions.clear()

    def _session(self) -> SMTP:
        self.connections += 1
        self._sessions.append(SMTP(self, hostname="post.example.org", enable_SMTPUTF8=True))
        return self._sessions[-1]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a letter, and perhaps say nothing."""
        assert isinstance(envelope.content, bytes)
        letters = [Letter.of(envelope.content, to) for to in envelope.rcpt_tos]
        self.letters += letters
        for kind in {letter.kind for letter in letters} & self._hangs_on:
            self._hangs_on.discard(kind)
            self.hanging.set()
            await self._released.wait()
        return "250 OK"
