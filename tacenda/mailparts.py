"""A mail taken apart: its headers, its text, and the files that came with it.

Python's `email` does the work. Here stands what it is given to do, and what happens where
it fails on a mail or would take its time.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import HeaderRegistry
from email.message import Message
from typing import NamedTuple

from tacenda.mailtext import decoded, readable_line, readable_text, text_of_html, unflowed

Part = Message

BODY = "body.txt"
"""The name of the file that is the text of the mail; no other file gets it."""

MOST_FILES = 100
LONGEST_NAME = 120
_NOT_IN_NAMES = re.compile(r'[<>:"|?*\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069]')
_ENCODED = re.compile(r"=\?.*?\?=")
_PARSED = ("subject", "from", "reply-to")
_LONGEST_HEADER = 4000
_REGISTRY = HeaderRegistry()
_MAIL = "x-message"


def _header(name: str, value: str) -> str:
    """Return a header, parsed where its parts are asked for and it can be parsed.

    The parser fails on some headers and is slow with long ones. A mail inside a mail goes
    by another name here: so it stays closed, and keeps every byte.
    """
    text = value[:_LONGEST_HEADER].encode("utf-8", "surrogateescape").decode(errors="replace")
    if name.lower() in _PARSED:
        for readable in (text, _ENCODED.sub("", text)):  # no name may take its address along
            with suppress(Exception):
                return _REGISTRY(name, readable)
    if name.lower() == "content-type" and text.lower().startswith("message/"):
        return f"x-{text}"
    return text.strip()


_POLICY = policy.default.clone(header_factory=_header)


class Mail(NamedTuple):
    """A mail taken apart: its headers, the types of all its parts, its text, its files.

    Of very many files `files` holds the first; `number` counts them all.
    """

    headers: Part
    types: frozenset[str]
    text: str
    files: tuple[tuple[str, bytes], ...]
    number: int

    def __repr__(self) -> str:
        return f"<a mail with {self.number} files>"


def taken_apart(content: bytes) -> Mail:
    """Return the mail in `content`.

    Raises `RecursionError` where its parts nest too deep, and on a broken header whatever
    Python does.
    """
    message = _opened(content)
    leaves = list(_leaves(message))
    files = [leaf for leaf in leaves if not _is_text(leaf)]
    return Mail(
        headers=message,
        types=frozenset(part.get_content_type() for part in _parts(message)),
        text="\n\n".join(filter(None, map(_text_of, leaves))),
        files=tuple(_named(files[:MOST_FILES])),
        number=len(files),
    )


def contents_of(content: bytes) -> tuple[Part, tuple[tuple[str, bytes], ...]]:
    """Return the headers of a mail, and the type and bytes of each part that holds something.

    A mail or a notification inside it is closed, one part with every byte it has. Fails
    as `taken_apart` does.
    """
    message = _opened(content)
    closed = [part for part in _parts(message) if not _inside(part)]
    return message, tuple((_type_of(part), _bytes_of(part)) for part in closed)


def _opened(content: bytes) -> Part:
    # Saved with other line ends it is the same mail.
    plain = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").lstrip(b"\n")
    return message_from_bytes(plain, policy=_POLICY)


def _type_of(part: Part) -> str:
    """Return the type of a part as the mail names it, without what `_header` put before it."""
    kind: str = part.get_content_type()
    return kind.removeprefix("x-") if kind.startswith(f"{_MAIL}/") else kind


def _inside(part: Part) -> list[Part]:
    payload = part.get_payload() if part.is_multipart() else ()
    return [inner for inner in payload if isinstance(inner, Message)]


def _parts(part: Part) -> Iterator[Part]:
    yield part
    for inner in _inside(part):
        yield from _parts(inner)


def _leaves(part: Part) -> Iterator[Part]:
    """Yield the parts that hold something, each thing once."""
    inner, kind = _inside(part), part.get_content_type()
    if not inner:
        yield part
    elif kind == "multipart/alternative":
        yield from _best_of([list(_leaves(version)) for version in inner])
    else:
        # What follows in a signed mail is the signature.
        for each in inner[:1] if kind == "multipart/signed" else inner:
            yield from _leaves(each)


def _best_of(versions: list[list[Part]]) -> Iterator[Part]:
    """Yield the version in plain text, else the one in HTML, and the files of all."""
    best = next(
        (
            version
            for kind in ("text/plain", "text/html")
            for version in versions
            if any(leaf.get_content_type() == kind and _text_of(leaf) for leaf in version)
        ),
        versions[0],
    )
    for version in versions:
        yield from (leaf for leaf in version if version is best or not _is_text(leaf))


def _is_text(part: Part) -> bool:
    """Whether a part is read in the mail itself; a multipart without parts is just text."""
    named = _parameter(part, "filename", "content-disposition")
    is_file = named or part.get_content_disposition() == "attachment"
    return not is_file and part.get_content_maintype() in ("text", "multipart")


def _text_of(part: Part) -> str:
    """Return the text of a part as a mail program would show it; a file has none."""
    if not _is_text(part):
        return ""
    text = decoded(_bytes_of(part), _parameter(part, "charset"))
    if part.get_content_type() == "text/html":
        text = text_of_html(text)
    elif _parameter(part, "format") == "flowed":
        text = unflowed(text, _parameter(part, "delsp") == "yes")
    return readable_text(text)


def _bytes_of(part: Part) -> bytes:
    with suppress(Exception):  # a transfer encoding can be broken in several ways
        content = part.get_payload(decode=True)
        return content if isinstance(content, bytes) else b""
    return str(part.get_payload()).encode("utf-8", "surrogateescape")


def _parameter(part: Part, name: str, header: str = "content-type") -> str:
    """Return a parameter of a header in lower case, or nothing."""
    with suppress(Exception):  # continuations (RFC 2231) can be broken in several ways
        value = part.get_param(name, "", header)
        return str(value[2] if isinstance(value, tuple) else value).strip().lower()
    return ""


def _named(files: list[Part]) -> Iterator[tuple[str, bytes]]:
    """Yield each file under a name that is its own, and safe to save under."""
    taken = {BODY}
    for number, part in enumerate(files, start=1):
        suffix = "eml" if part.get_content_maintype() == _MAIL else "bin"
        wanted = _safe(_given_name(part)) or f"attachment-{number}.{suffix}"
        name, attempt = wanted, 1
        while name.casefold() in taken:
            attempt += 1
            stem, dot, ending = wanted.rpartition(".")
            name = f"{stem}-{attempt}.{ending}" if dot else f"{wanted}-{attempt}"
        taken.add(name.casefold())
        yield name, _bytes_of(part)


def _given_name(part: Part) -> str:
    """Return the name that the mail gives a file; many programs write encoded words there."""
    name = ""
    with suppress(Exception):
        name = str(part.get_filename() or "")
        name = str(make_header(decode_header(name)))
    return name


def _safe(name: str) -> str:
    """Return what is left of a name when it names no folder, no device and nothing hidden."""
    last = re.split(r"[/\\]", name)[-1]
    line = readable_line(_NOT_IN_NAMES.sub("_", last), _LONGEST_HEADER)
    if len(line) > LONGEST_NAME:
        line = f"{line[:100]}{line[-20:]}"
    return line.strip(" .-")
