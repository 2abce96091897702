"""What a letter says below its headers: its text, and the files that travel with it."""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from pathlib import PurePath
from urllib.parse import quote

from tacenda.enclosures import Attachment

_AS_IT_IS = re.compile(r"(?:(?!From )[\t\x20-\x7e]{0,998}(?<![\t ])\n)*")
"""A text that every relay and mailbox passes on unchanged without any encoding."""

_LINE_END = re.compile(r"\r?\n")

_BYTES = "application/octet-stream"
_TYPES = {
    ".patch": "text/x-diff",
    ".diff": "text/x-diff",
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".asc": "application/pgp-signature",
    ".sig": "application/pgp-signature",
    ".gz": "application/gzip",
    ".zip": "application/zip",
    ".pdf": "application/pdf",
}
"""A list of our own: every worker guesses the same, and nothing that a reader would run."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9._+@-]{1,60}")
_NAME_CHARACTERS = 50


@dataclass(frozen=True, repr=False)
class Part:
    """A body, or a part of one: its type, its transfer encoding, its lines in ASCII.

    `headers` are the lines of others that it has.
    """

    type: str
    encoding: str
    content: str
    disposition: str = ""
    headers: str = ""


def text_part(text: str) -> Part:
    """Return `text` as a body, encoded only where it could not travel as it is."""
    if _AS_IT_IS.fullmatch(text):
        return Part('text/plain; charset="utf-8"', "7bit", text)
    return Part('text/plain; charset="utf-8"', "quoted-printable", _quoted_printable(text))


def with_files(
    text: Part, attachments: Iterable[Attachment], seed: str, calendar: Iterable[Part] = ()
) -> Part:
    """Return a body of `text`, each attachment, and what is for the calendar.

    It is the same whenever it is made: the same `seed` gives the same boundary between them.
    """
    plain = [closed(text), *(closed(one) for one in calendar)]
    boundary = boundary_for("".join(plain), seed)
    parts = [*plain, *(lines_of(_file_part(one)) for one in attachments)]
    lines = "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"
    # The library ends the lines of a text as mail does, but not those of a ready multipart.
    content = lines.replace("\n", "\r\n")
    return Part(f'multipart/mixed; boundary="{boundary}"', "7bit", content)


def boundary_for(text: str, seed: str) -> str:
    """Return what stands in no part: base64 has no underscore, and the text is looked at."""
    digests = (sha256(f"{seed}\n{number}".encode()).hexdigest() for number in count())
    return next(b for digest in digests if (b := f"=_{digest[:32]}") not in text)


def closed(text: Part) -> str:
    """Return a text part whose last line is ended, as the transport ends that of a letter.

    A text without a line end has a line break there that does not count.
    """
    lines = lines_of(text)
    return lines if lines.endswith("\n") else lines + "\n"


def lines_of(part: Part) -> str:
    headers = {
        "Content-Type": part.type,
        "Content-Transfer-Encoding": part.encoding,
        "Content-Disposition": part.disposition,
    }
    written = "".join(f"{name}: {value}\n" for name, value in headers.items() if value)
    return f"{part.headers}{written}\n{part.content}"


def _file_part(attachment: Attachment) -> Part:
    content = encodebytes(attachment.content).decode().removesuffix("\n")
    disposition = ";\n ".join(["attachment", *_file_name(attachment.name)])
    return Part(_type_of(attachment), "base64", content, disposition)


def _type_of(attachment: Attachment) -> str:
    """Guess by the name; what is to be shown as text must be text."""
    guess = _TYPES.get(PurePath(attachment.name).suffix.lower(), _BYTES)
    if not guess.startswith("text/"):
        return guess
    return f'{guess}; charset="utf-8"' if _stays_as_it_is(attachment.content) else _BYTES


def _stays_as_it_is(content: bytes) -> bool:
    """Whether a gateway or a reader that knows it for text would change nothing of it."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return content.endswith(b"\n") and b"\r" not in content and b"\0" not in content


def _file_name(name: str) -> list[str]:
    """Return the parameters that name a file (RFC 2231); none splits a character.

    We write them ourselves: the library breaks some names when it folds them.
    """
    if _PLAIN_NAME.fullmatch(name):
        return [f'filename="{name}"']
    pieces = [""]
    for character in name:
        encoded = quote(character, safe="")
        if len(pieces[-1] + encoded) > _NAME_CHARACTERS:
            pieces.append("")
        pieces[-1] += encoded
    pieces[0] = "utf-8''" + pieces[0]
    if len(pieces) == 1:
        return [f"filename*={pieces[0]}"]
    return [f"filename*{number}*={piece}" for number, piece in enumerate(pieces)]


def _quoted_printable(text: str) -> str:
    """Return `text` so that decoding gives it back, to the last blank and line end.

    `EmailMessage.set_content` would add a line end to a text that has none, and turn a
    lone carriage return into one.
    """
    *lines, rest = [line.encode() for line in _LINE_END.split(text)]
    encoded = [_quoted_line(line) for line in lines]
    # A line break that does not count ends a text that has none; a byte keeps room for it.
    last = _quoted_line(rest + b"\0").removesuffix("=00").removesuffix("=\n")
    return "\n".join([*encoded, last + "=" if rest else ""])


def _quoted_line(line: bytes) -> str:
    if line.startswith(b"From "):  # a mailbox file would say ">From "
        return "=46=\n" + b2a_qp(line[1:], istext=False).decode()
    return b2a_qp(line, istext=False).decode()
