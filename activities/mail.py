"""Deliver letters: each recipient once, whatever fails in between."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from activities.answers import Pace, Setback, deferred, ledger_down, taken, unavailable
from activities.envelope import Stationery
from activities.headers import HeaderRefused, sender_from
from activities.ledger.claims import Ledger, LedgerDown
from activities.outbox import Outbox
from activities.records import Owed, Records
from activities.rounds import Means, Round
from activities.sealing import TEAM, Sealing
from activities.smtp import Relay
from activities.tally import Tally
from activities.turns import Turns
from tacenda import notices
from tacenda.errands import Delivery, Letter
from tacenda.errors import BadInput
from tacenda.facts import Facts
from tacenda.fields import Value
from tacenda.models import Kind, Stop
from tacenda.pgpkeys import Keyring
from tacenda.tables import Mail

BEAT_SECONDS = 2.0
TEMPLATE_BROKEN_FOR = timedelta(minutes=5)

Render = Callable[[Kind, Facts, Path | None], notices.Draft]


class Progress(Value):
    """How far a letter was for a version that kept no ledger: it left this in its heartbeat.

    Which recipients, by their place in the letter of that key, have it or were refused.
    """

    letter: str = ""
    delivered: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()


def _as_of(letter: Letter, now: datetime) -> Letter:
    """Return a letter within the team with the instant of its sending, which may be much later.

    To others it says the same whenever it leaves: a copy that comes again is that very letter.
    """
    if not all(recipient.audience in TEAM for recipient in letter.recipients):
        return letter
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
        ledger: Ledger,
        *,
        clock: Callable[[], datetime] = _utc_now,
        render: Render = notices.render,
        keyring: Keyring | None = None,
        call: Callable[[Letter], None] | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        """Take the settings, the address that letters come from, the ledger, the keys.

        `call` hears of each letter as well, for another channel; `outbox` counts them.

        Connects to nothing. Raises `BadInput` when `sender` is not an address.
        """
        self._mail = mail
        self._sender = sender_from(sender)
        self._relay = Relay(mail, clock)
        self._sealing = Sealing(keyring, clock)
        self._ledger = ledger
        self._owed: Owed = {}
        self._means = Means(
            self._relay, Turns(mail, ledger), self._sealing, clock, mail.connections
        )
        self._clock = clock
        self._render = render
        self._call = call or (lambda _: None)
        self._outbox = outbox or Outbox()

    async def close(self) -> None:
        """Take leave of the mail server, and leave nothing claimed."""
        await self._relay.close()
        await self._ledger.close()

    @activity.defn(name="deliver")
    async def deliver(self, letter: Letter) -> Delivery:
        """Deliver `letter` to each recipient who does not have it yet.

        Raises `ApplicationError`, to be tried again, as long as the letter need not be answered
        for: `MailDeferred` when the server asked for patience, `MailUnavailable`,
        `MailRejected`, `LedgerDown`, `TemplateBroken`, `WorkerStopping`. For good:
        `LetterRefused`, with nothing sent.
        """
        if not letter.recipients:
            return Delivery(letter=letter.key)
        self._call(letter)
        self._outbox.takes(letter, self._clock())
        delivery = await self._see_through(letter)
        self._outbox.gives(letter, delivery)
        return delivery

    async def _see_through(self, letter: Letter) -> Delivery:
        """Deliver a letter, or say what became of it; the same errors as `deliver`."""
        tally = Tally(letter)
        records = Records(self._ledger, self._owed, tally, self._sender.domain)
        pace = Pace(activity.info().attempt + letter.passes, self._mail.retry_after)
        carried = list(activity.info().heartbeat_details)
        async with _heartbeats(carried):
            try:
                await records.settle()
                await records.adopt(_progress_from_earlier(carried, letter))
                carried.clear()
                if letter.only_asks:
                    return await _known(letter, tally, records)
                return await self._deliver(letter, tally, records, pace)
            except LedgerDown as error:
                setback = ledger_down(error)
            except Setback as other:
                setback = other
            return await self._answer(tally, records, setback, pace)

    async def _deliver(
        self, letter: Letter, tally: Tally, records: Records, pace: Pace
    ) -> Delivery:
        """Go one round with a letter. Raises `Setback` where somebody is left waiting."""
        now = self._clock()
        if letter.not_after and now > letter.not_after:
            tally.fates |= await records.fates(tally.waiting(), in_the_end=True)
            if not tally.begun:
                return Delivery(letter=letter.key, held=True)
        stationery = self._write(_as_of(letter, now))
        round_ = Round(self._means, records, stationery, tally, pace)
        await round_.go()
        if tally.waiting():
            raise _setback(round_, tally, pace)
        return tally.delivery(stationery.text, self._sealing.unsigned(letter))

    async def _answer(
        self, tally: Tally, records: Records, setback: Setback, pace: Pace
    ) -> Delivery:
        """Answer where somebody's fate is news, or it is time; else raise, to be tried again."""
        letter = tally.letter
        again = self._clock() + (setback.pause or pace.after_outage)
        is_early = letter.answer_by is None or again < letter.answer_by
        if is_early and (letter.answer_by is None or not tally.fates):
            raise setback.error()
        if is_early:
            tally.letter = letter.model_copy(update={"gives_up": False})
        if setback.stop is not Stop.LEDGER:  # of those it did not come to, some may have it
            try:
                tally.fates |= await records.fates(tally.waiting())
            except LedgerDown as error:
                setback = ledger_down(error)
        answer = tally.delivery(letter.text, self._sealing.unsigned(letter), setback.stop)
        return answer.model_copy(update={"again": again})

    def _write(self, letter: Letter) -> Stationery:
        """Return the letter in words: the approved ones, or those of its template."""
        try:
            draft = self._render(letter.kind, letter.facts, self._mail.templates)
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


async def _known(letter: Letter, tally: Tally, records: Records) -> Delivery:
    """Return who has a letter; nobody gets it now."""
    tally.fates |= await records.fates(tally.waiting(), in_the_end=True)
    has_it = (who for place, who in enumerate(letter.recipients) if tally.fates.get(place))
    return Delivery(letter=letter.key, delivered=tuple(has_it))


def _setback(round_: Round, tally: Tally, pace: Pace) -> Setback:
    """Return why some wait after a round, and when the first of them may be tried.

    A mail server that has decided on some of the letters is not one that is away.
    """
    soonest = min(tally.put_off.values(), default=pace.after(None))
    if round_.setback:
        setback = round_.setback
    elif tally.last_code:
        count, everyone = len(tally.waiting()), len(tally.letter.recipients)
        setback = deferred(count, everyone, tally.last_code, soonest)
    elif tally.put_off:
        setback = unavailable(tally.last_loss, soonest)
    else:
        setback = taken()
    if tally.is_heard and setback.stop is Stop.UNREACHABLE:
        setback.stop = None
    return setback


def _template_broken(error: Exception) -> Setback:
    """Say what to mend; only our own error is known to quote no fact."""
    what = str(error) if isinstance(error, BadInput) else type(error).__name__
    return Setback(
        "TemplateBroken",
        f"The letter cannot be written; it goes out once that is mended. {what}",
        Stop.TEMPLATE,
        TEMPLATE_BROKEN_FOR,
    )


def _progress_from_earlier(details: Sequence[Any], letter: Letter) -> dict[int, bool]:
    """Return the fates that the last heartbeat knows; none that cannot be read keeps a letter back.

    Nor does one that somebody copied from another letter.
    """
    try:
        progress = _progress_from(details[0]) if details else Progress()
    except Exception:
        activity.logger.warning("the last heartbeat cannot be read; the ledger alone counts")
        return {}
    if progress.letter != letter.key:
        return {}
    return dict.fromkeys(progress.failed, False) | dict.fromkeys(progress.delivered, True)


def _progress_from(detail: Any) -> Progress:
    """Return a heartbeat's progress; our converter leaves it raw, for it knows no type."""
    if isinstance(detail, RawValue):
        return Progress.model_validate(
            activity.payload_converter().from_payload(detail.payload, Progress)
        )
    return Progress.model_validate(detail)


@asynccontextmanager
async def _heartbeats(carried: Sequence[Any]) -> AsyncIterator[None]:
    """Beat while sending: a server that hangs must not look like a dead worker.

    A beat says nothing but that we live, and what is `carried` from an earlier version until
    that is in the ledger, which knows how far a letter is.
    """

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            activity.heartbeat(*carried)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
