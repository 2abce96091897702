"""The entries of a plan: limits that pass and letters that leave."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from tacenda.appointments import Appointments
from tacenda.case import Case
from tacenda.duties import duty_limits
from tacenda.filings import Duty
from tacenda.letters import Recipient
from tacenda.models import Audience, Kind, Step

SILENCE = "vendors' silence"
"""What it is called when vendors have not answered in time."""

STEPPING_IN = "somebody is asked to step in"
"""What it is called when the lead has been silent past a limit; also its key in a plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """An instant by which one or several steps must be done, or a duty to the regulator."""

    at: datetime
    steps: tuple[Step, ...] = ()
    duty: Duty | None = None

    @property
    def label(self) -> str:
        """The name that its timer carries."""
        return f"limit: {_what(self.steps, self.duty)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that will happen: a letter, or a limit that passes.

    `key` is the identity of a letter; `every` is the pause after which it comes again.
    A letter with `not_after` that is later than that holds and asks a person instead.
    `whom` are those of its audience whom it is for, where it is not for all of them. `planned`
    is the release date that it names, where that is not the one planned, and `answer_by` when
    it wants an answer. `duty` is what is owed to the regulator, where it is about that, and
    `calendar` what it changes in whose calendars.
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
    duty: Duty | None = None
    calendar: tuple[Appointments, ...] = ()

    @property
    def is_limit(self) -> bool:
        """Whether it is the limit of a step or of a duty."""
        return self.kind is None and bool(self.steps or self.duty)

    @property
    def label(self) -> str:
        """What the Web UI and the terminal call it."""
        what = _what(self.steps, self.duty)
        if self.kind is None:
            silence = STEPPING_IN if self.key == STEPPING_IN else SILENCE
            return f"limit: {what}" if what else silence
        return f"{self.kind.label}: {what}" if what else self.kind.label


def _what(steps: tuple[Step, ...], duty: Duty | None) -> str:
    return duty.label if duty else ", ".join(step.label for step in steps)


def limits(case: Case) -> tuple[Limit, ...]:
    """Return the limits of the open steps, in order, then those of the open duties.

    Steps with the same limit share it; a duty to the regulator has one of its own.
    """
    if case.closing:
        return ()
    steps = sorted(case.open_steps(), key=case.limit)
    of_steps = (Limit(at=at, steps=tuple(g)) for at, g in groupby(steps, key=case.limit))
    return (*of_steps, *(Limit(at=at, duty=duty) for duty, at in duty_limits(case)))
