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
        self._running: dict[str, tuple[datetime, asyncio.Task[None]]] = {}
        self._is_early = False

    def check(self) -> None:
        """Refuse to go on at a time before that of a timer which has fired.

        A question that waited for a worker while a timer fired is answered with that timer, and
        with the time of the task before (temporalio 1.35). What a case decides then, no other
        worker would. To fail here drops the case from memory, and the next task begins anew.
        """
        if self._is_early:
            raise RuntimeError("a timer fired before its time; the case is taken up anew")

    def follow(self, schedule: Mapping[str, datetime]) -> None:
        """Run one timer for each name of `schedule` until its instant (UTC)."""
        for name, (at, task) in list(self._running.items()):
            if schedule.get(name) != at:
                task.cancel()
                del self._running[name]
        for name, at in schedule.items():
            if name not in self._running:
                self._running[name] = (at, asyncio.create_task(self._wait(name, at)))

    async def _wait(self, name: str, at: datetime) -> None:
        await workflow.sleep(at - workflow.now(), summary=name)
        self._running.pop(name, None)
        self._is_early = self._is_early or workflow.now() < at - SLACK
        self._wake()
