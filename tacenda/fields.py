"""The kinds of text and time that values are made of, checked where they come in."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from email.errors import MessageError
from email.header import decode_header, make_header
from enum import Enum
from itertools import islice
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic.networks import validate_email

MAX_REPORT_BYTES = 256 * 1024
MAX_NOTICE_BYTES = 64 * 1024
MAX_KEY_BYTES = 64 * 1024
FIRST_YEAR, LAST_YEAR = 1970, 2200
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_PUBLIC_KEY = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----[\t\n\r -~]*-----END PGP PUBLIC KEY BLOCK-----"
)
_DATED = re.compile(r"\d{4}-\d\d-\d\d[T ]")


def moment(at: datetime) -> str:
    """Return an instant (UTC) as letters and sentences write it."""
    return f"{at.isoformat(' ', 'minutes')[:16]} UTC"


def stamp(at: datetime) -> str:
    """Return an instant (UTC) as keys hold it: 20260302T090000Z."""
    # Not strftime: it imports at every call, which the workflow's sandbox makes slow.
    return f"{at.isoformat(timespec='seconds')[:19].replace('-', '').replace(':', '')}Z"


def hash_of(text: str) -> str:
    """Return the SHA-256 of the bytes of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def complaint_of(error: ValidationError) -> str:
    """Return the first thing that is wrong, as `key.key: reason`, without the input."""
    found = error.errors(include_url=False, include_context=False)
    # A misspelt key explains the one that is missing.
    first = next((e for e in found if e["type"] == "extra_forbidden"), found[0])
    where = ".".join(str(part) for part in first["loc"])
    is_table = isinstance(first["input"], Mapping) and all(isinstance(p, str) for p in first["loc"])
    what = {
        "tuple_type": f"must be a list; write [[{where}]]" if is_table else "must be a list",
        "time_delta_type": 'must be a duration, as in "7d" or "PT12H"',
        "time_delta_parsing": 'must be a duration, as in "7d" or "PT12H"',
        "extra_forbidden": "is not a known key",
        "missing": "is missing",
        "string_too_short": "must not be empty",
        "too_short": "must not be empty",
        "timezone_aware": "needs a time zone, as in 2026-11-21T16:00:00Z",
    }.get(first["type"], first["msg"].removeprefix("Value error, ").rstrip("."))
    return f"{where}: {what}" if where else what


_SHOWN = (bool, int, float, datetime, date, time, timedelta, type(None))
_MOST_SHOWN = 20
CASE_ID = re.compile(r"case-\d{4}-[0-9a-z]{10}")


class _Masked(str):
    """What stands for a text where a value is shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def masked(value: Any) -> Any:
    """Return what may be shown of `value`: of a text or of bytes only how long they are."""
    if type(value) in _SHOWN or isinstance(value, Enum | Value):
        return value
    if isinstance(value, str | bytes):
        if isinstance(value, str) and CASE_ID.fullmatch(value):
            return value
        return _Masked(f"<{len(value)} {'bytes' if isinstance(value, bytes) else 'characters'}>")
    if isinstance(value, Mapping):
        return {masked(key): masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        shown = [masked(item) for item in islice(value, _MOST_SHOWN)]
        # asyncio shows the result of a task when it looks at signal handlers: it must be short.
        rest = len(value) - len(shown)
        return [*shown, _Masked(f"<{rest} more>")] if rest else shown
    return _Masked(f"<{type(value).__name__}>")


class Value(BaseModel):
    """A frozen value. Validation errors never repeat what was put in, nor does its `repr`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """Yield what `repr` and `str` show: numbers, instants, enums and case ids; no text."""
        for name in type(self).model_fields:
            if name in self.__dict__:
                yield name, masked(self.__dict__[name])


class Typed(Value):
    """A value that somebody typed: an unknown key is a mistake and refused."""

    model_config = ConfigDict(extra="forbid")


def _no_number(moment: Any) -> Any:
    """Refuse a bare number, which would silently be read as seconds since 1970."""
    if isinstance(moment, datetime) or (isinstance(moment, str) and _DATED.match(moment)):
        return moment
    raise ValueError("needs a date and a time with its zone, as in 2026-11-21T16:00:00Z")


def _in_utc(moment: datetime) -> datetime:
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError:
        in_utc = moment
    if not FIRST_YEAR < in_utc.year < LAST_YEAR:
        raise ValueError(f"must lie between the years {FIRST_YEAR} and {LAST_YEAR}")
    return in_utc


def has_control_characters(text: str) -> bool:
    """Whether `text` holds a control or line-separating character, decoded or plainly."""
    if text.isascii():
        return not text.isprintable()
    return any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029" for c in text)


def one_line(text: str) -> str:
    """Refuse control characters, also those hidden in an encoded word (CVE-2024-6923)."""
    if has_control_characters(text):
        raise ValueError("must be one line without control characters")
    if "=?" not in text:
        return text
    try:
        decoded = str(make_header(decode_header(text)))
    except (MessageError, LookupError, UnicodeError, ValueError):
        raise ValueError("holds a broken encoded word; write it as plain text") from None
    if has_control_characters(decoded):
        raise ValueError("holds an encoded control character; write it as plain text")
    return text


def _is_text(text: str) -> str:
    if any(has_control_characters(line) for line in re.split(r"[\n\r\t\u2028\u2029]", text)):
        raise ValueError("must be plain text without control characters")
    return text


def _is_filled(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def _fits(limit: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text.encode()) > limit:
            raise ValueError(f"is longer than {limit // 1024} kB")
        return text

    return AfterValidator(check)


Instant = Annotated[AwareDatetime, BeforeValidator(_no_number), AfterValidator(_in_utc)]
"""An instant in UTC; a time without a zone is refused."""

Line = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(one_line)
]
"""One line of text, safe to stand in a mail header."""


def _message_id(text: str) -> str:
    if text and (not _MESSAGE_ID.fullmatch(text) or "=?" in text):
        raise ValueError("must be one Message-ID, as in <id@example.org>")
    return text


MessageId = Annotated[str, StringConstraints(max_length=300), AfterValidator(_message_id)]
"""The identity of a mail (RFC 5322), with its angle brackets; or empty."""


def _public_key(text: str) -> str:
    if "PRIVATE KEY BLOCK" in text:
        raise ValueError(
            "is a SECRET key, which now counts as exposed; give the public one alone, as "
            "gpg --armor --export prints it"
        )
    if text and not _PUBLIC_KEY.fullmatch(text):
        raise ValueError("must be an armored OpenPGP public key, as gpg --armor --export prints it")
    return text


PgpKey = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_public_key),
    _fits(MAX_KEY_BYTES),
]
"""An OpenPGP public key as text, looked at from outside only; or empty."""

FilledLine = Annotated[Line, Field(min_length=1)]
Text = Annotated[str, AfterValidator(_is_text), _fits(MAX_REPORT_BYTES)]
NoticeText = Annotated[
    str, AfterValidator(_is_filled), AfterValidator(_is_text), _fits(MAX_NOTICE_BYTES)
]
"""The text of a letter, kept byte for byte."""


def _address(text: str) -> str:
    """Return a mail address as it is written; raise where it is none.

    Not EmailStr, which imports the library when a model is made: most commands check no address.
    """
    return validate_email(text)[1]


Address = Annotated[str, AfterValidator(_address), Field(max_length=254), AfterValidator(one_line)]
