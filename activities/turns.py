"""How fast letters may leave: so many a minute, over all workers that share the ledger."""

import asyncio
import sys

from activities.ledger.claims import Ledger
from tacenda.importance import Importance
from tacenda.tables import Mail


class Turns:
    """Sees to it that the mail server gets no more letters a minute than it is to get.

    A mass letter asks for what fits into about a second, and for no more before that has left,
    so that nobody waits long behind it.
    """

    def __init__(self, mail: Mail, ledger: Ledger) -> None:
        """Take the settings and the ledger that all workers share."""
        self._server = f"{mail.host}:{mail.port}"
        self._per_minute = mail.per_minute
        self._ledger = ledger
        self._one_by_one = asyncio.Lock()

    @property
    def at_once(self) -> int:
        """For how many letters a turn may be asked: what a second has room for."""
        return max(1, self._per_minute // 60) if self._per_minute else sys.maxsize

    async def wait(self, letters: int, importance: Importance) -> None:
        """Wait until so many letters may leave; they may then leave all at once.

        Raises `LedgerDown`.
        """
        if not self._per_minute or letters <= 0:
            return
        if importance is Importance.MASS:
            async with self._one_by_one:
                await self._wait(letters, self._per_minute)
        else:
            await self._wait(letters, self._per_minute)

    async def _wait(self, letters: int, per_minute: int) -> None:
        await asyncio.sleep(await self._ledger.wait_for_turn(self._server, per_minute, letters))
