"""The gate in front of the connections: the most important letter passes first."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tacenda.importance import Importance

KEPT = 1

_Waiting = tuple[Importance, int, "asyncio.Future[None]"]


class Gate:
    """Lets as many pass at once as there are places, and one more that is pressing.

    So that one finds a place even while the mail server keeps all the others waiting.
    """

    def __init__(self, places: int) -> None:
        """Open with so many places."""
        self._free = places + KEPT
        self._waiting: list[_Waiting] = []
        self._count = 0

    @asynccontextmanager
    async def passage(self, importance: Importance) -> AsyncIterator[None]:
        """Hold a place for the block."""
        await self._enter(importance)
        try:
            yield
        finally:
            self._free += 1
            self._admit()

    def is_wanted(self, importance: Importance) -> bool:
        """Whether somebody waits who is more important, and for whom a place is to be made."""
        return bool(self._waiting) and self._waiting[0][0] < importance

    async def _enter(self, importance: Importance) -> None:
        if self._has_room(importance) and not self._waiting:
            self._free -= 1
            return
        self._count += 1
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (importance, self._count, turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # admitted in the same moment
                self._free += 1
            self._forget(turn)
            self._admit()
            raise

    def _has_room(self, importance: Importance) -> bool:
        return self._free > (0 if importance is Importance.PRESSING else KEPT)

    def _admit(self) -> None:
        """Let in whoever is first, as long as there is room for them."""
        while self._waiting and self._has_room(self._waiting[0][0]):
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._free -= 1
                turn.set_result(None)

    def _forget(self, turn: "asyncio.Future[None]") -> None:
        self._waiting = [waiting for waiting in self._waiting if waiting[2] is not turn]
        heapq.heapify(self._waiting)
