"""What a ledger answers, whatever it is kept in."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol


class LedgerDown(Exception):
    """The ledger cannot be read or written, so nothing may be sent; its message quotes nothing."""


class Claim(Enum):
    """What a claim to send one letter to one recipient comes to.

    `OURS`: send it now, then mark it or put it back. `DELIVERED`, `REFUSED`: somebody has, for
    good. `TAKEN`: another attempt, which may be alive, is at it; ask again in a moment.
    """

    OURS = "ours"
    DELIVERED = "delivered"
    REFUSED = "refused"
    TAKEN = "taken"


class Ledger(Protocol):
    """Claimed before and marked after each recipient: two attempts never both send.

    Letters are known by their Message-IDs, hidden with a key; no address and no text is kept.
    Every method raises `LedgerDown`.
    """

    async def claim(self, case: str, ids: Sequence[str]) -> list[Claim]:
        """Claim letters of a case, by Message-ID; the answers are in the same order."""

    async def mark(self, message_id: str, *, delivered: bool) -> None:
        """Record for good that a claimed letter was taken by the mail server, or refused."""

    async def put_back(self, ids: Sequence[str]) -> None:
        """Give up claims of ours: those letters are still to be sent."""

    async def wait_for_turn(self, server: str, per_minute: int, letters: int) -> float:
        """Reserve room for that many letters; return in how many seconds the first may leave."""

    async def is_first(self, what: str, within: float) -> bool:
        """Whether nobody, on any worker, has asked the same in the last `within` seconds."""

    async def close_case(self, case: str) -> None:
        """Let the record of a case go, some time after its close; and what is due of others."""

    async def close(self) -> None:
        """Give up what is claimed, and let go of file or database."""
