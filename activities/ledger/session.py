"""A session with a PostgreSQL database: who holds it is alive, as everybody there can see."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from activities.ledger.claims import LedgerDown
from activities.ledger.rows import VERSION, Hands
from activities.ledger.tables import RENAME, TABLES
from tacenda.errors import Unavailable

try:
    import psycopg
    from psycopg.conninfo import make_conninfo
except ImportError as error:
    raise Unavailable(
        "A send ledger in a database needs psycopg: pip install 'tacenda[postgres]'."
    ) from error

Base = psycopg.AsyncConnection[Any]
_Answer = TypeVar("_Answer")
_Work = Callable[[Base], Awaitable[_Answer]]

_CONNECT_SECONDS = 5
_ANSWER_WITHIN_SECONDS = 10.0
# A host that has vanished without a word is noticed on both sides, and its lock goes.
_KEEPALIVE = {"idle": 10, "interval": 5, "count": 3}
_SETTINGS = {
    "timezone": "UTC",
    "synchronous_commit": "off",
    "lock_timeout": "8s",
    **{f"tcp_keepalives_{name}": value for name, value in _KEEPALIVE.items()},
}
_AWAY = (
    "Nothing is sent, because the database of the send ledger cannot be used ({}): see that it "
    "runs and takes writes, and that you may log in (PGPASSWORD, PGPASSFILE)."
)
_LATER = (
    "Nothing is sent, because the send ledger was written by a later version: start that one, or "
    "name another ledger ([mail] ledger)."
)


class Session:
    """One connection, opened when it is needed, and again where it was lost.

    It holds a lock of the session under `owner`. After a loss there is a new owner, to whom go
    the claims in `hands`, unless somebody was quicker: those are no longer in them.
    """

    def __init__(self, address: str, hands: Hands) -> None:
        """Take the address, and the claims that this process holds; nothing is opened yet."""
        self.owner = 0
        self._address = address
        self._hands = hands
        self._overtaken = False
        self._base: Base | None = None
        self._turn = asyncio.Lock()

    async def do(self, work: "_Work[_Answer]") -> _Answer:
        """Do a short work, alone; once more where the connection turns out to be lost."""
        async with self._turn:
            had_one = self._base is not None
            try:
                return await self._once(work)
            except (psycopg.Error, OSError) as error:
                failure: Exception = error
            if had_one and self._base is None:
                try:
                    return await self._once(work)
                except (psycopg.Error, OSError) as error:
                    failure = error
            raise LedgerDown(_AWAY.format(type(failure).__name__)) from None

    def was_overtaken(self) -> bool:
        """Whether claims were lost to another worker since this was last asked."""
        overtaken, self._overtaken = self._overtaken, False
        return overtaken

    async def close(self) -> None:
        """Let go of the connection, and so of the lock."""
        async with self._turn:
            await self._let_go()

    async def _once(self, work: "_Work[_Answer]") -> _Answer:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_SECONDS):
                return await work(await self._at_hand())
        except BaseException as error:
            # A full disk or a lock that was waited for passes; the session can go on.
            passing = isinstance(error, psycopg.OperationalError)
            if not passing or self._base is None or self._base.closed:
                await self._let_go()
            raise

    async def _at_hand(self) -> Base:
        if self._base is None:
            options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
            where = make_conninfo(
                self._address,
                connect_timeout=_CONNECT_SECONDS,
                options=options,
                **{f"keepalives_{name}": value for name, value in _KEEPALIVE.items()},
            )
            base = await psycopg.AsyncConnection.connect(where, autocommit=True)
            try:
                await self._set_up(base)
                await self._come_alive(base)
            except BaseException:
                await base.close()
                raise
            self._base = base
        return self._base

    async def _set_up(self, base: Base) -> None:
        async with base.transaction():
            # Two that make the tables at once would fail on each other's types.
            await base.execute("SELECT pg_advisory_xact_lock(hashtext('tacenda_ledger'))")
            made = await base.execute("SELECT to_regclass('tacenda_ledger') IS NOT NULL")
            if await made.fetchone() != (True,):
                for statement in TABLES:
                    await base.execute(statement)
        found = await (await base.execute("SELECT max(version) FROM tacenda_ledger")).fetchone()
        if found and found[0] > VERSION:
            raise LedgerDown(_LATER)

    async def _come_alive(self, base: Base) -> None:
        owner = secrets.randbits(63)
        await base.execute("SELECT pg_advisory_lock(%s)", (owner,))
        if held := list(self._hands):
            ours = await base.execute(RENAME, (owner, held, self.owner))
            kept = {bytes(letter) for (letter,) in await ours.fetchall()}
            lost = set(held) - kept
            self._hands.drop(lost)
            self._overtaken = self._overtaken or bool(lost)
        self.owner = owner

    async def _let_go(self) -> None:
        if base := self._base:
            self._base = None
            with suppress(psycopg.Error, OSError):
                await base.close()
