"""Whatever people do, calendars end with exactly what is still to come."""

from collections import defaultdict
from datetime import datetime, timedelta

from hypothesis.stateful import invariant

from tacenda.models import Kind, Step
from tacenda.rules import RIGHT_DATE
from tacenda.timeline import plan
from tests.unit.agendas import Held, agenda_of
from tests.unit.anybody import Anybody
from tests.unit.anycase import SETTINGS

SOON = timedelta(minutes=20)


class Calendars(Anybody):
    """A case to which people do anything, and the calendars of those who are on it."""

    @property
    def people(self) -> set[str]:
        """Everybody who ever was told something for their calendar."""
        told = {n for _, e in self.begun for some in e.calendar for n in some.names}
        return told | {self.case.lead, *self.case.fix_team} - {""}

    def held(self, name: str, *, backwards: bool = False) -> Held:
        """Return what somebody has before them who reads all letters, or the last one first."""
        letters = [entry.calendar for _, entry in self.begun]
        return agenda_of(name, reversed(letters) if backwards else letters).held(self.now)

    def expected(self, name: str) -> Held:
        """Return what should be before somebody."""
        case = self.case
        is_over = case.closing or case.released or case.acknowledged is None
        if case.rules < RIGHT_DATE or is_over or name not in (case.lead, *case.fix_team):
            return {}
        instants: dict[Step | None, datetime | None] = {s: case.limit(s) for s in case.open_steps()}
        instants[None] = case.planned
        return {step: at for step, at in instants.items() if at and at > self.now}

    def has_carried_out(self) -> None:
        """Where no letter is to come that changes a calendar, it is right."""
        super().has_carried_out()
        coming = [e for e in plan(self.case, self.case.policy, self.now) if e.calendar]
        waiting = {name for e in coming for some in e.calendar for name in some.names}
        for name in self.people:
            if name not in waiting:
                assert self.held(name) == self.expected(name)
        for entry in coming:
            changes = [one for some in entry.calendar for one in some.changes]
            assert changes
            assert entry.at <= self.now + SOON or all(one.gone for one in changes)
            assert all(entry.at < one.at for one in changes if one.gone)

    @invariant()
    def no_letter_is_older_than_the_one_before(self) -> None:
        """Each change of an appointment has a greater number than all before it."""
        numbers = defaultdict(list)
        for _, entry in self.begun:
            for some in entry.calendar:
                for one in some.changes:
                    numbers[one.step].append(one.sequence)
        for sequence in numbers.values():
            assert sequence == list(range(len(sequence)))

    @invariant()
    def the_order_of_arrival_does_not_matter(self) -> None:
        """A letter that was put off and comes late changes nothing back."""
        for name in self.people:
            assert self.held(name) == self.held(name, backwards=True)

    @invariant()
    def a_letter_changes_something_still_to_come(self) -> None:
        """Nobody is invited to what has passed, and no letter is empty."""
        for at, entry in self.begun:
            assert entry.calendar or entry.kind is not Kind.CALENDAR
            assert all(one.at > at for some in entry.calendar for one in some.changes)

    @invariant()
    def letters_for_calendars_keep_apart(self) -> None:
        """Nobody gets two letters for the calendar alone within minutes, but when it is over."""
        last: dict[str, datetime] = {}
        for at, entry in self.begun:
            for name in entry.calendar[0].names if entry.kind is Kind.CALENDAR else ():
                is_the_end = any(deed.what == "close" and deed.at <= at for deed in self.case.deeds)
                assert is_the_end or at - last.get(name, self.case.opened - SOON) >= timedelta(
                    minutes=5
                )
                last[name] = at

    def teardown(self) -> None:
        """Let everything leave that is to change a calendar: then each holds what is to come."""
        for _ in range(60):
            self.carries_out_what_is_due()
            self.sees_letters_arrive()
            coming = [e.at for e in plan(self.case, self.case.policy, self.now) if e.calendar]
            if not coming:
                break
            self.now = max(self.now, min(coming))
        else:
            raise AssertionError("calendars never come to rest")
        for name in self.people:
            assert self.held(name) == self.expected(name)


TestCalendars = Calendars.TestCase
TestCalendars.settings = SETTINGS
