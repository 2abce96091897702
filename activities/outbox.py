"""What this worker has in hand: how many letters came to which end, and how old the oldest is."""

from collections import Counter
from datetime import datetime, timedelta

from tacenda.errands import Delivery, Letter

FORGOTTEN = timedelta(hours=6)
"""After so long without an attempt here, another worker has seen to the letter."""

Fates = Counter[tuple[str, str]]
"""How many mailboxes, by the kind of the letter and its fate: delivered, failed, put off, held."""


class Outbox:
    """Counts letters by kind and fate; names no case and no address."""

    def __init__(self) -> None:
        """Begin with nothing in hand."""
        self.fates: Fates = Counter()
        self._waiting: dict[str, tuple[datetime, datetime]] = {}

    def takes(self, letter: Letter, now: datetime) -> None:
        """Take an attempt with a letter in hand at `now` (UTC)."""
        self._waiting[_key(letter)] = (letter.facts.now, now)

    def gives(self, letter: Letter, delivery: Delivery) -> None:
        """Note down what became of a letter; who is put off waits for another attempt."""
        kind = letter.kind.value
        for fate, count in (
            ("delivered", len(delivery.delivered_of(letter))),
            ("failed", len(delivery.failed)),
            ("put off", len(delivery.pending)),
            ("held", int(delivery.held)),
        ):
            if count:
                self.fates[kind, fate] += count
        if not delivery.pending:
            self._waiting.pop(_key(letter), None)

    def oldest(self, now: datetime) -> timedelta:
        """Return the age at `now` (UTC) of the oldest letter that is not sent; zero: there is none.

        It counts from when the case put it on its way.
        """
        self._waiting = {
            key: (since, seen)
            for key, (since, seen) in self._waiting.items()
            if now - seen < FORGOTTEN
        }
        return max((now - since for since, _ in self._waiting.values()), default=timedelta(0))


def _key(letter: Letter) -> str:
    return f"{letter.facts.case_id}.{letter.key}"
