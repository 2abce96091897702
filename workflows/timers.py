"""Durable timers that carry names: the limits of a case, and the next thing to do."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from temporalio import workflow

SLACK = timedelta(seconds=1)
"""How much earlier than asked for a timer may fire: servers round."""


class Timers:
    """Follows a schedule; a new one cancels and restarts only the timers that moved."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever a timer fires."""
        self._wake = wake
        self._running: dict[tuple[str, datetime], asyncio.Task[None]] = {}
        self._is_early = False

    def check(self) -> None:
        """Refuse to go on at a time before that of a timer which has fired.

        A question that waited for a worker while a timer fired is answered with that timer, and
        with the time of the task before (temporalio 1.35). What a case decides then, no other
        worker would. To fail here drops the case from memory, and the next task begins anew.
        """
        if self._is_early:
            raise RuntimeError("a timer fired before its time; the case is taken up anew")

    def follow(self, schedule: Mapping[str, datetime], *, leaves_due: bool) -> None:
        """Run one timer for each name of `schedule` until its instant (UTC).

        One that is due at this very moment is left to fire, where `leaves_due`: the server has
        done so already, and there would be nothing to cancel.
        """
        now = workflow.now()
        for timer, task in list(self._running.items()):
            is_wanted = schedule.get(timer[0]) == timer[1]
            if not is_wanted and not (leaves_due and timer[1] <= now):
                task.cancel()
                del self._running[timer]
        for timer in schedule.items():
            if timer not in self._running:
                self._running[timer] = asyncio.create_task(self._wait(*timer))

    async def _wait(self, name: str, at: datetime) -> None:
        await workflow.sleep(at - workflow.now(), summary=name)
        self._running.pop((name, at), None)
        self._is_early = self._is_early or workflow.now() < at - SLACK
        self._wake()
