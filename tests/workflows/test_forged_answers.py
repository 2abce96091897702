"""Answers and failures that no worker of ours gave: no case believes one, and none stands still."""

import asyncio
from pathlib import Path

import pytest
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import ApplicationFailureInfo, Failure
from temporalio.api.workflowservice.v1 import RespondActivityTaskFailedByIdRequest
from temporalio.common import RawValue

from tacenda.errands import Delivery, Letter
from tacenda.models import Kind
from tests.builders import acknowledge
from tests.workflows.desk import CaseDesk, Desk
from tests.workflows.forgery import FORMS, a_case, forged, stranger
from tests.workflows.mailroom import Mailroom


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


@pytest.mark.parametrize("about", ["deliver", "a label"])
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
