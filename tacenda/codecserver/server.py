"""The codec server on a socket, and where its things lie in a home."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path
from socket import socket

from tacenda.codecserver.app import app, link
from tacenda.codecserver.people import People
from tacenda.codecserver.rules import Rules, access
from tacenda.codecserver.tokens import Tokens
from tacenda.codecserver.wire import Codec
from tacenda.errors import Unavailable
from tacenda.home import write_privately
from tacenda.serving import Served

LOG_BYTES = 10 * 1024 * 1024


class CodecServer:
    """Codec, people and rules, served on one socket."""

    def __init__(self, codec: Codec, people: People, rules: Rules, sock: socket) -> None:
        """Take a socket that is bound already; nothing is served yet."""
        self.people = people
        self.rules = rules
        self._served = Served(app(codec, people, rules), sock, "codec server")

    async def start(self) -> None:
        """Serve."""
        await self._served.start()

    async def stop(self) -> None:
        """Serve nothing more."""
        await self._served.stop()

    def link_with(self, token_file: Path) -> str:
        """Return the address of a link that logs in, once, whoever owns the token in a file."""
        owner = self.people.by_token(read_token(token_file))
        if owner is None:
            raise Unavailable(f"The token in {token_file} is of nobody who may read cases.")
        return link(self.rules, self.people, owner)


def tokens_file(home: Path) -> Path:
    """Return where the hashes of the tokens are, unless the settings say otherwise."""
    return home / "codec" / "tokens"


def token_file(home: Path) -> Path:
    """Return where the token of whoever owns the home is."""
    return home / "codec" / "token"


def read_token(file: Path) -> str:
    """Return the token in a file; raises `Unavailable` where there is none."""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise Unavailable(
            f"There is no token in {file}. `tacenda up` makes one for its own codec server; "
            "of another, log in with a token of yours."
        ) from None


def give_token(file: Path, tokens: Tokens, name: str) -> None:
    """See that `file` holds a token of `name` that is good; the others of that name stay."""
    try:
        owner = tokens.owner_of(read_token(file))
    except Unavailable:
        owner = None
    if owner is None or owner.name != name:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_privately(file, f"{tokens.issue(name)}\n".encode())


@contextmanager
def access_log(handler: logging.Handler) -> Iterator[None]:
    """Write the access log to `handler`, one line for each request."""
    # With no formatter and no other handler: a line has a name, which other logs withhold. It
    # comes from the settings, and the rest of the line from here.
    access.addHandler(handler)
    access.setLevel(logging.INFO)
    access.propagate = False
    try:
        yield
    finally:
        access.propagate = True
        access.removeHandler(handler)
        handler.close()


def log_to(file: Path) -> logging.Handler:
    """Return a handler that writes to a file, and keeps three older ones."""
    return RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=3, encoding="utf-8")
