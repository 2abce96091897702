"""Who of a case is away, until when, and which limits fall into that: said before it is late."""

import os
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from tacenda.beside import table_in
from tacenda.case import Case
from tacenda.cli import session
from tacenda.errors import TacendaError
from tacenda.fields import Value
from tacenda.models import Step
from tacenda.render import names
from tacenda.staffing import leading
from tacenda.zones import day_in

if TYPE_CHECKING:
    from tacenda.settings import Settings

MEMBERS = "TACENDA_TEAM__MEMBERS"
"""The variable that replaces the members of the settings file."""


class Away(Value):
    """An absence of somebody: its first and its last day, and what is due meanwhile."""

    name: str
    first: date
    last: date
    is_now: bool
    steps: tuple[Step, ...] = ()


def absences_of_the_lead(case: Case, now: datetime) -> tuple[Away, ...]:
    """Return the absences at `now` (UTC) and to come of whoever leads, or is proposed.

    Only those that matter: the lead is away already, or limits of open steps fall into it.
    Settings that cannot be read are for `doctor` to name.
    """
    try:
        settings = session.settings() if _are_there_any() else None
    except TacendaError:
        return ()
    found = _absences(settings, leading(case), now, case) if not case.closing else ()
    return tuple(away for away in found if away.is_now or away.steps)


def _are_there_any() -> bool:
    """Whether the settings speak of an absence at all: to check them whole takes a while."""
    path = session.settings_path()
    if path is None or MEMBERS in os.environ:
        return path is not None
    return "absent" in str(table_in(path).get("team"))


def words_on(case: Case, away: Away) -> str:
    """Say that the lead is away, what is due meanwhile, and what helps."""
    what = f"{away.name} is away from {away.first} to {away.last}"
    if away.steps:
        steps = names([step.label for step in away.steps])
        is_one = len(away.steps) == 1
        what += f"; the limit{'' if is_one else 's'} of {steps} fall{'s' * is_one} into it"
    elif away.is_now:
        what += "; what is for the lead goes to the team as well"
    if case.lead:
        return f"{what}. To hand the case over: tacenda handoff {case.id} --to NAME."
    return f"{what}. Somebody else can take it: tacenda ack {case.id}."


def who_is_away(settings: "Settings | None", people: Iterable[str], now: datetime) -> Iterator[str]:
    """Yield a sentence for everybody of these who is away at `now` (UTC): until when."""
    for name in dict.fromkeys(people):
        for away in _absences(settings, name, now):
            if away.is_now:
                yield f"{name} is away until {away.last}, that day included."


def _absences(
    settings: "Settings | None", name: str, now: datetime, case: Case | None = None
) -> Iterator[Away]:
    """Yield the absences of a member that are not over, on their own calendar."""
    members = settings.team.members if settings else ()
    for member in (m for m in members if m.name == name):
        today = day_in(member.zone, now)
        due = {s: day_in(member.zone, case.limit(s)) for s in case.open_steps()} if case else {}
        for absence in sorted(member.absent, key=lambda a: a.first):
            if absence.last >= today:
                within = (s for s, day in due.items() if absence.first <= day <= absence.last)
                yield Away(
                    name=name,
                    first=absence.first,
                    last=absence.last,
                    is_now=absence.first <= today,
                    steps=tuple(within),
                )
