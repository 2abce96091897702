"""What is worth knowing before a choice is made, or loses its ground, or is not followed."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.acts import FixLanded, Score
from tacenda.cadence import NAMES, falling, joined
from tacenda.cadence_acts import Decide
from tacenda.case import Case
from tacenda.deciding import decision_of
from tacenda.decisions import Choice
from tacenda.errors import BadInput
from tacenda.fields import moment
from tacenda.models import Step
from tacenda.promises import told_otherwise
from tacenda.severity import severity_of


def on_decision(act: Decide, case: Case, now: datetime) -> Iterator[str]:
    """Yield what follows from a choice that its author may not expect."""
    if act.withdraw:
        return
    if act.choice is Choice.SLOW_DOWN and act.until is None:
        yield (
            "No limit has moved. To move one: tacenda extend "
            f"{case.id} STEP --until T --reason WHY."
        )
    if act.choice is Choice.WARN_EARLY:
        yield f"To write that notice: tacenda notify {case.id} users --planned T --edit."
    if act.choice is Choice.NEXT_RELEASE and (date := decision_of(case, act, now).date):
        yield f"The release is planned for {moment(date)}."
        if others := told_otherwise(case, date):
            people = "1 recipient was" if len(others) == 1 else f"{len(others)} recipients were"
            yield f"{people} told another date, and hear of this one at once."
        if date > (limit := case.limit(Step.RELEASE)):
            yield (
                f"That is after the limit of the release, {moment(limit)}, which escalates. To "
                f"move it: tacenda extend {case.id} release --until T --reason WHY."
            )


def on_score(act: Score, case: Case, now: datetime) -> Iterator[str]:
    """Yield which decisions fall with a score."""
    try:
        severity = severity_of(act.vector)
    except BadInput:
        return
    yield from _on_falling(case, case.model_copy(update={"severity": severity}))


def on_withdrawal(act: FixLanded, case: Case, now: datetime) -> Iterator[str]:
    """Yield which decisions fall with a mitigation that is taken back."""
    if act.withdraw and case.fix and not case.fix.is_landed:
        yield from _on_falling(case, case.model_copy(update={"fix": None}))


def _on_falling(case: Case, supposed: Case) -> Iterator[str]:
    for choice, lack in falling(case, supposed):
        yield f"The decision {NAMES[choice]} falls with that: {lack}."


def on_another_instant(case: Case, at: datetime | None) -> Iterator[str]:
    """Yield that a release at `at` (UTC) is not the planned one that it was decided to join."""
    date = joined(case)
    if at and date and at != date:
        yield (
            f"It was decided to join the planned release of {moment(date)}; this one is at "
            f"{moment(at)}. To take that back: tacenda decide {case.id} next-release "
            "--withdraw REASON."
        )
