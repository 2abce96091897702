"""What a thousand sleeping cases cost the worker, and what a restart of it costs them.

A case sleeps when its letters are out and its timers run. The worker keeps some of the cases in
memory; of any other it replays the history when something happens to it. So two settings are
measured beside each other: ours, and one that keeps all of them.

How often the worker replays is what the SDK counts itself; the worker is ours, with these
counters on a port.
"""

import asyncio
import os
import re
import signal
import time
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median

from bench.csink import free_port
from bench.process import resident
from bench.rehearsal import Handle, do, open_case, quiet
from bench.sink import Sink
from bench.stand import ROOT, Side, open_side, team
from bench.table import Row
from bench.watched_worker import CACHE, METRICS
from tacenda.acts import Score
from tacenda.local.ports import LOOPBACK
from worker import MAX_CACHED_CASES

CASES = 1000
AT_ONCE = 16
ACTS = 20
MOST_MEGABYTES = 20
CALM = 5.0
PATIENCE = 600.0
VECTORS = tuple(f"CVSS:3.1/AV:N/AC:L/PR:{pr}/UI:N/S:U/C:N/I:H/A:L" for pr in "LN")


@dataclass(frozen=True)
class Night:
    """Cases that sleep, and the worker that carries them; `cost` is what they added (MB)."""

    side: Side
    metrics: int
    cases: Sequence[Handle]
    cost: float


async def measure(rounds: int) -> list[Row]:
    """Return the rows of a thousand sleeping cases; more rounds make more acts."""
    async with _night(MAX_CACHED_CASES) as night:
        kept, evicted = await _acts(night, rounds)
        after_restart = await _restarted(night)
        await do(night.cases[0], _score(rounds))
        after_act = await _replays(night)
        cost = night.cost
    async with _night(CASES) as night:
        cost_of_all = night.cost
    keeps = f"keeps {MAX_CACHED_CASES}"
    return [
        Row(f"sleeping, {keeps} / keeps all", cost, cost_of_all, "MB", at_most=MOST_MEGABYTES),
        Row("sleeping: act on an evicted case / a kept one", evicted, kept, "ms"),
        Row("sleeping: replays after a restart", after_restart, None, "cases", at_most=0),
        Row("sleeping: replays after one act", after_act, None, "cases", at_most=1),
    ]


@asynccontextmanager
async def _night(cache: int) -> AsyncIterator[Night]:
    """Let so many cases fall asleep, on a worker that keeps `cache` of them."""
    metrics = free_port()
    async with Sink() as sink:
        mail = f'[mail]\nhost = "{LOOPBACK}"\nport = {sink.port}\nsecurity = "none"\n'
        environ = {METRICS: f"{LOOPBACK}:{metrics}", CACHE: str(cache)}
        script = ROOT / "bench" / "watched_worker.py"
        async with open_side(team() + mail, environ, script) as side:
            first = await open_case(side.client, _name(0))
            await quiet(first)
            letters, before = len(sink.arrivals), resident(side.pid)
            doors = asyncio.Semaphore(AT_ONCE)
            cases = await asyncio.gather(*(_open(side, doors, n) for n in range(1, CASES + 1)))
            await sink.until((CASES + 1) * letters, PATIENCE)
            await asyncio.sleep(CALM)
            yield Night(side, metrics, cases, resident(side.pid) - before)


async def _open(side: Side, doors: asyncio.Semaphore, number: int) -> Handle:
    async with doors:
        return await open_case(side.client, _name(number))


def _name(number: int) -> str:
    return f"case-2026-{number:010d}"


async def _acts(night: Night, rounds: int) -> tuple[float, float]:
    """Return how long an act takes (ms) on a case that is kept, and on one that is not."""
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(ACTS * rounds):
        for is_kept in (True, False) if number % 2 else (False, True):
            place = -1 if is_kept else number
            began = time.perf_counter()
            await do(night.cases[place], _score(number))
            took[is_kept].append(1000 * (time.perf_counter() - began))
    return median(took[True]), median(took[False])


def _score(number: int) -> Score:
    return Score(by="alice", vector=VECTORS[number % 2])


async def _restarted(night: Night) -> int:
    """Restart the worker as an update of it would, and return how many cases it replayed."""
    before = night.side.pid
    os.kill(before, signal.SIGTERM)
    async with asyncio.timeout(PATIENCE):
        while night.side.worker() in (before, None) or not await _is_up(night):
            await asyncio.sleep(0.2)
    await asyncio.sleep(CALM)
    return await _replays(night)


async def _is_up(night: Night) -> bool:
    try:
        return bool(await asyncio.to_thread(_counters, night.metrics))
    except OSError:
        return False


async def _replays(night: Night) -> int:
    """Return how many cases the worker has replayed since it started."""
    text = await asyncio.to_thread(_counters, night.metrics)
    found = re.findall(r"^temporal_workflow_task_replay_latency\w*_count\{.*\} (\d+)", text, re.M)
    return sum(map(int, found))


def _counters(port: int) -> str:
    with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/metrics") as answer:
        return str(answer.read(), "utf-8")
