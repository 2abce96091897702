"""Ten thousand open cases and two thousand closed ones: a page of the list, the figures, one case.

The crowd stands in for cases: workflows of their type with all their search attributes, which no
worker of ours ever takes up; those that are closed were ended by a worker of the bench. One case
is real, and shown. Records are verified in this process.
"""

import asyncio
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.commands import in_turn, run, tacenda
from bench.rehearsal import open_case
from bench.stand import ROOT, Stand, open_stand, plain_environment
from bench.table import Row
from tacenda.archive.keys import TeamKey
from tacenda.archive.record import record_of, verified
from tacenda.attributes import BAND, LEAD, NEXT_LIMIT, OVERDUE, STATE, STEP_TIMES, WORKFLOW
from tacenda.keys import Ring
from tacenda.lifecycle import open_case as opened
from tacenda.models import Band, Report, State, Step
from tacenda.outline import outline_of, word_of
from tacenda.policy import Policy

OPEN, CLOSED, RECORDS = 10_000, 2_000, 1_000
AT_ONCE = 50
REAL = "case-2026-0000000000"
_NOBODY, _ENDED = "nobody", "ended"


@workflow.defn(name=WORKFLOW)
class Ended:
    """A case that is over at once."""

    @workflow.run
    async def run(self) -> None:
        """End."""


async def measure(rounds: int) -> list[Row]:
    """Return the rows of the board, each beside a bare script, and that of the records."""
    async with open_stand() as stand:
        await open_case(stand.client, REAL)
        await _crowd(stand)
        environ = plain_environment() | {"TACENDA_HOME": str(stand.home)}
        bare = [sys.executable, str(ROOT / "bench" / "bare_board.py"), stand.address]
        sides = {
            "list": ([tacenda(), "list"], [*bare, "page"]),
            "report": ([tacenda(), "report"], [*bare, "all"]),
            "show": ([tacenda(), "show", REAL], [*bare, REAL]),
        }
        programs = {
            f"{name} {side}": run(words, environ)
            for name, both in sides.items()
            for side, words in zip(("ours", "bare"), both, strict=True)
        }
        took = await asyncio.to_thread(in_turn, rounds, programs)
    many = f"{OPEN} open cases and {CLOSED} closed"
    return [
        Row(
            f"tacenda list, first page of {many} / bare page and count",
            took["list ours"],
            took["list bare"],
            "ms",
            most=1.5,
        ),
        Row(
            f"tacenda report, {many} / bare list and count",
            took["report ours"],
            took["report bare"],
            "ms",
            most=5,
        ),
        Row(
            "tacenda show / bare query",
            took["show ours"],
            took["show bare"],
            "ms",
            most=1.5,
        ),
        Row(f"verify {RECORDS} records", _verify(rounds), None, "ms", at_most=5000),
    ]


def _verify(rounds: int) -> float:
    """Return how long it takes to verify the records (ms), the median of some rounds."""
    key = TeamKey.of(Ring.new())
    now = datetime.now(UTC)
    cases = [
        opened(f"case-2026-{number:010d}", Report(title="A flaw", received=now), Policy(), now)
        for number in range(RECORDS)
    ]
    records = [record_of(case, now, key) for case in cases]
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        for record in records:
            verified(record, key.public, key)
        took.append(1000 * (time.perf_counter() - began))
    return median(took)


async def _crowd(stand: Stand) -> None:
    """Start the crowd, and wait until the server lists all of it."""
    luck = random.Random(7)
    gate = asyncio.Semaphore(AT_ONCE)
    plain = await Client.connect(stand.address)  # the crowd has no keys

    async def start(number: int, queue: str) -> None:
        async with gate:
            await plain.start_workflow(
                WORKFLOW,
                id=f"case-2026-{number:010d}",
                task_queue=queue,
                search_attributes=_attributes(luck, number, is_open=queue == _NOBODY),
            )

    async with Worker(
        plain,
        task_queue=_ENDED,
        workflows=[Ended],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        queues = (_NOBODY if number <= OPEN else _ENDED for number in range(1, OPEN + CLOSED + 1))
        await asyncio.gather(*(start(number, queue) for number, queue in enumerate(queues, 1)))
        while await _count(plain) < OPEN + CLOSED:
            await asyncio.sleep(0.5)
        while await _count(plain, "AND ExecutionStatus = 'Completed'") < CLOSED:
            await asyncio.sleep(0.5)


async def _count(client: Client, more: str = "") -> int:
    return (await client.count_workflows(f"WorkflowType = '{WORKFLOW}' {more}")).count


def _attributes(luck: random.Random, number: int, *, is_open: bool) -> TypedSearchAttributes:
    """Return what the server knows of a case that is some days old; one in ten is overdue."""
    now = datetime.now(UTC)
    received = now - timedelta(days=luck.uniform(0, 20))
    report = Report(title="A flaw", received=received)
    case = opened(f"case-2026-{number:010d}", report, Policy(), received)
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(STATE, State.FIX if is_open else State.CLOSED),
        SearchAttributePair(BAND, luck.choice(list(Band)).value),
        SearchAttributePair(LEAD, luck.choice(("alice", "bob", "carol"))),
        SearchAttributePair(NEXT_LIMIT, now + timedelta(days=luck.uniform(0, 20))),
        SearchAttributePair(STEP_TIMES, word_of(outline_of(case))),
    ]
    if is_open and luck.random() < 0.1:
        pairs.append(SearchAttributePair(OVERDUE, [Step.FIX.value]))
    return TypedSearchAttributes(pairs)
