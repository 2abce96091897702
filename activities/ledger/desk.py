"""Short works on an SQLite file: at once where that takes no time, else in a thread."""

import asyncio
import errno
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from activities.ledger.claims import LedgerDown

_Answer = TypeVar("_Answer")
Work = Callable[[sqlite3.Connection], Any]
_Asked = tuple[Work, "asyncio.Future[Any]"]

AT_ONCE = 64
PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.001
_MOST_UNSETTLED = 1000
_SAYS = {
    sqlite3.SQLITE_FULL: "its disk is full: make room",
    sqlite3.SQLITE_IOERR: "its disk is full or fails: make room, or mend it",
    sqlite3.SQLITE_NOTADB: "it is no ledger, or damaged: move it away, and letters that were "
    "under way may come twice",
    sqlite3.SQLITE_BUSY: "another program keeps it locked: end that one",
}
_SAYS |= {
    sqlite3.SQLITE_CORRUPT: _SAYS[sqlite3.SQLITE_NOTADB],
    sqlite3.SQLITE_ERROR: _SAYS[sqlite3.SQLITE_NOTADB],
    sqlite3.SQLITE_LOCKED: _SAYS[sqlite3.SQLITE_BUSY],
}
_NOT_OURS = "it cannot be opened for writing: give the worker its folder ([mail] ledger)"


class Desk:
    """Does short works on a file, in the order in which they came.

    A write that goes to memory alone is done at once: to hand it to another thread and back costs
    more than the work. Whatever may wait is left to a thread, so that it stops nobody else: to open
    the file, another process that is writing, and the disk, to which what was written is brought
    from time to time. What has come meanwhile is done in one transaction. Either all of a
    transaction is written or nothing; who asked hears of it after.
    """

    def __init__(self, file: Path, opened: Callable[[], sqlite3.Connection]) -> None:
        """Take the file, and what opens it; nothing is opened before the first work."""
        self._file = file
        self._opened = opened
        self._asked: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._inode: os.stat_result | None = None
        self._waiting = 0
        self._unsettled = 0

    def ask(self, work: Callable[[sqlite3.Connection], _Answer]) -> "asyncio.Future[_Answer]":
        """Have a work done; it is, even where nobody waits for the answer any more."""
        answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        if not (self._waiting == 0 and self._does_at_once(work, answer)):
            self._give_to_thread(work, answer)
        if self._unsettled > _MOST_UNSETTLED:
            self._unsettled = 0
            self._give_to_thread(_settle, asyncio.get_running_loop().create_future())
        return answer

    def _give_to_thread(self, work: Work, answer: "asyncio.Future[Any]") -> None:
        self._waiting += 1
        self._asked.put((work, answer))
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="send ledger", daemon=True)
            self._thread.start()

    def _does_at_once(self, work: Work, answer: "asyncio.Future[Any]") -> bool:
        """Do a work here, while the thread rests; return False where it would have to wait."""
        connection = self._connection
        if connection is None or not self._is_there():
            return False
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            return False
        try:
            found = work(connection)
            connection.execute("COMMIT")
        except Exception as error:
            self._let_go()
            _tell([answer], [], error)
        else:
            self._unsettled += 1
            answer.set_result(found)
        return True

    async def close(self) -> None:
        """Do what has been asked for, and let go of the file."""
        if thread := self._thread:
            self._thread = None
            self._asked.put(None)
            await asyncio.to_thread(thread.join)
        self._let_go()

    def _serve(self) -> None:
        going_on = True
        while going_on:
            batch = [self._asked.get()]
            with suppress(queue.Empty):
                while batch[-1] is not None and len(batch) < AT_ONCE:
                    batch.append(self._asked.get_nowait())
            works = [asked for asked in batch if asked is not None]
            going_on = len(works) == len(batch)
            if works:
                self._do(works)
        self._let_go()

    def _do(self, batch: Sequence[_Asked]) -> None:
        """Do works in one transaction, and tell who asked."""
        failure: Exception | None = None
        answers: list[Any] = []
        try:
            connection = self._at_hand()
            _begin(connection)
            answers = [work(connection) for work, _ in batch if work is not _settle]
            connection.execute("COMMIT")
            if any(work is _settle for work, _ in batch):
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except Exception as error:
            # Opened anew for the next work: what is wrong may be mended by then.
            self._let_go()
            failure = error
        told = [future for work, future in batch if work is not _settle]
        with suppress(RuntimeError):  # a loop that has ended has nobody who listens
            loop = batch[0][1].get_loop()
            loop.call_soon_threadsafe(self._done, len(batch), told, answers, failure)

    def _done(
        self,
        count: int,
        told: Sequence["asyncio.Future[Any]"],
        answers: Sequence[Any],
        failure: Exception | None,
    ) -> None:
        self._waiting -= count
        self._unsettled += len(told)
        _tell(told, answers, failure)

    def _at_hand(self) -> sqlite3.Connection:
        """Return the open file; another one where somebody has put it in its place."""
        if self._connection and not self._is_there():
            self._let_go()
        if self._connection is None:
            self._connection = self._opened()
            self._inode = self._file.stat()
        return self._connection

    def _is_there(self) -> bool:
        try:
            return os.path.samestat(self._file.stat(), self._inode or self._file.stat())
        except OSError:  # the thread says what is wrong with it
            return False

    def _let_go(self) -> None:
        if connection := self._connection:
            self._connection = None
            with suppress(sqlite3.Error):
                connection.close()


def _settle(connection: sqlite3.Connection) -> None:
    """Bring to the disk what was written to memory; the thread does it, after a transaction."""


def _begin(connection: sqlite3.Connection) -> None:
    """Begin to write, once nobody else does; a connection of ours waits for nobody by itself."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_SECONDS)


def _tell(
    told: Sequence["asyncio.Future[Any]"], answers: Sequence[Any], failure: Exception | None
) -> None:
    for number, future in enumerate(told):
        if future.cancelled():
            continue
        if failure is None:
            future.set_result(answers[number])
        else:
            future.set_exception(_down(failure))
            future.exception()  # nobody may be waiting any more


def _down(error: Exception) -> Exception:
    """Return what a failure is to whoever asked."""
    if isinstance(error, LedgerDown):
        return LedgerDown(str(error))
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        return LedgerDown(_sentence(_SAYS.get(code, _NOT_OURS)))
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return LedgerDown(_sentence(_SAYS[sqlite3.SQLITE_FULL] if full else _NOT_OURS))
    return error


def _sentence(what: str) -> str:
    return f"Nothing is sent, because the send ledger cannot be written: {what}."
