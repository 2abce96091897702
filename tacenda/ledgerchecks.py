"""What `tacenda doctor` says of the send ledger: whether it can be written, and from how many."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from temporalio.client import Client

from tacenda.beside import is_database
from tacenda.checks import Finding
from tacenda.home import ledger_place
from tacenda.pollers import hosts_of_workers
from tacenda.tables import Mail

_PATIENCE_SECONDS = 5
_NOTHING_LEAVES = "and without it no letter leaves"


def check_ledger(mail: Mail, home: Path) -> Finding:
    """Write to the ledger that the worker uses, and leave it as it is."""
    if is_database(mail.ledger):
        return _database(mail.ledger)
    file = ledger_place(mail.ledger, home)
    return _file(file) if file.exists() else _to_be_made(file)


async def check_hosts(server: Client, mail: Mail) -> list[Finding]:
    """Return a warning where workers of several hosts would each write a file of their own."""
    hosts = await hosts_of_workers(server)
    if is_database(mail.ledger) or len(hosts) < 2:
        return []
    return [
        Finding(
            part="ledger",
            status="warning",
            says=f"Workers run on {', '.join(sorted(hosts))}, and the send ledger is a file of "
            "each: a letter may leave twice.",
            mend='Name a database that all of them reach: [mail] ledger = "postgresql://…". After '
            "a worker was moved to another host, this is said for a minute or two.",
        )
    ]


def _to_be_made(file: Path) -> Finding:
    above = next(folder for folder in file.parents if folder.exists())
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        says = f"The send ledger {file} is made with the first letter."
        return Finding(part="ledger", status="ok", says=says)
    return _alarm(f"The send ledger {file} cannot be made, {_NOTHING_LEAVES}.", above)


def _file(file: Path) -> Finding:
    try:
        # The path is quoted, for a name may hold what means something in an address.
        address = f"{file.absolute().as_uri()}?mode=rw"
        with closing(
            sqlite3.connect(address, timeout=_PATIENCE_SECONDS, isolation_level=None, uri=True)
        ) as ledger:
            ledger.execute("BEGIN IMMEDIATE")
            (version,) = ledger.execute("PRAGMA user_version").fetchone()
            ledger.execute(f"PRAGMA user_version = {version:d}")
            ledger.execute("COMMIT")
    except (sqlite3.Error, OSError) as error:
        reason = getattr(error, "sqlite_errorname", type(error).__name__)
        return _alarm(
            f"The send ledger {file} cannot be written ({reason}), {_NOTHING_LEAVES}.", file.parent
        )
    return Finding(part="ledger", status="ok", says=f"The send ledger {file} can be written.")


def _alarm(says: str, folder: Path) -> Finding:
    return Finding(
        part="ledger",
        status="alarm",
        says=says,
        mend=f"Give the worker's user the folder {folder}, and room on its disk. What is no "
        "ledger any more is moved away; letters that were under way may then come twice.",
    )


def _database(address: str) -> Finding:
    reason = next(_trouble(address), None)
    if reason is None:
        says = "The send ledger is in a database, and can be written."
        return Finding(part="ledger", status="ok", says=says)
    return Finding(
        part="ledger",
        status="alarm",
        says=f"The send ledger is in a database that {reason}, {_NOTHING_LEAVES}.",
        mend="See that it runs, that you may log in (PGPASSWORD, PGPASSFILE), and that you may "
        "make and write tables there.",
    )


def _trouble(address: str) -> Iterator[str]:
    try:
        import psycopg
    except ImportError:
        yield "needs psycopg (pip install 'tacenda[postgres]')"
        return
    try:
        with psycopg.connect(address, connect_timeout=_PATIENCE_SECONDS) as database:
            made = database.execute("SELECT to_regclass('tacenda_told') IS NOT NULL").fetchone()
            if made == (True,):
                insert = "INSERT INTO tacenda_told VALUES ('doctor', 0) ON CONFLICT DO NOTHING"
                database.execute(insert)
            else:
                database.execute("CREATE TABLE tacenda_told (what bytea)")
            database.rollback()
    except psycopg.Error as error:
        yield f"cannot be used ({type(error).__name__})"
