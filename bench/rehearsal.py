"""A life of a case that nobody times: it tells how many letters follow each act, and the score."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import mean
from typing import Any

from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.converter import ActivitySerializationContext

from bench import story
from bench.bare import Score
from bench.beats import beats_of
from bench.stand import Stand
from tacenda import contract
from tacenda.act import Act
from tacenda.attributes import WORKFLOW
from tacenda.case import Case
from tacenda.connect import admit, task_queue
from tacenda.timeline import plan

PATIENCE = 30.0
REHEARSED = "case-2026-rehearsal0"
SOON = timedelta(seconds=2)
BARE_HEADERS = 230
"""About how many bytes the headers of a bare letter have."""

Handle = WorkflowHandle[Any, Any]


@dataclass(frozen=True)
class Rehearsal:
    """What is known of a life before others are timed.

    `letters` holds how many letters have come after the start and after each act, `sizes`
    the bytes of each act, and `signals` which acts are signals.
    """

    letters: tuple[int, ...]
    sizes: tuple[int, ...]
    signals: tuple[bool, ...]
    score: Score


async def rehearse(stand: Stand) -> Rehearsal:
    """Live the life of a case once, waiting after each act until the case is quiet."""
    handle = await open_case(stand.client, REHEARSED)
    await quiet(handle)
    letters, played = [len(stand.sink.arrivals)], []
    for act in story.acts():
        await do(handle, act)
        await quiet(handle)
        letters.append(len(stand.sink.arrivals))
        played.append(act)
    await handle.result()
    return Rehearsal(
        letters=tuple(letters),
        sizes=tuple(len(act.model_dump_json()) for act in played),
        signals=tuple(is_signal(act) for act in played),
        score=await _score(stand, await handle.fetch_history()),
    )


async def _score(stand: Stand, history: WorkflowHistory) -> Score:
    size = mean(arrival.size for arrival in stand.sink.arrivals) - BARE_HEADERS
    context = ActivitySerializationContext(
        stand.client.namespace, None, None, None, REHEARSED, None, False
    )
    converter = stand.client.data_converter.with_context(context)
    return Score(await beats_of(history, converter), int(size))


async def open_case(client: Client, case: str) -> Handle:
    """Start a case as `tacenda open` does."""
    await admit(client, case)
    return await client.start_workflow(
        WORKFLOW, story.opening(), id=case, task_queue=task_queue(client)
    )


def is_signal(act: Act) -> bool:
    """Whether the act is a signal; all others are updates."""
    return act.name == contract.FIX_LANDED


async def do(handle: Handle, act: Act) -> None:
    """Let a person do an act."""
    if is_signal(act):
        await handle.signal(contract.FIX_LANDED, act)
    else:
        await handle.execute_update(act.name, act, result_type=contract.Answer)


async def quiet(handle: Handle) -> None:
    """Wait until no letter is under way, due, or due soon."""
    async with asyncio.timeout(PATIENCE):
        while not _is_quiet(await case_of(handle), datetime.now(UTC) + SOON):
            await asyncio.sleep(0.02)


async def case_of(handle: Handle) -> Case:
    """Return the case as it is now."""
    view: contract.View = await handle.query(contract.Disclosure.view)
    return view.case


def _is_quiet(case: Case, soon: datetime) -> bool:
    if case.under_way or case.proposed_lead is None:
        return False
    return not any(e.kind and e.at <= soon for e in plan(case, case.policy, soon))
