"""One thread that reads and writes an SQLite file, so that a slow disk stops nobody else."""

import asyncio
import errno
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from activities.ledger.claims import LedgerDown

_Answer = TypeVar("_Answer")
Work = Callable[[sqlite3.Connection], Any]
_Asked = tuple[Work, "asyncio.Future[Any]"]

AT_ONCE = 64
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
    """Does short works on a file, in a thread of its own and in the order in which they came.

    What has come while it was busy is done in one transaction, so that a busy desk needs less
    time for each. Either all of a transaction is written or nothing; who asked hears of it after.
    """

    def __init__(self, file: Path, opened: Callable[[], sqlite3.Connection]) -> None:
        """Take the file, and what opens it; nothing is opened before the first work."""
        self._file = file
        self._opened = opened
        self._asked: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._inode: os.stat_result | None = None

    def ask(self, work: Callable[[sqlite3.Connection], _Answer]) -> "asyncio.Future[_Answer]":
        """Have a work done; it is, even where nobody waits for the answer any more."""
        answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._asked.put((work, answer))
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="send ledger", daemon=True)
            self._thread.start()
        return answer

    async def close(self) -> None:
        """Do what has been asked for, and let go of the file."""
        if thread := self._thread:
            self._thread = None
            self._asked.put(None)
            await asyncio.to_thread(thread.join)

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
            connection.execute("BEGIN IMMEDIATE")
            answers = [work(connection) for work, _ in batch]
            connection.execute("COMMIT")
        except Exception as error:
            # Opened anew for the next work: what is wrong may be mended by then.
            self._let_go()
            failure = error
        told = [future for _, future in batch]
        with suppress(RuntimeError):  # a loop that has ended has nobody who listens
            told[0].get_loop().call_soon_threadsafe(_tell, told, answers, failure)

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
        except FileNotFoundError:
            return False

    def _let_go(self) -> None:
        if connection := self._connection:
            self._connection = None
            with suppress(sqlite3.Error):
                connection.close()


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
