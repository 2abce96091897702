"""`smtp-sink`, the C program that comes with Postfix: it takes every letter and counts it.

It writes a running count whenever it has accepted a letter. That goes to a file, and the file
is looked at every few milliseconds: counting costs the senders nothing, and is the same for
both sides. A proxy between them would have been a program to measure.
"""

import asyncio
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from tacenda.local.ports import LOOPBACK

BACKLOG = 200
LOOK_EVERY = 0.005
PATIENCE = 300.0
NOBODY = "nobody"
_TAIL = 200
_COUNT = re.compile(rb"mesg=(\d+)\r")


@dataclass(frozen=True)
class CSink:
    """The program, up and listening on `port`; what it counts goes to `counts`."""

    port: int
    counts: Path

    def taken(self) -> int:
        """Return how many letters it has accepted."""
        with open(self.counts, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            found = _COUNT.findall(file.read())
        return int(found[-1]) if found else 0

    async def until(self, count: int, while_runs: Process | None = None) -> float:
        """Wait until it has accepted that many; return when that was (seconds since 1970).

        There is no use in waiting for a program that has failed.
        """
        async with asyncio.timeout(PATIENCE):
            while self.taken() < count:
                if while_runs and while_runs.returncode:
                    raise click.ClickException("The bare program failed; it says above why.")
                await asyncio.sleep(LOOK_EVERY)
        return time.time()


def program(name: str, package: str) -> str:
    """Return where a program of a Debian package is; say what to install where it is not."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin"))
    found = shutil.which(name, path=path)
    if found is None:
        raise click.ClickException(
            f"There is no {name}, which this row needs: apt-get install {package}. "
            "Nothing of that package need be started."
        )
    return found


@asynccontextmanager
async def open_csink() -> AsyncIterator[CSink]:
    """Run `smtp-sink` on a free port of the loopback interface."""
    words = [program("smtp-sink", "postfix"), "-c"]
    if os.geteuid() == 0:  # it refuses to stay root
        words += ["-u", pwd.getpwnam(NOBODY).pw_name]
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tacenda-sink-") as folder:
        counts = Path(folder) / "counts"
        with open(counts, "wb") as file:
            running = subprocess.Popen(
                [*words, f"{LOOPBACK}:{port}", str(BACKLOG)],
                stdout=file,
                stderr=subprocess.DEVNULL,
                cwd=folder,
            )
        try:
            await answers(port)
            yield CSink(port, counts)
        finally:
            running.terminate()
            running.wait()


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port: int = server.getsockname()[1]
    return port


async def answers(port: int) -> None:
    """Wait until something greets on a port of this machine."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                reader, writer = await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                await asyncio.sleep(LOOK_EVERY)
                continue
            greeting = await reader.readline()
            writer.close()
            if greeting.startswith(b"220"):
                return
