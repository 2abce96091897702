"""The full life of a case, against a bare workflow with the same number of everything.

A case is lived once beforehand. From its history comes the score of the bare workflow: the
same number of timers started, cancelled and fired, of activities and local activities, of
updates and signals, in the same order, and letters of the same length to as many
mailboxes. So the two stay alike when the product changes. The bare one does not check,
decide, render, record, or upsert search attributes: that is what the ratio shows.

Both run on the same server, each in a worker process of its own; the letters of both leave
over kept aiosmtplib connections to the same sink. One driver plays both: it acts, waits
until the letters that follow are accepted, and acts again. The time that a timer lets pass
is taken off on both sides; what is left is the time in which something was due.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

from bench import story
from bench.bare import TASK_QUEUE, BareLife
from bench.beats import idle_seconds
from bench.process import cpu_seconds
from bench.rehearsal import Handle, Rehearsal, do, open_case, rehearse
from bench.stand import Stand, open_stand
from bench.table import Row

LIVES = 4
MOST_EVENTS, MOST_KILOBYTES = 200, 100
MOST = 1.3


@dataclass(frozen=True)
class Effort:
    """What a life took: seconds in which something was due, and its history."""

    seconds: float
    events: int
    kilobytes: float


async def measure(rounds: int) -> list[Row]:
    """Return the rows of the life of a case; a round is four lives on each side."""
    async with open_stand() as stand:
        theatre = Theatre(stand, await rehearse(stand))
        ours = Account(stand.pid, theatre.ours)
        bare = Account(stand.bare_pid, theatre.bare)
        await theatre.ours()
        await theatre.bare()
        for number in range(rounds):
            for account in (ours, bare) if number % 2 else (bare, ours):
                await account.charge()
    return [
        Row("life of a case: time", ours.milliseconds, bare.milliseconds, "ms", most=MOST),
        Row("life of a case: CPU of the worker", ours.cpu, bare.cpu, "ms", most=MOST),
        Row("history of a case", ours.events, bare.events, "events", at_most=MOST_EVENTS),
        Row("history: size", ours.kilobytes, bare.kilobytes, "kB", at_most=MOST_KILOBYTES),
    ]


class Account:
    """What the lives of one side took: medians over them all."""

    def __init__(self, pid: int, live: Callable[[], Awaitable[Effort]]) -> None:
        """Take the worker process, and the way to live a life."""
        self._pid = pid
        self._live = live
        self._efforts: list[Effort] = []
        self._cpu: list[float] = []

    async def charge(self) -> None:
        """Live several times, and note what the worker spent on one life of them."""
        before = cpu_seconds(self._pid)
        self._efforts += [await self._live() for _ in range(LIVES)]
        self._cpu.append((cpu_seconds(self._pid) - before) / LIVES)

    @property
    def milliseconds(self) -> float:
        """How long a life took."""
        return 1000 * median(effort.seconds for effort in self._efforts)

    @property
    def cpu(self) -> float:
        """What a life cost the worker, in milliseconds of CPU."""
        return 1000 * median(self._cpu)

    @property
    def events(self) -> float:
        """How many events a history had."""
        return median(effort.events for effort in self._efforts)

    @property
    def kilobytes(self) -> float:
        """How large a history was, as the server counts it."""
        return median(effort.kilobytes for effort in self._efforts)


class Theatre:
    """Where lives are lived, on either side and by the same driver."""

    def __init__(self, stand: Stand, rehearsal: Rehearsal) -> None:
        """Take the stand and what the rehearsal told."""
        self._stand = stand
        self._rehearsal = rehearsal
        self._lives = 0
        self._here = 0

    async def ours(self) -> Effort:
        """Live the life of a case."""
        return await self._timed(self._play_ours)

    async def bare(self) -> Effort:
        """Live the life of the bare workflow."""
        return await self._timed(self._play_bare)

    async def _timed(self, play: Callable[[], Awaitable[Handle]]) -> Effort:
        self._lives += 1
        self._here = len(self._stand.sink.arrivals)
        began = time.perf_counter()
        handle = await play()
        await handle.result()
        took = time.perf_counter() - began
        history = await handle.fetch_history()
        description = await handle.describe()
        size = description.raw_description.workflow_execution_info.history_size_bytes
        return Effort(took - idle_seconds(history.events), len(history.events), size / 1000)

    async def _play_ours(self) -> Handle:
        handle = await open_case(self._stand.client, f"case-2026-{self._lives:010d}")
        await self._letters_of(0)
        for number, act in enumerate(story.acts(), start=1):
            await do(handle, act)
            await self._letters_of(number)
        return handle

    async def _play_bare(self) -> Handle:
        handle: Handle = await self._stand.bare.start_workflow(
            BareLife.run,
            self._rehearsal.score,
            id=f"bare-{self._lives}",
            task_queue=TASK_QUEUE,
        )
        await self._letters_of(0)
        acts = zip(self._rehearsal.sizes, self._rehearsal.signals, strict=True)
        for number, (size, is_signal) in enumerate(acts, start=1):
            if is_signal:
                await handle.signal(BareLife.hear, "x" * size)
            else:
                await handle.execute_update(BareLife.act, "x" * size)
            await self._letters_of(number)
        return handle

    async def _letters_of(self, stage: int) -> None:
        """Wait until the letters are here that follow the start, or an act."""
        await self._stand.sink.until(self._here + self._rehearsal.letters[stage])
