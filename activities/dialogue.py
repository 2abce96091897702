"""The talk with a mail server about one letter (RFC 5321), in one go where it takes that.

The library that calls the server, encrypts and logs in reads one answer for each command. From
there on we read ourselves, so that several commands can be on their way (RFC 2920).
"""

import asyncio
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from activities.answers import (
    CLOSING,
    NO_SUCH_MAILBOX,
    TOO_LARGE,
    Answer,
    Lost,
    Verdict,
)
from activities.envelope import Envelope

LONGEST_ANSWER = 32 * 1024
MOST_ANSWERS = 16
_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_DONE = b".\r\n"
_GO_ON = 354


@dataclass(repr=False)
class Handover:
    """An envelope on its way: `is_out` once all of it is, so that the server may have it."""

    envelope: Envelope
    is_out: bool = False


class Unwanted(Exception):
    """The server wants no letter of ours, or not like that."""

    def __init__(self, code: int) -> None:
        """Keep the code alone: what it says may quote an address."""
        super().__init__()
        self.code = code


class Wire(asyncio.Protocol):
    """A connection that is ready for letters: commands go out, answers come back in order."""

    def __init__(self, transport: asyncio.Transport, extensions: Mapping[str, str]) -> None:
        """Take over a connection, and what the server said it can do."""
        self.takes_utf8 = "smtputf8" in extensions
        self.takes_many = "pipelining" in extensions
        self.heard = 0
        self.used_at = 0.0
        self._most = _size_from(extensions.get("size", ""))
        self._transport = transport
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._answers: deque[Answer] = deque()
        self._over = "ConnectionClosed" if transport.is_closing() else ""
        self._waiter: asyncio.Future[None] | None = None
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Whether there is somebody to talk to, as far as we know."""
        return not self._over and not self._transport.is_closing()

    @property
    def is_fit(self) -> bool:
        """Whether a letter can begin: nothing is broken, and nothing was said unasked."""
        return self.is_open and not (self._answers or self._buffer or self._lines)

    def takes(self, size: int) -> bool:
        """Whether the server did not say (RFC 1870) that it takes no letter of this size.

        One that we sent all the same might just hang up on us, again at every attempt.
        """
        return self._most == 0 or size <= self._most

    def write(self, *pieces: bytes) -> None:
        """Send, or let the next answer say that the connection is over."""
        if not self._over:
            self._transport.writelines(pieces)

    async def ask(self, command: str) -> Answer:
        """Send one command and return the answer."""
        self.write(_line(command))
        return await self.answer()

    async def answer(self) -> Answer:
        """Return the next answer. Raises `Lost` where there is none any more."""
        while not self._answers:
            if self._over:
                raise Lost(self._over)
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        self.heard += 1
        answer = self._answers.popleft()
        if answer.code == CLOSING:
            self.close()
        return answer

    def close(self) -> None:
        """Hang up, without a word: answers that are still to come would be mistaken."""
        self._end("ConnectionClosed")
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what the server says."""
        if self._over:
            return
        self._buffer += data
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = rest
        for line in lines:
            self._read(bytes(line).rstrip(b"\r"))
        if len(rest) + sum(map(len, self._lines)) > LONGEST_ANSWER:
            self._end("AnswerTooLong")
        if len(self._answers) > MOST_ANSWERS:
            self._end("TooManyAnswers")
        self._wake()

    def eof_received(self) -> bool:
        """Let the connection close."""
        self._end("ConnectionClosed")
        return False

    def connection_lost(self, _error: Exception | None) -> None:
        """Note that nothing more will come."""
        self._end("ConnectionLost")

    def _read(self, line: bytes) -> None:
        found = _LINE.fullmatch(line)
        if found is None or self._over:
            self._end("AnswerMalformed")
            return
        self._lines.append((found[3] or b"").decode("utf-8", "replace"))
        if found[2] != b"-":
            self._answers.append(Answer(int(found[1]), "\n".join(self._lines)))
            self._lines = []

    def _end(self, why: str) -> None:
        self._over = self._over or why
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


async def offer(wire: Wire, envelope: Envelope, *, at_once: bool) -> Verdict | None:
    """Talk about one letter until its text is wanted; or return what the server decided.

    With `at_once` sender, recipient and the wish to send go out together. Raises `Lost` and
    `Unwanted`; after those the connection is of no use.
    """
    wire.heard = 0
    if envelope.needs_utf8 and not wire.takes_utf8:
        return Verdict(NO_SUCH_MAILBOX)
    if not wire.takes(envelope.size):
        return Verdict(TOO_LARGE)
    return await (_begin_at_once if at_once else _begin)(wire, envelope)


async def hand_over(wire: Wire, handover: Handover) -> Verdict:
    """Send the text that is wanted, and return what the server decided. Raises as `offer` does."""
    handover.is_out = True
    wire.write(*handover.envelope.on_the_wire, _DONE)
    return _decided(await wire.answer())


async def clear(wire: Wire) -> None:
    """Let the server forget what is left of a letter that it did not take."""
    if not (await wire.ask("RSET")).is_good:
        raise Lost("AnswerOutOfOrder")


async def _begin(wire: Wire, envelope: Envelope) -> Verdict | None:
    """Come, step by step, to where the text is wanted; or return why it is not."""
    sender, recipient = _commands(envelope)
    if verdict := _objection(await wire.ask(sender), envelope, to_sender=True):
        return verdict
    if verdict := _objection(await wire.ask(recipient), envelope):
        return verdict
    return _objection(await wire.ask("DATA"), envelope, wanted=_GO_ON)


async def _begin_at_once(wire: Wire, envelope: Envelope) -> Verdict | None:
    """Come in one go to where the text is wanted; or return why it is not.

    A server may want it although it took no recipient: then a lone dot ends what was not begun.
    """
    wire.write(*map(_line, (*_commands(envelope), "DATA")))
    sender = recipient = data = await wire.answer()
    if wire.is_open:  # else that was its farewell, and says it all
        recipient = data = await wire.answer()
    if wire.is_open:
        data = await wire.answer()
    taken = sender.is_good and recipient.is_good
    if data.code == _GO_ON and not taken:
        wire.write(_DONE)
        await wire.answer()
    return (
        _objection(sender, envelope, to_sender=True)
        or _objection(recipient, envelope)
        or _objection(data, envelope, wanted=_GO_ON)
    )


def _commands(envelope: Envelope) -> tuple[str, str]:
    utf8 = " SMTPUTF8" if envelope.needs_utf8 else ""
    return f"MAIL FROM:<{envelope.sender}>{utf8}", f"RCPT TO:<{envelope.recipient}>"


def _objection(
    answer: Answer, envelope: Envelope, *, to_sender: bool = False, wanted: int = 2
) -> Verdict | None:
    """Return what an answer decides that is not the one `wanted`.

    A sender who is refused for good, though not for the size or the letters of an address, is
    refused with every letter.
    """
    if wanted in (answer.code, answer.code // 100):
        return None
    if answer.is_good:
        raise Lost("AnswerOutOfOrder")
    of_one = envelope.needs_utf8 or answer.code == TOO_LARGE
    if to_sender and answer.code // 100 == 5 and not of_one:
        raise Unwanted(answer.code)
    return _decided(answer, is_of_all=to_sender)


def _decided(answer: Answer, *, is_of_all: bool = False) -> Verdict:
    if answer.wants_login_or_tls:
        raise Unwanted(answer.code)
    if answer.code // 100 == 3:
        raise Lost("AnswerOutOfOrder")
    return Verdict.on(answer, is_of_all=is_of_all)


def _line(command: str) -> bytes:
    return f"{command}\r\n".encode()


def _size_from(announced: str) -> int:
    return int(announced) if re.fullmatch("[0-9]{1,18}", announced) else 0
