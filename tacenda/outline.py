"""A case in outline: which of its promises are kept, as little as figures need.

It fits into one word, which stands in the clear where the server lists the case: instants of
steps and limits, which the server knows anyhow from when it was told what. So figures over ten
thousand cases ask none of them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tacenda.case import Case
from tacenda.fields import Instant, Value
from tacenda.models import Band, CloseReason, Step

_VERSION = "1"


class StepOutline(Value):
    """How one step stands: its limit as it is now, and when it was done.

    One that the case does without has no promise to keep. `is_moved` says that a person moved
    the limit.
    """

    limit: Instant
    done: Instant | None = None
    is_without: bool = False
    is_moved: bool = False

    def is_late(self, now: datetime) -> bool:
        """Whether the limit passed at `now` (UTC) before the step was done."""
        return not self.is_without and self.limit < (self.done or now)


class Outline(Value):
    """What figures know of a case; `closed` is when it ended, and why."""

    id: str
    received: Instant
    steps: Mapping[Step, StepOutline]
    band: Band | None = None
    closed: Instant | None = None
    reason: CloseReason | None = None


def outline_of(case: Case) -> Outline:
    """Return a case in outline."""
    return Outline(
        id=case.id,
        received=case.report.received,
        steps={
            step: StepOutline(
                limit=case.limit(step),
                done=case.done_at(step),
                is_without=case.done_at(step) is None and _is_without(case, step),
                is_moved=step in case.moved,
            )
            for step in Step
        },
        band=case.severity.band if case.severity else None,
        closed=case.closing.at if case.closing else None,
        reason=case.closing.reason if case.closing else None,
    )


def word_of(outline: Outline) -> str:
    """Return an outline as one word of some hundred letters, to the second.

    Its parts: the version of the word, the second of the receipt, the five steps in order as
    `limit/done` in seconds after the receipt (`-` not done, `w` without; `m` after a moved
    limit), and how it ended.
    """
    start = outline.received
    # Whole seconds from a whole second, or what is read is not what was written.
    start = start.replace(microsecond=0)
    steps = ",".join(_step_word(outline.steps[step], start) for step in Step)
    end = f"{_seconds(outline.closed, start)}{outline.reason or ''}" if outline.closed else "-"
    return f"{_VERSION};{int(start.timestamp())};{steps};{end}"


def outline_from(word: str, case_id: str, band: Band | None = None) -> Outline | None:
    """Return the outline that a word tells; None where this version cannot read it."""
    try:
        version, second, steps, end = word.split(";")
        if version != _VERSION:
            return None
        start = datetime.fromtimestamp(int(second), UTC)
        read = {step: _step(part, start) for step, part in zip(Step, steps.split(","), strict=True)}
        closed, reason = _end(end, start)
        return Outline(
            id=case_id, received=start, steps=read, band=band, closed=closed, reason=reason
        )
    except (ValueError, OverflowError, OSError):
        return None


def _is_without(case: Case, step: Step) -> bool:
    """Whether nobody waits for a step any more: left out, or the case ended before its limit."""
    ends = [at for at in (case.released, case.closing.at if case.closing else None) if at]
    return case.is_without(step) or (bool(ends) and min(ends) <= case.limit(step))


def _step_word(step: StepOutline, start: datetime) -> str:
    done = "w" if step.is_without else _seconds(step.done, start) if step.done else "-"
    return f"{_seconds(step.limit, start)}{'m' if step.is_moved else ''}/{done}"


def _step(part: str, start: datetime) -> StepOutline:
    limit, done = part.split("/")
    return StepOutline(
        limit=_instant(limit.removesuffix("m"), start),
        done=None if done in ("w", "-") else _instant(done, start),
        is_without=done == "w",
        is_moved=limit.endswith("m"),
    )


def _end(end: str, start: datetime) -> tuple[datetime | None, CloseReason | None]:
    if end == "-":
        return None, None
    seconds = end.rstrip("abcdefghijklmnopqrstuvwxyz-_")
    reason = end.removeprefix(seconds)
    return _instant(seconds, start), CloseReason(reason) if reason else None


def _seconds(at: datetime, start: datetime) -> int:
    return int((at - start).total_seconds())


def _instant(seconds: str, start: datetime) -> datetime:
    return start + timedelta(seconds=int(seconds))
