"""One round with a letter: to everybody who waits for it, over several connections at once."""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from temporalio import activity

from activities.answers import (
    NO_SUCH_MAILBOX,
    Lost,
    Pace,
    Setback,
    Verdict,
    ledger_down,
    name_of,
    stopping,
    unavailable,
)
from activities.dialogue import Handover
from activities.envelope import Envelope, Stationery
from activities.headers import HeaderRefused
from activities.ledger.claims import Claim, LedgerDown
from activities.records import Records
from activities.sealing import Sealing, Withheld
from activities.smtp import Relay
from activities.tally import Tally
from activities.turns import Turns
from activities.wishes import Wish, Wishes
from tacenda.importance import importance_of

AT_A_TIME = 10
HOLD_SECONDS = 5.0
FINISH_SECONDS = 3.0
MOST_LOST_IN_A_ROW = 3
SHORTEST_POLL_SECONDS = 0.2
LONGEST_POLL_SECONDS = 5.0


@dataclass(frozen=True, repr=False)
class Means:
    """What every letter of a mailer is sent with."""

    relay: Relay
    turns: Turns
    sealing: Sealing
    clock: Callable[[], datetime]
    connections: int
    wishes: Wishes = field(default_factory=Wishes)


class Round:
    """Sends a letter to everybody who waits for it, until each fate is known or put off.

    Each recipient is claimed in the ledger before and marked after; what was certainly not sent
    is put back, whatever ends the round. What may have arrived comes again a few times only.
    `setback` says what ended it early.
    """

    def __init__(
        self, means: Means, records: Records, stationery: Stationery, tally: Tally, pace: Pace
    ) -> None:
        """Take the letter, how far it is, and how long to wait with those who are put off."""
        self.setback: Setback | None = None
        self._means, self._records = means, records
        self._stationery, self._tally, self._pace = stationery, tally, pace
        letter = stationery.letter
        self._importance = importance_of(letter.kind, len(letter.recipients))
        self._waiting = deque(self._welcome())
        # Not always the same first: at some the server may break off, whenever they are tried.
        self._waiting.rotate(-MOST_LOST_IN_A_ROW * (pace.attempt - 1))
        self._taken: list[int] = []
        self._lost_in_a_row = 0
        self._unreachable: Setback | None = None

    def _welcome(self) -> list[int]:
        """Return who waits, but for those whom the server asked us not to try yet."""
        now, waiting = self._means.clock(), self._tally.waiting()
        resting = self._records.resting(waiting, self._means.wishes, now)
        for place, wish in resting.items():
            self._tally.put_off[place] = wish.until - now
            self._tally.last_code = wish.code
        return [place for place in waiting if place not in resting]

    async def go(self) -> None:
        """Go the round; what another attempt has taken is asked for until that is decided."""
        pause = SHORTEST_POLL_SECONDS
        await self._send_to_all()
        while self._taken and self._goes_on and not self._is_late():
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_POLL_SECONDS)
            self._waiting.extend(self._taken)
            self._taken = []
            await self._send_to_all()

    @property
    def _goes_on(self) -> bool:
        if self.setback is None and activity.is_worker_shutdown():
            self.setback = stopping()
        return self.setback is None

    def _is_late(self) -> bool:
        answer_by = self._stationery.letter.answer_by
        return answer_by is not None and self._means.clock() >= answer_by

    async def _send_to_all(self) -> None:
        """Send to everybody who waits, on several lanes; each finishes what it has begun."""
        self._unreachable = None
        count = min(self._means.connections, math.ceil(len(self._waiting) / AT_A_TIME))
        lanes = [asyncio.create_task(self._lane()) for _ in range(count)]
        try:
            if lanes:
                await asyncio.wait(lanes)
        except asyncio.CancelledError:
            self.setback = stopping()
            await asyncio.wait(lanes, timeout=FINISH_SECONDS)
            raise
        finally:
            for lane in lanes:
                lane.cancel()
            ends = await asyncio.gather(*lanes, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end
        if self._waiting and self.setback is None:
            self.setback = self._unreachable

    async def _lane(self) -> None:
        """Send a few letters at a time, on one connection, as long as there are any.

        A turn that is waited for, and then not needed, serves the next letter.
        """
        turns, paid = self._means.turns, 0
        try:
            while self._waiting and self._goes_on:
                count = min(AT_A_TIME, turns.at_once, len(self._waiting))
                await turns.wait(count - paid, self._importance)
                paid = max(paid, count)
                async with self._means.relay.gate.passage(self._importance):
                    paid -= await self._send_some(count)
        except LedgerDown as error:
            self.setback = self.setback or ledger_down(error)
        except Setback as setback:
            self._note(setback)

    def _note(self, setback: Setback) -> None:
        """Note why a lane ended: another may still be welcome where this one got no connection."""
        if setback.kind == "MailUnavailable":
            self._unreachable = setback
        else:
            self.setback = self.setback or setback

    async def _send_some(self, count: int) -> int:
        """Claim a few letters and send them; return how many were tried."""
        waiting = self._waiting
        some = [waiting.popleft() for _ in range(min(count, len(waiting)))]
        ours: deque[int] = deque()
        try:
            ours.extend(await self._claimed(some))
            some, claimed = [], len(ours)
            await self._send_each(ours)
            return claimed - len(ours)
        finally:
            waiting.extendleft(reversed([*ours, *some]))
            await self._put_back(ours)

    async def _claimed(self, places: Sequence[int]) -> list[int]:
        """Claim letters; return the places of those that are ours to send."""
        ours = []
        for place, claim in zip(places, await self._records.claim(places), strict=True):
            match claim:
                case Claim.OURS:
                    ours.append(place)
                case Claim.DELIVERED | Claim.REFUSED | Claim.UNCONFIRMED:
                    self._tally.fates[place] = claim is Claim.DELIVERED
                case Claim.TAKEN:
                    self._taken.append(place)
                case _:
                    assert_never(claim)
        return ours

    async def _send_each(self, ours: deque[int]) -> None:
        """Send what is claimed, and take each from `ours` once it is not to be put back.

        None is kept claimed for long, nor a more important letter waiting.
        """
        loop, gate = asyncio.get_running_loop(), self._means.relay.gate
        until = loop.time() + HOLD_SECONDS
        while ours and self._goes_on and loop.time() < until:
            await self._send(ours)
            if gate.is_wanted(self._importance):
                return

    async def _send(self, ours: deque[int]) -> None:
        """Send the first of what is claimed, and see that its fate is recorded."""
        place = ours[0]
        verdict: Verdict | None = Verdict(NO_SUCH_MAILBOX)
        try:
            envelope = self._means.sealing.envelope(
                self._stationery, self._tally.letter.recipients[place]
            )
        except Withheld as withheld:
            self._tally.withheld[place] = str(withheld)
            activity.logger.warning("recipient %d has no key that can be used", place)
            verdict = None
        except (ValueError, HeaderRefused):
            pass
        except Exception as error:  # whatever it is, the others are not to wait for it
            self._lose(place, name_of(error), self._pace.after(None))
            verdict = None
        else:
            verdict = await self._handed_over(envelope, ours)
        ours.popleft()
        await self._record(place, verdict)

    async def _handed_over(self, envelope: Envelope, ours: deque[int]) -> Verdict | None:
        """Return the verdict on a letter; None where the connection broke off before there was one.

        When all of it was out it may have arrived. So it comes again a few times only; and where
        we were cut short ourselves it is not put back: its claim ends by itself.
        """
        handover = Handover(envelope)
        place = ours[0]
        try:
            verdict = await self._means.relay.send(handover)
        except Lost as lost:
            pause = self._pace.after(None) if handover.is_out else self._pace.after_outage
            self._lose(place, str(lost), pause)
            self._stumble(unavailable(str(lost), pause))
            if handover.is_out and await self._records.doubt(place):
                self._give_up(place)
            return None
        except asyncio.CancelledError:
            if handover.is_out:
                ours.popleft()
            raise
        if verdict.is_of_all:
            self._stumble(None)
        else:
            self._lost_in_a_row = 0
            self._tally.is_heard = True
        return verdict

    def _lose(self, place: int, why: str, pause: timedelta) -> None:
        """Note that there is no verdict on a letter."""
        self._tally.put_off[place] = pause
        self._tally.last_loss = why
        activity.logger.warning("recipient %d was not served: %s", place, why)

    def _give_up(self, place: int) -> None:
        """Note that a letter was sent often enough without an answer."""
        self._tally.fates[place] = False
        self._tally.put_off.pop(place, None)
        activity.logger.warning("recipient %d was given up unconfirmed", place)

    def _stumble(self, setback: Setback | None) -> None:
        """Count what was no recipient's fault; several times in a row it is the server's."""
        self._lost_in_a_row += 1
        if self._lost_in_a_row >= MOST_LOST_IN_A_ROW and self.setback is None:
            self.setback = setback or unavailable("SMTP 4xx for every letter", self._soonest())

    def _soonest(self) -> timedelta:
        return min(self._tally.put_off.values(), default=self._pace.after(None))

    async def _record(self, place: int, verdict: Verdict | None) -> None:
        """Write down what became of a letter that was claimed."""
        kind = verdict.code // 100 if verdict else 4
        if kind == 4:
            if verdict:
                self._put_off(place, verdict)
            await self._put_back([place])
            return
        if kind == 5 and verdict:
            activity.logger.warning("recipient %d was refused for good: %d", place, verdict.code)
        self._tally.fates[place] = kind == 2
        await self._records.mark(place, delivered=kind == 2)

    def _put_off(self, place: int, verdict: Verdict) -> None:
        """Note when somebody may be tried again; not earlier, where the server said when."""
        pause = self._pace.after(verdict.wish)
        self._tally.put_off[place] = pause
        self._tally.last_code = verdict.code
        if verdict.wish is not None:
            wish = Wish(verdict.code, self._means.clock() + pause)
            self._records.wish(place, self._means.wishes, wish)

    async def _put_back(self, places: Sequence[int]) -> None:
        """Give up claims; where the ledger is down they end by themselves."""
        if not places:
            return
        try:
            await self._records.put_back(places)
        except LedgerDown as error:
            self.setback = self.setback or ledger_down(error)
