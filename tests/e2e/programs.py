"""Programs as a test runs them: how they ended, what they said, which ports they get."""

import os
import secrets
import socket
import subprocess
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tacenda.home import Record
from tests.e2e.running import PATIENCE

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sysconfig.get_path("scripts"))
ESCAPE = "\x1b"


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line of a command that could not do what was asked, and said nothing else."""
        assert self.out == ""
        assert "Traceback" not in self.err
        lines = [line for line in self.err.splitlines() if line.strip()]
        assert len(lines) == 1, self.err
        return lines[0]

    @property
    def usage_error(self) -> str:
        """The one sentence of a usage error, below the usage of the command."""
        assert (self.code, self.out) == (2, ""), self
        assert "Traceback" not in self.err
        *usage, sentence = self.err.splitlines()
        assert usage[0].startswith("Usage: tacenda")
        assert all(line.startswith(" ") for line in usage[1:])
        assert sentence.startswith("tacenda: ")
        return sentence


def scrubbed() -> dict[str, str]:
    """Return the environment without anything that names a server, a home or an actor."""
    names = ("TEMPORAL_", "TACENDA_", "XDG_", "GIT_", "NO_COLOR", "FORCE_COLOR", "COLUMNS")
    return {name: value for name, value in os.environ.items() if not name.startswith(names)}


def ended(process: "subprocess.Popen[bytes]", stdin: bytes = b"") -> Said:
    """Return how a program ended, once it has."""
    with process, limited(process):
        out, err = process.communicate(stdin)
    return Said(process.returncode, out.decode(), err.decode())


@contextmanager
def limited(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Kill a program that does not end."""
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


def chunks(terminal: int) -> Iterator[bytes]:
    """Yield what a terminal shows until the other side of it is closed."""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # the other side was closed
            return
        if not chunk:
            return
        yield chunk


def free_port() -> int:
    """Return a port that nobody listens on, and that nobody else picks while that is so.

    Test processes have a range of ports each, below those of stacks and of outgoing
    connections.
    """
    for port in _PORTS:
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("there is no free port")


def its_ports(home: Path) -> Record:
    """Return what a stack would have written down, had it chosen its ports before."""
    at = {name: f"127.0.0.1:{free_port()}" for name in ("temporal", "smtp", "http", "metrics")}
    pages = {name: f"http://127.0.0.1:{free_port()}" for name in ("ui", "codec", "mail")}
    return Record(**(at | pages), home=home)


def _ports() -> Iterator[int]:
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first, number = 10_000 + process % 4 * 2_500, 2_500
    start = secrets.randbelow(number)
    for step in range(100 * number):
        yield first + (start + step) % number


_PORTS = _ports()
