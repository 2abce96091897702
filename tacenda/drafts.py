"""Drafts of the letters that a person approves, from the facts of a case."""

from datetime import datetime
from pathlib import Path

from tacenda.case import Case
from tacenda.models import Kind, Step
from tacenda.notices import Draft, facts_of, render


def draft_of(case: Case, kind: Kind, now: datetime, templates: Path | None = None) -> Draft:
    """Return the letter of `kind` as it would be at `now` (UTC)."""
    return render(kind, facts_of(case, now), templates)


def planned_for(case: Case, now: datetime) -> datetime:
    """Return the release date (UTC) that a notice names when nobody gives another.

    It is the one already planned, else the last good instant inside the release limit that
    still leaves the vendors their notice period; where there is none, the next good one.
    """
    calendar, rules = case.policy.calendar, case.policy.release
    earliest = now + max(rules.vendor_notice, rules.final_warning)
    if case.planned and case.planned > now:
        return case.planned
    inside = calendar.last_slot(before=case.limit(Step.RELEASE), after=earliest)
    return inside or calendar.next_slot(earliest)
