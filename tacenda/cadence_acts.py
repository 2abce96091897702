"""The act by which a person makes one of the choices that the severity leaves to them."""

from typing import ClassVar, Self

from pydantic import model_validator

from tacenda.act import Act
from tacenda.decisions import Choice
from tacenda.fields import Instant, Line, moment


class Decide(Act):
    """A person makes a choice, or takes it back (`withdraw`, the reason); `why` is required.

    `discussion` is where it was discussed. `until` (UTC) is how far the release slows down;
    `low_risk` and `easy_mitigation` are the word of whoever decides, where no score gives the
    ground.
    """

    name: ClassVar[str] = "decide"

    choice: Choice
    why: Line = ""
    discussion: Line = ""
    until: Instant | None = None
    low_risk: bool = False
    easy_mitigation: bool = False
    withdraw: Line = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not (self.why or self.withdraw):
            raise ValueError("needs a reason")
        said = self.discussion or self.until or self.low_risk or self.easy_mitigation
        if self.withdraw and (self.why or said):
            raise ValueError("a decision is either made or taken back")
        if self.choice is not Choice.SLOW_DOWN and (self.until or self.low_risk):
            raise ValueError("only what slows down has an end, or a low risk for its ground")
        if self.choice is not Choice.WARN_EARLY and self.easy_mitigation:
            raise ValueError("only an early warning has an easy mitigation for its ground")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        if self.withdraw:
            return f"{self.choice.label}, WITHDRAWN"
        parts = (
            self.choice.label,
            f"to {moment(self.until)}" if self.until else "",
            "low risk" if self.low_risk else "",
            "easy mitigation" if self.easy_mitigation else "",
            f"discussed: {self.discussion}" if self.discussion else "",
        )
        return ", ".join(filter(None, parts))
