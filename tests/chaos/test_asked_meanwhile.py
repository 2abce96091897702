"""Many ask where a case stands, just while something happens in it.

A question may reach a worker together with events that no workflow task has taken up yet. A worker
of ours lets a case see them only at the time of that task (`workflows/runner.py`).
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle, WorkflowHistory, WorkflowQueryFailedError
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from tacenda.contract import TAKEN_UP_ANEW
from tests.servers import real_server
from workflows.runner import CarefulRunner

QUEUE = "diaries"
PATIENCE = 120  # seconds until something comes too early at last


@workflow.defn
class Diary:
    """Writes down when it was told something, and when its timer fired."""

    def __init__(self) -> None:
        self.notes: list[datetime] = []

    @workflow.run
    async def run(self) -> None:
        """Wait, in turns, for ever."""
        while True:
            await workflow.sleep(timedelta(milliseconds=300))
            self.notes.append(workflow.now())

    @workflow.signal
    async def note(self) -> None:
        """Write down the present instant."""
        self.notes.append(workflow.now())

    @workflow.query
    def written(self) -> list[datetime]:
        """Return the instants so far (UTC)."""
        return self.notes


async def test_no_question_shows_a_workflow_what_happens_before_its_time() -> None:
    """Every instant is that of the task that took it up, and any other worker can replay it."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=real_server()
    ) as environment:
        client = environment.client
        diary = await client.start_workflow(Diary.run, id="diary", task_queue=QUEUE)
        refused = 0
        until = time.monotonic() + PATIENCE
        while refused < 2 and time.monotonic() < until:
            async with worker(client):
                await notes_of(diary)
            refused += await told_while_asked(client, diary)
    assert refused, "nobody asked at the wrong moment: this shows nothing"


def worker(client: Client) -> Worker:
    """Return a worker for diaries that runs them as ours runs cases."""
    return Worker(
        client,
        task_queue=QUEUE,
        workflows=[Diary],
        workflow_runner=CarefulRunner(),
        sticky_queue_schedule_to_start_timeout=timedelta(milliseconds=100),
    )


async def told_while_asked(client: Client, diary: WorkflowHandle[Diary, None]) -> bool:
    """Tell a diary something while no worker runs and a question waits; look what it wrote down.

    Return whether the question was refused because it came with what was not taken up yet.
    """
    asked = asyncio.create_task(is_refused(diary))
    await asyncio.sleep(0.1)
    await diary.signal(Diary.note)
    await asyncio.sleep(0.5)
    async with worker(client):
        refused = await asked
        await diary.signal(Diary.note)  # once this is taken up, so is all before
        await asyncio.sleep(0.2)
        written = await notes_of(diary)
    history = await diary.fetch_history()
    replayed = await Replayer(workflows=[Diary]).replay_workflow(
        history, raise_on_replay_failure=False
    )

    assert replayed.replay_failure is None
    assert written == due(history)[: len(written)]
    return refused


async def notes_of(diary: WorkflowHandle[Diary, None]) -> list[datetime]:
    """Return what is written, asking anew where that came too early."""
    while True:
        try:
            return await diary.query(Diary.written)
        except WorkflowQueryFailedError as error:
            if TAKEN_UP_ANEW not in str(error):
                raise


async def is_refused(diary: WorkflowHandle[Diary, None]) -> bool:
    """Ask, and return whether the question came too early."""
    try:
        await diary.query(Diary.written, rpc_timeout=timedelta(seconds=20))
    except WorkflowQueryFailedError as error:
        return TAKEN_UP_ANEW in str(error)
    except RPCError:  # no worker was seen for too long
        pass
    return False


def due(history: WorkflowHistory) -> list[datetime]:
    """Return when each note was due: at the task that took up what it is of."""
    instants: list[datetime] = []
    waiting = 0
    for event in history.events:
        waiting += is_noted(event)
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            started = event.workflow_task_completed_event_attributes.started_event_id
            instants += [instant_of(history.events[started - 1])] * waiting
            waiting = 0
    return instants


def is_noted(event: HistoryEvent) -> bool:
    """Whether the diary has a note of it."""
    if event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
        return True
    return event.workflow_execution_signaled_event_attributes.signal_name == "note"


def instant_of(event: HistoryEvent) -> datetime:
    """Return when an event was, as `workflow.now` reckons."""
    return datetime.fromtimestamp(event.event_time.ToNanoseconds() / 1e9, UTC)
