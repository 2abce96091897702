"""The letters of a case: whom they are for, what was approved, and what became of each."""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, WrapSerializer

from tacenda.appointments import Appointments
from tacenda.enclosures import Enclosure
from tacenda.fields import Instant, Value
from tacenda.models import Audience, Kind, Step
from tacenda.packing import Columns


class Recipient(Value):
    """One mailbox that a letter goes to, with what it wants before every subject."""

    name: str
    address: str
    audience: Audience
    subject_prefix: str = ""


_RECIPIENTS = Columns("name", "address", "audience", "subject_prefix")

Recipients = Annotated[
    tuple[Recipient, ...],
    BeforeValidator(_RECIPIENTS.unpack),
    WrapSerializer(_RECIPIENTS.pack),
]
"""Recipients in order: ten thousand of them must fit into a history, several times."""


class Notice(Value):
    """An approved text and what the approval binds: text, files, instant, recipients, facts.

    `revision` is that of the facts it speaks of. `held` says why it does not go out: a held notice
    never does, a new approval takes its place; one that is `void` was held because what it says
    has changed, and not by a person. `to` are the names it is for, where not for all.
    `recipients` are those that the directory found when it was approved for a later instant.
    `planned` is the release date that it names, `elsewhere` where it was sent instead of by us.
    """

    kind: Kind
    number: int
    text: str
    sha256: str
    approved: Instant
    approvers: tuple[str, ...]
    send_at: Instant
    revision: int
    held: str = ""
    void: bool = False
    audience: Audience | None = None
    to: tuple[str, ...] = ()
    recipients: Recipients | None = None
    planned: Instant | None = None
    attachments: tuple[Enclosure, ...] = ()
    elsewhere: str = ""

    @property
    def key(self) -> str:
        """The identity under which it is sent, once."""
        return f"{self.kind}.{self.number}"


class Late(Value):
    """So many of those who have a letter got it at an instant (UTC), after the first had it."""

    at: Instant
    count: int


class Sent(Value):
    """A letter that is on its way, has left, or could not: which one, when, to whom.

    `at` is when its fate was known, `begun` when it left; `steps` it calls to mind, `covers` is
    the last trouble in it, `planned` the release date; `withheld` is whom we kept it from,
    `pending` whom the mail server has put off. `late` tells of the last of `delivered`, in order.
    `calendar` is what it changes in whose calendars.
    """

    key: str
    kind: Kind
    at: Instant
    begun: Instant | None = None
    steps: tuple[Step, ...] = ()
    covers: int = 0
    delivered: Recipients = ()
    failed: Recipients = ()
    pending: Recipients = ()
    withheld: tuple[str, ...] = ()
    sha256: str = ""
    planned: Instant | None = None
    elsewhere: str = ""
    late: tuple[Late, ...] = ()
    calendar: tuple[Appointments, ...] = ()

    @property
    def label(self) -> str:
        """What the terminal calls it: which letter, and of which steps."""
        steps = ", ".join(step.label for step in self.steps)
        return f"{self.kind.label}: {steps}" if steps else self.kind.label

    @property
    def since(self) -> datetime:
        """When it was put on its way (UTC)."""
        return self.begun or self.at

    @property
    def everyone(self) -> tuple[Recipient, ...]:
        """All whom it is for: who has it, who does not, who still waits."""
        return (*self.delivered, *self.failed, *self.pending)

    @property
    def arrivals(self) -> tuple[datetime, ...]:
        """When each of those who have it got it (UTC), in their order."""
        late = [some.at for some in self.late for _ in range(some.count)]
        return (*[self.at] * (len(self.delivered) - len(late)), *late)

    @property
    def arrived(self) -> bool:
        """Whether at least one recipient has it."""
        return bool(self.delivered or self.elsewhere)
