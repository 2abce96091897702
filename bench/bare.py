"""The bare ones: the least that somebody would write straight against the SDK.

No policy, no checks, no record, no search attributes, no templates: only the timers,
activities, updates, signals and letters, through the converter and the worker settings
that the SDK comes with. A letter leaves over one kept aiosmtplib connection.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from aiosmtplib import SMTP

TASK_QUEUE = "bare"
SENDER = "bare@example.org"
PATIENCE = timedelta(seconds=30)


@dataclass
class Timer:
    """A timer to start: its number, by which it can be cancelled, and how long it runs."""

    number: int
    seconds: float


@dataclass
class Beat:
    """What a workflow asked for when something woke it.

    `lookups` counts local activities and `asks` other activities without mail; `letters`
    holds the number of mailboxes of each letter.
    """

    timers: list[Timer] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    lookups: int = 0
    asks: int = 0
    letters: list[int] = field(default_factory=list)


@dataclass
class Score:
    """A whole life, beat by beat; the text of each letter has `size` bytes."""

    beats: list[Beat]
    size: int


@dataclass
class Mail:
    """One mail to several mailboxes, each of which gets its own."""

    to: list[str]
    text: str


class BareMailer:
    """Sends mail over a connection that it keeps."""

    def __init__(self, port: int) -> None:
        """Take the port of a mail server on this machine; connect to nothing yet."""
        self._smtp = SMTP(hostname="127.0.0.1", port=port)

    @activity.defn
    async def send(self, mail: Mail) -> int:
        """Send `mail`, and return to how many."""
        if not self._smtp.is_connected:
            await self._smtp.connect()
        for to in mail.to:
            await self._smtp.send_message(_message(to, mail.text))
        return len(mail.to)

    @activity.defn
    async def nothing(self) -> str:
        """Do nothing."""
        return "done"


def text_of(size: int) -> str:
    """Return a text of about `size` bytes, in lines that every mail server takes as they are."""
    return ("x" * 63 + "\n") * (size // 64)


def _message(to: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = SENDER, to, "A bare letter"
    message.set_content(text)
    return message


@workflow.defn
class BareLife:
    """Plays a score: whenever something wakes it, it asks for what the next beat holds."""

    def __init__(self) -> None:
        """Be awake, for the start counts."""
        self._woken = 1
        self._timers: dict[int, asyncio.Task[None]] = {}
        self._errands: list[asyncio.Task[None]] = []

    @workflow.run
    async def run(self, score: Score) -> None:
        """Play every beat, and see every errand to its end."""
        for beat in score.beats:
            await workflow.wait_condition(lambda: self._woken > 0)
            self._woken -= 1
            self._play(beat, score.size)
        await asyncio.gather(*self._errands)

    @workflow.update
    def act(self, words: str) -> str:
        """Take what a person says."""
        self._woken += 1
        return "done"

    @workflow.signal
    def hear(self, words: str) -> None:
        """Take what a machine says."""
        self._woken += 1

    def _play(self, beat: Beat, size: int) -> None:
        for number in beat.cancelled:
            if timer := self._timers.pop(number, None):
                timer.cancel()
        for timer_to_start in beat.timers:
            running = asyncio.create_task(self._run_timer(timer_to_start.seconds))
            self._timers[timer_to_start.number] = running
        for _ in range(beat.asks):
            self._errands.append(asyncio.create_task(self._ask()))
        for place, mailboxes in enumerate(beat.letters):
            has_lookup = place < beat.lookups
            self._errands.append(asyncio.create_task(self._send(mailboxes, size, has_lookup)))

    async def _run_timer(self, seconds: float) -> None:
        await workflow.sleep(seconds)
        self._woken += 1

    async def _ask(self) -> None:
        await workflow.execute_activity_method(BareMailer.nothing, start_to_close_timeout=PATIENCE)
        self._woken += 1

    async def _send(self, mailboxes: int, size: int, has_lookup: bool) -> None:
        if has_lookup:
            await workflow.execute_local_activity_method(
                BareMailer.nothing, start_to_close_timeout=PATIENCE
            )
        to = [f"mailbox-{number}@example.org" for number in range(mailboxes)]
        await workflow.execute_activity_method(
            BareMailer.send, Mail(to, text_of(size)), start_to_close_timeout=PATIENCE
        )
        self._woken += 1


@workflow.defn
class BareLetters:
    """Sends each mail that a signal brings, until it is told that there are no more."""

    def __init__(self) -> None:
        """Have no mail yet."""
        self._waiting: list[Mail] = []
        self._no_more = False

    @workflow.run
    async def run(self) -> None:
        """Send what comes."""
        while True:
            await workflow.wait_condition(lambda: bool(self._waiting) or self._no_more)
            if not self._waiting:
                return
            await workflow.execute_activity_method(
                BareMailer.send, self._waiting.pop(0), start_to_close_timeout=PATIENCE
            )

    @workflow.signal
    def send(self, mail: Mail) -> None:
        """Take a mail."""
        self._waiting.append(mail)

    @workflow.signal
    def no_more(self) -> None:
        """End."""
        self._no_more = True
