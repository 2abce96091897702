"""The hand that breaks things: processes are killed, the mail server misbehaves, disks fill."""

import asyncio
import os
import random
import resource
import signal
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from tests.chaos.hostile import Mood
from tests.chaos.town import CONNECTIONS, Town
from tests.e2e.running import wait_for

WITHOUT_PROGRESS = 12.0
"""After this long (seconds) the hand strikes again, even if no letter has come since."""


class Blow(StrEnum):
    """What the hand can do to the stack, apart from moods of the mail server."""

    WORKER_KILLED = "SIGKILL worker"
    WORKER_ENDED = "SIGTERM worker"
    SERVER_KILLED = "SIGKILL server"
    DISK_FULL = "disk full"


KILLS = (Blow.WORKER_KILLED, Blow.WORKER_ENDED, Blow.SERVER_KILLED)
_SIGNALS = {
    Blow.WORKER_KILLED: ("worker", signal.SIGKILL),
    Blow.WORKER_ENDED: ("worker", signal.SIGTERM),
    Blow.SERVER_KILLED: ("server", signal.SIGKILL),
}


@dataclass
class Hand:
    """Strikes `kills` processes, and between them the mail server and the disk.

    It strikes when so many letters have been taken, so that it lands where its luck says,
    however fast the machine is.
    """

    town: Town
    luck: random.Random
    kills: int
    struck: Counter[Blow] = field(default_factory=Counter)

    async def strike(self, volume: int) -> None:
        """Do everything bad while about `volume` letters are sent; then leave in peace."""
        blows: list[Blow | Mood] = [Blow.WORKER_KILLED, Blow.DISK_FULL]
        blows += self.luck.choices(KILLS, k=self.kills - 1)
        moods = [mood for mood in Mood if mood is not Mood.PEACE]
        blows += self.luck.sample(moods, k=min(self.kills + 3, len(moods)))
        self.luck.shuffle(blows)
        moments = sorted(self.luck.uniform(0.02, 0.9) for _ in blows)
        for moment, blow in zip(moments, blows, strict=True):
            await self._wait_for_letters(int(moment * volume))
            await self._strike(blow)

    async def _wait_for_letters(self, number: int) -> None:
        clock = asyncio.get_running_loop().time
        seen, until = -1, 0.0
        while len(self.town.post.taken) < number:
            if len(self.town.post.taken) > seen:
                seen, until = len(self.town.post.taken), clock() + WITHOUT_PROGRESS
            if clock() > until:
                return
            await asyncio.sleep(0.02)

    async def _strike(self, blow: Blow | Mood) -> None:
        if isinstance(blow, Mood):
            await self._upset(blow)
            return
        self.struck[blow] += 1
        if blow is Blow.DISK_FULL:
            await self._fill_the_disk()
        else:
            await asyncio.to_thread(self._kill, *_SIGNALS[blow])

    async def _upset(self, mood: Mood) -> None:
        self.town.post.turn(mood)
        await asyncio.sleep(self.luck.uniform(0.5, 4))
        self.town.post.turn(Mood.PEACE)

    def _kill(self, part: str, number: signal.Signals) -> None:
        """Send a signal to a part of the stack, and wait until there is another."""
        pid = self.town.up.pid(part)
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        wait_for(lambda: self.town.up.renewed(part, pid), f"a new {part}")

    async def _fill_the_disk(self) -> None:
        """Let the worker write nothing for a while, as on a disk without room."""
        pid = self.town.up.pid("worker")
        with suppress(ProcessLookupError):
            _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
            await asyncio.sleep(self.luck.uniform(1, 4))
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))

    @property
    def bound(self) -> int:
        """How many letters may have come once more: one for each connection of a killed worker,
        and those that the mail server took without saying so."""
        killed = self.struck[Blow.WORKER_KILLED] + self.struck[Blow.WORKER_ENDED]
        return killed * (CONNECTIONS + 1) + self.town.post.broken
