"""How a change of the plan is put on record, and whom it is told."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.agenda import Entry
from tacenda.calls import SOON
from tacenda.case import Case
from tacenda.letters import Sent
from tacenda.models import Audience, Kind, Step
from tacenda.rules import RIGHT_DATE
from tacenda.turns import MovedLimit, Turn

OF_THE_TEAM = (Audience.LEAD, Audience.TEAM, Audience.FIX_TEAM)
_TELLS_LIMITS = (Kind.ACKNOWLEDGEMENT, Kind.NEW_LIMITS)


def with_turn(before: Case, after: Case, now: datetime, *, by: str, what: str, why: str) -> Case:
    """Return `after` with a change of the plan on record: `what` was changed `by` whom, and why.

    The limits that moved between `before` and `after` are part of it.
    """
    if after.rules < RIGHT_DATE:
        return after
    turn = Turn(
        number=1 + len(after.turns),
        at=now,
        by=by,
        what=what,
        why=why,
        limits=moved_limits(before, after),
    )
    return after.model_copy(update={"turns": (*after.turns, turn)})


def moved_limits(before: Case, after: Case) -> tuple[MovedLimit, ...]:
    """Return the limits of open steps that are not the same in two states of a case.

    One that is not needed any more has no new limit, one that comes back no old one.
    """
    were_open, are_open = tuple(before.open_steps()), tuple(after.open_steps())
    limits = (
        MovedLimit(
            step=step,
            old=None if before.is_without(step) else before.limit(step),
            new=after.limit(step) if step in are_open else None,
        )
        for step in Step
        if step in are_open or (step in were_open and after.is_without(step))
    )
    return tuple(moved for moved in limits if moved.old != moved.new)


def plan_changes(case: Case) -> Iterator[Entry]:
    """Yield one letter for all the changes that the team has not been told, and the reporter's.

    The reporter hears of limits alone, and only who was told the old ones.
    """
    if case.closing:
        return
    yield from _one_letter(case, case.turns, Kind.PLAN_CHANGE, *OF_THE_TEAM)
    told = [s for s in case.letters if s.kind in _TELLS_LIMITS and case.arrived(s)]
    if case.reporter and told and not case.released:
        since = told[0].since
        moved = tuple(turn for turn in case.turns if turn.limits and turn.at > since)
        yield from _one_letter(case, moved, Kind.NEW_LIMITS, Audience.REPORTER)


def untold(case: Case, kind: Kind, upto: int) -> tuple[Turn, ...]:
    """Return the changes that a letter of `kind` tells which covers those up to that number."""
    first = _covered(case.letters, kind)
    is_of_limits = kind is Kind.NEW_LIMITS
    return tuple(
        t for t in case.turns if first < t.number <= upto and (t.limits or not is_of_limits)
    )


def _one_letter(case: Case, turns: tuple[Turn, ...], kind: Kind, *to: Audience) -> Iterator[Entry]:
    """Yield the next letter about these changes, at most one in some minutes."""
    letters = [letter for letter in case.all_letters if letter.kind is kind]
    told = _covered(letters, kind)
    if left := [turn for turn in turns if turn.number > told]:
        at = max([left[0].at, *(letter.since + SOON for letter in letters)])
        yield Entry(at=at, key=f"{kind}.{told + 1}", kind=kind, to=to, covers=left[-1].number)


def _covered(letters: "tuple[Sent, ...] | list[Sent]", kind: Kind) -> int:
    return max((letter.covers for letter in letters if letter.kind is kind), default=0)
