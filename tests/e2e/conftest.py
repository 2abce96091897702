"""Fixtures: a machine whose stack is up, shared by the tests that do not disturb it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.machine import Machine


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with a stack that runs; one a test process, for starting it takes longest."""
    machine = Machine(tmp_path_factory.mktemp("office"))
    with machine.up():
        yield machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on which nothing runs yet."""
    return Machine(tmp_path / "machine")
