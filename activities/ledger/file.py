"""A ledger in a file, for the workers of one host."""

import os
import sqlite3
import time
from asyncio import CancelledError, Future, shield
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from activities.ledger.claims import Claim, LedgerDown
from activities.ledger.desk import PATIENCE_SECONDS, Desk
from activities.ledger.owners import Owner
from activities.ledger.rows import (
    AFTER_CLOSE,
    AT_LAST,
    LEASE_SECONDS,
    MOST_DOUBTS,
    VERSION,
    Claimant,
    Hands,
    Row,
    State,
    Turn,
    Veil,
    next_turn,
    others_in,
)

_TABLES = f"""
CREATE TABLE cases (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, touched REAL NOT NULL,
    closed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE letters (
    id BLOB PRIMARY KEY, of INTEGER, state INTEGER NOT NULL, owner INTEGER NOT NULL,
    at REAL NOT NULL, doubts INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE turns (server BLOB PRIMARY KEY, room REAL NOT NULL, asked REAL NOT NULL);
CREATE TABLE told (what BLOB PRIMARY KEY, at REAL NOT NULL);
PRAGMA user_version = {VERSION};
"""
_SLICE = 500
_CLAIM = """
INSERT INTO letters (id, of, state, owner, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id)
DO UPDATE SET state = excluded.state, owner = excluded.owner, at = excluded.at
"""
_MARK = """
INSERT INTO letters (id, state, owner, at) VALUES (?, ?, ?, ?) ON CONFLICT (id)
DO UPDATE SET state = excluded.state WHERE state <> ?
"""
_DOUBT = f"""
INSERT INTO letters (id, state, owner, at, doubts) VALUES (?, {State.FREE:d}, ?, ?, 1)
ON CONFLICT (id) DO UPDATE SET doubts = doubts + 1, state = CASE
WHEN doubts + 1 >= {MOST_DOUBTS} AND state IN ({State.FREE:d}, {State.CLAIMED:d})
THEN {State.UNCONFIRMED:d} ELSE state END
"""  # noqa: S608


class FileLedger:
    """An SQLite file that several processes of one host use at once; not for a network disk.

    What is written survives the end of any process, kill -9 included. It does not wait for the
    disk: after a power cut, or a crash of the whole host, the last moments before it may be
    missing, and the letters that were marked in them (as a rule those of less than a minute)
    come a second time, under the same Message-ID. The file itself stays whole.
    """

    def __init__(
        self,
        file: Path,
        secret: bytes,
        *,
        lease: float = LEASE_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the file and what hides the names in it; nothing is opened before the first use."""
        self._file = file
        self._veil = Veil(secret)
        self._lease = lease
        self._clock = clock
        self._hands = Hands()
        self._owner = Owner(file.with_name(f"{file.name}-owners"))
        self._desk = Desk(file, self._open)

    async def claim(self, case: str, ids: Sequence[str]) -> list[Claim]:
        """Claim letters of a case, by Message-ID; the answers are in the same order."""
        letters = [self._veil.over(name) for name in ids]
        asked = self._desk.ask(lambda file: self._claim(file, case, letters))
        try:
            return await shield(asked)
        except CancelledError:
            asked.add_done_callback(lambda done: self._back(letters, done))
            raise

    async def mark(self, message_id: str, *, delivered: bool) -> None:
        """Record for good that a claimed letter was taken by the mail server, or refused."""
        letter = self._veil.over(message_id)
        await self._desk.ask(lambda file: self._mark(file, letter, delivered))
        # Not before it is written: else a letter whose mark failed would be sent again at once.
        self._hands.drop([letter])

    async def doubt(self, message_id: str) -> bool:
        """Count that nobody knows whether a claimed letter was taken; return if too often."""
        letter = self._veil.over(message_id)
        return await self._desk.ask(lambda file: self._doubt(file, letter))

    async def put_back(self, ids: Sequence[str]) -> None:
        """Give up claims of ours: those letters are still to be sent."""
        letters = [self._veil.over(name) for name in ids]
        await self._desk.ask(lambda file: self._put_back(file, letters))

    async def wait_for_turn(self, server: str, per_minute: int, letters: int) -> float:
        """Reserve room for that many letters; return in how many seconds they may leave."""
        key = self._veil.over(f"server {server}")
        return await self._desk.ask(lambda file: self._turn(file, key, per_minute, letters))

    async def is_first(self, what: str, within: float) -> bool:
        """Whether nobody, on any worker, was told so of the same in the last `within` seconds."""
        key = self._veil.over(f"told {what}")
        return await self._desk.ask(lambda file: self._first(file, key, within))

    async def close_case(self, case: str) -> None:
        """Let the record of a case go, some time after its close; and what is due of others."""
        await self._desk.ask(lambda file: self._close_case(file, case))

    async def close(self) -> None:
        """Give up what is claimed, and let go of the file."""
        with suppress(LedgerDown):
            if letters := list(self._hands):
                await self._desk.ask(lambda file: self._put_back(file, letters))
        await self._desk.close()
        self._owner.end()

    def _open(self) -> sqlite3.Connection:
        """Open the file, made where there is none, for its owner alone."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            # Only a new one: to close a file that SQLite has open would take its locks away.
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        if not self._owner.come_alive():
            self._hands = Hands()
        file = sqlite3.connect(
            self._file,
            timeout=PATIENCE_SECONDS,
            isolation_level=None,
            check_same_thread=False,  # the desk sees to it that only one uses it at a time
        )
        try:
            with self._owner.alone():
                self._set_up(file)
        except Exception:
            file.close()
            raise
        return file

    def _set_up(self, file: sqlite3.Connection) -> None:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = NORMAL")
        file.execute("PRAGMA wal_autocheckpoint = 0")
        file.execute("BEGIN IMMEDIATE")
        (version,) = file.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise LedgerDown(
                "Nothing is sent, because the send ledger was written by a later version: "
                "start that one, or name another ledger ([mail] ledger)."
            )
        if version == 0:
            for statement in _TABLES.split(";\n"):
                file.execute(statement)
        # In a transaction, so that nobody else who looks takes our look for a sign of life.
        self._owner.clean_up()
        file.execute("COMMIT")
        file.execute("PRAGMA busy_timeout = 0")

    def _claim(self, file: sqlite3.Connection, case: str, letters: list[bytes]) -> list[Claim]:
        now = self._clock()
        number = _touch(file, case, now)
        rows = dict(_rows(file, letters))
        others = others_in(rows.values(), self._owner.id)
        alive = {owner for owner in others if self._owner.is_alive(owner)}
        claimant = Claimant(self._owner.id, self._hands, alive, now, self._lease)
        answers = claimant.claim(letters, rows)
        ours = [letter for letter, it in zip(letters, answers, strict=True) if it is Claim.OURS]
        values = (number, State.CLAIMED, self._owner.id, now)
        file.executemany(_CLAIM, [(letter, *values) for letter in ours])
        return answers

    def _back(self, letters: Sequence[bytes], done: "Future[list[Claim]]") -> None:
        """Put back what became ours after nobody waited for it any more."""
        if not done.cancelled() and done.exception() is None:
            answers = zip(letters, done.result(), strict=True)
            ours = [letter for letter, answer in answers if answer is Claim.OURS]
            self._desk.ask(lambda file: self._put_back(file, ours))

    def _mark(self, file: sqlite3.Connection, letter: bytes, delivered: bool) -> None:
        state = State.DELIVERED if delivered else State.REFUSED
        values = (letter, state, self._owner.id, self._clock(), State.DELIVERED)
        file.execute(_MARK, values)

    def _doubt(self, file: sqlite3.Connection, letter: bytes) -> bool:
        file.execute(_DOUBT, (letter, self._owner.id, self._clock()))
        return dict(_rows(file, [letter]))[letter].state is State.UNCONFIRMED

    def _put_back(self, file: sqlite3.Connection, letters: Sequence[bytes]) -> None:
        free = [letter for letter in letters if self._hands.let_go(letter)]
        update = "UPDATE letters SET state = ? WHERE id = ? AND state = ? AND owner = ?"
        values = (State.CLAIMED, self._owner.id)
        file.executemany(update, [(State.FREE, letter, *values) for letter in free])

    def _turn(
        self, file: sqlite3.Connection, server: bytes, per_minute: int, letters: int
    ) -> float:
        query = "SELECT room, asked FROM turns WHERE server = ?"
        found = file.execute(query, (server,)).fetchone()
        turn, wait = next_turn(Turn(*found) if found else None, self._clock(), per_minute, letters)
        insert = "INSERT OR REPLACE INTO turns (server, room, asked) VALUES (?, ?, ?)"
        file.execute(insert, (server, turn.room, turn.asked))
        return wait

    def _first(self, file: sqlite3.Connection, what: bytes, within: float) -> bool:
        now = self._clock()
        insert = """
        INSERT INTO told (what, at) VALUES (?, ?) ON CONFLICT (what)
        DO UPDATE SET at = excluded.at WHERE abs(excluded.at - at) >= ?
        """
        return file.execute(insert, (what, now, within)).rowcount == 1

    def _close_case(self, file: sqlite3.Connection, case: str) -> None:
        now = self._clock()
        number = _touch(file, case, now)
        file.execute("UPDATE cases SET closed = 1 WHERE number = ?", (number,))
        query = "SELECT number FROM cases WHERE touched <= ? OR (closed AND touched <= ?)"
        due = file.execute(query, (now - AT_LAST, now - AFTER_CLOSE)).fetchall()
        file.executemany("DELETE FROM cases WHERE number = ?", due)
        if due:
            # One look at every letter; an index would make every claim dearer.
            file.execute(
                "DELETE FROM letters WHERE of NOT IN (SELECT number FROM cases)"
                " OR (of IS NULL AND at <= ?)",
                (now - AT_LAST,),
            )
        file.execute("DELETE FROM turns WHERE asked <= ?", (now - AT_LAST,))
        file.execute("DELETE FROM told WHERE at <= ?", (now - AT_LAST,))


def _touch(file: sqlite3.Connection, case: str, now: float) -> int:
    """Note that something is done for a case, so it is open; return its number."""
    insert = """
    INSERT INTO cases (name, touched) VALUES (?, ?) ON CONFLICT (name)
    DO UPDATE SET touched = excluded.touched, closed = 0
    """
    file.execute(insert, (case, now))
    query = "SELECT number FROM cases WHERE name = ?"
    number: int = file.execute(query, (case,)).fetchone()[0]
    return number


def _rows(file: sqlite3.Connection, letters: Sequence[bytes]) -> Iterator[tuple[bytes, Row]]:
    rest = iter(letters)
    while some := list(islice(rest, _SLICE)):
        marks = ",".join("?" * len(some))
        query = f"SELECT id, state, owner, at FROM letters WHERE id IN ({marks})"  # noqa: S608
        for letter, state, owner, at in file.execute(query, some):
            yield letter, Row(State(state), owner, at)
