"""A ledger in a PostgreSQL database, for workers on several hosts."""

from asyncio import CancelledError, Future, Task, create_task, shield
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from activities.ledger.claims import Claim, LedgerDown
from activities.ledger.rows import (
    AFTER_CLOSE,
    AT_LAST,
    LEASE_SECONDS,
    Claimant,
    Hands,
    Row,
    State,
    Turn,
    Veil,
    next_turn,
    others_in,
)
from activities.ledger.session import Base, Session
from activities.ledger.tables import (
    CLAIM,
    CLOSE,
    DOUBT,
    DUE,
    FIRST,
    FREE,
    LIVING,
    MARK,
    NOW,
    ROWS,
    STRAYS,
    TOUCH,
)

_Answer = TypeVar("_Answer")
_OVERTAKEN = (
    "Nothing more of this is sent here: the database of the send ledger was away, and another "
    "worker has taken over meanwhile."
)


class _Marks:
    """Marks that are written together, as soon as the session is free."""

    def __init__(self) -> None:
        self.states: dict[bytes, int] = {}
        self.written: Future[bool]

    def add(self, letter: bytes, state: State) -> None:
        """Add one; a delivery wins over a refusal."""
        self.states[letter] = min(state.value, self.states.get(letter, state.value))


class DatabaseLedger:
    """A database that the workers of all hosts use; its clock is the one that counts.

    What is written survives the end of any worker. The database does not wait for its disk:
    after a crash of its host, the letters that were marked in the second before may come a
    second time, under the same Message-ID.

    A process is alive as long as its connection, which must not lead through a pooler that
    shares sessions. Where it is lost, the process claims anew what it has in its hands; where
    another worker was quicker, the next mark says so, after it was made.
    """

    def __init__(
        self,
        address: str,
        secret: bytes,
        *,
        lease: float = LEASE_SECONDS,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Take the address, without a password, and what hides the names that are written down.

        Nothing is opened before the first use. `clock` stands in for that of the database.
        """
        self._veil = Veil(secret)
        self._lease = lease
        self._clock = clock
        self._hands = Hands()
        self._session = Session(address, self._hands)
        self._marks: _Marks | None = None
        self._works: set[Task[None]] = set()

    async def claim(self, case: str, ids: Sequence[str]) -> list[Claim]:
        """Claim letters of a case, by Message-ID; the answers are in the same order."""
        letters = [self._veil.over(name) for name in ids]
        asked = self._ask(lambda base: self._claim(base, case, letters))
        try:
            return await shield(asked)
        except CancelledError:
            asked.add_done_callback(lambda done: self._back(letters, done))
            raise

    async def mark(self, message_id: str, *, delivered: bool) -> None:
        """Record for good that a claimed letter was taken by the mail server, or refused."""
        letter = self._veil.over(message_id)
        if (marks := self._marks) is None:
            marks = self._marks = _Marks()
            marks.written = self._ask(lambda base: self._mark(base, marks))
        marks.add(letter, State.DELIVERED if delivered else State.REFUSED)
        if await shield(marks.written):
            raise LedgerDown(_OVERTAKEN)

    async def doubt(self, message_id: str) -> bool:
        """Count that nobody knows whether a claimed letter was taken; return if too often."""
        letter = self._veil.over(message_id)
        return await shield(self._ask(lambda base: self._doubt(base, letter)))

    async def put_back(self, ids: Sequence[str]) -> None:
        """Give up claims of ours: those letters are still to be sent."""
        letters = [self._veil.over(name) for name in ids]
        await shield(self._ask(lambda base: self._put_back(base, letters)))

    async def wait_for_turn(self, server: str, per_minute: int, letters: int) -> float:
        """Reserve room for that many letters; return in how many seconds they may leave."""
        key = self._veil.over(f"server {server}")
        return await shield(self._ask(lambda base: self._wait(base, key, per_minute, letters)))

    async def is_first(self, what: str, within: float) -> bool:
        """Whether nobody, on any worker, was told so of the same in the last `within` seconds."""
        key = self._veil.over(f"told {what}")
        return await shield(self._ask(lambda base: self._first(base, key, within)))

    async def close_case(self, case: str) -> None:
        """Let the record of a case go, some time after its close; and what is due of others."""
        await shield(self._ask(lambda base: self._close_case(base, case)))

    async def close(self) -> None:
        """Give up what is claimed, and let go of the database."""
        with suppress(LedgerDown):
            if letters := list(self._hands):
                await self._ask(lambda base: self._put_back(base, letters))
        await self._session.close()

    def _ask(self, work: Callable[[Base], Awaitable[_Answer]]) -> "Task[_Answer]":
        """Have a work done; it is, even where nobody waits for the answer any more."""
        asked = create_task(self._session.do(work))
        self._works.add(asked)  # type: ignore[arg-type]
        asked.add_done_callback(self._done)
        return asked

    def _done(self, asked: "Task[_Answer]") -> None:
        self._works.discard(asked)
        if not asked.cancelled():
            asked.exception()

    def _back(self, letters: Sequence[bytes], done: "Task[list[Claim]]") -> None:
        """Put back what became ours after nobody waited for it any more."""
        if not done.cancelled() and done.exception() is None:
            answers = zip(letters, done.result(), strict=True)
            ours = [letter for letter, answer in answers if answer is Claim.OURS]
            self._ask(lambda base: self._put_back(base, ours))

    async def _claim(self, base: Base, case: str, letters: list[bytes]) -> list[Claim]:
        held = [letter for letter in letters if letter in self._hands]
        try:
            async with base.transaction():
                return await self._claim_in(base, case, letters)
        except BaseException:
            self._hands.drop(set(letters) - set(held))
            raise

    async def _claim_in(self, base: Base, case: str, letters: list[bytes]) -> list[Claim]:
        number, now = await self._touch(base, case)
        found = await (await base.execute(ROWS, (letters,))).fetchall()
        rows = {bytes(letter): Row(State(state), owner, at) for letter, state, owner, at in found}
        me = self._session.owner
        alive: set[int] = set()
        if others := others_in(rows.values(), me):
            living = await base.execute(LIVING, (list(others),))
            alive = {owner for (owner,) in await living.fetchall()}
        answers = Claimant(me, self._hands, alive, now, self._lease).claim(letters, rows)
        ours = [letter for letter, it in zip(letters, answers, strict=True) if it is Claim.OURS]
        if ours:
            await base.execute(CLAIM, (number, me, now, ours))
        return answers

    async def _mark(self, base: Base, marks: "_Marks") -> bool:
        """Write all marks that have gathered; return whether claims of ours were taken over.

        What comes from now on is written next.
        """
        if self._marks is marks:
            self._marks = None
        letters, states = list(marks.states), list(marks.states.values())
        await base.execute(MARK, (self._session.owner, letters, states))
        self._hands.drop(letters)
        return self._session.was_overtaken()

    async def _doubt(self, base: Base, letter: bytes) -> bool:
        found = await (await base.execute(DOUBT, (letter, self._session.owner))).fetchone()
        return found == (State.UNCONFIRMED,)

    async def _put_back(self, base: Base, letters: Sequence[bytes]) -> None:
        free = [letter for letter in letters if self._hands.let_go(letter)]
        await base.execute(FREE, (free, self._session.owner))

    async def _wait(self, base: Base, server: bytes, per_minute: int, letters: int) -> float:
        async with base.transaction():
            insert = "INSERT INTO tacenda_turns VALUES (%s, 0, 0) ON CONFLICT DO NOTHING"
            await base.execute(insert, (server,))
            query = "SELECT room, asked FROM tacenda_turns WHERE server = %s FOR UPDATE"
            found = await (await base.execute(query, (server,))).fetchone()
            now = await self._now(base)
            turn, wait = next_turn(Turn(*found) if found else None, now, per_minute, letters)
            update = "UPDATE tacenda_turns SET room = %s, asked = %s WHERE server = %s"
            await base.execute(update, (turn.room, turn.asked, server))
            return wait

    async def _first(self, base: Base, what: bytes, within: float) -> bool:
        done = await base.execute(FIRST, (what, await self._now(base), within))
        return done.rowcount == 1

    async def _close_case(self, base: Base, case: str) -> None:
        async with base.transaction():
            number, now = await self._touch(base, case)
            await base.execute(CLOSE, (number,))
            due = await base.execute(DUE, (now - AT_LAST, now - AFTER_CLOSE))
            if due.rowcount:
                await base.execute(STRAYS, (now - AT_LAST,))
            await base.execute("DELETE FROM tacenda_turns WHERE asked <= %s", (now - AT_LAST,))
            await base.execute("DELETE FROM tacenda_told WHERE at <= %s", (now - AT_LAST,))

    async def _now(self, base: Base) -> float:
        if self._clock:
            return self._clock()
        found = await (await base.execute(f"SELECT {NOW}")).fetchone()
        assert found
        now: float = found[0]
        return now

    async def _touch(self, base: Base, case: str) -> tuple[int, float]:
        """Note that something is done for a case, so it is open; return its number and the time."""
        now = self._clock() if self._clock else None
        found = await (await base.execute(TOUCH, (case, now))).fetchone()
        assert found
        number, at = found
        return number, at
