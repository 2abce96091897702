"""Mails as they lie in files: one mail, an mbox, or a Maildir, which is only read."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tacenda.errors import BadInput

LONGEST_LINE = 64 * 1024
MAILDIR = ("new", "cur")


class StoredMail(NamedTuple):
    """A mail, and where it lies; of one that is too large its beginning."""

    name: str
    content: bytes

    def __repr__(self) -> str:
        return f"<a mail of {len(self.content)} bytes>"


def mails_in(path: str, most: int) -> Iterator[StoredMail]:
    """Yield the mails in `path`, of each at most one byte more than `most`; `-` is stdin.

    Raises `BadInput` when it cannot be read.
    """
    try:
        if path == "-":
            yield from _mails_of(sys.stdin.buffer, "stdin", most)
        elif Path(path).is_dir():
            yield from _of_maildir(Path(path), most)
        else:
            with Path(path).open("rb") as file:
                yield from _mails_of(file, path, most)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such name"
        raise BadInput(f"{path} cannot be read: {reason}.") from None


def _of_maildir(folder: Path, most: int) -> Iterator[StoredMail]:
    """Yield the mails of a Maildir; what a mail program moves meanwhile is read another time."""
    if not all((folder / name).is_dir() for name in MAILDIR):
        raise BadInput(
            f"{folder} is a folder, but no Maildir: it has no new and cur. Name a Maildir, or a "
            "file."
        )
    files = [file for name in MAILDIR for file in sorted((folder / name).iterdir())]
    for path in files:
        if path.name.startswith(".") or path.is_symlink() or not path.is_file():
            continue
        try:
            with path.open("rb") as file:
                content = file.read(most + 1)
        except FileNotFoundError:
            continue
        yield StoredMail(str(path), content)


def _mails_of(stream: BinaryIO, name: str, most: int) -> Iterator[StoredMail]:
    """Yield the mails of an mbox, which begins with a line `From `, or the one mail there is."""
    first = stream.readline(LONGEST_LINE)
    if not first.startswith(b"From "):
        yield StoredMail(name, first + stream.read(max(0, most + 1 - len(first))))
        return
    content, number, is_after_gap = bytearray(), 1, False
    while line := stream.readline(LONGEST_LINE):
        if is_after_gap and line.startswith(b"From "):
            yield StoredMail(f"{name}, mail {number}", bytes(content[: most + 1]))
            content, number = bytearray(), number + 1
        elif len(content) <= most:
            content += line
        is_after_gap = not line.strip()
    yield StoredMail(f"{name}, mail {number}", bytes(content[: most + 1]))
