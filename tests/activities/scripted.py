"""A mail server that says what a script tells it to, also what no honest one would."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.activities.sink import Sink

DROPS = "drops the connection"
SAYS_NOTHING = "says nothing"
THINKS = "250 taken, after a while"
TEXT = "TEXT"
"""What comes after DATA, as a command of the script."""

_POLITE = {
    "HELO": "250 hello",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "DATA": "354 go on",
    TEXT: "250 taken",
    "RSET": "250 OK",
    "QUIT": "221 bye",
}


@dataclass
class Scripted:
    """The server: `says` holds its answers by command, `to` those that differ by recipient.

    It takes a text wherever it said that it waits for one, and counts it as `received` unless
    it then refuses it. Of what comes after a lone dot instead of a text it takes nothing.
    """

    greeting: str = "220 scripted.example.org"
    extensions: tuple[str, ...] = ("PIPELINING",)
    says: dict[str, str] = field(default_factory=dict)
    to: dict[str, dict[str, str]] = field(default_factory=dict)

    tls: ssl.SSLContext | None = None

    port: int = 0
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    reads: list[bytes] = field(default_factory=list)
    received: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def reached(self) -> list[str]:
        """The recipients of the letters that it took, in order."""
        return [recipient for recipient, _ in self.received]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Scripted"]:
        """Listen until the end of the block."""
        tasks: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            tasks.add(task)
            self.connections += 1
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await _Session(self, reader, writer).talk()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def sink(self) -> Sink:
        """The server as the settings of a mailer need it: its port."""
        return Sink(port=self.port)


class _Session:
    """One connection."""

    def __init__(
        self, script: Scripted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._script, self._reader, self._writer = script, reader, writer
        self._recipient = ""
        self._buffer = b""

    async def talk(self) -> None:
        if not await self._say(self._script.greeting):
            return
        going_on = True
        while going_on:
            line = (await self._until(b"\r\n")).decode()
            verb = line[:4].upper()
            self._script.commands.append(verb)
            if verb == "RCPT":
                self._recipient = line.partition("<")[2].partition(">")[0]
            answer = self._answer(verb)
            going_on = await self._say(answer) and verb != "QUIT"
            if verb == "DATA" and answer.startswith("354"):
                going_on = await self._take()

    async def _take(self) -> bool:
        text = b""
        while not text.endswith(b"\r\n.\r\n") and text != b".\r\n":
            text += await self._until(b"\r\n")
        empty = text == b".\r\n"
        answer = "554 no valid recipients" if empty else self._answer(TEXT)
        self._script.commands.append("DOT" if empty else TEXT)
        if not empty and answer[:1] not in ("4", "5"):
            self._script.received.append((self._recipient, text))
        return await self._say(answer)

    def _answer(self, verb: str) -> str:
        if verb == "EHLO":
            names = ["hello", *self._script.extensions]
            lines = [f"250-{name}" for name in names[:-1]] + [f"250 {names[-1]}"]
            return self._script.says.get(verb, "\r\n".join(lines))
        polite = self._script.says.get(verb, _POLITE.get(verb, "502 not known"))
        return self._script.to.get(self._recipient, {}).get(verb, polite)

    async def _say(self, answer: str) -> bool:
        """Answer; return whether the connection goes on."""
        if answer == SAYS_NOTHING:
            return True
        if answer == THINKS:
            await asyncio.sleep(1.5)
        if answer == DROPS:
            self._writer.transport.abort()
            return False
        self._writer.write(answer.encode() + b"\r\n")
        await self._writer.drain()
        if answer.startswith("421"):
            self._writer.close()
            return False
        return True

    async def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            chunk = await self._reader.read(65536)
            if not chunk:
                raise ConnectionError
            self._script.reads.append(chunk)
            self._buffer += chunk
        found, _, self._buffer = self._buffer.partition(end)
        return found + end
