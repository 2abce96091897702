"""From an act to the mail that the server accepted, against a bare signal and activity.

Ours: a person approves a letter to the reporter, an update of a case that is acknowledged
(checked, recorded, the recipient looked up, the letter set in its headers). The bare one: a
signal brings the mail, and an activity sends it. Text and mailbox are the same, both use a
kept connection to the same sink, and what followed one act is done before the next is timed.
"""

import asyncio
import time
from collections.abc import Awaitable
from statistics import median

from bench import story
from bench.bare import TASK_QUEUE, BareLetters, Mail
from bench.rehearsal import Handle, do, open_case, quiet
from bench.sink import Sink
from bench.stand import Stand, open_stand
from bench.table import Row

LETTERS = 10
"""How many are timed in a round; each round has a new case, so that none grows old."""

PAUSE = 0.1
"""Before each, in seconds: what followed the one before is done by then, on both sides."""

MOST = 1.5


async def measure(rounds: int) -> list[Row]:
    """Return the row of a letter; a round is ten letters on each side, in turn."""
    ours: list[float] = []
    bare: list[float] = []
    async with open_stand() as stand:
        for number in range(rounds + 1):
            round_ours, round_bare = await _round(stand, number)
            if number:  # the first one warms both sides up
                ours += round_ours
                bare += round_bare
    return [Row("act to mail accepted", 1000 * median(ours), 1000 * median(bare), "ms", most=MOST)]


async def _round(stand: Stand, number: int) -> tuple[list[float], list[float]]:
    case = await _acknowledged_case(stand, f"case-2026-{number:010d}")
    bare: Handle = await stand.bare.start_workflow(
        BareLetters.run, id=f"bare-{number}", task_queue=TASK_QUEUE
    )
    ours_took, bare_took = [], []
    for letter in range(LETTERS):
        act = story.update(letter)
        mail = Mail(["mira@example.org"], story.update_text(letter))
        ours_took.append(await _seconds(stand.sink, do(case, act)))
        bare_took.append(await _seconds(stand.sink, bare.signal(BareLetters.send, mail)))
    await bare.signal(BareLetters.no_more)
    return ours_took, bare_took


async def _acknowledged_case(stand: Stand, case: str) -> Handle:
    handle = await open_case(stand.client, case)
    await quiet(handle)
    await do(handle, next(story.acts()))
    await quiet(handle)
    return handle


async def _seconds(sink: Sink, act: Awaitable[None]) -> float:
    """Return the time from the act to the letter that follows, when the sink accepted it."""
    await asyncio.sleep(PAUSE)
    expected = len(sink.arrivals) + 1
    began = time.perf_counter()
    await act
    return await sink.until(expected) - began
