"""What happened to a case as the server has it: for when no worker answers.

The server keeps what was sent and what was started; what followed from it only a worker knows.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.converter import DataConverter, WorkflowSerializationContext
from temporalio.service import RPCError

from tacenda.chronicle import BY_ITSELF, Happened
from tacenda.cli import session

_UNREADABLE = "could not be read"


async def happened_on_server(server: Client, case: str) -> tuple[Happened, ...]:
    """Return what the history of a case tells: acts, letters that were begun, limits that passed.

    Raises `UnknownCase` where there is none.
    """
    try:
        history = await server.get_workflow_handle(case).fetch_history(
            rpc_timeout=session.ANSWER_WITHIN
        )
    except RPCError as error:
        raise session.explained(error, case) from None
    context = WorkflowSerializationContext(namespace=server.namespace, workflow_id=case)
    teller = _Teller(server.data_converter.with_context(context))
    return tuple([line async for line in teller.lines(history.events)])


class _Teller:
    """Tells one event after the other; timers are known by what they were started as."""

    def __init__(self, converter: DataConverter) -> None:
        self._converter = converter
        self._timers: dict[str, str] = {}

    async def lines(self, events: Sequence[HistoryEvent]) -> Any:
        for event in events:
            for line in await self._line(event):
                yield line

    async def _line(self, event: HistoryEvent) -> list[Happened]:  # noqa: PLR0911 - a kind each
        at = event.event_time.ToDatetime(UTC)
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
                return [Happened(at=at, who=BY_ITSELF, what="case opened")]
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                update = event.workflow_execution_update_accepted_event_attributes
                sent = update.accepted_request.input
                return [await self._act(at, sent.name, sent.args.payloads)]
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                signal = event.workflow_execution_signaled_event_attributes
                return [await self._act(at, signal.signal_name, signal.input.payloads)]
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                label = await self._label(event)
                if event.activity_task_scheduled_event_attributes.activity_type.name != "deliver":
                    return []
                return [Happened(at=at, who=BY_ITSELF, what=label, detail="put on its way")]
            case EventType.EVENT_TYPE_TIMER_STARTED:
                timer = event.timer_started_event_attributes.timer_id
                self._timers[timer] = await self._label(event)
            case EventType.EVENT_TYPE_TIMER_FIRED:
                return list(_passed(at, self._timers.get(_fired(event), "")))
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
                return [Happened(at=at, who="somebody", what="terminated in Temporal")]
        return []

    async def _act(self, at: datetime, name: str, payloads: Sequence[Payload]) -> Happened:
        what = name.replace("_", " ")
        values = await self._values(payloads)
        if not values or not isinstance(values[0], dict):
            return Happened(at=at, who=_UNREADABLE, what=what)
        act = values[0]
        why = str(act.get("why") or act.get("override") or "")
        return Happened(at=at, who=str(act.get("by") or "somebody"), what=what, why=why)

    async def _label(self, event: HistoryEvent) -> str:
        values = await self._values([event.user_metadata.summary])
        return str(values[0]) if values else ""

    async def _values(self, payloads: Sequence[Payload]) -> list[Any]:
        """Return what payloads hold; nothing where one is not ours, or its key is gone."""
        try:
            return await self._converter.decode(payloads)
        except Exception:
            return []


def _fired(event: HistoryEvent) -> str:
    return event.timer_fired_event_attributes.timer_id


def _passed(at: datetime, label: str) -> Iterator[Happened]:
    if label.startswith("limit: "):
        detail = label.removeprefix("limit: ")
        yield Happened(at=at, who=BY_ITSELF, what="limit reached", detail=detail)
