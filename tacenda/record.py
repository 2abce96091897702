"""How an act stands in the record: who, when, what exactly, why, and what it set aside."""

from datetime import datetime

from tacenda import guards
from tacenda.act import Act
from tacenda.acts import Extend
from tacenda.case import Case
from tacenda.models import Deed
from tacenda.rules import RIGHT_DATE
from tacenda.turning import moved_limits

PUBLIC = "the case is public"


def deed_of(case: Case, act: Act, now: datetime) -> Deed:
    """Return the entry for `act`, done to `case` at `now` (UTC)."""
    set_aside, why = _set_aside(case, act, now)
    return Deed(
        at=now,
        by=act.by,
        what=act.name,
        detail=act.detail,
        why=_reason_of(act),
        override=why,
        overrode=(*set_aside, *guards.shortfalls(case, act, now)),
        digest=act.digest(),
    )


def with_limits(deed: Deed, before: Case, after: Case) -> Deed:
    """Return the entry with each limit that the act moved: the old one and the new one."""
    if after.rules < RIGHT_DATE:
        return deed
    moved = "; ".join(limit.in_words for limit in moved_limits(before, after))
    if not moved:
        return deed
    said = "" if deed.what == Extend.name else deed.detail
    return deed.model_copy(update={"detail": "; ".join(filter(None, (said, moved)))})


def _set_aside(case: Case, act: Act, now: datetime) -> tuple[tuple[str, ...], str]:
    """Return the guards that `act` sets aside, and for which reason."""
    why = act.override or (PUBLIC if case.is_public else "")
    if case.closing or not why:
        return (), act.override
    names = tuple(o.name for o in guards.every_objection(case, act, now) if o.yields)
    return names, why if names or act.override else ""


def _reason_of(act: Act) -> str:
    """Return why something was done: what is stopped, taken back or reopened says so itself."""
    reasons = (getattr(act, name, "") for name in ("hold", "withdraw", "reopen", "not_required"))
    return next(filter(None, reasons), "") or act.why or act.override
