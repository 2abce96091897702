"""Limits and the planned release as somebody's calendar holds them."""

from tacenda.fields import Instant, Value
from tacenda.models import Step


class Appointment(Value):
    """The limit of a `step`, or without one the planned release, as it stands in a calendar.

    `at` is its instant (UTC), of one that is `gone` the last that it had. The greater `sequence`
    is the newer one.
    """

    step: Step | None
    at: Instant
    sequence: int
    gone: bool = False

    @property
    def label(self) -> str:
        """What a calendar shows of it."""
        return f"limit of the {self.step.label}" if self.step else "planned release"


class Appointments(Value):
    """What a letter changes in the calendars of the members of these names."""

    names: tuple[str, ...]
    changes: tuple[Appointment, ...]
