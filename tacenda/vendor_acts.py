"""What a person writes down of a vendor: that it accepted the embargo, or what it answered."""

from typing import ClassVar, Self

from pydantic import model_validator

from tacenda.act import Act
from tacenda.fields import FilledLine, Instant, moment
from tacenda.models import Word


class VendorReply(Act):
    """A person writes down what a vendor answered.

    `until` is the release date (UTC) up to which it accepts the embargo; without one that is the
    date that it was asked for.
    """

    name: ClassVar[str] = "vendor"

    vendor: FilledLine
    word: Word
    until: Instant | None = None

    @model_validator(mode="after")
    def _until_when_accepted(self) -> Self:
        if self.until is not None and self.word is not Word.ACCEPTED:
            raise ValueError("only who accepts the embargo says until when")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        until = f" until {moment(self.until)}" if self.until else ""
        return f"{self.vendor} {self.word}{until}"
