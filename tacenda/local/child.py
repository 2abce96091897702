"""A program that the stack runs, and starts again whenever it ends."""

import asyncio
import contextlib
import os
import time
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from tacenda.errors import Unavailable
from tacenda.local import tether

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
LOG_BYTES = 10 * 1024 * 1024
PROBE_EVERY = 0.1

Notify = Callable[[str], None]


class Child:
    """One program, its log, and whoever wants to hear of it.

    `notify` hears one line whenever it ended by itself, `changed` of every new process.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str],
        log: Path,
        *,
        notify: Notify,
        changed: Callable[[], None],
    ) -> None:
        """Take the program down; nothing is started yet."""
        self.name = name
        self.log = log
        self._command = tether.command(list(command))
        self._environ = dict(environ)
        self._notify = notify
        self._changed = changed
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    async def start(self) -> None:
        """Start the program, in a session of its own: Ctrl-C is for the stack alone."""
        _make_room(self.log)
        with open(self.log, "ab", opener=_private) as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environ,
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                start_new_session=True,
                umask=0o077,
            )
        self._changed()

    async def ready(self, probe: Callable[[], Awaitable[bool]], seconds: float) -> None:
        """Wait until `probe` says yes, and from then on keep the program running.

        Raises `Unavailable` if it ended, or if `seconds` were not enough.
        """
        try:
            async with asyncio.timeout(seconds):
                while not await probe():
                    self._must_run()
                    await asyncio.sleep(PROBE_EVERY)
        except TimeoutError:
            raise Unavailable(
                f"The {self.name} was not ready within {seconds:g} seconds. "
                f"Its log says why: {self.log}"
            ) from None
        self._must_run()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep the {self.name}")

    def _must_run(self) -> None:
        if self.pid is None:
            raise Unavailable(
                f"The {self.name} {self._ending()} before it was ready. "
                f"Its log says why: {self.log}"
            )

    def _ending(self) -> str:
        code = self._process.returncode if self._process else None
        return f"was killed (signal {-code})" if code and code < 0 else f"ended (exit {code})"

    async def _keep(self) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            await self._ended()
            if time.monotonic() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            self._notify(
                f"The {self.name} {self._ending()}; it is started again in {pause:g} s. "
                f"Its log: {self.log}"
            )
            with contextlib.suppress(OSError):
                self._changed()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            await self._try_to_start()

    async def _ended(self) -> None:
        if self._process:
            await self._process.wait()

    async def _try_to_start(self) -> None:
        try:
            await self.start()
        except OSError as error:
            self._notify(f"The {self.name} could not be started ({error.strerror}).")

    async def stop(self, grace: float) -> None:
        """Ask the program to end, wait for `grace` seconds, then kill it."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._process and self.pid:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), grace)
            except TimeoutError:
                self.kill()
                await self._process.wait()

    def kill(self) -> None:
        """End the program now, if it runs."""
        if self._process and self.pid:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _make_room(log: Path) -> None:
    """Set a log aside that has grown too long; the one set aside before goes."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
