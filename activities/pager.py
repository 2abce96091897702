"""The pager: how the lead hears that mail itself is the trouble."""

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import suppress

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.ledger.claims import Ledger, LedgerDown
from tacenda.deliveries import why
from tacenda.errands import Books, Page
from tacenda.models import Stop
from tacenda.runtables import Pager

QUIET = 15 * 60.0
"""For how many seconds the same trouble pages nobody again, whichever case it stops."""

RINGS_FOR = 30.0


class Caller:
    """Calls the lead through a program of theirs, and lets the ledger forget closed cases."""

    def __init__(
        self,
        pager: Pager,
        ledger: Ledger,
        clock: Callable[[], float] = time.monotonic,
        also: Callable[[Page], None] | None = None,
    ) -> None:
        """Take the settings, the ledger that all workers share, and what counts the seconds.

        `also` hears of it too, for another channel.
        """
        self._also = also
        self._command = pager.command
        self._ledger = ledger
        self._clock = clock
        self._paged: dict[Stop, float] = {}

    @activity.defn(name="page")
    async def page(self, page: Page) -> None:
        """Run the program of `[pager] command`, once for one trouble in a while, over all workers.

        It gets one line on its standard input, which names the case and quotes nothing. Raises
        `ApplicationError` when it fails or takes longer than half a minute.
        """
        logger = activity.logger
        logger.error("no letter leaves (%s): tacenda doctor says what to mend", page.stop)
        if not self._command and not self._also:
            logger.error("nobody is paged: [pager] command is not set")
            return
        if await self._is_known(page):
            return
        if self._also:
            self._also(page)
        if not self._command:
            return
        line = (
            f"Tacenda: {why(page.stop)}, and letters wait (first noticed in {page.case_id}). "
            "Look with: tacenda doctor\n"
        )
        await self._ring(line)

    @activity.defn(name="close_books")
    async def close_books(self, books: Books) -> None:
        """Let the ledger forget a closed case after some time."""
        with suppress(LedgerDown):
            await self._ledger.close_case(books.case_id)

    async def _is_known(self, page: Page) -> bool:
        """Whether somebody was paged for this just now, by any worker if the ledger is up.

        What this worker did while the ledger was down counts after that as well.
        """
        if activity.info().attempt > 1:
            return False
        is_known = self._clock() - self._paged.get(page.stop, -math.inf) < QUIET
        with suppress(LedgerDown):
            is_known |= not await self._ledger.is_first(f"page {page.stop}", QUIET)
        if not is_known:
            self._paged[page.stop] = self._clock()
        return is_known

    async def _ring(self, line: str) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise _failed(type(error).__name__) from None
        try:
            async with asyncio.timeout(RINGS_FOR):
                await process.communicate(line.encode())
        except TimeoutError:
            process.kill()
            await process.wait()
            raise _failed("it took too long") from None
        if process.returncode:
            raise _failed(f"exit code {process.returncode}")


def _failed(how: str) -> ApplicationError:
    return ApplicationError(
        f"The program of [pager] command did not page anybody ({how}).", type="PagerFailed"
    )
