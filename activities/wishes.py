"""When the mail server wants to see somebody's letter again, as far as this process knows."""

from dataclasses import dataclass
from datetime import datetime

MOST_WISHES = 50_000


@dataclass(frozen=True)
class Wish:
    """How a letter was put off, and until when the server's words ask us to wait."""

    code: int
    until: datetime


class Wishes:
    """Remembers wishes by Message-ID, the latest of very many; a new process begins with none."""

    def __init__(self) -> None:
        """Begin with none."""
        self._wishes: dict[str, Wish] = {}

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._wishes)

    def note(self, message_id: str, wish: Wish) -> None:
        """Remember a wish; where there is no room left the oldest is forgotten."""
        self._wishes.pop(message_id, None)
        self._wishes[message_id] = wish
        if len(self._wishes) > MOST_WISHES:
            del self._wishes[next(iter(self._wishes))]

    def of(self, message_id: str, now: datetime) -> Wish | None:
        """Return a wish that is not over; one that is, is forgotten."""
        wish = self._wishes.get(message_id)
        if wish and wish.until <= now:
            del self._wishes[message_id]
            return None
        return wish
