"""Whose calendar must change: what each was last told, against what holds now.

The lead and the fix team have the limits still to come in their calendars, and the release that
a person has planned. A calendar lies outside of what we encrypt: nothing of the report goes there.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from tacenda.agenda import Entry
from tacenda.appointments import Appointment, Appointments
from tacenda.calls import SOON
from tacenda.case import Case
from tacenda.letters import Sent
from tacenda.models import DAY, Audience, Kind, Step
from tacenda.policy import Policy
from tacenda.rules import RIGHT_DATE

IN_THE_WAY = DAY
"""How long before its instant what no longer holds is taken out, if no letter has by then."""

_ON_IT = (Audience.LEAD, Audience.FIX_TEAM)
_LEFT = (Audience.FORMER_LEAD,)

_What = Step | None
_Held = Mapping[_What, Appointment]
_Change = tuple[_What, datetime, bool]
_ORDER: tuple[_What, ...] = (*Step, None)


def calendar_letters(case: Case, policy: Policy, now: datetime) -> Iterator[Entry]:
    """Yield the letters that bring calendars up to date, one to all who are told the same.

    What several acts change, one after the other, comes in one letter.
    """
    if case.rules < RIGHT_DATE or case.acknowledged is None:
        return
    letters = [letter for letter in case.all_letters if letter.kind is Kind.CALENDAR]
    latest = {a.step: a.sequence for a in _in_order(a for s in letters for a in _changes_of(s))}
    number = len(letters)
    for is_on_it, changes, names in _groups(case, policy, now, letters):
        number += 1
        numbered = []
        for step, at, gone in changes:
            latest[step] = latest.get(step, -1) + 1
            numbered.append(Appointment(step=step, at=at, sequence=latest[step], gone=gone))
        yield Entry(
            at=_when(case, letters, changes, is_on_it=is_on_it),
            key=f"{Kind.CALENDAR}.{number}",
            kind=Kind.CALENDAR,
            to=_ON_IT if is_on_it else _LEFT,
            calendar=Appointments(names=names, changes=tuple(numbered)),
        )


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


def held_by(name: str, letters: Iterable[Sent]) -> _Held:
    """Return what somebody was last told of each appointment, also of one that is gone."""
    told = (a for s in letters if s.calendar and name in s.calendar.names for a in _changes_of(s))
    return {a.step: a for a in _in_order(told)}


def _groups(
    case: Case, policy: Policy, now: datetime, letters: list[Sent]
) -> Iterator[tuple[bool, tuple[_Change, ...], tuple[str, ...]]]:
    """Yield who is to be told the same changes; those first who have left the case.

    So a calendar that two of them share ends with what holds for the one who stays.
    """
    staying = on_the_case(case)
    holds = to_come(case, now) if policy.reminders.calendar else {}
    known = dict.fromkeys(name for s in letters if s.calendar for name in s.calendar.names)
    gone = tuple(name for name in known if name not in staying)
    for names, wanted in ((gone, {}), (staying, holds)):
        groups: dict[tuple[_Change, ...], list[str]] = {}
        for name in names:
            if changes := tuple(_changed(held_by(name, letters), wanted, now)):
                groups.setdefault(changes, []).append(name)
        for changes, told in groups.items():
            yield names is staying, changes, tuple(told)


def _changed(held: _Held, wanted: Mapping[_What, datetime], now: datetime) -> Iterator[_Change]:
    """Yield what is to change in a calendar; what has passed stays in it as it was."""
    for what in _ORDER:
        before, at = held.get(what), wanted.get(what)
        is_held = before is not None and not before.gone
        if at and not (before and is_held and before.at == at):
            yield what, at, False
        elif before and is_held and at is None and before.at > now:
            yield what, before.at, True


def _when(
    case: Case, letters: list[Sent], changes: Iterable[_Change], *, is_on_it: bool
) -> datetime:
    """Return when a letter leaves (UTC): the first and the last at once, others when it is quiet.

    What is only to be taken out waits for company until it would be in the way.
    """
    if case.closing:
        return case.closing.at
    assert case.acknowledged is not None
    if not letters:
        return case.acknowledged
    acts = (deed.at for deed in case.deeds)
    quiet = max((*acts, *(letter.since for letter in letters))) + SOON
    if is_on_it and all(gone for _, _, gone in changes):
        return max(quiet, min(at for _, at, _ in changes) - IN_THE_WAY)
    return quiet


def _changes_of(letter: Sent) -> tuple[Appointment, ...]:
    return letter.calendar.changes if letter.calendar else ()


def _in_order(appointments: Iterable[Appointment]) -> list[Appointment]:
    return sorted(appointments, key=lambda appointment: appointment.sequence)
