"""The rows of a ledger and what follows from them, wherever they are kept. Pure."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from activities.ledger.claims import Claim

LEASE_SECONDS = 300.0
"""After this, a claim of a live process that has neither marked it nor put it back is free."""

MOST_DOUBTS = 3
"""So often a letter is sent to somebody of which nobody knows whether it was taken; not again."""

AFTER_CLOSE = 7 * 86400.0
AT_LAST = 400 * 86400.0
"""How long the rows of a case stay after its close; and of one that nobody touches any more."""

BURST_SECONDS = 1.0
VERSION = 1
_ID_BYTES = 16


class State(IntEnum):
    """How a letter to one recipient stands; the numbers are written down."""

    FREE = 0
    CLAIMED = 1
    DELIVERED = 2
    REFUSED = 3
    UNCONFIRMED = 4


_FOR_GOOD = {
    State.DELIVERED: Claim.DELIVERED,
    State.REFUSED: Claim.REFUSED,
    State.UNCONFIRMED: Claim.UNCONFIRMED,
}


@dataclass(frozen=True)
class Row:
    """A letter as it is written down: how it stands, who claimed it, when (seconds, UTC)."""

    state: State
    owner: int
    at: float


class Veil:
    """Hides names with a key: who reads the ledger can test no guess."""

    def __init__(self, secret: bytes) -> None:
        """Take the secret, of any length; without one a guess can be tested."""
        self._key = hashlib.blake2b(secret, digest_size=32, person=b"tacenda ledger").digest()

    def over(self, name: str) -> bytes:
        """Return what stands for `name`."""
        text = name.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=_ID_BYTES, key=self._key).digest()


class Hands:
    """The claims that attempts of this very process hold.

    After the lease a second attempt may hold what a first one has never let go of: then the
    first, whenever it does, does not free what the second is sending.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._holders: dict[bytes, int] = {}

    def __contains__(self, letter: bytes) -> bool:
        """Whether some attempt holds the letter."""
        return letter in self._holders

    def __iter__(self) -> Iterator[bytes]:
        """Yield the letters that are held."""
        return iter(list(self._holders))

    def take(self, letter: bytes, *, besides: bool) -> None:
        """Hold a letter; `besides` an attempt that has it and whose lease ran out."""
        self._holders[letter] = self._holders.get(letter, 0) + 1 if besides else 1

    def let_go(self, letter: bytes) -> bool:
        """Hold a letter no more; return whether nobody does now who did."""
        left = self._holders.pop(letter, 0) - 1
        if left > 0:
            self._holders[letter] = left
        return left == 0

    def drop(self, letters: Iterable[bytes]) -> None:
        """Forget letters, however many attempts hold them."""
        for letter in letters:
            self._holders.pop(letter, None)


def others_in(rows: Iterable[Row], me: int) -> set[int]:
    """Return the owners of claims, other than `me`: are they alive?"""
    return {row.owner for row in rows if row.state is State.CLAIMED and row.owner != me}


@dataclass(frozen=True)
class Claimant:
    """Who claims, and when: its own id, what it holds, which others live, how long a lease is."""

    me: int
    hands: Hands
    alive: Collection[int]
    now: float
    lease: float

    def claim(self, letters: Sequence[bytes], rows: dict[bytes, Row]) -> list[Claim]:
        """Return what claims of letters come to; those that are ours are held from now on."""
        answers = []
        for letter in letters:
            row = rows.get(letter)
            answer = self._answer(letter, row)
            if answer is Claim.OURS:
                ours = row is not None and row.state is State.CLAIMED and row.owner == self.me
                self.hands.take(letter, besides=ours and letter in self.hands)
                rows[letter] = Row(State.CLAIMED, self.me, self.now)
            answers.append(answer)
        return answers

    def _answer(self, letter: bytes, row: Row | None) -> Claim:
        if row is None or row.state is State.FREE:
            return Claim.OURS
        if row.state is not State.CLAIMED:
            return _FOR_GOOD[row.state]
        busy = letter in self.hands if row.owner == self.me else row.owner in self.alive
        # A clock that was put back must not keep a claim for ever.
        return Claim.TAKEN if busy and abs(self.now - row.at) < self.lease else Claim.OURS


@dataclass(frozen=True)
class Turn:
    """The virtual clock of a mail server: when it has room again, as reckoned at `asked`."""

    room: float
    asked: float


def next_turn(turn: Turn | None, now: float, per_minute: int, letters: int) -> tuple[Turn, float]:
    """Reserve room for letters; return the clock after them, and how long they must wait.

    So reckoned (GCRA) that all of them may then leave at once, and no minute ever sees more
    than `per_minute` and what one second may see.
    """
    pace = 60.0 / per_minute
    begin = now
    if turn:
        # A clock that was put back takes along what it had promised.
        put_back = max(0.0, turn.asked - now)
        begin = max(now, turn.room - put_back)
    room = begin + letters * pace
    slack = max(BURST_SECONDS, pace)
    return Turn(room, now), max(0.0, room - slack - now)
