"""The keys that payloads are encrypted with: one of its own for each case, and one for the door.

A key's id stands beside each payload in the clear. It names the scope that the key is for,
the id of a case or `INBOUND`, and is certified with the secret of the ring: a worker that
does not have a key can tell one that is still to come from one that somebody made up. The
secret certifies ids and hides names; no key of a case is derived from it, so a shredded key
is gone.
"""

import hashlib
import hmac
import re
import secrets
from base64 import b32encode
from dataclasses import dataclass, field
from datetime import datetime

INBOUND = "~inbound"
"""The scope of what comes through the codec server, which cannot know whose case it is for."""

KEY_BYTES = 32
_TAG_BYTES = 10
_SCOPE = re.compile(r"~inbound|[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Key:
    """A random AES-256 key: its id, for which scope it is, and since when (UTC)."""

    id: str
    scope: str
    made: datetime
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class Ring:
    """The secret that certifies the ids of keys, and hides what must not be guessed from ids."""

    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> "Ring":
        """Return a new ring."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def new_key(self, scope: str, now: datetime) -> Key:
        """Return a new random key for `scope`, made at `now` (UTC)."""
        name = f"{scope}.{secrets.token_hex(8)}"
        return Key(f"{name}.{self._tag(name)}", scope, now, secrets.token_bytes(KEY_BYTES))

    def scope_of(self, key_id: str) -> str | None:
        """Return the scope of a key by its id, or None for an id that is none of ours."""
        name, _, tag = key_id.rpartition(".")
        scope = name.rpartition(".")[0]
        if not is_scope(scope) or not hmac.compare_digest(tag.encode(), self._tag(name).encode()):
            return None
        return scope

    def hidden(self, text: str) -> str:
        """Return what stands for `text` in the clear: nobody without the ring can test a guess."""
        return hmac.new(self.secret, f"hidden\n{text}".encode(), hashlib.sha256).hexdigest()[:32]

    def secret_for(self, what: str) -> bytes:
        """Return a secret that everybody with the ring shares, for one use that `what` names."""
        return hmac.digest(self.secret, f"secret for\n{what}".encode(), "sha256")

    def _tag(self, name: str) -> str:
        digest = hmac.digest(self.secret, f"key\n{name}".encode(), "sha256")
        return b32encode(digest[:_TAG_BYTES]).decode().lower()


def is_scope(text: str) -> bool:
    """Whether `text` can be the scope of a key: the id of a case, or `INBOUND`."""
    return _SCOPE.fullmatch(text) is not None
