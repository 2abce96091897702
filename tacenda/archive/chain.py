"""What holds a record together: each line carries the hash of itself and of all before it."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from tacenda.errors import BadInput

FORMAT: Literal["tacenda-record/1"] = "tacenda-record/1"
START = hashlib.sha256(FORMAT.encode()).hexdigest()


class Broken(BadInput):
    """A record that is not as it was written, and where it is not."""


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the one way to write a value as JSON: sorted, without spaces, in ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def linked(values: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield values as lines of a chain, each with its `hash`."""
    before = START
    for value in values:
        before = _hash(before, value)
        yield {**value, "hash": before}


def checked(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the values of a chain, line by line; raises `Broken` at the first that is not as
    it was written, and names it.
    """
    before = START
    for number, line in enumerate(lines, 1):
        value = parsed(line, number)
        before = _hash(before, {key: fact for key, fact in value.items() if key != "hash"})
        if value.get("hash") != before:
            raise Broken(f"Line {number} is not as it was written{_named(value)}.")
        yield value


def parsed(line: bytes, number: int) -> dict[str, Any]:
    """Return what a line says; raises `Broken` where it is not written in the one way."""
    try:
        value = json.loads(line)
        is_written_so = isinstance(value, dict) and canonical(value) == line
    except (ValueError, RecursionError):
        is_written_so = False
    if not is_written_so:
        raise Broken(f"Line {number} is not as it was written: it cannot be read.")
    result: dict[str, Any] = value
    return result


def _named(value: Mapping[str, Any]) -> str:
    """Say which entry a line claims to be, where it is one; its facts are not repeated."""
    what, at = value.get("what"), value.get("at")
    if isinstance(what, str) and isinstance(at, str) and what.isascii() and what.isprintable():
        return f" ({what[:30]}, {at[:25]})" if at.isascii() and at.isprintable() else ""
    return ""


def _hash(before: str, value: Mapping[str, Any]) -> str:
    return hashlib.sha256(before.encode() + b"\n" + canonical(value)).hexdigest()
