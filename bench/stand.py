"""Where both sides run: one real server, one mail sink, and a worker process for each.

The stack is that of `tacenda up`: the server found and tuned as there, and `worker.py` as
it is. The bare worker stands beside it on the same server and uses the same sink.
"""

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from temporalio.client import Client

from bench.sink import Sink
from tacenda.connect import UNSAFE_PLAINTEXT, client_at, converter_for
from tacenda.home import SETTINGS, record_in
from tacenda.local.child import Child
from tacenda.local.ports import LOOPBACK
from tacenda.local.stack import Stack

ROOT = Path(__file__).parent.parent
GRACE = 10.0


@dataclass(frozen=True)
class Stand:
    """Both sides, up and running.

    `client` speaks as Tacenda does, `bare` as the SDK does where nobody says otherwise.
    `pid` and `bare_pid` are the worker processes.
    """

    home: Path
    address: str
    sink: Sink
    client: Client
    bare: Client
    pid: int
    bare_pid: int


@dataclass(frozen=True)
class Side:
    """Ours alone, up and running in `home`; `client` speaks as Tacenda does."""

    home: Path
    client: Client

    @property
    def pid(self) -> int:
        """The worker process that runs now."""
        pid = self.worker()
        assert pid is not None
        return pid

    def worker(self) -> int | None:
        """Return the worker process, or None where it is about to be started again."""
        record = record_in(self.home)
        return record.pids.worker if record else None

    def environment(self) -> dict[str, str]:
        """Return the environment of a command that is to find this stack."""
        return plain_environment() | {"TACENDA_HOME": str(self.home)}


@asynccontextmanager
async def open_side(
    settings: str, environ: Mapping[str, str] = MappingProxyType({}), script: Path | None = None
) -> AsyncIterator[Side]:
    """Start ours alone, with what stands in `settings` as its tacenda.toml."""
    with tempfile.TemporaryDirectory(prefix="tacenda-bench-") as folder:
        home = Path(folder)
        (home / SETTINGS).write_text(settings, encoding="utf-8")
        told = plain_environment() | dict(environ)
        async with Stack(home, environ=told, worker_script=script) as stack:
            converter = converter_for({}, None, home)
            yield Side(home, await client_at(stack.endpoints.temporal, converter))


@asynccontextmanager
async def open_stand(*, encrypted: bool = True) -> AsyncIterator[Stand]:
    """Start everything in a folder and on ports of its own; stop and remove it at the end."""
    switch = {} if encrypted else {UNSAFE_PLAINTEXT: "1"}
    with tempfile.TemporaryDirectory(prefix="tacenda-bench-") as folder:
        home = Path(folder)
        async with Sink() as sink, Stack(home, environ=_environment(sink) | switch) as stack:
            address = stack.endpoints.temporal
            async with _bare_worker(home, address, sink) as bare_pid:
                record = record_in(home)
                assert record is not None
                assert record.pids.worker is not None
                yield Stand(
                    home=home,
                    address=address,
                    sink=sink,
                    client=await client_at(address, converter_for(switch, None, home)),
                    bare=await Client.connect(address),
                    pid=record.pids.worker,
                    bare_pid=bare_pid,
                )


def team() -> str:
    """Return what a tacenda.toml begins with: a team of two."""
    members = "".join(
        f'[[team.members]]\nname = "{name}"\nemail = "{name}@example.org"\n'
        for name in ("alice", "bob")
    )
    return f'[team]\naddress = "security@example.org"\n{members}'


def plain_environment() -> dict[str, str]:
    """Return the environment without what would lead a program to somebody's own stack.

    Nor does it keep Python from writing what it compiled: then each start would begin with that.
    """
    others = ("TACENDA_", "TEMPORAL_", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(others)}
    return {**kept, "PYTHONPATH": str(ROOT), "TEMPORAL_CONFIG_FILE": os.devnull}


def _environment(sink: Sink) -> dict[str, str]:
    relay = {"HOST": LOOPBACK, "PORT": str(sink.port), "SECURITY": "none"}
    return plain_environment() | {f"TACENDA_MAIL__{key}": value for key, value in relay.items()}


@asynccontextmanager
async def _bare_worker(home: Path, address: str, sink: Sink) -> AsyncIterator[int]:
    """Run the bare worker; it dies with this process, as the parts of the stack do."""
    words = [sys.executable, "-m", "bench.bare_worker", address, str(sink.port)]
    log = home / "logs" / "bare.log"
    worker = Child(
        "bare worker", words, plain_environment(), log, notify=print, changed=lambda: None
    )
    await worker.start()
    try:
        assert worker.pid is not None
        yield worker.pid
    finally:
        await worker.stop(GRACE)
