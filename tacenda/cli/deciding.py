"""`tacenda decide`: the choices that the severity leaves to people."""

from datetime import datetime, timedelta

import click

from tacenda.cadence_acts import Decide
from tacenda.cli import dialogue
from tacenda.cli.acts import perform
from tacenda.cli.options import INSTANT, SPAN, acting, case_argument
from tacenda.decisions import Choice
from tacenda.errors import BadInput
from tacenda.models import Step


@click.command()
@case_argument
@click.argument("choice", metavar="CHOICE", type=click.Choice([each.value for each in Choice]))
@click.option("--reason", metavar="R", default="", help="Why.")
@click.option("--until", metavar="T", type=INSTANT, help="slow-down: the new limit of the release.")
@click.option("--by", "by_span", metavar="D", type=SPAN, help="slow-down: how much later, as 14d.")
@click.option("--discussion", metavar="URL", default="", help="Where it was discussed.")
@click.option("--low-risk", is_flag=True, help="slow-down: my word that the risk is low.")
@click.option("--easy-mitigation", is_flag=True, help="warn-early: my word that it is easy.")
@click.option("--withdraw", metavar="REASON", default="", help="Take the decision back.")
@acting
def decide(
    case: str,
    choice: str,
    reason: str,
    until: datetime | None,
    by_span: timedelta | None,
    discussion: str,
    low_risk: bool,
    easy_mitigation: bool,
    withdraw: str,
    override: str,
    yes: bool,
) -> None:
    """Make a CHOICE about the CASE that its severity leaves to people, or take it back.

    slow-down: under 4.0, or with --low-risk; needs --discussion. All limits move with the release.
    semi-public: under 7.0, by the lead. The change may be made in public.
    next-release: under 7.0. It joins the next of the planned releases.
    warn-early: if it takes a user, or with --easy-mitigation. Users hear of it before the fix.
    skip-vendors: under 4.0. The vendors hear of it with everybody.

    A score that takes the ground away undoes the decision.
    """
    if bool(reason) == bool(withdraw):
        raise BadInput("Say why with --reason R; or take the decision back with --withdraw REASON.")
    if until is not None and by_span is not None:
        raise BadInput("Say one of --until T and --by D.")
    if by_span is not None:
        until = dialogue.view(case).case.limit(Step.RELEASE) + by_span
    act = dialogue.build(
        Decide,
        choice=choice,
        why=reason,
        discussion=discussion,
        until=until,
        low_risk=low_risk,
        easy_mitigation=easy_mitigation,
        withdraw=withdraw,
        override=override,
    )
    perform(case, act)
