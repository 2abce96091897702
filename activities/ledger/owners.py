"""Who of those that claimed letters is still alive: each holds a lock for as long as it lives."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Owner:
    """A process as its claims name it, by a random number.

    It holds the lock of a file for life. The kernel lets go of it when the process ends, in
    whichever way, so a lock that can be taken is that of somebody who died.
    """

    def __init__(self, folder: Path) -> None:
        """Take the folder of the locks; nothing is made yet."""
        self._folder = folder
        self._lock: int | None = None
        self.id = 0

    def come_alive(self) -> bool:
        """See that we hold a lock; return False where our claims count as those of somebody dead.

        That is so at first, and when somebody has removed the file.
        """
        if self._lock is not None and _is_file(self._lock, self._file(self.id)):
            return True
        self.end()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        while self._lock is None:
            self.id = secrets.randbits(63)
            self._lock = self._locked(self._file(self.id))
        return False

    def _locked(self, file: Path) -> int | None:
        lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _is_file(lock, file):
                return lock
        except OSError:
            os.close(lock)
            raise
        os.close(lock)  # somebody who cleaned up came between
        return None

    def is_alive(self, owner: int) -> bool:
        """Whether another owner lives; what a dead one has left is removed."""
        file = self._file(owner)
        try:
            lock = os.open(file, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.unlink(missing_ok=True)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Have no other owner do the same at this moment."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def clean_up(self) -> None:
        """Remove what owners have left that died without a claim that anybody asked for."""
        for file in self._folder.iterdir():
            with suppress(ValueError):
                if (owner := int(file.name, 16)) != self.id:
                    self.is_alive(owner)

    def end(self) -> None:
        """Let go of the lock."""
        if self._lock is not None:
            if _is_file(self._lock, self._file(self.id)):
                with suppress(OSError):
                    self._file(self.id).unlink()
            os.close(self._lock)
            self._lock = None

    def _file(self, owner: int) -> Path:
        return self._folder / f"{owner:016x}"


def _is_file(descriptor: int, file: Path) -> bool:
    """Whether `file` is still the one that is open as `descriptor`."""
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except OSError:
        return False
