"""What a person can decide about the cadence of a case, where its severity allows it."""

from enum import StrEnum

from tacenda.fields import Instant, Value
from tacenda.models import Band


class Choice(StrEnum):
    """A choice that the process leaves to people, by the severity of the flaw."""

    SLOW_DOWN = "slow-down"
    SEMI_PUBLIC = "semi-public"
    NEXT_RELEASE = "next-release"
    WARN_EARLY = "warn-early"
    SKIP_VENDORS = "skip-vendors"

    @property
    def label(self) -> str:
        """The choice as a person reads it."""
        return self.value.replace("-", " ")


class Decision(Value):
    """A choice that a person made: why, and on which ground where the score is none.

    `discussion` is where it was discussed; `until` (UTC) is how far the release may slow down;
    `low_risk` and `easy_mitigation` are the word of whoever decided. `override` is why it was
    decided without the ground. `band` is how severe the flaw was thought to be, None before it
    was scored. The release was planned for `date` by it, and for `instead_of` before.
    """

    at: Instant
    by: str
    why: str
    discussion: str = ""
    until: Instant | None = None
    low_risk: bool = False
    easy_mitigation: bool = False
    override: str = ""
    band: Band | None = None
    date: Instant | None = None
    instead_of: Instant | None = None
