"""The carrier of a case: takes a letter to all its recipients, in as many passes as it needs."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tacenda.agenda import Entry
    from tacenda.case import Case
    from tacenda.deliveries import LATE, SPANS, TO_VENDORS_ALONE, dropped, no_longer_for, put_off
    from tacenda.errands import Delivery, Letter, Page
    from tacenda.happenings import (
        Happening,
        LetterHeld,
        LetterSent,
        MailFlows,
        MailStopped,
        TroubleFound,
    )
    from tacenda.letters import Recipient, Sent
    from tacenda.models import Stop
    from tacenda.rules import SURE_POST

from workflows import errands

MOST_CLAIMS = 3

UNANSWERED = timedelta(minutes=14)
"""How long a mail server may be away before anybody hears of it: it may just be restarting.

A quarter of an hour, less the pause before the attempt that would come after it.
"""


class Desk(Protocol):
    """The case on the workflow's desk, as it is now, and what may happen to it."""

    @property
    def case(self) -> Case:
        """The case as it is now."""

    @property
    def is_sealed(self) -> bool:
        """Whether it was opened encrypted."""

    @property
    def plan(self) -> tuple[Entry, ...]:
        """What will happen to it if nobody acts."""

    def happen(self, happening: Happening) -> None:
        """Let something happen to it."""


R = TypeVar("R")
Find = Callable[[], Awaitable[tuple[Recipient, ...] | None]]
"""Finds whom a letter may go to now; None where nobody can be asked."""


@dataclass(frozen=True)
class Errand:
    """One letter on its way: how it stands in the record, its label, and who may have it now."""

    sent: Sent
    label: str
    find: Find


async def _until(at: datetime) -> None:
    await workflow.sleep(max(at - workflow.now(), timedelta(0)), summary="who was put off")


class Carrier:
    """Takes letters to their recipients, and records what became of each."""

    def __init__(self, desk: Desk, start: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        """Take the case, and a way to do errands beside the main loop."""
        self._desk = desk
        self._start = start
        self._late: set[str] = set()

    async def carry(self, letter: Letter, errand: Errand) -> None:
        """See one letter to its recipients; those who are put off get it in later passes."""
        if self._desk.case.rules < SURE_POST:
            delivery = await self._deliver(letter, errand.label)
            self._record(errand.sent, letter, delivery)
            return
        if not letter.recipients:
            self.nobody(errand.sent, letter)
            return
        errand = replace(errand, sent=errand.sent.model_copy(update={"begun": workflow.now()}))
        for span in SPANS:
            letter = await self._passes(letter, errand, span)
            if not letter.recipients:
                return
        # The clock of the worker may be behind that of the server: nobody is left to wait for ever.
        self._record(errand.sent, letter, Delivery(failed=letter.recipients))

    async def _passes(self, letter: Letter, errand: Errand, span: timedelta) -> Letter:
        """Take a letter round until nobody waits, or the span is over; return what is left."""
        until = errand.sent.since + span
        letter = letter.model_copy(update={"answer_by": until, "gives_up": span == SPANS[-1]})
        while letter.recipients:
            delivery = await self._while_wanted(self._deliver(letter, errand.label), letter, errand)
            if delivery is None:
                letter = await self._for_whom_it_still_is(letter, errand)
                continue
            waited, letter = letter.recipients, self._after(delivery, letter, errand)
            # What stops all mail is waited for within the next pass, and knocks at no mailbox.
            is_stopped = delivery.stopped is not None and letter.recipients == waited
            if not letter.recipients or not delivery.again or is_stopped:
                break
            await self._while_wanted(_until(delivery.again), letter, errand)
            letter = await self._for_whom_it_still_is(letter, errand)
            if workflow.now() >= until:
                break
        return letter

    def _after(self, delivery: Delivery, letter: Letter, errand: Errand) -> Letter:
        """Record what a pass came to; return the letter for those who still wait.

        Once somebody has it, it is begun, and in time.
        """
        self._note_what_stops_mail(delivery, letter, errand.sent)
        self._record(errand.sent, letter, delivery)
        self._note_who_waits_long(delivery, letter, errand.sent)
        is_begun = self._desk.case.finished(letter.key)
        return letter.model_copy(
            update={
                "recipients": () if delivery.held else delivery.pending,
                "passes": letter.passes + 1,
                "not_after": None if is_begun else letter.not_after,
            }
        )

    def _note_who_waits_long(self, delivery: Delivery, letter: Letter, sent: Sent) -> None:
        """Let the lead know once that some are put off, unless all letters are."""
        by, again = letter.answer_by, delivery.again
        is_late = by and again and again >= by >= sent.since + LATE
        if is_late and delivery.pending and not delivery.stopped and sent.key not in self._late:
            self._late.add(sent.key)
            self._trouble(put_off(sent, delivery.pending))

    async def _while_wanted(
        self, work: Coroutine[Any, Any, R], letter: Letter, errand: Errand
    ) -> R | None:
        """Do something for a letter; drop it once events have overtaken somebody who waits."""

        def is_overtaken() -> bool:
            case, now = self._desk.case, workflow.now()
            return bool(no_longer_for(case, errand.sent, letter.recipients, now))

        doing = asyncio.create_task(work)
        await workflow.wait_condition(lambda: doing.done() or is_overtaken())
        if doing.done():
            return doing.result()
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
        return None

    async def _for_whom_it_still_is(self, letter: Letter, errand: Errand) -> Letter:
        """Give up those who should not get a letter any more; return it for the others.

        Who has it all the same, from an attempt that was broken off, is recorded as having it.
        """
        gone = await self._gone(letter, errand)
        if not gone:
            return letter
        asking = letter.model_copy(update={"recipients": gone, "only_asks": True})
        known = await self._deliver(asking, f"who has it: {errand.label}")
        lost = tuple(r for r in gone if r not in known.delivered)
        left = tuple(r for r in letter.recipients if r not in gone)
        fate = Delivery(
            delivered=known.delivered,
            failed=lost,
            pending=left,
            withheld=tuple(r.address for r in lost),
        )
        self._record(errand.sent, letter.model_copy(update={"gives_up": False}), fate)
        if lost:
            self._trouble(dropped(self._desk.case, errand.sent, lost))
        return letter.model_copy(update={"recipients": left})

    async def _gone(self, letter: Letter, errand: Errand) -> tuple[Recipient, ...]:
        """Return who of those that wait is no longer to have a letter.

        On vendors the directory has the last word before each pass; if it says nothing, it is no.
        """
        case, now = self._desk.case, workflow.now()
        gone = no_longer_for(case, errand.sent, letter.recipients, now)
        if letter.kind not in TO_VENDORS_ALONE or len(gone) == len(letter.recipients):
            return gone
        still = {r.address for r in await errand.find() or ()}
        overtaken = {r.address for r in gone}
        return tuple(
            r for r in letter.recipients if r.address in overtaken or r.address not in still
        )

    def nobody(self, sent: Sent, letter: Letter) -> None:
        """Record that nobody was found whom a letter is for."""
        self._record(sent, letter, Delivery())

    async def _deliver(self, letter: Letter, label: str) -> Delivery:
        """Deliver a letter, again where somebody else claimed to know what became of it.

        Its Message-ID stays the same. Who goes on claiming that gets it recorded as failed.
        """
        is_ranked = self._desk.case.rules >= SURE_POST
        for _ in range(MOST_CLAIMS):
            delivery = await errands.deliver(letter, label, is_ranked=is_ranked)
            # In the clear, which ended with 0.2.0, an answer did not say for which letter it is.
            if delivery and (delivery.letter == letter.key or not self._desk.is_sealed):
                return delivery
            self._trouble(
                f"Somebody told Temporal what became of a letter ({label}), and was no worker "
                "of yours: the answer was not encrypted for this case and letter. The letter is "
                "sent again; who has it already knows it by its Message-ID. Find out who can "
                "reach the Temporal server.",
                noise=True,
            )
        return Delivery(failed=letter.recipients)

    def _note_what_stops_mail(self, delivery: Delivery, letter: Letter, sent: Sent) -> None:
        """Let the case know that no letter leaves, or that letters leave again; page once."""
        stop, age = delivery.stopped, workflow.now() - sent.since
        if stop is None or letter.gives_up:  # who gives up looks no longer whether it flows again
            if self._desk.case.stopped and not delivery.held:
                self._desk.happen(MailFlows())
            return
        if stop is Stop.UNREACHABLE and age < UNANSWERED:
            return
        before = self._desk.case.stopped
        if before and before.by is stop:
            return
        self._desk.happen(MailStopped(by=stop))
        if stop.is_of_mail:
            self._start(errands.page(Page(case_id=self._desk.case.id, stop=stop)))

    def _record(self, sent: Sent, letter: Letter, delivery: Delivery) -> None:
        if delivery.held:
            held = LetterHeld(key=sent.key, reason="it could not go out in time")
            self._desk.happen(held)
            return
        delivered = delivery.delivered_of(letter)
        if delivery.pending and not (delivered or delivery.failed):
            return  # nobody's fate is known: it is still on its way
        fate = {
            "at": workflow.now(),
            "delivered": delivered,
            "failed": delivery.failed,
            "pending": delivery.pending,
            "withheld": delivery.withheld,
            "sha256": delivery.sha256,
        }
        self._desk.happen(LetterSent(letter=sent.model_copy(update=fate), gave_up=letter.gives_up))
        for trouble in delivery.troubles:
            self._trouble(trouble)

    def _trouble(self, what: str, *, noise: bool = False) -> None:
        self._desk.happen(TroubleFound(what=what, noise=noise))
