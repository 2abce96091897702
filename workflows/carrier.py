"""The carrier of a case: takes a letter to all its recipients, in as many passes as it needs."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any, Protocol

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tacenda.agenda import Entry
    from tacenda.case import Case
    from tacenda.deliveries import LATE, SPANS, dropped, no_longer_for, put_off
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

UNANSWERED = timedelta(minutes=15)
"""How long a mail server may be away before anybody hears of it: it may just be restarting."""


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


class Carrier:
    """Takes letters to their recipients, and records what became of each."""

    def __init__(self, desk: Desk, start: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        """Take the case, and a way to do errands beside the main loop."""
        self._desk = desk
        self._start = start

    async def carry(self, letter: Letter, sent: Sent, label: str) -> None:
        """See one letter to its recipients; those who are put off get it in later passes."""
        if self._desk.case.rules < SURE_POST:
            self._record(sent, letter, await self._deliver(letter, label))
            return
        if not letter.recipients:
            self.nobody(sent, letter)
            return
        begun = workflow.now()
        sent = sent.model_copy(update={"begun": begun})
        for span in SPANS:
            due = {"answer_by": begun + span, "gives_up": span == SPANS[-1]}
            letter = letter.model_copy(update=due)
            waiting = await self._pass(letter, sent, label)
            if span == LATE and waiting and self._desk.case.stopped is None:
                self._trouble(put_off(sent, waiting))
            letter = letter.model_copy(update={"recipients": waiting})
            if not waiting:
                return

    async def _pass(self, letter: Letter, sent: Sent, label: str) -> tuple[Recipient, ...]:
        """Take a letter to those who wait for it, and return who still does."""
        delivery = await self._deliver_while_wanted(letter, sent, label)
        if delivery is None:
            return self._drop(letter, sent)
        age = workflow.now() - sent.since
        self._note_what_stops_mail(delivery, age, gave_up=letter.gives_up)
        self._record(sent, letter, delivery, gave_up=letter.gives_up)
        return () if delivery.held else delivery.pending

    async def _deliver_while_wanted(
        self, letter: Letter, sent: Sent, label: str
    ) -> Delivery | None:
        """Deliver a letter; return None once events have overtaken it for somebody who waits."""

        def is_overtaken() -> bool:
            return bool(no_longer_for(self._desk.case, sent, letter.recipients))

        delivering = asyncio.create_task(self._deliver(letter, label))
        await workflow.wait_condition(lambda: delivering.done() or is_overtaken())
        if delivering.done():
            return delivering.result()
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
        return None

    def _drop(self, letter: Letter, sent: Sent) -> tuple[Recipient, ...]:
        """Give up those who should not get the letter any more; return who still waits."""
        gone = no_longer_for(self._desk.case, sent, letter.recipients)
        left = tuple(r for r in letter.recipients if r not in gone)
        kept_from = tuple(r.address for r in gone)
        given_up = Delivery(letter=letter.key, failed=gone, pending=left, withheld=kept_from)
        self._record(sent, letter, given_up)
        self._trouble(dropped(sent, gone))
        return left

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

    def _note_what_stops_mail(self, delivery: Delivery, age: timedelta, *, gave_up: bool) -> None:
        """Let the case know that no letter leaves, or that letters leave again; page once."""
        stop = delivery.stopped
        if stop is None or gave_up:  # who gives up looks no longer whether it flows again
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

    def _record(
        self, sent: Sent, letter: Letter, delivery: Delivery, *, gave_up: bool = False
    ) -> None:
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
        self._desk.happen(LetterSent(letter=sent.model_copy(update=fate), gave_up=gave_up))
        for trouble in delivery.troubles:
            self._trouble(trouble)

    def _trouble(self, what: str, *, noise: bool = False) -> None:
        self._desk.happen(TroubleFound(what=what, noise=noise))
