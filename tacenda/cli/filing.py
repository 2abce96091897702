"""`tacenda filed`, and how the duties to the regulator are shown."""

from datetime import datetime

import click

from tacenda.cli import dialogue
from tacenda.cli.acts import perform
from tacenda.cli.options import INSTANT, acting, case_argument
from tacenda.filing import FileReport
from tacenda.filings import Duty

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
