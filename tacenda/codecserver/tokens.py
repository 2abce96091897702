"""The tokens of people: random secrets, of which only the SHA-256 is kept.

One line for each token: a name, a space, the hash in hexadecimal. A token is 256 random bits,
so nobody guesses it from a fast hash either.
"""

import hmac
import logging
import re
import secrets
from hashlib import sha256
from pathlib import Path

from tacenda.errors import Unavailable
from tacenda.fields import Value
from tacenda.home import write_privately

log = logging.getLogger(__name__)

TOKEN_BYTES = 32
_LINE = re.compile(r"(\S(?:.*\S)?) ([0-9a-f]{64})")


class Owner(Value):
    """Whose token it is, and its hash."""

    name: str
    digest: str


class Tokens:
    """The file with the hashes. It is read at every question: what is revoked is so at once."""

    def __init__(self, file: Path) -> None:
        """Take the file, which need not be there yet."""
        self.file = file

    def issue(self, name: str) -> str:
        """Return a new token for `name`; only its hash is kept."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._write([*self._owners(), Owner(name=name, digest=_digest(token))])
        return token

    def revoke(self, name: str) -> int:
        """Forget every token of `name`, and return how many there were."""
        owners = self._owners()
        others = [owner for owner in owners if owner.name != name]
        if len(others) < len(owners):
            self._write(others)
        return len(owners) - len(others)

    def owner_of(self, token: str) -> Owner | None:
        """Return whose token it is; the time that takes tells nothing of the others."""
        digest = _digest(token)
        found = None
        for owner in self._known():
            if hmac.compare_digest(owner.digest, digest):
                found = owner
        return found

    def still_has(self, owner: Owner) -> bool:
        """Whether the token has not been revoked."""
        return owner in self._known()

    def _known(self) -> list[Owner]:
        try:
            return self._owners()
        except Unavailable:
            log.warning("the hashes of the tokens cannot be read, so nobody is let in")
            return []

    def _owners(self) -> list[Owner]:
        try:
            text = self.file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(
                f"The file with the hashes of the tokens, {self.file}, cannot be read "
                f"({type(error).__name__}). Mend it, or issue new ones in another file."
            ) from None
        lines = [_LINE.fullmatch(line.strip()) for line in text.splitlines()]
        return [Owner(name=line[1], digest=line[2]) for line in lines if line]

    def _write(self, owners: list[Owner]) -> None:
        text = "".join(f"{owner.name} {owner.digest}\n" for owner in owners)
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_privately(self.file, text.encode())
        except OSError as error:
            raise Unavailable(
                f"The file with the hashes of the tokens, {self.file}, cannot be written "
                f"({error.strerror}). Name another in [codec] tokens."
            ) from None


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
