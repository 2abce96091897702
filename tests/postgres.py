"""A PostgreSQL server of a test's own, where one is installed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.programs import free_port

NOBODY = 65534
INSTALL = "PostgreSQL is not installed, so nothing shows that keys or letters in it work: "


def programs() -> Path | None:
    """Return the folder with the programs of the newest PostgreSQL on this machine, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _version(initdb: Path) -> int:
    return int(initdb.parts[-3])


@contextmanager
def server() -> Iterator[str]:
    """Yield the address of a server in a folder and on a port of its own."""
    folder = programs()
    if folder is None:
        pytest.skip(INSTALL + "apt-get install postgresql")
    # It refuses to run as root.
    user = {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}
    # A socket has a short name; the folders of pytest are too long for it.
    with tempfile.TemporaryDirectory(prefix="pg-") as home:
        if user:
            os.chown(home, NOBODY, NOBODY)
        data, port = f"{home}/data", free_port()
        words = [folder / "initdb", "-D", data, "-U", "tacenda", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*words, "--no-sync"], check=True, capture_output=True, cwd=home, **user)  # type: ignore[call-overload]
        options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"
        control = [folder / "pg_ctl", "-D", data, "-w"]
        started = [*control, "-o", options, "-l", f"{home}/log", "start"]
        subprocess.run(started, check=True, capture_output=True, cwd=home, **user)  # type: ignore[call-overload]
        try:
            yield f"postgresql://tacenda@127.0.0.1:{port}"
        finally:
            stop = [*control, "-m", "immediate", "stop"]
            subprocess.run(stop, check=True, capture_output=True, cwd=home, **user)  # type: ignore[call-overload]
