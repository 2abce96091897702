"""Who may read and write through the codec server: by token, by session, by a link that works once.

Sessions are kept in memory: whoever logged in does so again after a restart.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from hashlib import sha256

from tacenda.codecserver.tokens import Owner, Tokens

SESSION_SECONDS = 12 * 3600
LINK_SECONDS = 10 * 60
MAX_SESSIONS = 1000
TRIES, TRIES_SECONDS = 5, 60


@dataclass(frozen=True)
class _Until:
    owner: Owner
    ends: float


@dataclass
class _Passes:
    """Random words that stand for somebody for a while, kept by their hash."""

    seconds: float
    now: Callable[[], float]
    _kept: dict[bytes, _Until] = field(default_factory=dict, repr=False)

    def issue(self, owner: Owner) -> str:
        """Return a new word for `owner`."""
        now = self.now()
        self._kept = {key: one for key, one in self._kept.items() if one.ends > now}
        while len(self._kept) >= MAX_SESSIONS:
            del self._kept[next(iter(self._kept))]
        word = secrets.token_urlsafe(32)
        self._kept[_key(word)] = _Until(owner, now + self.seconds)
        return word

    def find(self, word: str) -> Owner | None:
        """Return whom a word stands for, while it does."""
        kept = self._kept.get(_key(word))
        return kept.owner if kept and kept.ends > self.now() else None

    def take(self, word: str) -> Owner | None:
        """Return whom a word stands for, which it does no more."""
        found = self.find(word)
        self._kept.pop(_key(word), None)
        return found


class People:
    """The people whose names are allowed, and what they show to prove who they are."""

    def __init__(
        self,
        tokens: Tokens,
        allowed: Collection[str],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the tokens and the allowed names; nobody has logged in."""
        self.tokens = tokens
        self.allowed = frozenset(allowed)
        self._now = now
        self._sessions = _Passes(SESSION_SECONDS, now)
        self._links = _Passes(LINK_SECONDS, now)
        self._failures: deque[float] = deque(maxlen=TRIES)

    def by_token(self, token: str) -> Owner | None:
        """Return whose token it is, if that name is allowed."""
        owner = self.tokens.owner_of(token)
        return owner if owner and owner.name in self.allowed else None

    def by_session(self, word: str) -> Owner | None:
        """Return who logged in, unless that has expired or the token was revoked since."""
        return self._still(self._sessions.find(word))

    def log_in(self, owner: Owner) -> str:
        """Return the word of a new session."""
        return self._sessions.issue(owner)

    def log_out(self, word: str) -> None:
        """End a session."""
        self._sessions.take(word)

    def link_for(self, owner: Owner) -> str:
        """Return a word that logs `owner` in once, within ten minutes."""
        return self._links.issue(owner)

    def by_link(self, word: str) -> Owner | None:
        """Return whom the word of a link logs in; it does so no more."""
        return self._still(self._links.take(word))

    def failed(self) -> bool:
        """Take a failed login down, and return whether there were too many within a minute."""
        now = self._now()
        too_many = len(self._failures) == TRIES and now - self._failures[0] < TRIES_SECONDS
        if not too_many:
            self._failures.append(now)
        return too_many

    def _still(self, owner: Owner | None) -> Owner | None:
        is_so = owner and owner.name in self.allowed and self.tokens.still_has(owner)
        return owner if is_so else None


def _key(word: str) -> bytes:
    return sha256(word.encode("utf-8", "surrogateescape")).digest()
