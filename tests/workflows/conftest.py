"""Desks for stories, with and without a worker."""

from collections.abc import AsyncIterator

import pytest

from tests.workflows.desk import Desk, open_desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """Return a desk without a worker."""
    async with open_desk() as desk:
        yield desk


@pytest.fixture
async def staffed(desk: Desk) -> AsyncIterator[Desk]:
    """Return a desk with a worker."""
    async with desk.worker():
        yield desk
