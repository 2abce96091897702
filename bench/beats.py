"""From the history of a case to the score that the bare workflow plays."""

from collections.abc import Iterable

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter

from bench.bare import Beat, Timer
from tacenda.errands import Letter

_WAKES = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_TIMER_FIRED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
)
DELIVER = "deliver"


async def beats_of(history: WorkflowHistory, converter: DataConverter) -> list[Beat]:
    """Return what the workflow of `history` asked for, one beat for each thing that woke it."""
    beats: list[Beat] = []
    for event in history.events:
        if event.event_type in _WAKES:
            beats.append(Beat())
        elif event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            span = event.timer_started_event_attributes.start_to_fire_timeout
            seconds = span.ToTimedelta().total_seconds()
            beats[-1].timers.append(Timer(event.event_id, seconds))
        elif event.event_type == EventType.EVENT_TYPE_TIMER_CANCELED:
            cancelled = event.timer_canceled_event_attributes.started_event_id
            beats[-1].cancelled.append(cancelled)
        elif event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
            beats[-1].lookups += 1
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            await _note_activity(beats[-1], event, converter)
    return beats


async def _note_activity(beat: Beat, event: HistoryEvent, converter: DataConverter) -> None:
    scheduled = event.activity_task_scheduled_event_attributes
    if scheduled.activity_type.name != DELIVER:
        beat.asks += 1
        return
    decoded = await converter.decode(scheduled.input.payloads, [Letter])
    letter: Letter = decoded[0]
    beat.letters.append(len(letter.recipients))


def idle_seconds(events: Iterable[HistoryEvent]) -> float:
    """Return for how long (seconds) nothing happened because a timer that fired was not due.

    That is the time from the event before it to its due instant, on the server's clock.
    """
    idle, due, before = 0.0, {}, 0.0
    for event in events:
        now = event.event_time.ToNanoseconds() / 1e9
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            span = event.timer_started_event_attributes.start_to_fire_timeout
            due[event.event_id] = now + span.ToTimedelta().total_seconds()
        elif event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
            fired = event.timer_fired_event_attributes.started_event_id
            idle += max(0.0, due[fired] - before)
        before = now
    return idle
