"""A ledger in trouble: it says what to mend, nothing is sent meanwhile, and it comes back."""

import asyncio
import errno
import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

import activities.ledger.desk
from activities.ledger.claims import Claim, LedgerDown
from activities.ledger.database import DatabaseLedger
from activities.ledger.file import FileLedger
from activities.ledger.opening import ledger_at
from tests.activities.ledgers import CASE, SECRET, elsewhere
from tests.postgres import NOBODY

OURS, TAKEN, DELIVERED = Claim.OURS, Claim.TAKEN, Claim.DELIVERED
IDS = [f"<letter-{number}@example.org>" for number in range(4)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where a ledger is to be."""
    return tmp_path / "ledger" / "letters.db"


@pytest.fixture
async def opened() -> AsyncIterator[Callable[[Path | str], FileLedger | DatabaseLedger]]:
    """Open a ledger, closed after the test."""
    async with AsyncExitStack() as stack:

        def at(where: Path | str) -> FileLedger | DatabaseLedger:
            ledger = ledger_at(str(where), Path("/nowhere"), SECRET)
            assert isinstance(ledger, FileLedger | DatabaseLedger)
            stack.push_async_callback(ledger.close)
            return ledger

        yield at


Opened = Callable[[Path | str], FileLedger | DatabaseLedger]


def test_a_full_disk_stops_the_sending_until_there_is_room(file: Path) -> None:
    """Where a file cannot grow, claims and marks fail, and go on in the same process after."""
    many = [f"<more-{number}@example.org>" for number in range(2000)]
    full = (
        "LedgerDown: Nothing is sent, because the send ledger cannot be written: "
        "its disk is full or fails: make room, or mend it."
    )
    with elsewhere(str(file)) as worker:
        assert worker.call("claim", CASE, IDS) == ["ours"] * 4
        worker.call("mark", IDS[0], delivered=True)
        worker.call("limit", file.with_name("letters.db-wal").stat().st_size)
        assert worker.call("mark", IDS[1], delivered=True) == full
        assert worker.call("claim", CASE, many) == full
        worker.call("limit", 512)
        assert worker.call("put_back", IDS[2:3]) == full
        worker.call("limit", 0)

        # What could not be marked is not sent again, and is marked now.
        assert worker.call("claim", CASE, IDS[:2]) == ["delivered", "taken"]
        worker.call("mark", IDS[1], delivered=True)
        assert worker.call("claim", CASE, many) == ["ours"] * 2000
        assert worker.call("claim", CASE, IDS[:2]) == ["delivered", "delivered"]


@pytest.mark.parametrize("content", [b"no ledger\n" * 1000, b"SQLite format 3\0" + b"x" * 5000])
async def test_a_file_that_is_no_ledger_is_left_alone(
    file: Path, content: bytes, opened: Opened
) -> None:
    """What stands in the ledger's place is neither used nor overwritten."""
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(LedgerDown, match="no ledger, or damaged: move it away"):
        await opened(file).claim(CASE, IDS)
    assert file.read_bytes() == content


async def test_a_database_of_something_else_is_no_ledger(file: Path, opened: Opened) -> None:
    """Nor is an SQLite file of this version's number with other tables in it."""
    file.parent.mkdir()
    with sqlite3.connect(file) as other:
        other.execute("PRAGMA user_version = 1")
    with pytest.raises(LedgerDown, match="no ledger, or damaged"):
        await opened(file).claim(CASE, IDS)


@pytest.mark.parametrize("below", [".", "letters.db"])
async def test_a_place_that_cannot_be_written_is_complained_of(
    tmp_path: Path, below: str, opened: Opened
) -> None:
    """A folder in its place, or a file in that of its folder, and what to mend."""
    (tmp_path / "letters.db").mkdir() if below == "." else (tmp_path / "letters.db").write_text("")
    with pytest.raises(LedgerDown, match=r"cannot be opened for writing: .*\[mail\] ledger"):
        await opened(tmp_path / "letters.db" / below).is_first("trouble", 60)


async def test_a_file_that_can_no_longer_be_looked_at_is_complained_of(
    file: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is in use too, who asks hears what to mend, and given back it works."""
    ledger, look = opened(file), Path.stat
    await ledger.claim(CASE, IDS[:1])

    def closed_to_us(path: Path, **how: bool) -> os.stat_result:
        if path == file:
            raise PermissionError(errno.EACCES, "no")
        return look(path, **how)

    with monkeypatch.context() as closed:
        closed.setattr(Path, "stat", closed_to_us)
        with pytest.raises(LedgerDown, match="cannot be opened for writing"):
            await ledger.claim(CASE, IDS[1:2])
    assert await ledger.claim(CASE, IDS[1:2]) == [OURS]


async def test_what_is_written_reaches_the_disk_under_contention_too(
    file: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log beside the file stays small, although another process is writing all the time."""
    monkeypatch.setattr(activities.ledger.desk, "_MOST_UNSETTLED", 20)
    ledger = opened(file)
    await ledger.claim(CASE, ["<first@example.org>"])
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        for number in range(400):
            other.execute("BEGIN IMMEDIATE")
            asked = asyncio.create_task(ledger.claim(CASE, [f"<letter-{number}@example.org>"]))
            await asyncio.sleep(0)
            other.execute("COMMIT")
            await asked
        assert file.with_name("letters.db-wal").stat().st_size < 500_000


@contextmanager
def somebody() -> Iterator[Path]:
    """Be somebody to whom a file can be closed, with a folder of theirs: root may write all."""
    root = os.geteuid() == 0
    with TemporaryDirectory(prefix="tacenda-ledger-") as folder:
        if root:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)


async def test_a_ledger_that_may_only_be_read_is_complained_of() -> None:
    """A ledger of somebody else stops the sending; given back, it works."""
    await asyncio.to_thread(os.getpid)  # what is imported late may not be theirs to read
    with somebody() as folder:
        await closed_and_given_back(folder / "letters.db")


async def closed_and_given_back(file: Path) -> None:
    """Take the right to write away from a ledger, and give it back."""

    first, another = FileLedger(file, SECRET), FileLedger(file, SECRET)
    await first.claim(CASE, IDS)
    file.chmod(0o400)
    with pytest.raises(LedgerDown, match="cannot be opened for writing"):
        await another.mark(IDS[0], delivered=True)
    file.chmod(0o600)
    await another.mark(IDS[0], delivered=True)
    await another.close()
    await first.close()


async def test_a_ledger_of_a_later_version_is_left_alone(file: Path, opened: Opened) -> None:
    """Who goes back to an earlier version is told to go forward again."""
    await opened(file).claim(CASE, IDS)
    with sqlite3.connect(file) as later:
        later.execute("PRAGMA user_version = 2")
    with pytest.raises(LedgerDown, match="later version: start that one"):
        await opened(file).claim(CASE, IDS)


async def test_a_ledger_that_is_locked_is_waited_for(file: Path, opened: Opened) -> None:
    """While somebody else writes, a claim waits, and nothing else in the worker does."""
    ledger = opened(file)
    await ledger.claim(CASE, IDS[:1])
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        claim = asyncio.create_task(ledger.claim(CASE, IDS[1:]))
        done, _ = await asyncio.wait([claim], timeout=0.2)
        assert not done
        other.execute("COMMIT")
    assert await claim == [OURS] * 3


async def test_a_ledger_that_was_moved_away_is_begun_anew(file: Path, opened: Opened) -> None:
    """All workers go on with one and the same file, though one had the other open."""
    ledger, other = opened(file), opened(file)
    await ledger.claim(CASE, IDS[:1])
    for part in file.parent.glob("letters.db*"):
        part.rename(part.with_name(f"old-{part.name}"))

    assert await other.claim(CASE, IDS[1:2]) == [OURS]
    assert await ledger.claim(CASE, IDS[:2]) == [OURS, TAKEN]


async def test_a_ledger_tells_nobody_who_was_told(file: Path, opened: Opened) -> None:
    """The files hold neither address nor Message-ID, and a guess cannot be tested on them."""
    ledger = opened(file)
    vendors = [f"<0123abcd.vendor-{number}@team.example.org>" for number in range(50)]
    await ledger.claim(CASE, vendors)
    await ledger.mark(vendors[0], delivered=True)
    await ledger.is_first("mail.example.org refuses vendor@vendors.example.org", 60)
    await ledger.wait_for_turn("mail.example.org", 60, 1)
    kept = b"".join(part.read_bytes() for part in file.parent.rglob("*") if part.is_file())

    assert CASE.encode() in kept
    assert not any(word in kept for word in (b"example", b"vendor", b"0123abcd", b"refuses"))
    with sqlite3.connect(file) as rows:
        hidden = {bytes(row[0]) for row in rows.execute("SELECT id FROM letters")}
    stranger = FileLedger(file, b"another secret")
    assert not hidden & {stranger._veil.over(name) for name in vendors}


async def test_files_are_for_their_owner_alone(file: Path, opened: Opened) -> None:
    """Folders are 0700 and files 0600, whatever the umask."""
    before = os.umask(0)
    try:
        await opened(file).claim(CASE, IDS)
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in file.parent.rglob("*")}

    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


async def test_the_dead_leave_nothing_behind(file: Path, opened: Opened) -> None:
    """Locks of processes that were killed go when the next one opens the ledger."""
    with elsewhere(str(file)) as worker, elsewhere(str(file)) as other:
        for each in (worker, other):
            each.call("claim", CASE, IDS)
        worker.kill()
        await opened(file).claim(CASE, IDS)

        assert len(list(file.with_name("letters.db-owners").iterdir())) == 2


async def test_a_database_that_is_away_is_complained_of() -> None:
    """Who cannot reach the database sends nothing, and is told what to mend, without its name."""
    ledger = ledger_at("postgresql://tacenda@127.0.0.1:1/ledger", Path("/nowhere"), SECRET)
    with pytest.raises(LedgerDown, match="database of the send ledger cannot be used") as caught:
        await ledger.claim(CASE, IDS)
    assert "127.0.0.1" not in str(caught.value)
    await ledger.close()


def cut(address: str) -> None:
    """End every connection to the database but this one."""
    query = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    """
    with psycopg.connect(address) as connection:
        connection.execute(query)


async def test_a_lost_connection_loses_no_claim(ledger_address: str, opened: Opened) -> None:
    """A worker whose connection was cut keeps what it has, where nobody else wanted it."""
    ledger, other = opened(ledger_address), opened(ledger_address)
    assert await ledger.claim(CASE, IDS) == [OURS] * 4
    cut(ledger_address)
    await ledger.mark(IDS[0], delivered=True)

    assert await other.claim(CASE, IDS) == [DELIVERED, TAKEN, TAKEN, TAKEN]
    await ledger.put_back(IDS)
    assert await other.claim(CASE, IDS) == [DELIVERED, OURS, OURS, OURS]


async def test_who_was_overtaken_hears_of_it(ledger_address: str, opened: Opened) -> None:
    """After a cut in which another worker took over, a mark counts, and says to stop."""
    ledger, other = opened(ledger_address), opened(ledger_address)
    await ledger.claim(CASE, IDS)
    cut(ledger_address)
    assert await other.claim(CASE, IDS[:3]) == [OURS] * 3
    with pytest.raises(LedgerDown, match="another worker has taken over"):
        await ledger.mark(IDS[0], delivered=True)
    await ledger.put_back(IDS)

    assert await other.claim(CASE, IDS) == [DELIVERED, TAKEN, TAKEN, OURS]
    await other.mark(IDS[1], delivered=True)
    await ledger.mark(IDS[1], delivered=False)
    assert await ledger.claim(CASE, IDS[:2]) == [DELIVERED, DELIVERED]


async def test_a_database_of_a_later_version_is_left_alone(
    ledger_address: str, opened: Opened
) -> None:
    """Who goes back to an earlier version is told to go forward again."""
    await opened(ledger_address).claim(CASE, IDS)
    with psycopg.connect(ledger_address) as later:
        later.execute("UPDATE tacenda_ledger SET version = 2")
    with pytest.raises(LedgerDown, match="later version: start that one"):
        await opened(ledger_address).claim(CASE, IDS)


async def test_a_database_that_takes_no_writes_stops_the_sending(
    ledger_address: str, opened: Opened
) -> None:
    """One that may only be read sends nothing, until it may be written again."""
    ledger = opened(ledger_address)
    await ledger.claim(CASE, IDS[:1])
    name = ledger_address.rpartition("/")[2]
    with psycopg.connect(ledger_address, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
        cut(ledger_address)
    with pytest.raises(LedgerDown, match="takes writes"):
        await ledger.claim(CASE, IDS)
    with psycopg.connect(ledger_address, autocommit=True) as admin:
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())
    assert await ledger.claim(CASE, IDS[1:]) == [OURS] * 3


async def test_rows_of_a_database_hide_names_too(ledger_address: str, opened: Opened) -> None:
    """The tables hold the id of the case, and no name of a letter or server."""
    ledger = opened(ledger_address)
    await ledger.claim(CASE, IDS)
    await ledger.is_first("mail.example.org refuses", 60)
    await ledger.wait_for_turn("mail.example.org", 60, 1)
    tables = ("tacenda_letters", "tacenda_ledger_cases", "tacenda_turns", "tacenda_told")
    with psycopg.connect(ledger_address) as connection:
        query = "SELECT coalesce(string_agg(t::text, ' '), '') FROM {} AS t"
        rows = [connection.execute(query.format(name).encode()).fetchone() for name in tables]
    kept = str(rows)

    assert CASE in kept
    assert "example" not in kept
    assert b"example".hex() not in kept


def test_no_setting_means_a_file_in_the_home(tmp_path: Path) -> None:
    """Without `[mail] ledger` it is in the home, and nothing is made before it is used."""
    ledger = ledger_at("", tmp_path, b"")

    assert isinstance(ledger, FileLedger)
    assert ledger._file == tmp_path / "ledger" / "letters.db"
    assert not list(tmp_path.iterdir())
