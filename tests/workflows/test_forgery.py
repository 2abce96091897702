"""The refusal matrix: whatever form a caller without our keys finds, no case believes it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import ApplicationFailureInfo, Failure
from temporalio.api.workflowservice.v1 import RespondActivityTaskFailedByIdRequest
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import RawValue
from temporalio.converter import DataConverter

from tacenda.attributes import TASK_QUEUE, WORKFLOW
from tacenda.codec import CaseCodec
from tacenda.connect import admit
from tacenda.contract import Delivery, Letter, Opening
from tacenda.converter import PLAIN, encrypting
from tacenda.keystore import open_store
from tacenda.models import Kind
from tacenda.policy import Policy
from tests.builders import a_report, acknowledge, fixed, score
from tests.workflows.desk import CaseDesk, Desk, Mailroom
from tests.workflows.forgery import FORMS, Forger

everywhere = pytest.mark.parametrize("form", FORMS)


def stranger(desk: Desk, converter: DataConverter = PLAIN) -> Client:
    """Return a client that reaches the server and encrypts with no key of ours."""
    return Client(desk.client.service_client, data_converter=converter)


async def forged(desk: Desk, case: str, form: str, value: Any, folder: Path) -> RawValue:
    """Return `value` as a payload in one of the forms that are not to be trusted."""
    forger = Forger(desk.client, case, folder)
    return RawValue(await getattr(forger, form)(value))


async def a_case(desk: Desk) -> CaseDesk:
    """Open a case whose report has just come in."""
    return await desk.open(a_report(received=await desk.now()))


@everywhere
async def test_a_forged_signal_is_recorded_and_told(
    staffed: Desk, form: str, tmp_path: Path
) -> None:
    """A signal that was not encrypted for the case changes nothing, and the lead hears of it."""
    case = await a_case(staffed)
    payload = await forged(staffed, case.handle.id, form, fixed(), tmp_path)
    await stranger(staffed).get_workflow_handle(case.handle.id).signal("fix_landed", payload)

    facts = await case.case()
    assert facts.fix is None
    assert ["was not encrypted with a key of this case" in t.what for t in facts.troubles] == [True]
    await case.fixed()
    assert (await case.case()).fix is not None


@everywhere
async def test_a_forged_update_is_recorded_and_told(
    staffed: Desk, form: str, tmp_path: Path
) -> None:
    """An update that was not encrypted for the case is refused, recorded and told."""
    case = await a_case(staffed)
    payload = await forged(staffed, case.handle.id, form, acknowledge(), tmp_path)
    handle = stranger(staffed).get_workflow_handle(case.handle.id)
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update("acknowledge", payload)

    facts = await case.case()
    assert (facts.deeds, facts.acknowledged) == ((), None)
    assert ["an act (acknowledge) that changed nothing" in t.what for t in facts.troubles] == [True]
    async with asyncio.timeout(60):
        while Kind.ALARM not in staffed.mailroom.kinds():
            await asyncio.sleep(0.02)
    await case.act(acknowledge())


@everywhere
async def test_a_forged_start_opens_no_case(staffed: Desk, form: str, tmp_path: Path) -> None:
    """A workflow started with something else ends at once; it never was a case."""
    await admit(staffed.client, "case-2026-forged0000")
    opening = Opening(report=a_report(received=await staffed.now()), policy=Policy())
    payload = await forged(staffed, "case-2026-forged0000", form, opening, tmp_path)
    handle = await stranger(staffed).start_workflow(
        WORKFLOW, payload, id="case-2026-forged0000", task_queue=TASK_QUEUE
    )

    with pytest.raises(WorkflowFailureError) as caught:
        await handle.result()
    assert "The case was not opened. It was not encrypted" in str(caught.value.cause)
    assert staffed.mailroom.letters == []


async def test_a_start_without_a_key_in_the_store_ends_too(staffed: Desk) -> None:
    """A plain start under an id that has no key ends with its reason, and is not tried for ever."""
    handle = await stranger(staffed).start_workflow(
        WORKFLOW, "hello", id="case-2026-keyless000", task_queue=TASK_QUEUE
    )
    with pytest.raises(WorkflowFailureError) as caught:
        await handle.result()
    assert "The case was not opened" in str(caught.value.cause)


@everywhere
async def test_a_forged_question_gets_no_answer(staffed: Desk, form: str, tmp_path: Path) -> None:
    """A question that was not encrypted for the case is refused, and breaks nothing."""
    case = await a_case(staffed)
    payload = await forged(staffed, case.handle.id, form, "0" * 64, tmp_path)
    with pytest.raises(WorkflowQueryFailedError):
        await stranger(staffed).get_workflow_handle(case.handle.id).query("file", payload)
    assert await case.file("0" * 64) is None


class Slow(Mailroom):
    """A mailroom in which the first receipt stays, until somebody says what became of it."""

    def __init__(self) -> None:
        """Keep none yet; `kept` will be the activity."""
        super().__init__()
        self.kept: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @activity.defn(name="deliver")
    async def deliver(self, letter: Letter) -> Delivery:
        """Keep the first receipt, deliver everything else."""
        if letter.kind is Kind.RECEIPT and not self.kept.done():
            self.kept.set_result(activity.info().activity_id)
            await asyncio.sleep(3600)
        return await super().deliver(letter)


@pytest.mark.parametrize("form", [*FORMS, "by_the_door"])
async def test_a_forged_result_is_not_believed(desk: Desk, form: str, tmp_path: Path) -> None:
    """Who claims that a letter was delivered, without our key, has it sent again and told."""
    desk.mailroom = room = Slow()
    async with desk.worker():
        case = await a_case(desk)
        async with asyncio.timeout(30):
            activity_id = await room.kept
        claim = await forged(desk, case.handle.id, form, Delivery(), tmp_path)
        handle = stranger(desk).get_async_activity_handle(
            workflow_id=case.handle.id, run_id=None, activity_id=activity_id
        )
        await handle.complete(claim)

        async with asyncio.timeout(30):
            while Kind.RECEIPT not in [letter.kind for letter in (await case.case()).letters]:
                await asyncio.sleep(0.02)
        facts = await case.case()
        [receipt] = [letter for letter in facts.letters if letter.kind is Kind.RECEIPT]
        assert [r.address for r in receipt.delivered] == ["rita@example.org"]
        assert ["what became of a letter" in t.what for t in facts.troubles] == [True]


@pytest.mark.parametrize("about", ["deliver", "propose_lead", "a label"])
async def test_another_answer_of_the_case_is_not_believed(desk: Desk, about: str) -> None:
    """Who copies an answer or a label of the case as the answer for a letter gets nowhere."""
    desk.mailroom = room = Slow()
    async with desk.worker():
        case = await a_case(desk)
        async with asyncio.timeout(30):
            activity_id = await room.kept
            while not (answer := await _answer(case, about)):
                await asyncio.sleep(0.02)
        handle = stranger(desk).get_async_activity_handle(
            workflow_id=case.handle.id, run_id=None, activity_id=activity_id
        )
        await handle.complete(RawValue(answer))
        assert await _receipt_of(case) == ["rita@example.org"]


FAILURES = {
    "an odd category": Failure(
        application_failure_info=ApplicationFailureInfo(type="t", non_retryable=True, category=99)  # type: ignore[arg-type]
    ),
    "nothing": Failure(application_failure_info=ApplicationFailureInfo(non_retryable=True)),
    "garbage inside": Failure(
        encoded_attributes=Payload(metadata={"encoding": b"\xff"}, data=b"\x00"),
        application_failure_info=ApplicationFailureInfo(non_retryable=True),
    ),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_a_forged_failure_wedges_nothing(desk: Desk, failure: Failure) -> None:
    """Whatever failure somebody claims for a letter, the case goes on and the lead hears."""
    desk.mailroom = room = Slow()
    async with desk.worker():
        case = await a_case(desk)
        async with asyncio.timeout(30):
            activity_id = await room.kept
        await desk.client.workflow_service.respond_activity_task_failed_by_id(
            RespondActivityTaskFailedByIdRequest(
                namespace=desk.client.namespace,
                workflow_id=case.handle.id,
                activity_id=activity_id,
                failure=failure,
            )
        )
        await _receipt_of(case)
        await case.act(acknowledge())
        assert (await case.case()).troubles


async def _receipt_of(case: CaseDesk) -> list[str]:
    """Wait until the fate of the receipt is known, and return who has it."""
    async with asyncio.timeout(30):
        while not (found := [x for x in (await case.case()).letters if x.kind is Kind.RECEIPT]):
            await asyncio.sleep(0.02)
    return [recipient.address for recipient in found[0].delivered]


async def _answer(case: CaseDesk, about: str) -> Payload | None:
    """Return an answer of an activity of that type, as it lies in the history, or None."""
    asked: dict[int, str] = {}
    async for event in case.handle.fetch_history_events():
        if event.HasField("activity_task_scheduled_event_attributes"):
            scheduled = event.activity_task_scheduled_event_attributes
            asked[event.event_id] = scheduled.activity_type.name
            if about == "a label":
                return event.user_metadata.summary
        elif event.HasField("activity_task_completed_event_attributes"):
            done = event.activity_task_completed_event_attributes
            if asked[done.scheduled_event_id] == about:
                return done.result.payloads[0]
    return None


async def test_what_comes_through_the_codec_server_is_accepted(
    staffed: Desk, tmp_path: Path
) -> None:
    """An act from the Web UI is encrypted for any case, and is an act."""
    case = await a_case(staffed)
    payload = await forged(staffed, case.handle.id, "by_the_door", fixed(), tmp_path)
    await stranger(staffed).get_workflow_handle(case.handle.id).signal("fix_landed", payload)
    assert (await case.case()).fix is not None


async def test_no_case_starts_through_the_codec_server(staffed: Desk, tmp_path: Path) -> None:
    """A start from the Web UI has no key of its own, and opens no case."""
    opening = Opening(report=a_report(received=await staffed.now()), policy=Policy())
    payload = await forged(staffed, "case-2026-webui00000", "by_the_door", opening, tmp_path)
    handle = await stranger(staffed).start_workflow(
        WORKFLOW, payload, id="case-2026-webui00000", task_queue=TASK_QUEUE
    )
    with pytest.raises(WorkflowFailureError) as caught:
        await handle.result()
    assert "The case was not opened" in str(caught.value.cause)


async def test_a_copied_act_is_not_done_again(staffed: Desk) -> None:
    """Who copies the bytes of an act from the history, and sends them again, repeats nothing."""
    case = await a_case(staffed)
    await case.act(acknowledge())
    await case.act(score("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"))
    first = await _score_in_history(case)
    await case.act(score("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:L"))
    handle = stranger(staffed).get_workflow_handle(case.handle.id)
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update("score", RawValue(first))

    facts = await case.case()
    assert facts.severity is not None
    assert facts.severity.score < 9
    assert "a copy of something that came before" in facts.troubles[-1].what


async def _score_in_history(case: CaseDesk) -> Any:
    history = await case.handle.fetch_history()
    accepted = [
        event.workflow_execution_update_accepted_event_attributes.accepted_request.input
        for event in history.events
        if event.HasField("workflow_execution_update_accepted_event_attributes")
    ]
    return next(i.args.payloads[0] for i in accepted if i.name == "score")


@asynccontextmanager
async def elsewhere(desk: Desk, folder: Path, case: str) -> AsyncIterator[tuple[Client, Path]]:
    """Yield a client whose store has got a newer key of the case, and the file it is in."""
    codec = desk.client.data_converter.payload_codec
    assert isinstance(codec, CaseCodec)
    shutil.copytree(codec.keys.store.name, folder / "copy")
    store = open_store(folder / "copy")
    store.rotate(case)
    yield stranger(desk, encrypting(store)), folder / "copy" / f"{case}.keys.json"


async def test_an_act_waits_for_a_key_that_is_still_to_come(staffed: Desk, tmp_path: Path) -> None:
    """A worker that lacks a new key refuses nothing: the act takes effect when the key is there."""
    case = await a_case(staffed)
    await case.case()
    async with elsewhere(staffed, tmp_path, case.handle.id) as (client, key):
        await client.get_workflow_handle(case.handle.id).signal("fix_landed", fixed())
        await asyncio.sleep(1)
        codec = staffed.client.data_converter.payload_codec
        assert isinstance(codec, CaseCodec)
        shutil.copy(key, codec.keys.store.name)

    async with asyncio.timeout(60):
        while (facts := await case.case()).fix is None:
            await asyncio.sleep(0.1)
    assert facts.troubles == ()
