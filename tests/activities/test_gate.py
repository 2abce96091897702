"""The most important letter passes first, and a mass letter never takes the last place."""

import asyncio

import pytest

from activities.gate import Gate
from tacenda.importance import Importance

PRESSING, USUAL, MASS = Importance


class Passing:
    """Letters that try to pass a gate, each until it is told to leave."""

    def __init__(self, places: int) -> None:
        """Open a gate."""
        self.gate = Gate(places)
        self.inside: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, name: str, importance: Importance) -> None:
        """Let somebody come to the gate."""
        self._leave[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._pass(name, importance))
        await self.settle()

    async def leave(self, name: str) -> None:
        """Let somebody leave."""
        self._leave[name].set()
        await self.settle()

    async def give_up(self, name: str) -> None:
        """Cancel somebody's passage."""
        self._tasks[name].cancel()
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing moves any more."""
        for _ in range(10):
            await asyncio.sleep(0)

    async def _pass(self, name: str, importance: Importance) -> None:
        async with self.gate.passage(importance):
            self.inside.append(name)
            await self._leave[name].wait()
        self.inside.remove(name)


async def test_one_place_more_is_for_what_is_pressing() -> None:
    """While mass letters hold all they may, a pressing one passes at once, and no other."""
    passing = Passing(2)
    for number in range(5):
        await passing.come(f"mass {number}", MASS)
    assert passing.inside == ["mass 0", "mass 1"]
    await passing.come("usual", USUAL)
    assert passing.inside == ["mass 0", "mass 1"]
    await passing.give_up("usual")
    await passing.come("acknowledgement", PRESSING)
    assert passing.inside[-1] == "acknowledgement"

    await passing.leave("acknowledgement")
    assert passing.inside == ["mass 0", "mass 1"]
    await passing.leave("mass 0")
    assert passing.inside == ["mass 1", "mass 2"]


async def test_a_single_place_is_for_everybody() -> None:
    """With one connection a mass letter uses it, and makes way when asked."""
    passing = Passing(1)
    await passing.come("mass", MASS)
    assert passing.inside == ["mass"]
    assert not passing.gate.is_wanted(MASS)
    await passing.come("usual", USUAL)
    assert passing.gate.is_wanted(MASS)
    assert not passing.gate.is_wanted(USUAL)


async def test_the_most_important_is_next() -> None:
    """Those who wait pass by importance, and among equals in order."""
    passing = Passing(1)
    await passing.come("first", USUAL)
    waiting = {"mass": MASS, "usual": USUAL, "pressing": PRESSING, "too": PRESSING}
    for name, importance in waiting.items():
        await passing.come(name, importance)
    assert passing.inside == ["first", "pressing"]
    order = []
    for _ in range(5):
        inside = passing.inside[0]
        order.append(inside)
        await passing.leave(inside)
    assert order == ["first", "pressing", "too", "usual", "mass"]


@pytest.mark.parametrize("gives_up_late", [False, True])
async def test_who_gives_up_leaves_no_place_behind(gives_up_late: bool) -> None:
    """A cancelled letter, also one cancelled in the moment of its turn, keeps nobody out."""
    passing = Passing(1)
    for name in ("first", "second", "third"):
        await passing.come(name, USUAL)
    if gives_up_late:
        passing._leave["first"].set()
        await asyncio.sleep(0)
    await passing.give_up("second")
    await passing.leave("first")
    assert passing.inside == ["third"]
    await passing.leave("third")
    await passing.come("fourth", MASS)
    assert passing.inside == ["fourth"]
