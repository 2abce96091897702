"""The history of a case stays small, for every worker that takes it up reads all of it."""

from collections import Counter
from datetime import timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from tacenda.models import CloseReason
from tests.builders import (
    a_report,
    acknowledge,
    assign_cve,
    close,
    held_retrospective,
    published,
    release,
    score,
    user_notice,
    vendor_notice,
)
from tests.workflows.desk import Desk
from tests.workflows.plot import a_monday

NEWS = (
    "WORKFLOW_EXECUTION_STARTED",
    "WORKFLOW_EXECUTION_SIGNALED",
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED",
    "TIMER_FIRED",
)
"""What is followed by a workflow task of its own, as is a wave of letters that was confirmed."""

MOST_EVENTS = 200
MOST_BYTES = 300_000


async def test_a_finished_case_with_twelve_letters_is_small(desk: Desk) -> None:
    """Under 200 events and 300 kB, encrypted, from a report over sixteen days to its record.

    Letters that leave together are counted as if they were confirmed together: whether they
    are, and with one task of the workflow or two, depends on how fast the machine is.
    """
    async with desk.worker():
        case = await desk.open(a_report(received=await a_monday(desk)))
        await desk.wait(minutes=5)
        await case.act(acknowledge(team=("bob",)))
        await case.act(score())
        await case.act(assign_cve())
        await desk.wait(days=3)
        await case.fixed()
        at = await desk.now() + timedelta(days=10)
        await case.act(user_notice(planned=at))
        await desk.wait(days=2)
        await case.act(vendor_notice())
        await desk.wait(hours=1)
        await case.act(release(at, override="it is a Sunday"))
        await desk.wait(days=9, hours=22)
        await case.act(published())
        await case.act(held_retrospective())
        await case.act(close(CloseReason.COMPLETE))
        await case.handle.result()
        history = await case.handle.fetch_history()

    letters = {letter.key for letter, _ in desk.mailroom.letters}
    size = sum(event.ByteSize() for event in history.events)

    assert len(letters) == 12, letters
    assert _count(history) < MOST_EVENTS
    assert size < MOST_BYTES


def _count(history: WorkflowHistory) -> int:
    """Return how many events a history has, with one workflow task for each piece of news."""
    kinds = Counter(
        EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events
    )
    scheduled = (event.activity_task_scheduled_event_attributes for event in history.events)
    waves = {one.workflow_task_completed_event_id for one in scheduled} - {0}
    tasks = len(waves) + sum(kinds[news] for news in NEWS)
    others = sum(count for kind, count in kinds.items() if not kind.startswith("WORKFLOW_TASK"))
    return others + 3 * tasks
