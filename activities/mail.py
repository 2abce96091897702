"""Deliver letters: each recipient once, whatever fails in between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from activities.envelope import HeaderRefused, Stationery, message_id, sender_from
from activities.sealing import Sealing, Withheld
from activities.smtp import NO_SUCH_MAILBOX, Relay
from tacenda import notices
from tacenda.errands import Delivery, Letter
from tacenda.errors import BadInput
from tacenda.facts import Facts
from tacenda.fields import Value, hash_of
from tacenda.letters import Recipient
from tacenda.models import Kind
from tacenda.pgpkeys import Keyring
from tacenda.tables import Mail

BEAT_SECONDS = 2.0
TRY_LATER = timedelta(minutes=1)
TEMPLATE_BROKEN_FOR = timedelta(minutes=5)
MOST_REMEMBERED = 10_000

Render = Callable[[Kind, Facts, Path | None], notices.Draft]


class Progress(Value):
    """Which recipients, by their place in the letter of that key, have it or were refused."""

    letter: str = ""
    delivered: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()


@dataclass(repr=False)
class _Tally:
    """The fate of each recipient of one letter so far, by place: whether it has the letter.

    Why one is withheld is no fate: a later attempt looks at the key again.
    """

    letter: Letter
    fates: dict[int, bool] = field(default_factory=dict)
    withheld: dict[int, str] = field(default_factory=dict)

    @property
    def begun(self) -> bool:
        """Whether anybody has the letter."""
        return any(self.fates.values())

    def waiting(self) -> list[tuple[int, Recipient]]:
        """Return the recipients whose fate is open, each with its place."""
        everyone = enumerate(self.letter.recipients)
        known = self.fates.keys() | self.withheld.keys()
        return [(place, who) for place, who in everyone if place not in known]

    def note(self, place: int, *, delivered: bool) -> None:
        """Record a fate, where a later attempt finds it; after the last one there is none."""
        self.fates[place] = delivered
        if self.waiting():
            self.beat()

    def beat(self) -> None:
        """Tell Temporal that we are alive, and how far we are."""
        fates = sorted(self.fates.items())
        activity.heartbeat(
            Progress(
                letter=self.letter.key,
                delivered=tuple(place for place, delivered in fates if delivered),
                failed=tuple(place for place, delivered in fates if not delivered),
            )
        )

    def delivery(self, text: str, unsigned: tuple[str, ...]) -> Delivery:
        """Return what became of the letter, whose body was `text`."""
        everyone = enumerate(self.letter.recipients)
        fates = [(who, self.fates.get(place, False)) for place, who in everyone]
        return Delivery(
            letter=self.letter.key,
            delivered=tuple(who for who, delivered in fates if delivered),
            failed=tuple(who for who, delivered in fates if not delivered),
            withheld=tuple(self.letter.recipients[place].address for place in self.withheld),
            troubles=(*dict.fromkeys(self.withheld.values()), *(unsigned if self.begun else ())),
            sha256=hash_of(text),
        )


def _as_of(letter: Letter, now: datetime) -> Letter:
    """Return the letter with the instant of its sending, which an outage may have delayed."""
    facts = letter.facts.model_copy(update={"now": max(letter.facts.now, now)})
    return letter.model_copy(update={"facts": facts})


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Mailer:
    """Delivers letters over SMTP."""

    def __init__(
        self,
        mail: Mail,
        sender: str,
        clock: Callable[[], datetime] = _utc_now,
        render: Render = notices.render,
        keyring: Keyring | None = None,
    ) -> None:
        """Take the settings, the address that letters come from, the keys; connect to nothing.

        Raises `BadInput` when `sender` is not an address.
        """
        self._sender = sender_from(sender)
        self._templates = mail.templates
        self._relay = Relay(mail)
        self._sealing = Sealing(keyring, clock)
        self._clock = clock
        self._render = render
        self._accepted: dict[str, None] = {}

    async def close(self) -> None:
        """Take leave of the mail server."""
        await self._relay.close()

    @activity.defn(name="deliver")
    async def deliver(self, letter: Letter) -> Delivery:
        """Deliver `letter` to each recipient who does not have it yet.

        Raises `ApplicationError`, to be tried again: `MailDeferred` when the server asked
        for patience, `MailUnavailable`, `MailRejected`, `TemplateBroken`. For good:
        `LetterRefused`, with nothing sent.
        """
        if not letter.recipients:
            return Delivery(letter=letter.key)
        tally = self._tally(letter)
        now = self._clock()
        if letter.not_after and now > letter.not_after and not tally.begun:
            return Delivery(letter=letter.key, held=True)
        stationery = self._write(_as_of(letter, now))
        async with _heartbeats(tally):
            await self._send(tally, stationery)
        return tally.delivery(stationery.text, self._sealing.unsigned(letter))

    def _tally(self, letter: Letter) -> _Tally:
        """Return how far earlier attempts came, here or on another worker."""
        progress = _progress_of_earlier_attempts()
        if progress.letter != letter.key:  # somebody copied that of another letter
            progress = Progress()
        tally = _Tally(letter)
        tally.fates |= dict.fromkeys(progress.failed, False)
        tally.fates |= dict.fromkeys(progress.delivered, True)
        tally.fates |= {i: True for i, who in tally.waiting() if self._has(letter, who)}
        return tally

    def _write(self, letter: Letter) -> Stationery:
        """Return the letter in words: the approved ones, or those of its template."""
        try:
            draft = self._render(letter.kind, letter.facts, self._templates)
        except Exception as error:
            raise _template_broken(error) from None
        text = draft.body if letter.text is None else letter.text
        signing = self._sealing.signing()
        stationery = Stationery(letter, self._sender, draft.subject, text, signing)
        try:
            stationery.check()
        except HeaderRefused as refused:
            raise ApplicationError(str(refused), type="LetterRefused", non_retryable=True) from None
        return stationery

    async def _send(self, tally: _Tally, stationery: Stationery) -> None:
        """Send to everybody who waits; those put off do not hold up the others."""
        put_off = []
        for place, recipient in tally.waiting():
            try:
                code = await self._send_one(stationery, recipient)
            except Withheld as withheld:
                tally.withheld[place] = str(withheld)
                activity.logger.warning("recipient %d has no key that can be used", place)
                continue
            if code // 100 == 4:
                put_off.append(code)
                continue
            tally.note(place, delivered=code // 100 == 2)
            if code // 100 == 5:
                activity.logger.warning("recipient %d was refused for good: %d", place, code)
        if put_off:
            raise ApplicationError(
                f"The mail server put off {len(put_off)} of {len(tally.letter.recipients)} "
                f"recipients (SMTP {put_off[-1]}). They are tried again, the others are not.",
                type="MailDeferred",
                next_retry_delay=TRY_LATER,
            )

    async def _send_one(self, stationery: Stationery, recipient: Recipient) -> int:
        """Return the SMTP code that the letter to `recipient` earned."""
        if self._has(stationery.letter, recipient):
            return 250
        try:
            envelope = self._sealing.envelope(stationery, recipient)
        except (ValueError, HeaderRefused):
            return NO_SUCH_MAILBOX
        code = await self._relay.send(envelope)
        if code // 100 == 2:
            self._remember(stationery.letter, recipient)
        return code

    # A heartbeat may be minutes old when the next attempt reads it, and is lost when the
    # completion of this one is. So what the server took is remembered here as well.

    def _has(self, letter: Letter, recipient: Recipient) -> bool:
        return message_id(letter, recipient, self._sender.domain) in self._accepted

    def _remember(self, letter: Letter, recipient: Recipient) -> None:
        self._accepted[message_id(letter, recipient, self._sender.domain)] = None
        while len(self._accepted) > MOST_REMEMBERED:
            del self._accepted[next(iter(self._accepted))]


def _template_broken(error: Exception) -> ApplicationError:
    """Say what to mend; only our own error is known to quote no fact."""
    what = str(error) if isinstance(error, BadInput) else type(error).__name__
    return ApplicationError(
        f"The letter cannot be written; it goes out once that is mended. {what}",
        type="TemplateBroken",
        next_retry_delay=TEMPLATE_BROKEN_FOR,
    )


def _progress_of_earlier_attempts() -> Progress:
    """Return the last heartbeat; one that cannot be read never keeps a letter back."""
    details = activity.info().heartbeat_details
    try:
        return _progress_from(details[0]) if details else Progress()
    except Exception:
        activity.logger.warning("the last heartbeat cannot be read; recipients may be repeated")
        return Progress()


def _progress_from(detail: Any) -> Progress:
    """Return a heartbeat's progress; our converter leaves it raw, for it knows no type."""
    if isinstance(detail, RawValue):
        return Progress.model_validate(
            activity.payload_converter().from_payload(detail.payload, Progress)
        )
    return Progress.model_validate(detail)


@asynccontextmanager
async def _heartbeats(tally: _Tally) -> AsyncIterator[None]:
    """Go on beating while sending: a server that hangs must not look like a dead worker."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            tally.beat()

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
