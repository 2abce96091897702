"""The post of a case: what is due leaves, what is approved for later is bound to its recipients."""

from collections.abc import Callable, Coroutine
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tacenda.agenda import Entry
    from tacenda.bouncing import living
    from tacenda.case import Case
    from tacenda.consents import may_still_hear
    from tacenda.errands import Addressees, Found, Letter
    from tacenda.facts import facts_of
    from tacenda.happenings import (
        LetterHeld,
        LetterSent,
        LetterStarted,
        RecipientsFound,
        TroubleFound,
    )
    from tacenda.letters import Recipient, Sent
    from tacenda.models import Audience, Kind
    from tacenda.rules import ON_RECORD, SURE_POST, WHOLE_CASE
    from tacenda.texts import approved_text

from workflows import errands
from workflows.carrier import Carrier, Desk, Errand
from workflows.files import Files


class Post:
    """Sees letters to those they are for, and records what became of each."""

    def __init__(
        self, desk: Desk, files: Files, start: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        """Take the case, its files, and a way to do errands beside the main loop."""
        self._desk = desk
        self._files = files
        self._start = start
        self._carrier = Carrier(desk, start)
        self._bound: set[str] = set()

    def send_what_is_due(self) -> None:
        """Put on its way every letter of the plan whose instant has come."""
        now = workflow.now()
        for entry in self._desk.plan:
            if entry.kind is not None and entry.at <= now:
                self._begin(entry, entry.kind)

    def bind_what_waits(self) -> None:
        """Learn for whom the letters are that were approved for later: that binds them."""
        case = self._desk.case
        if case.rules < WHOLE_CASE:
            return
        for entry in self._desk.plan:
            if _is_approval(case, entry) and entry.key not in self._bound:
                self._bound.add(entry.key)
                self._start(self._bind(entry))

    async def _bind(self, entry: Entry) -> None:
        addressees = Addressees.of(self._desk.case, entry, workflow.now())
        found = await self._find(addressees, entry.label)
        if found:
            self._desk.happen(RecipientsFound(key=entry.key, recipients=found.recipients))

    def _begin(self, entry: Entry, kind: Kind) -> None:
        """Put a letter on its way; from here on the plan no longer holds it."""
        now, case = workflow.now(), self._desk.case
        notice = case.notice(entry.key)
        letter = Letter(
            key=entry.key,
            kind=kind,
            facts=facts_of(case, now, entry),
            text=approved_text(case, entry.key),
            not_after=entry.not_after,
            answers=case.report.message_id,
            reporter_key=_reporter_key(case, entry),
            attachments=self._files.of(notice.attachments if notice else ()),
        )
        sent = Sent(
            key=entry.key,
            kind=kind,
            at=now,
            steps=entry.steps,
            covers=entry.covers,
            planned=notice.planned if notice else entry.planned or case.planned,
            pending=entry.whom if case.rules >= SURE_POST else (),
            elsewhere=notice.elsewhere if notice else "",
            calendar=entry.calendar,
        )
        addressees = Addressees.of(case, entry, now)
        self._bound.add(entry.key)
        self._desk.happen(LetterStarted(letter=sent))
        self._start(self._send(letter, sent, addressees, entry))

    async def _send(self, letter: Letter, sent: Sent, addressees: Addressees, entry: Entry) -> None:
        """See one letter to its recipients, and record what became of it."""

        async def find() -> tuple[Recipient, ...] | None:
            addressees = Addressees.of(self._desk.case, entry, workflow.now())
            found = await self._find(addressees, entry.label)
            return found.recipients if found else None

        recipients = await self._recipients(letter.key, addressees, entry.label)
        notice = self._desk.case.notice(letter.key)
        if notice and notice.held:
            self._desk.happen(LetterHeld(key=letter.key, reason=notice.held))
        elif notice and notice.elsewhere:
            told = {"at": notice.send_at, "delivered": recipients or (), "pending": ()}
            self._desk.happen(LetterSent(letter=sent.model_copy(update=told)))
        elif recipients is None:
            self._carrier.nobody(sent, letter)
        else:
            letter = letter.model_copy(update={"recipients": recipients})
            await self._carrier.carry(letter, Errand(sent, entry.label, find))

    async def _find(self, addressees: Addressees, label: str) -> Found | None:
        """Return whom a letter is for; where the reporter lives the case knows by itself."""
        is_known = addressees.audiences == (Audience.REPORTER,) and not addressees.only
        if is_known and self._desk.case.rules >= ON_RECORD:
            return Found(recipients=(addressees.reporter,) if addressees.reporter else ())
        return await errands.find(addressees, label)

    async def _recipients(
        self, key: str, addressees: Addressees, label: str
    ) -> tuple[Recipient, ...] | None:
        """Return whom a letter is for now, and hold an approved one if that has changed."""
        found = await self._find(addressees, label)
        if found is None:
            return None
        if self._desk.case.notice(key):
            self._desk.happen(RecipientsFound(key=key, recipients=found.recipients))
        if found.unknown:
            notice = self._desk.case.notice(key)
            was_told = notice is not None and notice.elsewhere
            failed = "could not be recorded as told" if was_told else "did not get the letter"
            self._trouble(
                f"{', '.join(found.unknown)} {failed} ({label}): "
                "tacenda.toml knows nobody of that name who may have it. Correct the name, or "
                'add them; a vendor who has accepted the embargo has embargo = "standing".'
            )
        case = self._desk.case
        if addressees.told_elsewhere:
            return found.recipients
        return living(case, may_still_hear(case, key, found.recipients, workflow.now()))

    def _trouble(self, what: str, *, noise: bool = False) -> None:
        self._desk.happen(TroubleFound(what=what, noise=noise))


def _is_approval(case: Case, entry: Entry) -> bool:
    """Whether an entry is what a person approved, for those whom the directory finds for it."""
    notice = case.notice(entry.key)
    return notice is not None and notice.key == entry.key


def _reporter_key(case: Case, entry: Entry) -> str:
    """Return what a letter to the reporter is encrypted to; no other letter carries it."""
    reporter = case.report.reporter
    return reporter.key if reporter and Audience.REPORTER in entry.to else ""
