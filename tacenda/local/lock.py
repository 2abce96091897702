"""The lock of a home: one stack a home."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tacenda.errors import Refused, Unavailable

try:
    import fcntl
except ImportError as error:  # Windows
    raise Unavailable(
        "The embedded stack runs on Linux and macOS. On Windows use WSL, or a Temporal "
        "server of your own and TEMPORAL_ADDRESS."
    ) from error


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold `home` for this process; the kernel lets go however the process ends.

    Raises `Refused` and names the process that holds it already.
    """
    file = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(_in_use(home, os.pread(file, 32, 0))) from None
        os.truncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(file)


def _in_use(home: Path, holder: bytes) -> str:
    pid = holder.decode(errors="replace").strip()
    who = f"process {pid}" if pid.isdecimal() else "another process"
    return f"{home} is in use by {who}. Stop that one, or name another folder with TACENDA_HOME."
