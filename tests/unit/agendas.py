"""What calendars hold once they have read the letters of a case, whatever order those come in."""

from collections.abc import Iterable
from datetime import datetime

from tacenda.appointments import Appointments
from tacenda.models import Step

Held = dict[Step | None, datetime]
"""Instants (UTC) by step; under None that of the planned release."""


class Agenda:
    """The calendar of one person: it obeys what is newest, and never forgets what it dropped."""

    def __init__(self) -> None:
        """Begin with an empty one."""
        self._newest: dict[Step | None, tuple[int, datetime | None]] = {}

    def reads(self, some: Appointments) -> None:
        """Take in what a letter says, unless it is older than what is known."""
        for one in some.changes:
            known = self._newest.get(one.step)
            if known is None or one.sequence > known[0]:
                self._newest[one.step] = (one.sequence, None if one.gone else one.at)

    def held(self, now: datetime) -> Held:
        """Return what it holds that comes after `now` (UTC)."""
        newest = {step: at for step, (_, at) in self._newest.items()}
        return {step: at for step, at in newest.items() if at and at > now}


def agenda_of(name: str, letters: Iterable[tuple[Appointments, ...]]) -> Agenda:
    """Return the calendar of the member of that name after these letters."""
    agenda = Agenda()
    for calendar in letters:
        for some in calendar:
            if name in some.names:
                agenda.reads(some)
    return agenda
