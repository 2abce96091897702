"""The steps of a case as `tacenda show` has them: a table, or JSON."""

from datetime import datetime, timedelta
from typing import Any

from tacenda.board import MINUTE, status_of
from tacenda.case import Case
from tacenda.models import Step
from tacenda.render import away, in_short, moment, table_of


def steps_table(case: Case, now: datetime) -> str:
    """Return the steps of the case as the lines of a table."""
    return table_of(["step", "limit", "status", "done"], [_row(case, step, now) for step in Step])


def _row(case: Case, step: Step, now: datetime) -> list[str]:
    status, limit = status_of(case, step, now), case.limit(step)
    if status == "without":
        return [step.label, "-", f"not in {case.policy.profile}", "-"]
    by = f"{moment(limit)} ({away(limit, now)})"
    return [step.label, by, status, _when(case, step)]


def _when(case: Case, step: Step) -> str:
    """Say when a step was done, and how late that was."""
    done = case.done_at(step)
    late = done - case.limit(step) if done else timedelta(0)
    return moment(done) + (f" ({in_short(late)} late)" if late >= MINUTE else "")


def steps_shown(case: Case, now: datetime) -> list[dict[str, Any]]:
    """Return the steps of the case as JSON has them; one that the policy has not has no limit."""
    return [
        {
            "name": step.value,
            "limit": case.limit(step) if status != "without" else None,
            "done": case.done_at(step),
            "status": status,
        }
        for step in Step
        if (status := status_of(case, step, now))
    ]
