"""What keeps limits out of the past, and those of steps that are over as they were."""

from datetime import datetime

from tacenda.case import Case
from tacenda.models import Kept, Step
from tacenda.rules import RIGHT_DATE


def settled(before: Case, after: Case, now: datetime) -> Case:
    """Return `after` with no limit moved into the past at `now` (UTC).

    A limit that would be past by then is now; one that was past already stays as it was, and so
    does that of a step that is over (rule 21: what is planned anew backdates nothing). The limit
    that a person gave a step stands.
    """
    if after.rules < RIGHT_DATE:
        return after
    # The release goes first: the limit of the vendors may run back from it.
    for step in sorted(Step, key=lambda step: step is not Step.RELEASE):
        if step not in after.moved and (kept := _kept(step, before, after, now)):
            after = after.model_copy(update={"kept": {**after.kept, step: kept}})
    return after


def _kept(step: Step, before: Case, after: Case, now: datetime) -> Kept | None:
    old, new = before.limit(step), after.limit(step)
    was_open, is_open = step in before.open_steps(), step in after.open_steps()
    if is_open and not was_open:
        return Kept(at=now, upto=now) if new <= now else None
    if old == new or before.is_without(step):
        return None
    if not is_open:
        return Kept(at=old)
    return Kept(at=min(old, now), upto=now) if new <= now else None
