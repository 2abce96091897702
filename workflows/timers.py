"""Durable timers that carry names: the limits of a case, and the next thing to do."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from temporalio import workflow


class Timers:
    """Follows a schedule; a new one cancels and restarts only the timers that moved."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever a timer fires."""
        self._wake = wake
        self._running: dict[str, tuple[datetime, asyncio.Task[None]]] = {}

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
        self._wake()
