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
    were_open, are_open = tuple(before.open_steps()), tuple(after.open_steps())
    kept = dict(after.kept)
    for step in Step:
        old, new = before.limit(step), after.limit(step)
        comes_back = step in are_open and step not in were_open
        if step in after.moved or (old == new and not comes_back):
            continue
        if step in are_open:
            if new <= now:
                kept[step] = Kept(at=now if comes_back else min(old, now), upto=now)
        elif not before.is_without(step):
            kept[step] = Kept(at=old)
    return after.model_copy(update={"kept": kept})
