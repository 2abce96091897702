"""A mail server that stalls, drops, refuses and lies, and remembers every letter it took."""

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import StrEnum
from functools import cached_property
from typing import Any, Self, TypeVar

from tests.e2e.programs import free_port
from tests.e2e.running import PATIENCE

T = TypeVar("T")
HELLO = b"post.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 10000000"


class Mood(StrEnum):
    """How the server treats its clients, until it is at peace again."""

    PEACE = "takes every letter"
    DEAF = "hangs up on whoever connects"
    DUMB = "greets nobody"
    BUSY = "421 to whoever connects"
    UNWILLING = "554 to whoever connects"
    SENDER_LATER = "451 to the sender"
    SENDER_NEVER = "550 to the sender"
    GREYLISTS = "451 to every recipient"
    STALLS = "waits with what it says of a recipient"
    DROPS_BEFORE = "hangs up before the letter"
    DROPS_DURING = "hangs up in the middle of the letter"
    DROPS_AFTER = "takes the letter and hangs up"
    LIES = "takes the letter and says nothing"
    FULL = "452 after the letter"


@dataclass(frozen=True)
class Taken:
    """A letter that the server has, whether or not it said so; on which connection it came."""

    at: datetime
    connection: int
    to: str
    raw: bytes = field(repr=False)

    @cached_property
    def message(self) -> EmailMessage:
        """The letter."""
        return message_from_bytes(self.raw, _class=EmailMessage, policy=default)

    @cached_property
    def kind(self) -> str:
        """Which letter of a case it is."""
        return str(self.message["X-Tacenda-Kind"])

    @cached_property
    def message_id(self) -> str:
        """Its identity."""
        return str(self.message["Message-ID"])

    @cached_property
    def header_to(self) -> str:
        """To whom it says that it is."""
        return str(self.message["To"].addresses[0].addr_spec)

    @cached_property
    def subject(self) -> str:
        """Its subject."""
        return str(self.message["Subject"])

    @cached_property
    def body(self) -> str:
        """Its text."""
        text = self.message.get_body()
        assert text is not None
        payload = text.get_payload(decode=True)
        assert isinstance(payload, bytes)
        return payload.decode().replace("\r\n", "\n")

    @cached_property
    def digest(self) -> str:
        """What identifies its text."""
        return hashlib.sha256(self.body.encode()).hexdigest()


class HungUp(Exception):
    """The server has had enough of a client."""


class Hostile:
    """The server, in a thread. Nobody has a mailbox who is in `unknown`.

    `broken` counts the letters that it took without saying so; `unconfirmed`, by recipient, those
    of which a client cannot know whether it did. Every letter takes it `pause` seconds.
    """

    def __init__(self, unknown: frozenset[str] = frozenset(), pause: float = 0.01) -> None:
        self.port = free_port()
        self.taken: list[Taken] = []
        self.broken = 0
        self.unconfirmed: Counter[str] = Counter()
        self.struck: dict[Mood, int] = {}
        self._unknown = unknown
        self._pause = pause
        self._mood = Mood.PEACE
        self._connections = 0
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._sessions: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._session, "127.0.0.1", self.port))
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def turn(self, mood: Mood) -> None:
        """Change the mood; who waits because of the last one is answered, or hung up on."""

        async def change() -> None:
            self._mood = mood
            self._over.set()
            self._over = asyncio.Event()

        self._run(change())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _close(self) -> None:
        self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._sessions.add(task)
        self._connections += 1
        try:
            await _Session(self, self._connections, reader, writer).serve()
        except (HungUp, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            writer.close()
            self._sessions.discard(task)

    def is_in(self, *moods: Mood) -> bool:
        """Whether it is in one of these moods; then that has struck somebody."""
        if self._mood in moods:
            self.struck[self._mood] = self.struck.get(self._mood, 0) + 1
        return self._mood in moods

    async def peace(self) -> None:
        """Wait until the mood is another."""
        await self._over.wait()

    def knows(self, address: str) -> bool:
        """Whether there is such a mailbox."""
        return address not in self._unknown

    async def take(self, connection: int, recipients: list[str], raw: bytes) -> None:
        """Have a letter, for good."""
        now = datetime.now(UTC)
        self.taken += [Taken(now, connection, to, raw) for to in recipients]
        await asyncio.sleep(self._pause)


@dataclass
class _Session:
    """One connection, from its greeting to its end."""

    post: Hostile
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    recipients: list[str] = field(default_factory=list)

    async def serve(self) -> None:
        post = self.post
        if post.is_in(Mood.DEAF):
            raise HungUp
        if post.is_in(Mood.DUMB):
            await post.peace()
            raise HungUp
        if post.is_in(Mood.BUSY):
            await self._say(b"421 not now")
            raise HungUp
        if post.is_in(Mood.UNWILLING):
            await self._say(b"554 no mail here")
            raise HungUp
        await self._say(b"220 post.example.org ESMTP")
        while line := await self.reader.readline():
            await self._answer(line)

    async def _say(self, what: bytes) -> None:
        self.writer.write(what + b"\r\n")
        await self.writer.drain()

    async def _answer(self, line: bytes) -> None:
        word = line[:4].upper()
        if word == b"EHLO":
            await self._say(b"250-" + HELLO)
        elif word == b"MAIL":
            await self._sender()
        elif word == b"RCPT":
            await self._recipient(line)
        elif word == b"DATA":
            await self._letter()
        elif word == b"QUIT":
            await self._say(b"221 bye")
            raise HungUp
        else:
            self.recipients = []
            await self._say(b"250 OK")

    async def _sender(self) -> None:
        self.recipients = []
        if self.post.is_in(Mood.SENDER_LATER):
            await self._say(b"451 later")
        elif self.post.is_in(Mood.SENDER_NEVER):
            await self._say(b"550 never")
        else:
            await self._say(b"250 OK")

    async def _recipient(self, line: bytes) -> None:
        address = line.partition(b"<")[2].partition(b">")[0].decode()
        if self.post.is_in(Mood.STALLS):
            await self.post.peace()
        if self.post.is_in(Mood.GREYLISTS):
            await self._say(b"451 come back later")
        elif not self.post.knows(address):
            await self._say(b"550 no such mailbox")
        else:
            self.recipients.append(address)
            await self._say(b"250 OK")

    async def _letter(self) -> None:
        if not self.recipients:
            await self._say(b"503 to whom?")
            return
        if self.post.is_in(Mood.DROPS_BEFORE):
            raise HungUp
        await self._say(b"354 go on")
        if self.post.is_in(Mood.DROPS_DURING):
            self.post.unconfirmed.update(self.recipients)
            await self.reader.readline()
            raise HungUp
        raw = (await self.reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
        if self.post.is_in(Mood.FULL):
            await self._say(b"452 no room")
            return
        recipients, self.recipients = self.recipients, []
        await self.post.take(self.number, recipients, raw)
        await self._own_up(recipients)

    async def _own_up(self, recipients: list[str]) -> None:
        """Say that it has the letter, unless it is in no mood for that."""
        if self.post.is_in(Mood.LIES):
            self.post.broken += 1
            self.post.unconfirmed.update(recipients)
            await self.post.peace()
            raise HungUp
        if self.post.is_in(Mood.DROPS_AFTER):
            self.post.broken += 1
            self.post.unconfirmed.update(recipients)
            raise HungUp
        await self._say(b"250 OK")
