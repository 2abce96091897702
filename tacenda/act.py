"""What all acts of people have in common: who, why, and what was set aside."""

import hashlib
from typing import ClassVar, Self

from pydantic import model_validator

from tacenda.fields import FilledLine, Instant, Line, Typed, moment


class Act(Typed):
    """A person's act on a case."""

    name: ClassVar[str]

    by: FilledLine
    why: Line = ""
    override: Line = ""

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return ""

    def digest(self) -> str:
        """Return what identifies the content of the act: a hash of its name and values."""
        content = f"{self.name}:{self.model_dump_json()}"
        return hashlib.sha256(content.encode()).hexdigest()[:32]


class Telling(Act):
    """An act to which a letter belongs.

    `elsewhere` says where that was told instead, by telephone or on another list, and `when`
    (UTC): it is recorded then, and not sent again.
    """

    elsewhere: Line = ""
    when: Instant | None = None

    @model_validator(mode="after")
    def _when_elsewhere(self) -> Self:
        if self.when is not None and not self.elsewhere:
            raise ValueError("says when, but not where, it was told elsewhere")
        return self

    def told_elsewhere(self, detail: str) -> str:
        """Return `detail` with where and when it was told elsewhere, if it was."""
        when = f" on {moment(self.when)}" if self.when else ""
        return f"{detail}, told elsewhere{when}: {self.elsewhere}" if self.elsewhere else detail
