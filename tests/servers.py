"""Where the packaged servers are: found by path, never downloaded."""

import shutil
import sysconfig
from pathlib import Path


def test_server() -> str:
    """Return the path of the time-skipping test server."""
    return _binary("temporal-test-server")


def real_server() -> str:
    """Return the path of the Temporal CLI, which starts the real server."""
    return _binary("temporal")


def _binary(name: str) -> str:
    beside = Path(sysconfig.get_path("scripts")) / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is missing; uv sync installs it"
    return found
