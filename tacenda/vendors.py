"""The vendors of a case as it knows them, and what they said, or did not say."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, WrapSerializer

from tacenda.fields import Instant, Value
from tacenda.models import Word
from tacenda.packing import Columns


class Party(Value):
    """A vendor as the settings knew it when somebody last wanted to write to the vendors.

    `standing`: it has accepted the embargo for good. It keeps one no longer than `max_embargo`.
    `second` is another address of it, for when nobody answers. `since` is at which of the
    askings of the case it was first there: earlier ones are not for it.
    """

    name: str
    address: str
    standing: bool = False
    max_embargo: timedelta | None = None
    second: str = ""
    since: int = 0


class Reply(Value):
    """What a vendor said, as a person wrote it down: `until` when it keeps the embargo (UTC)."""

    address: str
    word: Word
    at: Instant
    by: str
    until: Instant | None = None


class Silence(Value):
    """A vendor did not answer in time: to an invitation, or to a notice."""

    address: str
    at: Instant
    to_notice: bool = False


class Asking(Value):
    """A person wants vendors invited: all who have not been asked, or those of these names."""

    at: Instant
    by: str
    to: tuple[str, ...] = ()


_PARTIES = Columns("name", "address", "standing", "max_embargo", "second", "since")
_REPLIES = Columns("address", "word", "at", "by", "until")
_SILENCES = Columns("address", "at", "to_notice")

Parties = Annotated[
    tuple[Party, ...], BeforeValidator(_PARTIES.unpack), WrapSerializer(_PARTIES.pack)
]
Replies = Annotated[
    tuple[Reply, ...], BeforeValidator(_REPLIES.unpack), WrapSerializer(_REPLIES.pack)
]
Silences = Annotated[
    tuple[Silence, ...], BeforeValidator(_SILENCES.unpack), WrapSerializer(_SILENCES.pack)
]
"""Ten thousand of each fit into a history, and into an answer."""
