"""Nothing that a caller sends breaks or wedges a case."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.converter import WorkflowSerializationContext
from temporalio.exceptions import ApplicationError

from tacenda import contract
from tacenda.attributes import TASK_QUEUE, WORKFLOW
from tacenda.connect import admit
from tacenda.models import Kind, State, Step
from tests.builders import a_report, acknowledge, score
from tests.workflows.desk import CaseDesk, Desk


async def a_case(desk: Desk) -> CaseDesk:
    """Open a case whose report has just come in."""
    return await desk.open(a_report(received=await desk.now()))


BAD_ARGUMENTS: dict[str, list[Any]] = {
    "none": [],
    "two": [{"refs": ["x"], "by": "ci"}, 2],
    "wrong type": [17],
    "wrong keys": [{"ref": "x", "by": "ci"}],
    "nobody": [{"refs": ["x"]}],
    "nothing said": [{"by": "ci"}],
    "text": ["fixed!"],
    "null": [None],
    "binary": [b"\x00\xff\xfe"],
    "huge": [{"refs": ["x" * 600_000], "by": "ci"}],
}


@pytest.mark.parametrize("arguments", BAD_ARGUMENTS.values(), ids=BAD_ARGUMENTS.keys())
async def test_a_bad_signal_is_recorded_and_told(staffed: Desk, arguments: list[Any]) -> None:
    """A fix_landed that cannot be read changes nothing, and the lead hears that it came."""
    case = await a_case(staffed)
    await case.handle.signal(contract.FIX_LANDED, args=arguments)
    facts = await case.case()
    assert facts.fix is None
    [trouble] = facts.troubles
    assert "the fix has landed" in trouble.what
    assert "xxxx" not in trouble.what

    await case.fixed()
    assert (await case.case()).done_at(Step.FIX) is not None


async def test_a_signal_as_plain_json_lands_the_fix(staffed: Desk) -> None:
    """A signal with JSON instead of our own value lands the fix, once it is encrypted."""
    case = await a_case(staffed)
    await case.handle.signal("fix_landed", {"refs": ["https://example.org/1"], "by": "ci"})
    facts = await case.case()
    assert facts.fix is not None
    assert facts.fix.by == "ci"


async def test_an_unknown_signal_is_told_to_the_lead(staffed: Desk) -> None:
    """A signal under an unknown name may have been an act: it is told, not dropped."""
    case = await a_case(staffed)
    await case.handle.signal("approve", "now")
    async with asyncio.timeout(60):
        while Kind.ALARM not in staffed.mailroom.kinds():
            await asyncio.sleep(0.02)
    assert "alice@example.org" in staffed.mailroom.to(Kind.ALARM)


async def test_a_flood_of_signals_is_told_in_few_letters(staffed: Desk) -> None:
    """A hundred bad signals make neither a hundred letters nor an endless case."""
    case = await a_case(staffed)
    for _ in range(100):
        await case.handle.signal("nonsense")
    await staffed.wait(hours=5)
    facts = await case.case()
    assert staffed.mailroom.kinds("team@example.org").count(Kind.ALARM) <= 5
    assert len(facts.troubles) <= 60


@pytest.mark.parametrize("arguments", [[], [1, 2], ["x"], [{"x": 1}], [b"\x00"]])
async def test_a_bad_update_is_refused_with_a_reason(staffed: Desk, arguments: list[Any]) -> None:
    """An update that cannot be read is refused in a sentence, before anything is stored."""
    case = await a_case(staffed)
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await case.handle.execute_update("score", args=arguments)
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.message.startswith("It")
    assert (await case.case()).deeds == ()


async def test_a_malformed_vector_is_refused_with_its_reason(staffed: Desk) -> None:
    """Rule 20: a malformed vector is refused with the reason."""
    case = await a_case(staffed)
    assert 'Unknown metric "av"' in await case.refused(score("CVSS:3.1/av:N"))


async def test_an_unknown_update_is_refused(staffed: Desk) -> None:
    """An update that nobody knows is refused, and the case goes on."""
    case = await a_case(staffed)
    with pytest.raises(WorkflowUpdateFailedError):
        await case.handle.execute_update("publish_everything", "now")
    await case.act(acknowledge())


async def test_cancelling_does_not_end_a_case(staffed: Desk) -> None:
    """A cancelled case goes on with all its limits, and the lead hears who should do what."""
    case = await a_case(staffed)
    await case.case()
    await case.handle.cancel()
    await staffed.wait(days=2)
    facts = await case.case()
    assert "cancel" in facts.troubles[0].what
    assert Kind.ESCALATION in staffed.mailroom.kinds()
    await case.act(acknowledge())
    assert (await case.case()).state is State.FIX


async def test_the_fix_lands_while_no_worker_runs(desk: Desk) -> None:
    """A signal without a worker is kept, and takes effect when one comes."""
    case = await a_case(desk)
    await case.fixed()
    async with desk.worker():
        assert (await case.case()).fix is not None


async def test_acts_find_the_case_before_its_run_begins(desk: Desk) -> None:
    """Signals and updates that are in the first task of a case are not lost."""
    case = await a_case(desk)
    await case.fixed()
    early = asyncio.create_task(case.act(acknowledge()))
    await asyncio.sleep(0.2)
    async with desk.worker():
        await early
        facts = await case.case()
        assert facts.fix is not None
        assert facts.acknowledged is not None


@pytest.mark.parametrize(
    "arguments",
    [[], [1], ["x"], [{}], [{"report": {"title": "t"}}], [1, 2], [b"\x00"]],
)
async def test_a_bad_start_fails_with_a_reason(staffed: Desk, arguments: list[Any]) -> None:
    """A case that was started with nonsense ends at once with a reason, and wedges nothing."""
    await admit(staffed.client, "case-bad")
    handle = await staffed.client.start_workflow(
        WORKFLOW, args=arguments, id="case-bad", task_queue=TASK_QUEUE
    )
    with pytest.raises(WorkflowFailureError) as caught:
        await handle.result()
    assert "The case was not opened" in str(caught.value.cause)


async def test_a_report_from_the_future_is_refused(staffed: Desk) -> None:
    """A report received in the future opens no case."""
    case = await staffed.open(a_report(received=await staffed.now() + timedelta(days=1)))
    with pytest.raises(WorkflowFailureError, match="Workflow execution failed"):
        await case.handle.result()


async def test_the_four_limits_are_named_timers_from_the_start(staffed: Desk) -> None:
    """Four durable timers carry the names of the limits as soon as the case is open."""
    case = await a_case(staffed)
    await case.case()
    history = await case.handle.fetch_history()
    sealed = [
        event.user_metadata.summary
        for event in history.events
        if event.HasField("timer_started_event_attributes")
    ]
    converter = staffed.client.data_converter.with_context(
        WorkflowSerializationContext(staffed.client.namespace, case.handle.id)
    )
    names = await converter.decode(sealed, [str] * len(sealed))
    assert names[:4] == [
        "limit: acknowledge",
        "limit: fix, user notice",
        "limit: vendor notice",
        "limit: release",
    ]
