"""A box of keys for the tests of what is said about keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.activities.keys import Box
from tests.gpg import a_gpg


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """An empty folder for keys, and a gpg that makes them."""
    with a_gpg() as gpg:
        yield Box(gpg, tmp_path)
