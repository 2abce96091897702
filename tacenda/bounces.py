"""Letters that came back: what a mail server says of one, how bad that is, and in which words.

A bounce is *hard* where the mail server gave up (action `failed`) and its status (RFC 3463) speaks
of the address itself: 5.0.x and 5.1.x (no such address, or no reason given), 5.2.x (the mailbox is
disabled), 5.4.4 (its domain cannot be found). It is *soft* where the server gave up for another
reason, which may be over tomorrow: any 4.x.x, 5.1.7 and 5.1.8 (our own address), 5.2.2 (mailbox
full), 5.2.3 (letter too long), the rest of 5.4.x, and 5.3.x, 5.5.x, 5.6.x, 5.7.x (their system, the
protocol, the content, a policy). It is *delayed* where the server still tries.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from tacenda.fields import FilledLine, Instant, Typed, Value

STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
MOST_AT_ONCE = 100
"""How many bounces one act records."""

_NOT_OF_THE_ADDRESS = ("5.1.7", "5.1.8", "5.2.2", "5.2.3")
_OF_THE_ADDRESS = re.compile(r"5\.[012]\.[0-9]+|5\.4\.4")
_WORDS = {
    "1.7": "their server refuses our address as the sender",
    "1.8": "their server refuses our address as the sender",
    "1.": "there is no such address",
    "2.1": "the mailbox is disabled",
    "2.2": "the mailbox is full",
    "2.3": "the letter is too large for the mailbox",
    "2.": "the mailbox takes no mail",
    "3.4": "the letter is too large for their server",
    "3.": "their mail system is in trouble",
    "4.4": "the domain cannot be found",
    "4.": "their mail server could not be reached",
    "5.": "the mail servers did not understand each other",
    "6.": "their server does not take the form or content of the letter",
    "7.": "their server refused it by a rule of its own",
}
"""What a status means, by what follows its class; the longer beginning comes first."""


class Action(StrEnum):
    """What a mail server did with a letter (RFC 3464)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


class BounceKind(StrEnum):
    """How bad it is: the address takes no letter, this letter came back, it is still under way."""

    HARD = "hard"
    SOFT = "soft"
    DELAYED = "delayed"


class Returned(Typed):
    """A letter that came back from one address, as somebody records it."""

    letter: Annotated[FilledLine, StringConstraints(pattern=r"^[a-zA-Z0-9_.+:-]+$")]
    address: FilledLine
    kind: BounceKind
    status: Annotated[str, StringConstraints(pattern=rf"^{STATUS.pattern}$")]

    @property
    def identity(self) -> tuple[str, str, BounceKind]:
        """What makes it the same as another: each letter comes back from an address once."""
        return self.letter, self.address.casefold(), self.kind


class Bounce(Value):
    """A letter that came back, in the record; `works_again` is when somebody said so (UTC)."""

    letter: str
    address: str
    kind: BounceKind
    status: str
    at: Instant
    works_again: Instant | None = None

    @property
    def identity(self) -> tuple[str, str, BounceKind]:
        """As that of what was recorded."""
        return self.letter, self.address.casefold(), self.kind

    @property
    def stands(self) -> bool:
        """Whether it keeps letters from the address."""
        return self.kind is BounceKind.HARD and self.works_again is None

    @property
    def is_lost(self) -> bool:
        """Whether the recipient does not have the letter: nobody tries to deliver it any more."""
        return self.kind is not BounceKind.DELAYED


def kind_of(action: Action, status: str) -> BounceKind | None:
    """Return how bad it is that a server did `action` with that status; None if it is not."""
    if action is Action.DELAYED:
        return BounceKind.DELAYED
    if action is not Action.FAILED or status.startswith("2."):
        return None
    is_hard = _OF_THE_ADDRESS.fullmatch(status) and status not in _NOT_OF_THE_ADDRESS
    return BounceKind.HARD if is_hard else BounceKind.SOFT


def words_for(status: str) -> str:
    """Return in words what a status says."""
    detail = status.partition(".")[2]
    known = (
        words
        for begin, words in _WORDS.items()
        if detail == begin or (begin.endswith(".") and detail.startswith(begin))
    )
    return next(known, "their server gave no reason")


def dead_among(bounces: Iterable[Bounce]) -> frozenset[str]:
    """Return the addresses, case-folded, that get no further letter."""
    return frozenset(bounce.address.casefold() for bounce in bounces if bounce.stands)
