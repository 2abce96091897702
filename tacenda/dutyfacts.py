"""What a letter may know of the duties to the regulator, as plain data for a template."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tacenda.acts import ReportEvent
from tacenda.agenda import Entry
from tacenda.case import Case
from tacenda.duties import duties, duty_done, duty_limit, remedied
from tacenda.fields import Instant, Value
from tacenda.models import Break


class DutyFacts(Value):
    """One duty as a letter speaks of it; without a limit there is none yet, or none at all.

    `ref` is under which reference it was filed.
    """

    name: str
    word: str
    limit: Instant | None
    open: bool
    done_at: Instant | None
    ref: str = ""


def duty_facts(case: Case, entry: Entry | None) -> dict[str, Any]:
    """Return what a letter may know of the duties of `case`; `entry` says which one it is about."""
    duty = entry.duty if entry else None
    after_fix: timedelta = case.policy.regulator.final_report
    return {
        "duty": duty.label if duty else "",
        "duty_word": duty.word if duty else "",
        "duty_by": duty_limit(case, duty) if duty else None,
        "duties": tuple(_each(case)),
        "after_fix": after_fix,
        "remedied": remedied(case),
        "how_known": _how_known(case),
    }


def _how_known(case: Case) -> str:
    """Return what whoever said first that it is exploited gave as the reason."""
    said = (d.why for d in case.deeds if d.what == ReportEvent.name and d.detail == Break.EXPLOITED)
    return next(said, "")


def _each(case: Case) -> Iterator[DutyFacts]:
    for duty in duties(case):
        done = duty_done(case, duty)
        yield DutyFacts(
            name=duty.label,
            word=duty.word,
            limit=duty_limit(case, duty),
            open=done is None,
            done_at=done,
            ref=case.filings[duty].ref if duty in case.filings else "",
        )
