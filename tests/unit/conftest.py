"""Places in which a store of keys can be: a folder, and a database."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests import postgres


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """Run one PostgreSQL server for all tests of a process."""
    with postgres.server() as address:
        yield address


_NUMBERS = count()


@pytest.fixture(params=["folder", "database"])
def store_address(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return a way to name a place where no store is yet."""
    if request.param == "folder":
        return lambda: str(tmp_path / f"keys-{next(_NUMBERS)}")
    server: str = request.getfixturevalue("database_server")

    def new() -> str:
        name = f"keys_{next(_NUMBERS)}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"{server}/{name}"

    return new
