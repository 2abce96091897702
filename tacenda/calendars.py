"""Whose calendar must change: what each was last told, against what holds now.

The lead and the fix team have the limits still to come in their calendars, and the release that
a person has planned. A calendar lies outside of what we encrypt: nothing of the report goes there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tacenda.agenda import Entry
from tacenda.appointments import Appointment, Appointments
from tacenda.calls import SOON
from tacenda.case import Case
from tacenda.letters import Sent
from tacenda.models import Audience, Kind, Step
from tacenda.policy import Policy
from tacenda.rules import RIGHT_DATE

QUIET_MINUTES = 10
"""What people do within so many minutes of the clock comes in one letter."""

IN_THE_WAY = timedelta(hours=1)
"""How long before its instant what no longer holds is taken out, if no letter has by then."""

_ON_IT = (Audience.LEAD, Audience.FIX_TEAM)
_LEFT = (Audience.FORMER_LEAD,)
_LATER = timedelta(minutes=QUIET_MINUTES)

_What = Step | None
_Held = Mapping[_What, Appointment]
_Change = tuple[_What, datetime, bool]
_ORDER: tuple[_What, ...] = (*Step, None)


def with_calendars(entries: list[Entry], case: Case, policy: Policy, now: datetime) -> list[Entry]:
    """Return the entries of a plan with what brings calendars up to date.

    A letter that tells people they are on the case takes it along; else it has letters of its own.
    """
    if case.rules < RIGHT_DATE or case.acknowledged is None:
        return entries
    due = _due(case, policy, now)
    if any(entry.kind is Kind.FIX_TEAM for entry in entries):
        return [replace(e, calendar=due) if e.kind is Kind.FIX_TEAM else e for e in entries]
    return [*entries, *_letters(case, due)]


def on_the_case(case: Case) -> tuple[str, ...]:
    """Return the names of those whose calendars hold the case: the lead, then the fix team."""
    return tuple(dict.fromkeys(name for name in (case.lead, *case.fix_team) if name))


def to_come(case: Case, now: datetime) -> dict[_What, datetime]:
    """Return the open limits of a case and the planned release that come after `now` (UTC)."""
    if case.closing or case.released:
        return {}
    instants: dict[_What, datetime] = {step: case.limit(step) for step in case.open_steps()}
    if case.planned:
        instants[None] = case.planned
    return {what: at for what, at in instants.items() if at > now}


def _letters(case: Case, due: Iterable[Appointments]) -> Iterator[Entry]:
    """Yield a letter to all who are told the same."""
    before = sum(letter.kind is Kind.CALENDAR for letter in case.all_letters)
    staying = on_the_case(case)
    for number, some in enumerate(due, start=before + 1):
        is_on_it = some.names[0] in staying
        yield Entry(
            at=_when(case, some.changes, is_on_it=is_on_it),
            key=f"{Kind.CALENDAR}.{number}",
            kind=Kind.CALENDAR,
            to=_ON_IT if is_on_it else _LEFT,
            calendar=(some,),
        )


def _when(case: Case, changes: Iterable[Appointment], *, is_on_it: bool) -> datetime:
    """Return when a letter leaves (UTC): once it is quiet, or the case is over.

    Where all of it is done, and only to be taken out, it waits for company until it would be in
    the way.
    """
    if case.closing:
        return case.closing.at
    told = (letter.since + SOON for letter in _telling(case))
    quiet = _quiet_after(max((case.opened, *told, *(deed.at for deed in case.deeds))))
    if is_on_it and all(one.gone and _is_done(case, one.step) for one in changes):
        return max(quiet, min(one.at for one in changes) - IN_THE_WAY)
    return quiet


def _is_done(case: Case, what: _What) -> bool:
    """Whether nobody waits for it any more, which is another thing than a limit that moves."""
    if case.released or what is None:
        return case.released is not None
    return what not in case.open_steps()


def _quiet_after(at: datetime) -> datetime:
    """Return the end of the minutes in which `at` lies: an act more in them moves no timer."""
    begun = at.replace(minute=at.minute - at.minute % QUIET_MINUTES, second=0, microsecond=0)
    return begun + _LATER


def _due(case: Case, policy: Policy, now: datetime) -> tuple[Appointments, ...]:
    """Return what is to change in whose calendars, of those first who have left the case.

    So a calendar that two of them share ends with what holds for the one who stays.
    """
    latest = _newest(one for letter in _telling(case) for one in _changes_of(letter))
    newest = {step: one.sequence for step, one in latest.items()}
    due = []
    for names, changes in _groups(case, policy, now):
        numbered = []
        for step, at, gone in changes:
            newest[step] = newest.get(step, -1) + 1
            numbered.append(Appointment(step=step, at=at, sequence=newest[step], gone=gone))
        due.append(Appointments(names=names, changes=tuple(numbered)))
    return tuple(due)


def _groups(
    case: Case, policy: Policy, now: datetime
) -> Iterator[tuple[tuple[str, ...], tuple[_Change, ...]]]:
    """Yield the names of those who are to be told the same changes, and these."""
    telling, staying = _telling(case), on_the_case(case)
    holds = to_come(case, now) if policy.reminders.calendar else {}
    known = dict.fromkeys(name for s in telling for some in s.calendar for name in some.names)
    gone = tuple(name for name in known if name not in staying)
    nothing: dict[_What, datetime] = {}
    for names, wanted in ((gone, nothing), (staying, holds)):
        groups: dict[tuple[_Change, ...], list[str]] = {}
        for name in names:
            held = _newest(one for letter in telling for one in _changes_of(letter, name))
            if changes := tuple(_changed(held, wanted, now)):
                groups.setdefault(changes, []).append(name)
        yield from ((tuple(told), changes) for changes, told in groups.items())


def _changed(held: _Held, wanted: Mapping[_What, datetime], now: datetime) -> Iterator[_Change]:
    """Yield what is to change in a calendar; what has passed stays in it as it was."""
    for what in _ORDER:
        before, at = held.get(what), wanted.get(what)
        is_held = before is not None and not before.gone
        if at and not (before and is_held and before.at == at):
            yield what, at, False
        elif before and is_held and at is None and before.at > now:
            yield what, before.at, True


def _telling(case: Case) -> Sequence[Sent]:
    """Return the letters that changed something in somebody's calendar."""
    return [letter for letter in case.all_letters if letter.calendar]


def _changes_of(letter: Sent, name: str | None = None) -> Iterator[Appointment]:
    """Yield what a letter changed, or only in the calendar of the member of that `name`."""
    for some in letter.calendar:
        if name is None or name in some.names:
            yield from some.changes


def _newest(appointments: Iterable[Appointment]) -> _Held:
    in_order = sorted(appointments, key=lambda appointment: appointment.sequence)
    return {appointment.step: appointment for appointment in in_order}
