"""What a ledger answers, whatever it is kept in."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol


class LedgerDown(Exception):
    """The ledger cannot be read or written, so nothing may be sent; its message quotes nothing.

    It says what to mend. A call after that works again, in the same process.
    """


class Claim(Enum):
    """What a claim to send one letter to one recipient comes to.

    `OURS`: send it now, then mark it or put it back. `DELIVERED`, `REFUSED`: somebody has, for
    good. `UNCONFIRMED`: it was sent too often without an answer to be sent again. `TAKEN`: another
    attempt, which may be alive, is at it; ask again in a moment.
    """

    OURS = "ours"
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    TAKEN = "taken"


class Ledger(Protocol):
    """Claimed before and marked after each recipient: two attempts never both send.

    A claim ends when it is marked or put back, at once when its process ends, however that
    happens, and at last when its lease runs out: whoever has not begun to send a letter well
    within the lease puts it back and claims it again.

    Letters are known by their Message-IDs, hidden with a key; no address and no text is kept.
    Every method raises `LedgerDown`; after that, an attempt sends nothing more of what it has
    claimed.
    """

    async def claim(self, case: str, ids: Sequence[str]) -> list[Claim]:
        """Claim letters of a case, by Message-ID; the answers are in the same order.

        Where the call is cancelled, what became ours is put back.
        """

    async def mark(self, message_id: str, *, delivered: bool) -> None:
        """Record for good that a claimed letter was taken by the mail server, or refused.

        Also of one that is no longer ours. Once delivered, it stays that. Where this fails the
        letter stays ours, and taken for others, until its lease runs out: mark it again.
        """

    async def doubt(self, message_id: str) -> bool:
        """Count that nobody knows whether the mail server took a claimed letter.

        Return whether that was so too often: then it is `UNCONFIRMED`, unless a fate is known.
        Else it stays ours, to be put back.
        """

    async def put_back(self, ids: Sequence[str]) -> None:
        """Give up claims of ours: those letters are still to be sent. Others stay as they are."""

    async def wait_for_turn(self, server: str, per_minute: int, letters: int) -> float:
        """Reserve room for that many letters; return in how many seconds they may leave.

        They may then leave all at once. Turns are given in the order in which they are asked
        for: who sends a mass notice asks for a few letters at a time, at most what one second
        has room for, and waits before asking for more, so that an important letter waits no
        longer than about a second.
        """

    async def is_first(self, what: str, within: float) -> bool:
        """Whether nobody, on any worker, was told so of the same in the last `within` seconds."""

    async def close_case(self, case: str) -> None:
        """Let the record of a case go, some time after its close; and what is due of others."""

    async def close(self) -> None:
        """Give up what is claimed, and let go of file or database."""
