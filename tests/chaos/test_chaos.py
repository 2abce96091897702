"""A random story in each of several cases, while everything under them breaks and comes back."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tacenda.calls import SOON
from tests.chaos.hand import Hand
from tests.chaos.hostile import Hostile, Mood
from tests.chaos.plots import PLOTS, Story
from tests.chaos.town import GONE, Town, settings
from tests.chaos.verdict import Court, Verdict, failed_tasks
from tests.e2e.machine import Machine

BETWEEN = 0.5  # seconds
WAITS = int((SOON.total_seconds() + 120) / BETWEEN)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Have as many runs as were asked for."""
    if "run" in metafunc.fixturenames:
        metafunc.parametrize("run", range(metafunc.config.getoption("chaos_runs")))


async def test_every_letter_arrives_once_whatever_breaks(
    run: int,
    pytestconfig: pytest.Config,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """Nothing is lost, repeats are bounded, nobody gets another's letter, limits are kept."""
    seed = pytestconfig.getoption("chaos_seed") + run
    kills = pytestconfig.getoption("chaos_kills")
    verdict = await carried_out(seed, kills, tmp_path)
    record_property("chaos", str(verdict))

    listed = "\n".join(verdict.wrong[:20])
    again = f"uv run pytest -m chaos --chaos-seed {seed} --chaos-runs 1 --chaos-kills {kills}"
    assert verdict.wrong == (), f"{verdict}\n{listed}\nRepeat it: {again}"


async def carried_out(seed: int, kills: int, folder: Path) -> Verdict:
    """Return what a run with that seed comes to."""
    luck = random.Random(seed)
    with Hostile(frozenset({GONE}), pause=luck.uniform(0.005, 0.02)) as post:
        machine = Machine(folder / "machine", settings(post))
        with machine.up() as up:
            town = Town(machine, up, post, luck)
            plots = [*PLOTS, *luck.choices(list(PLOTS), k=1)]
            stories = [
                Story(town, random.Random(f"{seed}.{number}"), number)
                for number in range(len(plots))
            ]
            hand = Hand(town, random.Random(f"{seed}.hand"), kills)
            volume = sum(PLOTS[plot] for plot in plots)
            ended = await asyncio.gather(
                hand.strike(volume),
                *(plot(story) for plot, story in zip(plots, stories, strict=True)),
                return_exceptions=True,
            )
            post.turn(Mood.PEACE)
            failures = [f"{type(e).__name__}: {e}" for e in ended if isinstance(e, BaseException)]
            for story in stories:
                failures += await end_of(town, story)
            court = await Court.sits(town, stories)
    return court.verdict(seed, hand, failures)


async def end_of(town: Town, story: Story) -> list[str]:
    """Wait until a case has ended, and return what failed in it that must not.

    Pauses between passes grow, and an alarm waits for a while after the one before.
    """
    for _ in range(WAITS):
        if not (failed := await failed_tasks(town, story.case)):
            break
        if not any(each.endswith("goes on") for each in failed):
            break
        await asyncio.sleep(BETWEEN)
    return failed
