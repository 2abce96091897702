"""A desk for stories: the time-skipping server, a worker, and a mailer that remembers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.directory import Directory
from tacenda import contract
from tacenda.acts import Act, FixLanded
from tacenda.case import Case
from tacenda.connect import DATA_CONVERTER
from tacenda.contract import Answer, Delivery, Disclosure, Letter, Opening
from tacenda.models import Kind, Recipient, Report
from tacenda.policy import Policy
from tacenda.settings import Settings
from tests.servers import test_server
from workflows.disclosure import Disclosure as DisclosureWorkflow

SETTINGS: dict[str, Any] = {
    "team": {
        "address": "team@example.org",
        "escalate_to": ["oncall@example.org"],
        "members": [
            {"name": "alice", "email": "alice@example.org"},
            {"name": "bob", "email": "bob@example.org"},
        ],
    },
    "lists": {"users": ["announce@example.org"], "release": ["announce@example.org"]},
    "vendors": [
        {"name": "One", "email": "one@example.org", "embargo": "standing"},
        {"name": "Two", "email": "two@example.org", "embargo": "standing"},
        {"name": "Three", "email": "three@example.org", "embargo": "per-case"},
    ],
}


class Mailroom:
    """A mailer that keeps every letter, and can be told to be closed or to refuse."""

    def __init__(self) -> None:
        """Open for business."""
        self.letters: list[tuple[Letter, Recipient]] = []
        self.refuses: set[str] = set()
        self.is_open = True

    @activity.defn(name="deliver")
    async def deliver(self, letter: Letter) -> Delivery:
        """Deliver as the real one does, into memory."""
        now = activity.info().current_attempt_scheduled_time
        if letter.not_after and now > letter.not_after:
            return Delivery(held=True)
        if not self.is_open:
            raise ApplicationError("closed", type="MailUnavailable")
        failed = tuple(r for r in letter.recipients if r.address in self.refuses)
        delivered = tuple(r for r in letter.recipients if r not in failed)
        self.letters += [(letter, recipient) for recipient in delivered]
        return Delivery(delivered=delivered, failed=failed, sha256="0" * 64)

    def kinds(self, address: str | None = None) -> list[Kind]:
        """Return the kinds of the letters, to everybody or to one address, in order."""
        return [
            letter.kind
            for letter, recipient in self.letters
            if address is None or recipient.address == address
        ]

    def to(self, kind: Kind) -> list[str]:
        """Return who got letters of a kind, in order."""
        return [recipient.address for letter, recipient in self.letters if letter.kind is kind]


class CaseDesk:
    """One case on the desk: what a person can do with it, and what it looks like."""

    def __init__(self, handle: WorkflowHandle[Any, Any]) -> None:
        """Take the handle of the case."""
        self.handle = handle

    async def act(self, act: Act) -> Answer:
        """Send an act as an update."""
        answer: Answer = await self.handle.execute_update(act.name, act, result_type=Answer)
        return answer

    async def refused(self, act: Act) -> str:
        """Send an act that is refused, and return the sentence."""
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await self.act(act)
        assert isinstance(caught.value.cause, ApplicationError)
        return caught.value.cause.message

    async def fixed(self, **values: Any) -> None:
        """Signal that the fix landed."""
        values = {"by": "bob", "refs": ("https://example.org/fix/1",), **values}
        await self.handle.signal(contract.FIX_LANDED, FixLanded(**values))

    async def case(self) -> Case:
        """Return the case as it is now."""
        return (await self.handle.query(Disclosure.view)).case


class Desk:
    """The server, its clock, the mailroom, and cases."""

    def __init__(self, env: WorkflowEnvironment, mailroom: Mailroom, settings: Settings) -> None:
        """Take the parts."""
        self.env = env
        self.mailroom = mailroom
        self.settings = settings

    @property
    def client(self) -> Client:
        """The client of the server."""
        return self.env.client

    async def now(self) -> datetime:
        """Return the time on the server's clock."""
        return await self.env.get_current_time()

    async def wait(self, **span: float) -> None:
        """Let time pass."""
        await self.env.sleep(timedelta(**span))

    async def open(self, report: Report, policy: Policy | None = None) -> CaseDesk:
        """Open a case from a report."""
        opening = Opening(report=report, policy=policy or Policy())
        handle = await self.client.start_workflow(
            contract.WORKFLOW,
            opening,
            id=f"case-2026-{len(self.mailroom.letters):010d}",
            task_queue=contract.TASK_QUEUE,
        )
        return CaseDesk(handle)

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[None]:
        """Run a worker for as long as the block."""
        directory = Directory(self.settings, _nobody_leads_anything)
        async with Worker(
            self.client,
            task_queue=contract.TASK_QUEUE,
            workflows=[DisclosureWorkflow],
            activities=[self.mailroom.deliver, directory.recipients, directory.propose_lead],
        ):
            yield


async def _nobody_leads_anything(name: str) -> int:
    return 0


@asynccontextmanager
async def open_desk() -> AsyncIterator[Desk]:
    """Run the time-skipping server, with a desk on it that has no worker yet."""
    env = await WorkflowEnvironment.start_time_skipping(
        data_converter=DATA_CONVERTER, test_server_existing_path=test_server()
    )
    async with env:
        await env.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=env.client.namespace,
                search_attributes={
                    key.name: IndexedValueType.ValueType(key.indexed_value_type.value)
                    for key in contract.SEARCH_ATTRIBUTES
                },
            )
        )
        yield Desk(env, Mailroom(), Settings(**SETTINGS))
