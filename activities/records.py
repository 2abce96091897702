"""What the send ledger says of one letter, by the places of its recipients."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

from activities.envelope import message_id
from activities.ledger.claims import Claim, Ledger, LedgerDown
from activities.tally import Tally
from activities.wishes import Wish, Wishes

LOOKED_UP_AT_ONCE = 100
POLL_SECONDS = 1.0

GIVEN_UP = (Claim.REFUSED, Claim.UNCONFIRMED)

Owed = dict[str, bool | None]
"""What the ledger could not take, by Message-ID: whether the letter was delivered; None where its
claim is given up."""


class Records:
    """The ledger's rows of one letter.

    What the mail server took while the ledger could not be written is `owed` to it, and made up
    for before anything else; at most one letter for each connection, for then sending stops.
    """

    def __init__(self, ledger: Ledger, owed: Owed, tally: Tally, domain: str) -> None:
        """Take the ledger, what is owed to it, a letter, and the domain of its Message-IDs.

        The tally of the letter hears who was given up unconfirmed.
        """
        self._ledger, self._owed = ledger, owed
        self._tally, self._letter, self._domain = tally, tally.letter, domain

    async def settle(self) -> None:
        """Write down what is owed."""
        for identity, delivered in list(self._owed.items()):
            if delivered is None:
                await self._ledger.put_back([identity])
            else:
                await self._ledger.mark(identity, delivered=delivered)
            self._owed.pop(identity, None)

    async def claim(self, places: Sequence[int]) -> list[Claim]:
        """Claim the letters to these recipients."""
        claims = await self._ledger.claim(self._letter.facts.case_id, self._ids(places))
        self._tally.unconfirmed |= {
            place for place, claim in zip(places, claims, strict=True) if claim is Claim.UNCONFIRMED
        }
        return claims

    async def mark(self, place: int, *, delivered: bool) -> None:
        """Record for good what became of a letter."""
        (identity,) = self._ids([place])
        try:
            await self._ledger.mark(identity, delivered=delivered)
        except LedgerDown:
            self._owed[identity] = delivered
            raise

    async def doubt(self, place: int) -> bool:
        """Count that nobody knows whether a letter was taken; return whether it is given up."""
        (identity,) = self._ids([place])
        try:
            is_given_up = await self._ledger.doubt(identity)
        except LedgerDown:
            self._owed.setdefault(identity, None)
            raise
        if is_given_up:
            self._tally.unconfirmed.add(place)
        return is_given_up

    async def put_back(self, places: Sequence[int]) -> None:
        """Give up the claims on these."""
        try:
            await self._ledger.put_back(self._ids(places))
        except LedgerDown:
            for identity in self._ids(places):
                self._owed.setdefault(identity, None)
            raise

    def resting(self, places: Sequence[int], wishes: Wishes, now: datetime) -> dict[int, Wish]:
        """Return for whom the server wants no letter yet, and what it said of them."""
        if not wishes:
            return {}
        found = {p: wishes.of(one, now) for p, one in zip(places, self._ids(places), strict=True)}
        return {place: wish for place, wish in found.items() if wish}

    def wish(self, place: int, wishes: Wishes, wish: Wish) -> None:
        """Remember when the server wants a letter again."""
        (identity,) = self._ids([place])
        wishes.note(identity, wish)

    async def fates(self, places: Sequence[int], *, in_the_end: bool = False) -> dict[int, bool]:
        """Return what is known for good of these, and claim none of them.

        Or what is known `in_the_end`, when no other attempt is at any of them.
        """
        known, taken = await self._look_up(places)
        while taken and in_the_end:
            await asyncio.sleep(POLL_SECONDS)
            more, taken = await self._look_up(taken)
            known |= more
        return known

    async def _look_up(self, places: Sequence[int]) -> tuple[dict[int, bool], list[int]]:
        known: dict[int, bool] = {}
        taken: list[int] = []
        for start in range(0, len(places), LOOKED_UP_AT_ONCE):
            some = places[start : start + LOOKED_UP_AT_ONCE]
            claims = dict(zip(some, await self.claim(some), strict=True))
            await self.put_back([p for p, claim in claims.items() if claim is Claim.OURS])
            known |= {p: True for p, claim in claims.items() if claim is Claim.DELIVERED}
            known |= {p: False for p, claim in claims.items() if claim in GIVEN_UP}
            taken += [p for p, claim in claims.items() if claim is Claim.TAKEN]
        return known, taken

    async def adopt(self, fates: dict[int, bool]) -> None:
        """Write down fates that an attempt of an earlier version knew."""
        places = [place for place in fates if 0 <= place < len(self._letter.recipients)]
        for place, claim in zip(places, await self.claim(places), strict=True):
            if claim is Claim.OURS:
                await self.mark(place, delivered=fates[place])

    def _ids(self, places: Iterable[int]) -> list[str]:
        letter, domain = self._letter, self._domain
        return [message_id(letter, letter.recipients[place], domain) for place in places]
