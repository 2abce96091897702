"""What changes in the plan of a case, so that everybody who was told otherwise hears it."""

from tacenda.fields import Instant, Value, moment
from tacenda.models import Step


class MovedLimit(Value):
    """The limit of a step as it was, and as it is from then on (UTC).

    There is no new one where the step is done without, and no old one where it comes back.
    """

    step: Step
    old: Instant | None
    new: Instant | None

    @property
    def in_words(self) -> str:
        """The change in a few words, for the record."""
        if self.new is None:
            return f"{self.step.label}, not needed any more"
        if self.old is None:
            return f"{self.step.label}, needed again by {moment(self.new)}"
        return f"{self.step.label}, from {moment(self.old)} to {moment(self.new)}"


class Turn(Value):
    """One change of the plan: who made it, what it is, why, and which limits it moved."""

    number: int
    at: Instant
    by: str
    what: str
    why: str = ""
    limits: tuple[MovedLimit, ...] = ()
