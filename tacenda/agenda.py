"""The entries of a plan: limits that pass and letters that leave."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from tacenda.appointments import Appointments
from tacenda.case import Case
from tacenda.letters import Recipient
from tacenda.models import Audience, Kind, Step

SILENCE = "vendors' silence"
"""What it is called when vendors have not answered in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """An instant by which one or several steps must be done."""

    at: datetime
    steps: tuple[Step, ...]

    @property
    def label(self) -> str:
        """The name that its timer carries."""
        return "limit: " + ", ".join(step.label for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that will happen: a letter, or a limit that passes.

    `key` is the identity of a letter; `every` is the pause after which it comes again.
    A letter with `not_after` that is later than that holds and asks a person instead.
    `whom` are those of its audience whom it is for, where it is not for all of them. `planned`
    is the release date that it names, where that is not the one planned, and `answer_by` when
    it wants an answer; `calendar` what it changes in whose calendars.
    """

    at: datetime
    key: str
    kind: Kind | None = None
    steps: tuple[Step, ...] = ()
    to: tuple[Audience, ...] = ()
    every: timedelta | None = None
    not_after: datetime | None = None
    covers: int = 0
    whom: tuple[Recipient, ...] = ()
    planned: datetime | None = None
    answer_by: datetime | None = None
    calendar: tuple[Appointments, ...] = ()

    @property
    def is_limit(self) -> bool:
        """Whether it is the limit of a step."""
        return self.kind is None and bool(self.steps)

    @property
    def label(self) -> str:
        """What the Web UI and the terminal call it."""
        steps = ", ".join(step.label for step in self.steps)
        if self.kind is None:
            return f"limit: {steps}" if steps else SILENCE
        return f"{self.kind.label}: {steps}" if steps else self.kind.label


def limits(case: Case) -> tuple[Limit, ...]:
    """Return the limits of the open steps, in order; steps with the same limit share it."""
    if case.closing:
        return ()
    steps = sorted(case.open_steps(), key=case.limit)
    return tuple(Limit(at=at, steps=tuple(group)) for at, group in groupby(steps, key=case.limit))
