"""What a store of keys can do, whatever keeps them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime

from tacenda.errors import Refused
from tacenda.fields import moment
from tacenda.keys import INBOUND, Key, Ring


class NoKeys(Refused):
    """There is no key store where one was looked for."""

    @classmethod
    def at(cls, where: str) -> "NoKeys":
        """Return what is said of an empty place."""
        return cls(
            f"There are no keys in {where}, and nothing runs without. If there are cases already, "
            "use the keys that they were opened with: put them back, or name their store "
            "([keys] store in tacenda.toml). Else make the first: tacenda keys new."
        )


class Shredded(Refused):
    """The keys of a case were shredded."""

    @classmethod
    def on(cls, scope: str, when: datetime) -> "Shredded":
        """Return what is said of a case whose keys are gone."""
        return cls(
            f"The keys of {scope} were shredded on {moment(when)}; nothing can read it again."
        )


@dataclass(frozen=True)
class Stored:
    """What a store holds for one scope: its keys, the newest last, or when they were shredded."""

    scope: str
    keys: tuple[Key, ...] = ()
    shredded: datetime | None = None


class KeyStore(ABC):
    """Keeps the keys of each case, and those that everybody shares.

    Methods raise `Unavailable` where the store does not answer, `BadInput` where what it
    holds cannot be read. All times are in UTC.
    """

    def __init__(self, name: str) -> None:
        """Take the name that people know the store by; it holds no secret."""
        self.name = name
        self._ring: Ring | None = None

    def ring(self) -> Ring:
        """Return the ring. Raises `NoKeys` where the store is empty."""
        self._ring = self._ring or self._read_ring()
        if self._ring is None:
            raise NoKeys.at(self.name)
        return self._ring

    def make(self) -> bool:
        """Make the store, with a ring and an inbound key; return False where there is one."""
        is_new = self._write_ring(Ring.new())
        self.admit(INBOUND)
        return is_new

    def of(self, scope: str) -> Stored:
        """Return what is held for `scope`."""
        return self.read(scope) or Stored(scope)

    def admit(self, scope: str) -> None:
        """See that there is a key for `scope`, made once by whoever comes first.

        Raises `Shredded` for a case whose keys were shredded.
        """
        if self.read(scope) is None:
            self._write_first(self.ring().new_key(scope, _now()))
        stored = self.of(scope)
        if stored.shredded:
            raise Shredded.on(scope, stored.shredded)

    def rotate(self, scope: str) -> Key:
        """Add a new key for `scope`; what is written from now on is encrypted with it.

        Raises `Refused` for a scope without keys, `Shredded` for one that is gone.
        """
        stored = self.of(scope)
        if stored.shredded:
            raise Shredded.on(scope, stored.shredded)
        if not stored.keys:
            raise Refused(
                f"There is no key for {scope}. `tacenda keys list` shows those there are."
            )
        key = self.ring().new_key(scope, _now())
        self._append(key)
        return key

    def shred(self, scope: str) -> bool:
        """Destroy the keys of `scope` for good; return False where there were none."""
        return bool(self.of(scope).keys) and self._destroy(scope, _now())

    @abstractmethod
    def scopes(self) -> tuple[Stored, ...]:
        """Return what is held, scope by scope."""

    @abstractmethod
    def read(self, scope: str) -> Stored | None:
        """Return what is held for `scope`, or None."""

    @abstractmethod
    def _read_ring(self) -> Ring | None:
        """Return the ring, or None where there is none."""

    @abstractmethod
    def _write_ring(self, ring: Ring) -> bool:
        """Keep `ring` unless there is one; return whether it was kept."""

    @abstractmethod
    def _write_first(self, key: Key) -> None:
        """Keep the first key of a scope, unless there is one by now."""

    @abstractmethod
    def _append(self, key: Key) -> None:
        """Keep one more key of a scope."""

    @abstractmethod
    def _destroy(self, scope: str, when: datetime) -> bool:
        """Destroy the keys of a scope, and remember since when they are gone."""


def _now() -> datetime:
    return datetime.now(UTC)
