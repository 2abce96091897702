"""The refusal matrix: whatever form a caller without our keys finds, no case believes it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import RawValue

from tacenda.attributes import TASK_QUEUE, WORKFLOW
from tacenda.codec import CaseCodec
from tacenda.connect import admit
from tacenda.contract import Opening
from tacenda.converter import encrypting
from tacenda.keystore import open_store
from tacenda.models import Kind
from tacenda.policy import Policy
from tests.builders import a_report, acknowledge, fixed, score
from tests.workflows.desk import CaseDesk, Desk
from tests.workflows.forgery import FORMS, a_case, forged, stranger

everywhere = pytest.mark.parametrize("form", FORMS)


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
