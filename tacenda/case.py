"""A case: everything that is known of one disclosure, as one frozen value."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import Field

from tacenda.fields import Instant, Value
from tacenda.models import (
    Audience,
    Closing,
    Deed,
    Extension,
    Fix,
    Kind,
    Notice,
    Recipient,
    Report,
    Sent,
    Severity,
    State,
    Step,
    Trouble,
)
from tacenda.policy import Policy

_LETTER_FOR = {
    Step.USER_NOTICE: Kind.USER_NOTICE,
    Step.VENDOR_NOTICE: Kind.VENDOR_NOTICE,
    Step.RELEASE: Kind.RELEASE,
}


class Case(Value):
    """The facts of one disclosure; every change makes a new value.

    `proposed_lead` is None until the directory has been asked, and empty when it knew nobody.
    """

    id: str
    report: Report
    policy: Policy
    opened: Instant
    public_since: Instant | None = None
    proposed_lead: str | None = None
    lead: str = ""
    fix_team: tuple[str, ...] = ()
    acknowledged: Instant | None = None
    acknowledgement: str | None = None
    severity: Severity | None = None
    cves: tuple[str, ...] = ()
    fix: Fix | None = None
    planned: Instant | None = None
    moved: Mapping[Step, Extension] = Field(default_factory=dict)
    skipped: tuple[Step, ...] = ()
    revision: int = 1
    notices: tuple[Notice, ...] = ()
    under_way: tuple[Sent, ...] = ()
    letters: tuple[Sent, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    deeds: tuple[Deed, ...] = ()
    closing: Closing | None = None

    @property
    def state(self) -> State:
        """The first step that is neither done nor skipped; then released; then closed."""
        if self.closing:
            return State.CLOSED
        if self.released:
            return State.RELEASED
        return State(next(self.open_steps()).value)

    @property
    def released(self) -> datetime | None:
        """When the release actually went out (UTC), or None."""
        return self.done_at(Step.RELEASE)

    @property
    def is_public(self) -> bool:
        """Whether there is nothing left to keep: released, or public some other way."""
        return self.released is not None or self.public_since is not None

    def limit(self, step: Step) -> datetime:
        """Return the instant (UTC) by which `step` must be done.

        Limits run from the receipt of the report; a case that is public has them all at
        the instant when that was known; an extension moves one.
        """
        if step in self.moved:
            return self.moved[step].until
        if self.public_since:
            return self.public_since
        return self.report.received + self.policy.limits.of(step)

    def done_at(self, step: Step) -> datetime | None:
        """Return when `step` was done (UTC): a notice is done when somebody has it."""
        if step is Step.ACKNOWLEDGE:
            return self.acknowledged
        if step is Step.FIX:
            return self.fix.landed if self.fix and self.fix.is_landed else None
        kind = _LETTER_FOR[step]
        return next((s.at for s in self.letters if s.kind is kind and s.arrived), None)

    def open_steps(self) -> Iterator[Step]:
        """Yield the steps that are neither done nor skipped, in order.

        The release ends them all: what it told the world needs no notice any more.
        """
        if self.released:
            return
        for step in Step:
            if step not in self.skipped and self.done_at(step) is None:
                yield step

    def overdue(self, now: datetime) -> tuple[Step, ...]:
        """Return the open steps whose limit has been reached by `now`."""
        if self.closing:
            return ()
        return tuple(step for step in self.open_steps() if self.limit(step) <= now)

    def next_limit(self, now: datetime) -> datetime | None:
        """Return the next limit of an open step that is still to come, or None."""
        if self.closing:
            return None
        coming = [self.limit(step) for step in self.open_steps() if self.limit(step) > now]
        return min(coming, default=None)

    def step_for(self, kind: Kind) -> Step | None:
        """Return the step that a letter of `kind` does, or None."""
        return next((step for step, letter in _LETTER_FOR.items() if letter is kind), None)

    @property
    def all_letters(self) -> tuple[Sent, ...]:
        """The letters whose fate is known, then those on their way."""
        return (*self.letters, *self.under_way)

    def started(self, key: str) -> bool:
        """Whether the letter of that key is on its way, has left, or could not."""
        return any(letter.key == key for letter in self.all_letters)

    def finished(self, key: str) -> bool:
        """Whether the fate of the letter of that key is known."""
        return any(letter.key == key for letter in self.letters)

    def approved_text(self, key: str) -> str | None:
        """Return the text that a person approved for the letter of that key, or None."""
        if key == Kind.ACKNOWLEDGEMENT:
            return self.acknowledgement
        if key == Kind.CLOSING:
            return self.closing.text or None if self.closing else None
        return next((notice.text for notice in self.notices if notice.key == key), None)

    def approved(self, kind: Kind) -> Notice | None:
        """Return the approval of `kind` that stands: neither held nor failed, or None."""
        for notice in reversed(self.notices):
            if notice.kind is kind and not notice.held and not self._failed(notice.key):
                return notice
        return None

    def vendors_told(self) -> datetime | None:
        """Return when the vendors have, or will have, their notice (UTC), or None."""
        if arrived := self.done_at(Step.VENDOR_NOTICE):
            return arrived
        notice = self.approved(Kind.VENDOR_NOTICE)
        return max(notice.send_at, notice.approved) if notice else None

    def waiting(self, kind: Kind) -> Notice | None:
        """Return the standing approval of `kind` whose letter has not started, or None."""
        notice = self.approved(kind)
        return notice if notice and not self.started(notice.key) else None

    def told(self, *audiences: Audience) -> tuple[Recipient, ...]:
        """Return who got a user or vendor notice, each mailbox once, in order."""
        mailboxes = {
            recipient.address: recipient
            for letter in self.letters
            if letter.kind in (Kind.USER_NOTICE, Kind.VENDOR_NOTICE)
            for recipient in letter.delivered
            if recipient.audience in audiences
        }
        return tuple(mailboxes.values())

    def _failed(self, key: str) -> bool:
        return any(letter.key == key and not letter.arrived for letter in self.letters)
