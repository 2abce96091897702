"""Ledgers as tests want them: in memory, with a clock of their own, and in a process of theirs."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from activities.ledger.claims import Claim, LedgerDown
from activities.ledger.database import DatabaseLedger
from activities.ledger.file import FileLedger

ROOT = Path(__file__).parents[2]
SECRET = b"s" * 32
LEASE = 300.0
CASE = "case-2026-7k3q9xm4tp"


Open = Callable[[], FileLedger | DatabaseLedger]
"""Opens the ledger of a test once more, as another worker would."""


@dataclass
class Clock:
    """A clock that a test moves, in seconds; at first it agrees with that of other processes."""

    at: float = field(default_factory=time.time)

    def __call__(self) -> float:
        """Tell the time."""
        return self.at


@dataclass
class MemoryLedger:
    """A ledger for tests of its neighbours: one process, no lease, no clock; `down` breaks it."""

    letters: dict[str, Claim] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    asked: list[tuple[str, int, int]] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    wait: float = 0.0
    down: str = ""

    async def claim(self, case: str, ids: Sequence[str]) -> list[Claim]:
        """Claim letters: what is claimed already is taken."""
        self._look()
        answers = [self.letters.get(name, Claim.OURS) for name in ids]
        self.letters |= {name: Claim.TAKEN for name in ids if name not in self.letters}
        return answers

    async def mark(self, message_id: str, *, delivered: bool) -> None:
        """Record it for good."""
        self._look()
        if self.letters.get(message_id) is not Claim.DELIVERED:
            self.letters[message_id] = Claim.DELIVERED if delivered else Claim.REFUSED

    async def put_back(self, ids: Sequence[str]) -> None:
        """Give claims up."""
        self._look()
        for name in ids:
            if self.letters.get(name) is Claim.TAKEN:
                del self.letters[name]

    async def wait_for_turn(self, server: str, per_minute: int, letters: int) -> float:
        """Return what the test says."""
        self._look()
        self.asked.append((server, per_minute, letters))
        return self.wait

    async def is_first(self, what: str, within: float) -> bool:
        """Whether it was never asked; `within` is for ever."""
        self._look()
        is_new = what not in self.told
        self.told.add(what)
        return is_new

    async def close_case(self, case: str) -> None:
        """Remember that it was asked for."""
        self._look()
        self.closed.append(case)

    async def close(self) -> None:
        """Keep everything."""

    def _look(self) -> None:
        if self.down:
            raise LedgerDown(self.down)


@dataclass
class Elsewhere:
    """A ledger in another process; each call is a line to it, each answer a line from it."""

    process: "subprocess.Popen[str]"

    def call(self, name: str, *arguments: object, **named: object) -> object:
        """Call a method there and return its answer; a claim is told as its word."""
        self.tell(name, *arguments, **named)
        return self.hear()

    def tell(self, name: str, *arguments: object, **named: object) -> None:
        """Ask, and do not wait for the answer."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps([name, arguments, named]) + "\n")
        self.process.stdin.flush()

    def hear(self) -> object:
        """Wait for an answer."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the other process has ended"
        return json.loads(line)

    def kill(self) -> None:
        """End it as kill -9 does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def elsewhere(where: str) -> Iterator[Elsewhere]:
    """Open the ledger in another process, which ends with the test."""
    words = [sys.executable, "-m", "tests.activities.otherledger", where]
    with subprocess.Popen(
        words, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield Elsewhere(process)
        finally:
            process.kill()
