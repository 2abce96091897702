"""The embedded stack for one machine: Temporal with its Web UI, codec server, mail, worker."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tacenda.codecserver.server import CodecServer, access_log, log_to, token_file
from tacenda.connect import UNSAFE_PLAINTEXT, queue_of
from tacenda.errors import Unavailable
from tacenda.home import (
    SETTINGS,
    Endpoints,
    Pids,
    Record,
    record_in,
    write_record,
    write_starter,
)
from tacenda.keystore import KeyStore, location, make_store, open_store
from tacenda.local import ports, reading, server, worker_process
from tacenda.local.catcher import Catcher
from tacenda.local.child import Child, Notify
from tacenda.local.journal import journal
from tacenda.local.lock import locked
from tacenda.local.maildir import Maildir
from tacenda.local.ports import LOOPBACK, Ports
from tacenda.settings import load

DATABASE = "temporal.db"
SERVER_READY = 90.0
WORKER_READY = 90.0
SERVER_GRACE = 15.0
WORKER_GRACE = 30.0
LEFTOVERS_GONE = 10.0


def _silent(_line: str) -> None:
    """Say nothing."""


class Stack:
    """The parts of one home, started together, kept running and stopped together.

        async with Stack(home) as stack:
            print(stack.endpoints.ui)

    `notify` hears what a person should know (a part that died), `progress` what it waits for.
    Time skipping lets any caller end an embargo early: it is for demonstrations alone.
    """

    def __init__(
        self,
        home: Path,
        *,
        settings_file: Path | None = None,
        asked_ports: Mapping[str, int] | None = None,
        time_skipping: bool = False,
        with_worker: bool = True,
        worker_script: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        notify: Notify = _silent,
        progress: Notify = _silent,
    ) -> None:
        """Take the wishes down; nothing is read or started yet.

        Without a settings file the one in the home serves, and is written if it is missing.
        `asked_ports` may name `temporal`, `ui`, `codec`, `http`, `metrics`, `smtp` and `mail`.
        """
        self.home = home
        self.settings_file = settings_file
        self.relay: str | None = None
        self._asked = dict(asked_ports or {})
        self._time_skipping = time_skipping
        self._with_worker = with_worker
        self._worker_script = worker_script
        self._environ = dict(environ)
        self._notify = notify
        self._progress = progress
        self._record: Record | None = None
        self._parts = AsyncExitStack()
        self._codec: CodecServer | None = None
        self._server: Child | None = None
        self._worker: Child | None = None

    @property
    def endpoints(self) -> Endpoints:
        """Where the parts answer, once the stack has started."""
        assert self._record is not None, "the stack has not started"
        return self._record.endpoints()

    @property
    def catches_mail(self) -> bool:
        """Whether every letter stays on this machine; else `relay` gets them."""
        return self.relay is None

    @property
    def mail(self) -> Path:
        """The Maildir of the caught letters."""
        return self.home / "mail"

    def login_link(self) -> str:
        """Return a link that logs the owner of the home in to the codec server, once."""
        assert self._codec is not None, "the stack has not started"
        return self._codec.link_with(token_file(self.home))

    def exports(self) -> str:
        """Return the line that makes the plain `temporal` command read and write cases here."""
        return reading.exports(self.home, self.endpoints)

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    async def start(self) -> None:
        """Start every part and wait until it works; a part that fails stops the others.

        Raises a `TacendaError` that says in a sentence what is wrong.
        """
        try:
            await self._start()
        except OSError as error:
            await self.stop()
            raise Unavailable(f"The stack in {self.home} could not start: {error}.") from error
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop the worker, then the server, then the mail catcher; let go of the home."""
        await self._parts.aclose()

    def kill(self) -> None:
        """End the programs at once; for somebody who does not want to wait for `stop`."""
        for child in (self._worker, self._server):
            if child:
                child.kill()

    async def _start(self) -> None:
        binary = server.find_binary(self._environ)
        script = self._worker_script or worker_process.find_script()
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._parts.enter_context(locked(self.home))
        self._parts.enter_context(journal(self._log("stack")))
        settings_file = self._settled()
        keys = self._keys(settings_file)
        chosen = await self._ports()
        self._record = _record(self.home, chosen)
        self._parts.callback(self._write_down, stopped=True)
        await self._start_catcher(chosen)
        await self._start_codec(settings_file, chosen)
        namespace = await self._start_server(binary, chosen, queue_of(keys))
        if self._with_worker:
            await self._start_worker(script, settings_file, chosen, namespace)

    def _settled(self) -> Path:
        """Return the settings file to use, valid."""
        if self.settings_file is None:
            self.settings_file = self._starter()
        self.settings_file = self.settings_file.absolute()
        mail = load(self.settings_file).mail
        if worker_process.names_a_relay(self.settings_file, self._environ):
            self.relay = f"{mail.host}:{mail.port}"
            self._notify(f"Letters leave this machine, through {self.relay}.")
        return self.settings_file

    def _keys(self, settings_file: Path) -> KeyStore | None:
        """Return the keys; those of a new home are made. None where nothing is encrypted."""
        where, own = location(self._environ, settings_file, self.home), self.home / "keys"
        if where != str(own) or ((self.home / DATABASE).exists() and not own.exists()):
            store = open_store(where)
        else:
            store, is_new = make_store(own)
            if is_new:
                self._notify(f"Keys were made in {own}. Without them no case can be read again.")
        return None if self._environ.get(UNSAFE_PLAINTEXT) == "1" else store

    def _starter(self) -> Path:
        is_new = not (self.home / SETTINGS).exists()
        path = write_starter(self.home)
        if is_new:
            self._notify(f"There was no tacenda.toml; one to start from is {path}")
        return path

    async def _ports(self) -> Ports:
        record = record_in(self.home)
        before = ports.ports_of(record) if record else None
        if record and before:
            await _gone(record.pids, before)
        return ports.choose(self._asked, before)

    async def _start_catcher(self, chosen: Ports) -> None:
        catcher = Catcher(Maildir(self.mail), ports.listen(chosen.smtp), ports.listen(chosen.mail))
        self._parts.push_async_callback(catcher.stop)
        await catcher.start()

    async def _start_codec(self, settings_file: Path, chosen: Ports) -> None:
        self._parts.enter_context(access_log(log_to(self._log("codec"))))
        self._codec = reading.codec_server(
            self.home, settings_file, self._environ, self.endpoints, ports.listen(chosen.codec)
        )
        self._parts.push_async_callback(self._codec.stop)
        await self._codec.start()

    async def _start_server(self, binary: Path, chosen: Ports, queue: str) -> server.Namespace:
        self._progress("Starting the Temporal server …")
        database = self.home / DATABASE
        words = server.command(binary, database, chosen, time_skipping=self._time_skipping)
        self._server = self._child("server", words, server.environment(self._environ), "temporal")
        namespace = await server.Namespace.at(self.endpoints.temporal, queue)
        await self._run(self._server, namespace.answers, SERVER_READY, SERVER_GRACE)
        await namespace.prepare()
        return namespace

    async def _start_worker(
        self, script: Path, settings_file: Path, chosen: Ports, namespace: server.Namespace
    ) -> None:
        self._progress("Starting the worker …")
        environ = worker_process.environment(
            self._environ,
            script,
            home=self.home,
            settings_file=settings_file,
            temporal=self.endpoints.temporal,
            catcher_port=chosen.smtp if self.catches_mail else None,
        )
        self._worker = self._child("worker", worker_process.command(script), environ, "worker")
        await self._run(self._worker, namespace.has_worker, WORKER_READY, WORKER_GRACE)

    async def _run(
        self, child: Child, probe: Callable[[], Awaitable[bool]], ready: float, grace: float
    ) -> None:
        self._parts.push_async_callback(child.stop, grace)
        await child.start()
        await child.ready(probe, ready)

    def _child(self, name: str, words: list[str], environ: dict[str, str], log: str) -> Child:
        return Child(
            name, words, environ, self._log(log), notify=self._notify, changed=self._write_down
        )

    def _log(self, name: str) -> Path:
        folder = self.home / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / f"{name}.log"

    def _write_down(self, *, stopped: bool = False) -> None:
        assert self._record is not None
        pids = Pids(
            stack=None if stopped else os.getpid(),
            server=self._server.pid if self._server else None,
            worker=self._worker.pid if self._worker else None,
        )
        self._record = self._record.model_copy(update={"pids": pids})
        write_record(self._record)


def _record(home: Path, chosen: Ports) -> Record:
    at = {name: f"{LOOPBACK}:{port}" for name, port in chosen}
    pages = {name: f"http://{at[name]}" for name in ("ui", "codec", "mail")}
    return Record(**(at | pages), home=home)


async def _gone(pids: Pids, held: Ports) -> None:
    """Wait a little for the programs of a stack that was killed: they may hold its ports."""
    programs = [pid for pid in (pids.server, pids.worker) if pid]
    for _ in range(int(LEFTOVERS_GONE * 10)):
        taken = any(ports.objection_to(port) for _, port in held)
        if not taken or not any(map(_lives, programs)):
            return
        await asyncio.sleep(0.1)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
