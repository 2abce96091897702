"""`tacenda filed`, and how the duties to the regulator are shown."""

from datetime import datetime
from typing import Any

import click

from tacenda.case import Case
from tacenda.cli import dialogue
from tacenda.cli.acts import perform
from tacenda.cli.options import INSTANT, acting, case_argument
from tacenda.duties import duties, duty_done, duty_limit, duty_status, users_told
from tacenda.filing import FileReport
from tacenda.filings import Duty
from tacenda.policy import Policy
from tacenda.prose import span
from tacenda.render import away, moment, table_of

_DUTIES = {duty.word: duty for duty in Duty}


@click.command()
@case_argument
@click.argument("report", metavar="REPORT", type=click.Choice([*_DUTIES]))
@click.option("--ref", metavar="REF", default="", help="The number it got there, or where it is.")
@click.option("--when", metavar="T", type=INSTANT, help="When that was, if it was before.")
@click.option("--not-required", metavar="REASON", default="", help="Why there is nothing to file.")
@acting
def filed(
    case: str,
    report: str,
    ref: str,
    when: datetime | None,
    not_required: str,
    override: str,
    yes: bool,
) -> None:
    """Write down that a REPORT on the CASE was filed with the regulator.

    It is early-warning, notification or final-report; or users: they were informed some other
    way than by a notice or the release. Nothing is filed by this command itself.
    """
    values = {"duty": _DUTIES[report], "ref": ref, "when": when, "not_required": not_required}
    perform(case, dialogue.build(FileReport, **values, override=override))


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
