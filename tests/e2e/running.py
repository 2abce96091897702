"""A `tacenda up` of its own for a test, and what can be seen of it from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from tacenda.home import record_in

PATIENCE = 120.0
# The command line as it is, but for the worker: the real one has tests of its own. No test
# depends on a grace running out.
UP = """
import sys
from pathlib import Path
from tacenda.local import stack as local, worker_process
local.WORKER_GRACE = 3600.0
script = Path(sys.argv.pop(1))
worker_process.find_script = lambda: script
from tacenda.cli import main
main()
"""
WORKER = """
import asyncio, json, os, signal
from pathlib import Path
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker
with workflow.unsafe.imports_passed_through():
    from tacenda.connect import queue_of
    from tacenda.keystore import open_store

@workflow.defn
class Waiting:
    def __init__(self) -> None:
        self.word = ""

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: bool(self.word))
        return self.word

    @workflow.signal
    def say(self, word: str) -> None:
        self.word = word

async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    home = Path(os.environ["TACENDA_HOME"])
    told = {n: v for n, v in os.environ.items() if n.startswith(("TEMPORAL_", "TACENDA_"))}
    (home / "told.json").write_text(json.dumps(told))
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"])
    queue = queue_of(open_store(home / "keys"))
    async with Worker(client, task_queue=queue, workflows=[Waiting]):
        await stop.wait()
        await client.count_workflows("")  # the server must outlive the worker
    (home / "drained").touch()

if __name__ == "__main__":
    asyncio.run(main())
    os._exit(0)
"""


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Return what `condition` returns, once that is true."""
    until = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.1)
    return found


def runs(pid: int) -> bool:
    """Whether the process lives; one that only waits to be reaped does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


class Up:
    """One `tacenda up --json` in its own home, stopped at the end come what may."""

    def __init__(self, home: Path, *arguments: str, **environ: str) -> None:
        self.home = home
        self.endpoints: dict[str, Any] = {}
        script = home.with_name("worker.py")
        script.write_text(WORKER)
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("TEMPORAL_", "TACENDA_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-c", UP, str(script), "up", "--json", *arguments],
            env=kept | {"TACENDA_HOME": str(home), "XDG_CONFIG_HOME": str(home.parent)} | environ,
            cwd=home.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.end()

    def line(self) -> dict[str, Any]:
        """Return the one line that says that everything is up."""
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        watchdog.cancel()
        if not line:
            pytest.fail(f"`up` ended: {self.end()}")
        self.endpoints = json.loads(line)
        return self.endpoints

    def end(self) -> tuple[int, str, str]:
        """Return the exit code and whatever was said, once it has ended."""
        try:
            out, err = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
        except ValueError:  # its pipes were read to their end before
            out = err = ""
        return self.process.returncode, out, err

    def stop(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send a signal and return how it ended."""
        self.process.send_signal(number)
        return self.end()

    def pids(self) -> dict[str, int | None]:
        """Return the processes that the home tells of."""
        record = record_in(self.home)
        return record.pids.model_dump() if record else {}


def listening(pid: int) -> Iterator[tuple[str, int]]:
    """Yield every address on which the process listens, from /proc."""
    links = []
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(os.readlink(handle))
        except OSError:  # closed meanwhile
            continue
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in links:
                yield readable(fields[1], family)


def readable(field: str, family: int) -> tuple[str, int]:
    """Read `0100007F:1F90`: words in the byte order of the machine, then the port."""
    words, _, port = field.partition(":")
    address = b"".join(
        int(words[i : i + 8], 16).to_bytes(4, sys.byteorder) for i in range(0, len(words), 8)
    )
    return socket.inet_ntop(family, address), int(port, 16)


def answers(host: str, port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as client:
        return client.connect_ex((host, port)) == 0
