"""What linked cases know of each other: several flaws released together, led by one of them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from tacenda.fields import CASE_ID, Instant, Value
from tacenda.models import Fix, Severity, Step

SHARED = (Step.USER_NOTICE, Step.VENDOR_NOTICE, Step.RELEASE)
"""The steps that the leading case does for all that follow it."""

MOST_LINKS = 20


def _case_id(text: str) -> str:
    if text and not CASE_ID.fullmatch(text):
        raise ValueError("must be the id of a case, as in case-2026-7k3q9xm4tp")
    return text


CaseId = Annotated[str, AfterValidator(_case_id)]
"""The id of a case; or empty."""


class Ending(StrEnum):
    """Why two cases are no longer released together."""

    PARTED = "parted"
    CLOSED = "closed"
    RELEASED = "released"


class Linked(Value):
    """What each of two linked cases knows of the other.

    `at` is the instant (UTC) of that knowledge, `linked` how often the one that follows was
    linked so far. `undecided`: somebody there has yet to decide what a break of the embargo
    changes.
    """

    case: CaseId
    at: Instant | None = None
    linked: int = 0
    leaked: Instant | None = None
    exploited: Instant | None = None
    public: Instant | None = None
    undecided: bool = False


class Link(Linked):
    """What a leading case knows of one that follows it: its flaw, and how far it is.

    `unfixed` is the recorded decision to publish it without a fix. `marked` are words that no
    public text may hold, `limit` is by when it must be released (UTC), `revision` is that of its
    facts.
    """

    title: str
    component: str = ""
    versions: str = ""
    cves: tuple[str, ...] = ()
    severity: Severity | None = None
    fix: Fix | None = None
    unfixed: bool = False
    credited: str = ""
    marked: tuple[str, ...] = ()
    limit: Instant
    revision: int

    @property
    def is_ready(self) -> bool:
        """Whether its fix has landed, or a person decided to publish it without one."""
        return self.unfixed or bool(self.fix and self.fix.is_landed)

    def says_what(self, other: "Link") -> bool:
        """Whether an announcement says of it just what it says of `other`."""
        return self._facts() == other._facts()

    def _facts(self) -> tuple[object, ...]:
        return (
            *(self.title, self.component, self.versions, self.cves, self.severity),
            *(self.fix, self.unfixed, self.credited),
        )


class Leading(Linked):
    """What a case knows of the one that it follows: the common plan, and what has gone out.

    `limits` are those of the shared steps that are open there; `without` are those that it does
    without. `users` and `vendors` are when those were told, all in UTC.
    """

    planned: Instant | None = None
    limits: Mapping[Step, Instant] = Field(default_factory=dict)
    without: tuple[Step, ...] = ()
    users: Instant | None = None
    vendors: Instant | None = None
    released: Instant | None = None

    @property
    def told(self) -> Mapping[Step, Instant]:
        """When each shared step was done there (UTC), for those that are."""
        done = zip(SHARED, (self.users, self.vendors, self.released), strict=True)
        return {step: at for step, at in done if at}


class Left(Value):
    """A case that this one followed, and follows no more."""

    case: CaseId
    at: Instant
