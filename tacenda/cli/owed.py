"""The duties of a case under the law, as `tacenda show` has them: a table, or JSON."""

from datetime import datetime
from typing import Any

from tacenda.case import Case
from tacenda.duties import duties, duty_done, duty_limit, duty_status, users_told
from tacenda.filings import Duty
from tacenda.policy import Policy
from tacenda.prose import span
from tacenda.render import away, moment, table_of


def duties_shown(case: Case, now: datetime) -> list[dict[str, Any]]:
    """Return the duties of a case as `show --json` has them."""
    return [
        {
            "name": duty.value,
            "limit": duty_limit(case, duty),
            "filed": _filed(case, duty),
            "ref": None if _why_not(case, duty) else _reference(case, duty) or None,
            "not_required": _why_not(case, duty) or None,
            "status": duty_status(case, duty, now),
        }
        for duty in duties(case)
    ]


def _filed(case: Case, duty: Duty) -> datetime | None:
    filing = case.filings.get(duty)
    return None if filing and filing.not_required else duty_done(case, duty)


def duties_table(case: Case, now: datetime) -> str:
    """Return the duties of a case as a table to be printed, or nothing where it has none."""
    rows = [
        [
            duty.label,
            _limit(case, duty, now),
            duty_status(case, duty, now).replace("_", " "),
            moment(_filed(case, duty)),
            _reference(case, duty) or "-",
        ]
        for duty in duties(case)
    ]
    return table_of(["duty", "limit", "status", "done", "reference"], rows) if rows else ""


def _limit(case: Case, duty: Duty, now: datetime) -> str:
    if limit := duty_limit(case, duty):
        return f"{moment(limit)} ({away(limit, now)})"
    return _without_limit(case.policy, duty)


def _without_limit(policy: Policy, duty: Duty) -> str:
    if duty is Duty.USERS_INFORMED:
        return "in good time"
    return f"{span(policy.regulator.final_report)} after a fix or mitigation is available"


def _why_not(case: Case, duty: Duty) -> str:
    filing = case.filings.get(duty)
    return filing.not_required if filing else ""


def _reference(case: Case, duty: Duty) -> str:
    """Return where it can be seen that a duty is done, or why it is none."""
    if filing := case.filings.get(duty):
        return filing.not_required or filing.ref
    told = users_told(case) if duty is Duty.USERS_INFORMED else None
    return told.kind.label if told else ""
