"""Fixtures: a machine that may be mistreated. Every test here is marked as chaos."""

from pathlib import Path

import pytest

from tests.e2e.machine import Machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker("chaos")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on which nothing runs yet."""
    return Machine(tmp_path / "machine")
