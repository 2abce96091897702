"""The figures: which promises were kept, how late the others were, how long each step took.

A promise is a step of a case that is not done without. It is kept where the step was done by its
limit, as people may have moved it; late where it was done after that; missed where the limit has
passed and it is not done; open until then. Where a case ended, nobody waits any more: what was not
due by then is no promise. Times run from the receipt of the report. A percentile is the nearest
rank: the smallest time that so many in a hundred took, or less.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from tacenda.fields import Instant, Value
from tacenda.models import Band, Step
from tacenda.outline import Outline

K = TypeVar("K", bound=str)

SOON = timedelta(days=7)
NOT_SCORED = "not scored"


class Fate(StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    LATE = "late"
    MISSED = "missed"
    OPEN = "open"


class Promise(Value):
    """One step of one case that somebody waits for; `late` is by how much it was, or is so far."""

    case: str
    step: Step
    band: Band | None
    received: Instant
    limit: Instant
    fate: Fate
    took: timedelta | None = None
    late: timedelta = timedelta(0)
    is_moved: bool = False

    @property
    def month(self) -> str:
        """The month (UTC) in which the report was received, as 2026-11."""
        return self.received.isoformat()[:7]


class Tally(Value):
    """How many promises had which fate, by how much late (median and most), how many were moved."""

    kept: int
    late: int
    missed: int
    open: int
    moved: int
    late_median: timedelta | None
    late_most: timedelta | None

    @property
    def share(self) -> float | None:
        """Which part of those that are decided was kept, from 0 to 1; None where none is."""
        decided = self.kept + self.late + self.missed
        return self.kept / decided if decided else None


class Times(Value):
    """How long a step took from the receipt, over so many cases that have done it."""

    count: int
    median: timedelta
    ninetieth: timedelta


class Figures(Value):
    """All figures at an instant, over the reports received `since` another (UTC), if one is named.

    `unread` are cases whose outline cannot be read: an earlier version opened them. `soon` are open
    promises due within `SOON`, `missed` what is overdue in open cases, the most urgent first.
    """

    now: Instant
    since: Instant | None
    cases: int
    open: int
    unread: int
    promises: Tally
    steps: Mapping[Step, Tally]
    bands: Mapping[str, Tally]
    months: Mapping[str, Tally]
    times: Mapping[Step, Times]
    soon: tuple[Promise, ...]
    missed: tuple[Promise, ...]


def figures(
    outlines: Iterable[Outline], now: datetime, *, since: datetime | None = None, unread: int = 0
) -> Figures:
    """Return the figures of some cases at `now` (UTC), each of them once."""
    cases = [each for each in outlines if since is None or each.received >= since]
    promises = [promise for case in cases for promise in promises_of(case, now)]
    waiting = {case.id for case in cases if case.closed is None}
    overdue = (p for p in promises if p.fate is Fate.MISSED and p.case in waiting)
    soon = (p for p in promises if p.fate is Fate.OPEN and p.limit <= now + SOON)
    return Figures(
        now=now,
        since=since,
        cases=len(cases),
        open=len(waiting),
        unread=unread,
        promises=tally(promises),
        steps=_by(promises, lambda p: p.step, tuple(Step)),
        bands=_by(promises, lambda p: p.band or NOT_SCORED, (*reversed(Band), NOT_SCORED)),
        months=_by(promises, lambda p: p.month, sorted({p.month for p in promises})),
        times=dict(_times(promises)),
        soon=_by_limit(soon),
        missed=_by_limit(overdue),
    )


def promises_of(case: Outline, now: datetime) -> Iterator[Promise]:
    """Yield the promises of a case, with what became of each by `now` (UTC)."""
    end = case.closed or now
    for step, stands in case.steps.items():
        if stands.is_without:
            continue
        is_late = stands.is_late(end)
        if stands.done:
            fate = Fate.LATE if is_late else Fate.KEPT
        else:
            fate = Fate.MISSED if is_late else Fate.OPEN
        yield Promise(
            case=case.id,
            step=step,
            band=case.band,
            received=case.received,
            limit=stands.limit,
            fate=fate,
            took=stands.done - case.received if stands.done else None,
            late=(stands.done or end) - stands.limit if is_late else timedelta(0),
            is_moved=stands.is_moved,
        )


def tally(promises: Sequence[Promise]) -> Tally:
    """Count promises by their fate."""
    counted = {fate: sum(p.fate is fate for p in promises) for fate in Fate}
    late = sorted(p.late for p in promises if p.late)
    return Tally(
        kept=counted[Fate.KEPT],
        late=counted[Fate.LATE],
        missed=counted[Fate.MISSED],
        open=counted[Fate.OPEN],
        moved=sum(p.is_moved for p in promises),
        late_median=percentile(late, 50) if late else None,
        late_most=late[-1] if late else None,
    )


def percentile(ordered: Sequence[timedelta], share: int) -> timedelta:
    """Return the nearest rank: the smallest of some times that `share` in a hundred do not pass."""
    return ordered[max(1, math.ceil(len(ordered) * share / 100)) - 1]


def _by(
    promises: Sequence[Promise], key: Callable[[Promise], str], keys: Sequence[K]
) -> dict[K, Tally]:
    """Count promises apart, in the order of `keys`; what nobody promised is left out."""
    apart: dict[str, list[Promise]] = {}
    for promise in promises:
        apart.setdefault(key(promise), []).append(promise)
    return {each: tally(apart[each]) for each in keys if each in apart}


def _times(promises: Sequence[Promise]) -> Iterator[tuple[Step, Times]]:
    for step in Step:
        took = sorted(p.took for p in promises if p.step is step and p.took is not None)
        if took:
            times = Times(
                count=len(took), median=percentile(took, 50), ninetieth=percentile(took, 90)
            )
            yield step, times


def _by_limit(promises: Iterable[Promise]) -> tuple[Promise, ...]:
    return tuple(sorted(promises, key=lambda p: (p.limit, p.case, tuple(Step).index(p.step))))
