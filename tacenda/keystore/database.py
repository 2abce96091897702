"""Keys in a PostgreSQL database, for workers and clients on several hosts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tacenda.errors import Unavailable
from tacenda.keys import Key, Ring
from tacenda.keystore.store import KeyStore, Stored

try:
    import psycopg
except ImportError as error:
    raise Unavailable(
        "Keys in a database need psycopg: pip install 'tacenda[postgres]'."
    ) from error

_TABLES = """
CREATE TABLE IF NOT EXISTS tacenda_ring (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), secret bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS tacenda_scopes (scope text PRIMARY KEY, shredded timestamptz);
CREATE TABLE IF NOT EXISTS tacenda_keys (
    number bigint GENERATED ALWAYS AS IDENTITY,
    id text PRIMARY KEY,
    scope text NOT NULL REFERENCES tacenda_scopes,
    made timestamptz NOT NULL,
    secret bytea NOT NULL
);
"""
_CONNECT_SECONDS = 5


class Database(KeyStore):
    """A database; whoever may log in to it may read every case.

    The address holds no password: PostgreSQL's own PGPASSWORD and PGPASSFILE do.
    """

    def __init__(self, address: str) -> None:
        """Take the address; nothing is opened yet."""
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
        super().__init__(f"the database {parts.scheme}://{host}{parts.path}")
        self._address = address

    def scopes(self) -> tuple[Stored, ...]:
        """Return what is held, scope by scope."""
        with self._connection() as database:
            rows = database.execute("SELECT scope FROM tacenda_scopes ORDER BY scope").fetchall()
            return tuple(_read(database, scope) or Stored(scope) for (scope,) in rows)

    def read(self, scope: str) -> Stored | None:
        """Return what is held for `scope`, or None."""
        with self._connection() as database:
            return _read(database, scope)

    def _read_ring(self) -> Ring | None:
        with self._connection() as database:
            if database.execute("SELECT to_regclass('tacenda_ring')").fetchone() == (None,):
                return None
            row = database.execute("SELECT secret FROM tacenda_ring").fetchone()
            return Ring(bytes(row[0])) if row else None

    def _write_ring(self, ring: Ring) -> bool:
        with self._connection() as database:
            # Two that make the tables at once would fail on each other's types.
            database.execute("SELECT pg_advisory_xact_lock(hashtext('tacenda_ring'))")
            for table in _TABLES.split(";\n"):
                if table.strip():
                    database.execute(table.encode())
            insert = "INSERT INTO tacenda_ring (secret) VALUES (%s) ON CONFLICT DO NOTHING"
            return database.execute(insert, (ring.secret,)).rowcount == 1

    def _write_first(self, key: Key) -> None:
        with self._connection() as database:
            insert = "INSERT INTO tacenda_scopes (scope) VALUES (%s) ON CONFLICT DO NOTHING"
            if database.execute(insert, (key.scope,)).rowcount:
                _insert(database, key)

    def _append(self, key: Key) -> None:
        with self._connection() as database:
            _insert(database, key)

    def _destroy(self, scope: str, when: datetime) -> bool:
        with self._connection() as database:
            database.execute("DELETE FROM tacenda_keys WHERE scope = %s", (scope,))
            update = "UPDATE tacenda_scopes SET shredded = %s WHERE scope = %s"
            database.execute(update, (when, scope))
        # Without it the rows stay on disk until the database cleans up in its own time.
        with self._connection(autocommit=True) as database:
            database.execute("VACUUM FULL tacenda_keys")
        return True

    @contextmanager
    def _connection(self, *, autocommit: bool = False) -> "Iterator[psycopg.Connection[Any]]":
        """Open a transaction; what is in it happens as a whole."""
        try:
            with psycopg.connect(
                self._address, connect_timeout=_CONNECT_SECONDS, autocommit=autocommit
            ) as database:
                # In UTC, whatever zone the server thinks in.
                database.execute("SET TIME ZONE 'UTC'")
                yield database
        except psycopg.Error as error:
            raise Unavailable(
                f"The keys in {self.name} cannot be used ({type(error).__name__}). Is it running, "
                "and may you log in (PGPASSWORD, PGPASSFILE)?"
            ) from None


def _read(database: "psycopg.Connection[Any]", scope: str) -> Stored | None:
    query = "SELECT shredded FROM tacenda_scopes WHERE scope = %s"
    row = database.execute(query, (scope,)).fetchone()
    if row is None:
        return None
    rows = database.execute(
        "SELECT id, made, secret FROM tacenda_keys WHERE scope = %s ORDER BY number", (scope,)
    ).fetchall()
    keys = (Key(name, scope, made, bytes(secret)) for name, made, secret in rows)
    return Stored(scope, tuple(keys), row[0])


def _insert(database: "psycopg.Connection[Any]", key: Key) -> None:
    database.execute(
        "INSERT INTO tacenda_keys (id, scope, made, secret) VALUES (%s, %s, %s, %s)",
        (key.id, key.scope, key.made, key.secret),
    )
