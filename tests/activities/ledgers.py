"""Ledgers as tests want them: with a clock of their own, and in a process of theirs."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

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
