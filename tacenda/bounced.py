"""The act that records letters which came back, and the one that takes an address up again."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from tacenda.act import Act
from tacenda.bounces import MOST_AT_ONCE, Returned
from tacenda.fields import Line

MOST_SHOWN = 5


class Bounced(Act):
    """A person records that letters came back, as delivery status notifications say.

    `withdraw` is the reason for which an `address` that a hard bounce stands against gets letters
    again.
    """

    name: ClassVar[str] = "bounced"

    returned: Annotated[tuple[Returned, ...], Field(max_length=MOST_AT_ONCE)] = ()
    address: Line = ""
    withdraw: Line = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.address) != bool(self.withdraw):
            raise ValueError("an address works again for a reason")
        if bool(self.returned) == bool(self.withdraw):
            raise ValueError("needs either letters that came back, or an address that works again")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        if self.withdraw:
            return f"{self.address} works again"
        shown = [f"{r.kind} {r.address} ({r.letter}, {r.status})" for r in self.returned]
        more = len(shown) - MOST_SHOWN
        return ", ".join(shown[:MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
