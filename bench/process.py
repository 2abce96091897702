"""What a process costs, as Linux counts it in /proc: CPU and memory."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY = 0.02
_FORGET_THE_PEAK = "5"


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds, user and system, of a process; 0 where there is no /proc.

    The system counts in ticks of 10 ms, so this is only good for several things together.
    """
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    words = stat.read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Return what a process has in memory now, in MB; 0 where there is no /proc."""
    return _status(pid, "VmRSS")


@dataclass
class Memory:
    """The most that a process had in memory while it was watched, in MB."""

    most: float = 0.0


@asynccontextmanager
async def watched(pid: int) -> AsyncIterator[Memory]:
    """Watch the memory of a process: by the peak that Linux keeps, where that can be reset.

    It is looked at in between as well, and the higher figure counts.
    """
    memory = Memory(resident(pid))
    kept = _forget_the_peak(pid)

    async def watch() -> None:
        while True:
            memory.most = max(memory.most, resident(pid))
            await asyncio.sleep(LOOK_EVERY)

    watching = asyncio.create_task(watch())
    try:
        yield memory
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        if kept:
            memory.most = max(memory.most, _status(pid, "VmHWM"))


def _forget_the_peak(pid: int) -> bool:
    """Let Linux begin a new peak; it may refuse that."""
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text(_FORGET_THE_PEAK, encoding="ascii")
        return True
    return False


def _status(pid: int, name: str) -> float:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    for line in status.read_text(encoding="ascii").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0]) * 1024 / 1e6
    return 0.0
