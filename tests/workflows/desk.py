"""A desk for stories: the time-skipping server, a worker, and a mailer that remembers."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import EventType, IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.testservice.v1 import LockTimeSkippingRequest, UnlockTimeSkippingRequest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Interceptor, Worker

from activities.archive import Archivist
from activities.directory import Directory
from activities.links import Messenger
from tacenda import contract
from tacenda.act import Act
from tacenda.acts import FixLanded
from tacenda.archive.keys import TeamKey
from tacenda.archive.storage import NotStored, Records
from tacenda.attributes import SEARCH_ATTRIBUTES, TASK_QUEUE, WORKFLOW
from tacenda.case import Case
from tacenda.connect import admit
from tacenda.contract import Answer, Disclosure, Opening
from tacenda.converter import encrypting
from tacenda.enclosures import Attachment
from tacenda.errands import Heard, Tidings
from tacenda.keystore import KeyStore, make_store
from tacenda.models import Report
from tacenda.policy import Policy
from tacenda.settings import Settings
from tests.servers import test_server
from tests.workflows.mailroom import Mailroom
from workflows.disclosure import Disclosure as DisclosureWorkflow
from workflows.runner import CarefulRunner

SETTINGS: dict[str, Any] = {
    "team": {
        "address": "team@example.org",
        "escalate_to": ["oncall@example.org"],
        "members": [
            {"name": "alice", "email": "alice@example.org"},
            {"name": "bob", "email": "bob@example.org"},
        ],
    },
    "lists": {
        "users": ["announce@example.org"],
        "release": ["announce@example.org", "oss@example.org"],
    },
    "vendors": [
        {"name": "One", "email": "one@example.org", "embargo": "standing"},
        {"name": "Two", "email": "two@example.org", "embargo": "standing"},
    ],
}
THREE = {"name": "Three", "email": "three@example.org", "embargo": "per-case"}
WITH_THREE: dict[str, Any] = {"vendors": [*SETTINGS["vendors"], THREE]}
"""One more vendor, who is asked in each case."""


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

    async def file(self, sha256: Any) -> Attachment | None:
        """Ask for a file of the case by its hash."""
        return await self.handle.query(Disclosure.file, sha256)

    async def tasks(self) -> list[str]:
        """Return what waits for a worker, or is done by one: activities, or the case itself."""
        history = await self.handle.fetch_history()
        activities, case = set(), False
        for event in history.events:
            kind = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
            if kind == "ACTIVITY_TASK_SCHEDULED":
                activities.add(event.event_id)
            elif kind == "ACTIVITY_TASK_COMPLETED":
                done = event.activity_task_completed_event_attributes
                activities.discard(done.scheduled_event_id)
            elif kind == "ACTIVITY_TASK_CANCEL_REQUESTED":
                given_up = event.activity_task_cancel_requested_event_attributes
                activities.discard(given_up.scheduled_event_id)
            elif kind.startswith("WORKFLOW_TASK_"):
                case = kind != "WORKFLOW_TASK_COMPLETED"
        return [f"activity {number}" for number in activities] + ["case"] * case

    async def is_over(self) -> bool:
        """Whether its workflow has ended."""
        history = await self.handle.fetch_history()
        return history.events[-1].HasField("workflow_execution_completed_event_attributes")


class Shelf(Records):
    """The records of a desk; while it is `full` nothing is written."""

    def __init__(self) -> None:
        """Begin with none."""
        self.files: dict[str, bytes] = {}
        self.full = False
        self.tries = 0

    def read(self, case: str) -> bytes | None:
        """Return the record of a case."""
        return self.files.get(case)

    def write(self, case: str, content: bytes) -> None:
        """Keep the record of a case."""
        self.tries += 1
        if self.full:
            raise NotStored("The shelf is full.")
        self.files[case] = content

    def first_lines(self) -> Iterator[bytes]:
        """Yield the first line of each record."""
        for content in self.files.values():
            yield content.split(b"\n", 1)[0]

    def cases(self) -> Iterator[str]:
        """Yield the ids of the cases on record."""
        yield from sorted(self.files)

    def where(self, case: str) -> str:
        """Return where the record of a case lies."""
        return f"the shelf, {case}"


class Desk:
    """The server, its clock, the mailroom, and cases."""

    def __init__(
        self, env: WorkflowEnvironment, mailroom: Mailroom, settings: Settings, store: KeyStore
    ) -> None:
        """Take the parts."""
        self.store = store
        self.env = env
        self.mailroom = mailroom
        self.settings = settings
        self.records = Shelf()
        self.deaf = False
        self.unheard = 0

    @property
    def client(self) -> Client:
        """The client of the server."""
        return self.env.client

    async def now(self) -> datetime:
        """Return the time on the server's clock."""
        return await self.env.get_current_time()

    async def wait(self, **span: float) -> None:
        """Let time pass, and a second more.

        The server fails a task that cancels a timer which fires in the same moment, and a
        person who acts after a round number of days meets one.
        """
        await self.env.sleep(timedelta(**span) + timedelta(seconds=1))

    async def until(self, at: datetime) -> None:
        """Let time pass until an instant (UTC), if it is still to come."""
        left = at - await self.now()
        if left > timedelta(0):
            await self.env.sleep(left)

    async def outage(self, case: CaseDesk, until: datetime) -> None:
        """Let time pass while no worker runs.

        The server's clock stands still as soon as the case has something to do. That hold is
        lifted until the instant has come, and then put back, for the next worker to release.
        """
        passing = asyncio.create_task(self.until(until))
        while not passing.done() and "case" not in await case.tasks():
            await asyncio.sleep(0.02)
        if not passing.done():
            await self.client.test_service.unlock_time_skipping(UnlockTimeSkippingRequest())
            await passing
            await self.client.test_service.lock_time_skipping(LockTimeSkippingRequest())
        await passing

    async def open(
        self, report: Report, policy: Policy | None = None, case_id: str = "", **opening: Any
    ) -> CaseDesk:
        """Open a case from a report."""
        return await self.start(
            Opening(report=report, policy=policy or Policy(), **opening),
            case_id=case_id or f"case-2026-{len(self.mailroom.letters):010d}",
        )

    async def start(self, opening: Opening, case_id: str) -> CaseDesk:
        """Start a case, or a closed one again."""
        await admit(self.client, case_id)
        handle = await self.client.start_workflow(
            WORKFLOW,
            opening,
            id=case_id,
            task_queue=TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )
        return CaseDesk(handle)

    @activity.defn(name="tell_linked")
    async def tell_linked(self, tidings: Tidings) -> Heard:
        """Tell a case what is new in another, as the real one does; while all are deaf, fail."""
        if self.deaf:
            self.unheard += 1
            raise ApplicationError("nobody listens", type="LinkedSilent")
        return await Messenger(self.client).tell_linked(tidings)

    @asynccontextmanager
    async def worker(
        self,
        *,
        other: Mapping[str, Any] | None = None,
        forgets: bool = False,
        interceptors: Sequence[Interceptor] = (),
    ) -> AsyncIterator[None]:
        """Run a worker for as long as the block, with `other` settings where given.

        One that `forgets` keeps no case in its cache, so that another can go on at once where
        it stopped: on this server a task that waits for a worker which has gone stays there.
        """
        settings = Settings(**{**SETTINGS, **other}) if other else self.settings
        directory = Directory(settings, _nobody_leads_anything)
        key = TeamKey.of(self.store.ring())
        archivist = Archivist(self.client, self.records, key, self.mailroom.close_books)
        async with Worker(
            self.client,
            task_queue=TASK_QUEUE,
            workflows=[DisclosureWorkflow],
            activities=[
                self.mailroom.deliver,
                self.mailroom.page,
                self.mailroom.close_books,
                directory.recipients,
                directory.vendors,
                directory.propose_lead,
                directory.hours,
                self.tell_linked,
                archivist.keep_record,
                archivist.ask_and_keep_record,
            ],
            max_cached_workflows=0 if forgets else 1000,
            interceptors=interceptors,
            workflow_runner=CarefulRunner(),
        ):
            yield


async def _nobody_leads_anything(name: str) -> int:
    return 0


@asynccontextmanager
async def open_desk(keys: Path | None = None) -> AsyncIterator[Desk]:
    """Run the time-skipping server, with a desk on it that has no worker yet.

    Its cases are encrypted with the keys in the folder `keys`, or with some of its own.
    """
    with TemporaryDirectory(prefix="tacenda-keys-") as folder:
        store, _ = make_store(keys or Path(folder))
        async with _server(encrypting(store)) as env:
            yield Desk(env, Mailroom(), Settings(**SETTINGS), store)


@asynccontextmanager
async def _server(converter: DataConverter) -> AsyncIterator[WorkflowEnvironment]:
    env = await WorkflowEnvironment.start_time_skipping(
        data_converter=converter, test_server_existing_path=test_server()
    )
    async with env:
        await env.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=env.client.namespace,
                search_attributes={
                    key.name: IndexedValueType.ValueType(key.indexed_value_type.value)
                    for key in SEARCH_ATTRIBUTES
                },
            )
        )
        yield env
