"""The Maildir that caught letters lie in: one file a recipient, on disk once accepted."""

import itertools
import os
import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from functools import lru_cache
from pathlib import Path

from tacenda.fields import Value

_LETTER_ID = re.compile(r"(\d{1,12})\.M(\d{6})P\d+Q\d+\.tacenda")
_HEADERS = 256 * 1024


class Letter(Value):
    """One caught letter, as a list shows it: all text but `id` and `at` is from outside."""

    id: str
    at: datetime
    to: str
    subject: str
    kind: str


class Attachment(Value):
    """One part of a letter that is not its text."""

    name: str
    type: str
    content: bytes

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.content)


class Content(Value):
    """A letter opened: its headers, its text, and what is attached."""

    headers: tuple[tuple[str, str], ...]
    text: str
    attachments: tuple[Attachment, ...]


SHOWN = ("From", "To", "Cc", "Date", "Subject", "X-Tacenda-Kind", "Message-ID", "In-Reply-To")


class Maildir:
    """A Maildir in `folder`; every mail program can read it too."""

    def __init__(self, folder: Path) -> None:
        """Make the folders that are missing."""
        self.folder = folder
        self._numbers = itertools.count()
        for part in (folder, folder / "tmp", folder / "new", folder / "cur"):
            part.mkdir(mode=0o700, exist_ok=True)

    def store(self, sender: str, recipients: Iterable[str], content: bytes) -> None:
        """Store a copy for each recipient; when this returns, they are on the disk.

        Either all of them are delivered or, with an `OSError`, none.
        """
        body = content.replace(b"\r\n", b"\n")
        drafts: list[Path] = []
        try:
            for recipient in recipients:
                drafts.append(self.folder / "tmp" / self._name())
                _write(drafts[-1], _envelope(sender, recipient) + body)
        except OSError:
            for draft in drafts:
                draft.unlink(missing_ok=True)
            raise
        for draft in drafts:
            draft.replace(self.folder / "new" / draft.name)
        _sync_folder(self.folder / "new")

    def _name(self) -> str:
        seconds, rest = divmod(time.time_ns(), 1_000_000_000)
        number = next(self._numbers)
        return f"{seconds}.M{rest // 1000:06}P{os.getpid()}Q{number}.tacenda"

    def letters(self) -> list[Letter]:
        """Return all letters, the newest first."""
        found = sorted(self._files(), key=_order, reverse=True)
        return [letter for path in found if (letter := _letter(path))]

    def source(self, letter_id: str) -> bytes | None:
        """Return a letter as it was delivered, or None if there is no such letter."""
        if not _LETTER_ID.fullmatch(letter_id):
            return None
        path = next((path for path in self._files() if _id(path) == letter_id), None)
        return path.read_bytes() if path else None

    def _files(self) -> Iterator[Path]:
        # A mail program that has seen a letter moves it to cur/ and adds its flags.
        for name in ("new", "cur"):
            yield from (p for p in (self.folder / name).iterdir() if _LETTER_ID.fullmatch(_id(p)))


def opened(source: bytes) -> Content:
    """Return what a person reads of a letter. Nothing of it is to be trusted."""
    message = message_from_bytes(source)
    headers = [("Delivered to", header_of(message, "Delivered-To"))]
    headers += [(name, header_of(message, name)) for name in SHOWN if name in message]
    texts, attachments = [], []
    for part in message.walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        content = content if isinstance(content, bytes) else b""
        if part.get_content_type() == "text/plain" and part.get_filename() is None:
            texts.append(_decoded(content, part.get_content_charset()))
        else:
            attachments.append(_attachment(part, content))
    return Content(headers=tuple(headers), text="\n".join(texts), attachments=tuple(attachments))


def header_of(message: Message, name: str) -> str:
    """Return a header on one line, decoded where that is possible."""
    raw = re.sub(r"\r?\n[ \t]", " ", str(message.get(name, "")))
    try:
        text = str(make_header(decode_header(raw)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        text = raw
    return "".join(c if c.isprintable() else " " for c in text).strip()


def _attachment(part: Message, content: bytes) -> Attachment:
    name = "".join(c for c in part.get_filename() or "" if c.isprintable())
    return Attachment(name=name or "(no name)", type=part.get_content_type(), content=content)


def _decoded(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8", errors="replace")
    except LookupError:
        return content.decode("utf-8", errors="replace")


def _envelope(sender: str, recipient: str) -> bytes:
    lines = f"Return-Path: <{_printable(sender)}>\nDelivered-To: {_printable(recipient)}\n"
    return lines.encode("utf-8", errors="replace")


def _printable(address: str) -> str:
    return "".join(c for c in address if c.isprintable())


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _id(path: Path) -> str:
    return path.name.partition(":")[0]


def _order(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", _id(path)))


def _letter(path: Path) -> Letter | None:
    try:
        return _headers_of(path)
    except FileNotFoundError:  # moved or deleted since the folder was read
        return None


@lru_cache(maxsize=20_000)
def _headers_of(path: Path) -> Letter:
    """Read the headers of a letter once: what lies in a Maildir does not change."""
    match = _LETTER_ID.fullmatch(_id(path))
    assert match is not None
    with path.open("rb") as file:
        message = message_from_bytes(_head(file.read(_HEADERS)))
    return Letter(
        id=_id(path),
        at=datetime.fromtimestamp(int(match[1]), UTC).replace(microsecond=int(match[2])),
        to=header_of(message, "Delivered-To"),
        subject=header_of(message, "Subject"),
        kind=header_of(message, "X-Tacenda-Kind"),
    )


def _head(content: bytes) -> bytes:
    return content.partition(b"\n\n")[0] + b"\n\n"
