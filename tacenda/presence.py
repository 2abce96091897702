"""Who of the team is there on a day, as far as a plan asks: the lead, and the others."""

from collections.abc import Mapping
from datetime import date

from pydantic import Field

from tacenda.fields import Value


class Availability(Value):
    """Who leads a case, and on which days each member of the team is away, first and last included.

    Without a lead nobody leads the case yet; of somebody who is no member no absence is known.
    """

    lead: str = ""
    members: Mapping[str, tuple[tuple[date, date], ...]] = Field(default_factory=dict)

    def is_away(self, name: str, day: date) -> bool:
        """Whether the member of that name is away on `day`."""
        return any(first <= day <= last for first, last in self.members.get(name, ()))

    def others(self) -> tuple[str, ...]:
        """Return the members beside the lead."""
        return tuple(name for name in self.members if name != self.lead)

    def present(self, day: date) -> tuple[str, ...]:
        """Return the members beside the lead who are there on `day`."""
        return tuple(name for name in self.others() if not self.is_away(name, day))

    def lead_is_away(self, day: date) -> bool:
        """Whether the one who leads the case is away on `day`."""
        return bool(self.lead) and self.is_away(self.lead, day)

    def is_deserted(self, day: date) -> bool:
        """Whether there are others than the lead, and none of them is there on `day`."""
        return bool(self.others()) and not self.present(day)
