"""The file of a record: a head in the clear, the entries or their seal, and the signature.

One line of JSON each. The head says what lists and figures need, and nothing of what the case
is about; the rest is sealed until the release. Any changed byte breaks the chain at its line.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from tacenda.archive.chain import FORMAT, Broken, canonical, checked, linked, parsed
from tacenda.archive.entries import Entry, entries_of
from tacenda.archive.keys import TeamKey, is_signed
from tacenda.case import Case
from tacenda.errors import BadInput
from tacenda.fields import Instant, Typed, Value
from tacenda.models import Band, CloseReason, State
from tacenda.outline import Outline, outline_from, outline_of, word_of


class Head(Typed):
    """The first line: which case, where it stands, in outline; by whose key it is signed.

    `replaces` is the last hash of the record that this one took the place of.
    """

    format: Literal["tacenda-record/1"] = FORMAT
    case: str
    state: State
    outline_word: str
    band: Band | None = None
    closed: Instant | None = None
    reason: CloseReason | None = None
    sealed: bool
    key: str
    replaces: str = ""
    hash: str = ""

    @property
    def outline(self) -> Outline | None:
        """The case in outline; None where this version cannot read it."""
        return outline_from(self.outline_word, self.case, self.band)


class EntryLine(Entry):
    """A line that is an entry, with its place in the chain."""

    hash: str


class Seal(Typed):
    """The line that stands for all entries of what is not released: their lines, encrypted."""

    sealed: str
    hash: str


class Signature(Typed):
    """The last line: over how many lines, the hash of the last, and its signature."""

    lines: int
    last: str
    signature: str


class Record(Value):
    """A record that was read and checked; without `entries` where nobody here can open it."""

    head: Head
    signature: Signature
    entries: tuple[Entry, ...] | None = None


def schema() -> dict[str, Any]:
    """Return the JSON Schema of any line of a record."""
    lines: TypeAdapter[Any] = TypeAdapter(Head | EntryLine | Seal | Signature)
    described = lines.json_schema(mode="serialization")
    title = "A line of the record of a case (tacenda-record/1)"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **described}


def record_of(case: Case, now: datetime, key: TeamKey, replaces: str = "") -> bytes:
    """Return the record of a case at `now` (UTC): the same case gives the same bytes."""
    is_sealed = case.released is None
    entries = [entry.model_dump(mode="json") for entry in entries_of(case, now)]
    head = _head(case, key, is_sealed=is_sealed, replaces=replaces)
    body: list[dict[str, Any]] = entries
    if is_sealed:
        inner = b"\n".join(map(canonical, entries))
        body = [{"sealed": key.seal(inner, case.id)}]
    lines = list(linked([head, *body]))
    last = str(lines[-1]["hash"])
    signature = Signature(lines=len(lines), last=last, signature=key.sign(last))
    end = signature.model_dump(mode="json")
    return b"".join(canonical(line) + b"\n" for line in (*lines, end))


def head_of(first_line: bytes) -> Head:
    """Return what the first line of a record says, unchecked; raises `Broken` if it is none."""
    try:
        return Head.model_validate(parsed(first_line.rstrip(b"\n"), 1))
    except ValidationError:
        raise Broken("This is no record of a case, or one of a later version.") from None


def verified(content: bytes, trusted: str, key: TeamKey | None = None) -> Record:
    """Return a record of which every byte is as it was written and signed by a `trusted` key.

    `trusted` is a public key in hexadecimal. Who has the `key` that signed it sees what is sealed.
    Raises `Broken`, which names the line that is not as it was written.
    """
    lines = content.split(b"\n")
    if lines.pop() != b"" or len(lines) < 3:
        raise Broken("The record is not whole: its end is missing. Restore it from a copy.")
    body = list(checked(lines[:-1]))
    head, end = head_of(lines[0]), _end(lines[-1], len(lines))
    if end.lines != len(body) or end.last != body[-1]["hash"]:
        raise Broken(f"Line {len(lines)}, the signature, is of another record.")
    if head.key != trusted:
        raise Broken(
            "The record is signed by another key than the one you trust. If it is that of an "
            "earlier key store of yours, name its public key: --key."
        )
    if not is_signed(end.last, end.signature, trusted):
        raise Broken(f"Line {len(lines)}: the signature is not that of the key.")
    return Record(head=head, signature=end, entries=_entries(head, body[1:], key))


def _head(case: Case, key: TeamKey, *, is_sealed: bool, replaces: str) -> dict[str, Any]:
    outline = outline_of(case)
    head = Head(
        case=case.id,
        state=case.state,
        outline_word=word_of(outline),
        band=outline.band,
        closed=outline.closed,
        reason=outline.reason,
        sealed=is_sealed,
        key=key.public,
        replaces=replaces,
    )
    return head.model_dump(mode="json", exclude={"hash"})


def _end(line: bytes, number: int) -> Signature:
    try:
        return Signature.model_validate(parsed(line, number))
    except ValidationError:
        raise Broken(f"Line {number} is not as it was written: it is no signature.") from None


def _entries(
    head: Head, body: Sequence[dict[str, Any]], key: TeamKey | None
) -> tuple[Entry, ...] | None:
    if head.sealed:
        if key is None or key.public != head.key:
            return None  # who verifies the record of others has a key that opens their own
        try:
            inner = key.open(str(body[0].get("sealed")), head.case)
        except BadInput as error:
            raise Broken(str(error)) from None
        body = [parsed(line, number) for number, line in enumerate(inner.split(b"\n"), 1)]
    return tuple(Entry.model_validate(line) for line in body)
