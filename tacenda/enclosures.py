"""Files that travel with a report or a notice: what a case remembers of them, and their bytes.

A case holds names, sizes and hashes. The bytes stay beside it, in the workflow, so that
looking at a case never carries a megabyte of patches along.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, EncodedBytes, EncoderProtocol

from tacenda.fields import FilledLine, Typed, Value

MAX_ATTACHED_BYTES = 1024 * 1024
MOST_ATTACHED = 20
_UNSAFE = re.compile(r"[/\\]|^\.+$")


def _file_name(name: str) -> str:
    if _UNSAFE.search(name):
        raise ValueError("must be the name of a file without a folder")
    return name


FileName = Annotated[FilledLine, AfterValidator(_file_name)]


class Enclosure(Value):
    """What a case remembers of a file: its name, its SHA-256 in hexadecimal, its bytes' number.

    `kept` is False for a file that came with a report and was too large to keep.
    """

    name: FileName
    sha256: str
    size: int
    kept: bool = True


class _Base64(EncoderProtocol):
    """Base64 to the letter: what is not of its alphabet is refused, and not skipped over."""

    @classmethod
    def decode(cls, data: bytes) -> bytes:
        """Return the bytes that `data` stands for. Raises `ValueError` where it stands for none."""
        try:
            return b64decode(data, validate=True)
        except ValueError:
            raise ValueError("must be base64") from None

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        """Return what stands for `value`."""
        return b64encode(value)

    @classmethod
    def get_json_format(cls) -> Literal["base64"]:
        """Name the encoding in a JSON schema."""
        return "base64"


class Attachment(Typed):
    """A file with its bytes, on its way into a case or out in a letter."""

    name: FileName
    content: Annotated[bytes, EncodedBytes(encoder=_Base64)]

    @classmethod
    def of(cls, name: str, content: bytes) -> "Attachment":
        """Return the attachment of these bytes. Raises `ValidationError` for a bad name."""
        return cls(name=name, content=b64encode(content))

    @property
    def enclosure(self) -> Enclosure:
        """What a case remembers of it."""
        digest = hashlib.sha256(self.content).hexdigest()
        return Enclosure(name=self.name, sha256=digest, size=len(self.content))


def _all_together(attachments: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    if sum(len(attachment.content) for attachment in attachments) > MAX_ATTACHED_BYTES:
        raise ValueError(f"are larger than {MAX_ATTACHED_BYTES // 1024} kB together")
    if len(attachments) > MOST_ATTACHED:
        raise ValueError(f"are more than {MOST_ATTACHED}")
    if len({attachment.name for attachment in attachments}) < len(attachments):
        raise ValueError("hold two files of the same name")
    return attachments


Attachments = Annotated[tuple[Attachment, ...], AfterValidator(_all_together)]
"""The files of one approval or one report: together at most 1 MB."""


def enclosures_of(attachments: Iterable[Attachment]) -> tuple[Enclosure, ...]:
    """Return what a case remembers of `attachments`."""
    return tuple(attachment.enclosure for attachment in attachments)
