"""Letters to try with, and single attempts at delivering them."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.mail import Mailer, Render
from tacenda.converter import PLAIN
from tacenda.enclosures import Attachment
from tacenda.errands import Delivery, Letter
from tacenda.facts import Facts, facts_of
from tacenda.letters import Recipient
from tacenda.lifecycle import open_case
from tacenda.models import Audience, Kind, Report
from tacenda.notices import Draft
from tacenda.policy import Policy
from tacenda.tables import Mail
from tests.activities.memory_ledger import MemoryLedger
from tests.activities.sink import Sink

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CASE = "case-2026-7k3q9xm4tp"
ANN, BOB, CAT = "ann@one.example", "bob@two.example", "cat@three.example"
SENDER = "Product Security <security@psirt.example.org>"


def recipient(address: str, audience: Audience = Audience.VENDORS) -> Recipient:
    """Return a vendor at `address`, or somebody else."""
    return Recipient(name="A Vendor", address=address, audience=audience)


def letter(
    *addresses: str,
    key: str = "vendor_notice.1",
    kind: Kind = Kind.VENDOR_NOTICE,
    text: str | None = "The approved text.\n",
    case_id: str = CASE,
    title: str = "A flaw",
    not_after: datetime | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> Letter:
    """Return a letter to `addresses` about an ordinary case."""
    report = Report(title=title, received=NOW - timedelta(days=1))
    case = open_case(case_id, report, Policy(), NOW)
    return Letter(
        key=key,
        kind=kind,
        facts=facts_of(case, NOW),
        recipients=tuple(recipient(address) for address in addresses),
        text=text,
        not_after=not_after,
        attachments=attachments,
    )


def settings_for(sink: Sink, **mail: Any) -> Mail:
    """Return the settings of a mailer that sends to `sink`."""
    return Mail(**{"host": "127.0.0.1", "port": sink.port, "security": "none"} | mail)


def plainly(kind: Kind, facts: Facts, templates: Path | None) -> Draft:
    """Render a letter without a template."""
    return Draft(subject=f"[{facts.case_id}] {kind.label}", body="From a template.\n")


@dataclass
class Attempt:
    """One attempt of the activity: what it starts from, and its heartbeats."""

    mailer: Mailer
    details: Sequence[Any] = ()
    beats: list[Any] = field(default_factory=list)
    number: int = 1
    environment: ActivityEnvironment = field(default_factory=ActivityEnvironment)

    def __post_init__(self) -> None:
        """Set the stage as a worker does."""
        self.environment.info = replace(
            ActivityEnvironment.default_info(),
            heartbeat_details=self.details,
            attempt=self.number,
        )
        self.environment.payload_converter = PLAIN.payload_converter
        self.environment.on_heartbeat = lambda *details: self.beats.append(*(details or (None,)))

    async def deliver(self, one: Letter) -> Delivery:
        """Deliver, or fail."""
        return await self.environment.run(self.mailer.deliver, one)


@dataclass
class Post:
    """Makes mailers, and sees to it that they take leave of the server."""

    stack: AsyncExitStack

    def mailer(
        self,
        sink: Sink,
        *,
        now: datetime = NOW,
        render: Render = plainly,
        sender: str = SENDER,
        ledger: MemoryLedger | None = None,
        **mail: Any,
    ) -> Mailer:
        """Return a mailer that sends to `sink`, as a worker has one."""
        known = ledger or MemoryLedger()
        table = settings_for(sink, **mail)
        mailer = Mailer(table, sender, known, clock=lambda: now, render=render)
        self.stack.push_async_callback(mailer.close)
        return mailer

    async def deliver(self, mailer: Mailer, one: Letter) -> Delivery:
        """Make a first attempt."""
        return await Attempt(mailer).deliver(one)


async def fails(attempt: Attempt, one: Letter) -> ApplicationError:
    """Return the error that `attempt` to deliver ends with."""
    with pytest.raises(ApplicationError) as caught:
        await attempt.deliver(one)
    return caught.value
