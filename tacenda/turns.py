"""What changes in the plan of a case, so that everybody who was told otherwise hears it."""

from tacenda.fields import Instant, Value
from tacenda.models import Step


class MovedLimit(Value):
    """The limit of a step as it was, and as it is from then on (UTC)."""

    step: Step
    old: Instant
    new: Instant


class Turn(Value):
    """One change of the plan: who made it, what it is, why, and which limits it moved."""

    number: int
    at: Instant
    by: str
    what: str
    why: str = ""
    limits: tuple[MovedLimit, ...] = ()
