"""A send ledger in memory, which can be made to fail."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from activities.ledger.claims import Claim, LedgerDown
from activities.ledger.rows import MOST_DOUBTS


@dataclass
class MemoryLedger:
    """What every mailer of a test shares; its fields say what it knows, and how it behaves.

    It is down for the operations named in `down`, after having worked `works` times more. Turns
    that are asked for have to wait for `turn` seconds.
    """

    claimed: set[str] = field(default_factory=set)
    fates: dict[str, bool] = field(default_factory=dict)
    doubts: dict[str, int] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    works: int = 0
    turn: float = 0.0
    reserved: list[int] = field(default_factory=list)
    most_claimed: int = 0
    told: set[str] = field(default_factory=set)
    closed: list[str] = field(default_factory=list)

    async def claim(self, case: str, ids: Sequence[str]) -> list[Claim]:
        """Claim what nobody has."""
        assert case
        self._work("claim")
        answers = [self._claim(one) for one in ids]
        self.most_claimed = max(self.most_claimed, len(self.claimed))
        return answers

    def _claim(self, message_id: str) -> Claim:
        if message_id in self.fates:
            return Claim.DELIVERED if self.fates[message_id] else Claim.REFUSED
        if self._is_unconfirmed(message_id):
            return Claim.UNCONFIRMED
        if message_id in self.claimed:
            return Claim.TAKEN
        self.claimed.add(message_id)
        return Claim.OURS

    async def mark(self, message_id: str, *, delivered: bool) -> None:
        """Remember a fate."""
        self._work("mark")
        self.claimed.discard(message_id)
        self.fates[message_id] = self.fates.get(message_id, False) or delivered

    async def doubt(self, message_id: str) -> bool:
        """Count a doubt."""
        self._work("doubt")
        self.doubts[message_id] = self.doubts.get(message_id, 0) + 1
        return message_id not in self.fates and self._is_unconfirmed(message_id)

    def _is_unconfirmed(self, message_id: str) -> bool:
        return self.doubts.get(message_id, 0) >= MOST_DOUBTS

    async def put_back(self, ids: Sequence[str]) -> None:
        """Forget claims."""
        self._work("put_back")
        self.claimed -= set(ids)

    async def wait_for_turn(self, server: str, per_minute: int, letters: int) -> float:
        """Note what was asked for."""
        assert server
        assert letters <= max(1, per_minute // 60)
        self._work("wait_for_turn")
        self.reserved.append(letters)
        return self.turn

    async def is_first(self, what: str, within: float) -> bool:
        """Whether nobody has asked this before, however long ago."""
        assert within > 0
        self._work("is_first")
        is_new = what not in self.told
        self.told.add(what)
        return is_new

    async def close_case(self, case: str) -> None:
        """Note which case needs no record any more."""
        self._work("close_case")
        self.closed.append(case)

    async def close(self) -> None:
        """Stay open for the next."""

    def _work(self, operation: str) -> None:
        if operation in self.down:
            if self.works == 0:
                raise LedgerDown("Nothing is sent, because the send ledger cannot be written.")
            self.works -= 1
