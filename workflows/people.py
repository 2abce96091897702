"""What a case asks about people: when its lead works, and who steps in when they are silent."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tacenda.happenings import HoursFound, SecondProposed
    from tacenda.rules import RIGHT_DATE
    from tacenda.staffing import ASK_AGAIN, leading, must_ask_hours
    from tacenda.stepping_in import must_ask, not_asked

from workflows import errands
from workflows.carrier import Desk
from workflows.timers import Timers

IN_A_WHILE = timedelta(hours=1)
"""When the directory is asked again that could not answer."""


class People:
    """Learns the working hours of the lead, and finds the second in line."""

    def __init__(
        self,
        desk: Desk,
        start: Callable[[Coroutine[Any, Any, None]], None],
        wake: Callable[[], None],
    ) -> None:
        """Take the case, a way to do errands beside the main loop, and one to wake that."""
        self._desk = desk
        self._start = start
        self._timers = Timers(wake)
        self._busy: set[str] = set()
        self._not_before: datetime | None = None

    def look(self) -> None:
        """Ask what must be asked now, and set timers for what must be asked later."""
        case, now = self._desk.case, workflow.now()
        if case.rules < RIGHT_DATE:
            return
        if must_ask_hours(case, now) and "hours" not in self._busy:
            self._busy.add("hours")
            self._start(self._learn_hours(leading(case)))
        is_time = self._not_before is None or self._not_before <= now
        if is_time and must_ask(case, now) and "second" not in self._busy:
            self._busy.add("second")
            self._start(self._find_a_second())
        self._set_timers(now)

    async def _learn_hours(self, name: str) -> None:
        try:
            known = await errands.hours(name, workflow.now())
        finally:
            self._busy.discard("hours")
        windows, until = (known.windows, known.until) if known else ((), workflow.now())
        self._desk.happen(HoursFound(name=name, windows=windows, until=until))

    async def _find_a_second(self) -> None:
        try:
            name = await errands.propose_lead(workflow.now(), not_asked(self._desk.case))
        finally:
            self._busy.discard("second")
        now = workflow.now()
        self._not_before = now + IN_A_WHILE if name is None else None
        if name is None:
            self._set_timers(now)
        elif must_ask(self._desk.case, now):  # or the lead has acted meanwhile
            self._desk.happen(SecondProposed(name=name))

    def _set_timers(self, now: datetime) -> None:
        hours, schedule = self._desk.case.hours, {}
        if hours and hours.windows and not self._desk.case.closing:
            schedule["when the lead works, once more"] = hours.asked + ASK_AGAIN
        if self._not_before:
            schedule["who could step in, once more"] = self._not_before
        self._timers.follow({name: at for name, at in schedule.items() if at > now})
