"""Fixtures: a machine that may be mistreated."""

from pathlib import Path

import pytest

from tests.e2e.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on which nothing runs yet."""
    return Machine(tmp_path / "machine")
