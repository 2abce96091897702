"""The acts on linked cases: a person links one to another; cases tell each other what is new."""

from typing import ClassVar, Self

from pydantic import model_validator

from tacenda.act import Act
from tacenda.fields import FilledLine, Instant
from tacenda.links import CaseId, Ending, Leading, Link


class LinkCase(Act):
    """A person lets the case follow another, which releases both; or parts them again.

    `to` is the leading case; to `part` needs none. `why` is required.
    """

    name: ClassVar[str] = "link"

    to: CaseId = ""
    part: bool = False
    why: FilledLine

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.to) == self.part:
            raise ValueError("needs either the case to follow, or to part")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return "PARTED" if self.part else f"released together with {self.to}"


class LinkedNews(Act):
    """A linked case tells what is new there since `at` (UTC): `by` is its id.

    It is one thing: what the leading case must know of one that follows it, or that one of the
    `leading` case; that they are no longer linked; or that the teller is a `duplicate`.
    """

    name: ClassVar[str] = "linked_news"

    by: CaseId
    at: Instant
    link: Link | None = None
    leading: Leading | None = None
    ending: Ending | None = None
    duplicate: bool = False

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        said = (self.link, self.leading, self.ending, self.duplicate or None)
        if sum(each is not None for each in said) != 1:
            raise ValueError("tells one thing at a time")
        if not self.by:
            raise ValueError("does not say which case tells it")
        if any(each and each.case != self.by for each in (self.link, self.leading)):
            raise ValueError("tells of another case than its own")
        return self

    @property
    def detail(self) -> str:
        """What exactly is told, in a few words for the record."""
        if self.duplicate:
            return f"{self.by} is a duplicate of this one"
        if self.ending:
            return f"no longer together with {self.by}: {self.ending}"
        return f"what holds in {self.by}, which {'follows' if self.link else 'leads'}"
