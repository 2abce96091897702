"""What happens to a case and its people: hand-over, a broken embargo, what is confirmed."""

from datetime import datetime
from typing import Any

import click

from tacenda import acts
from tacenda.cli import dialogue, session
from tacenda.cli.absences import who_is_away
from tacenda.cli.acts import perform
from tacenda.cli.options import INSTANT, F, acting, case_argument
from tacenda.errors import BadInput
from tacenda.models import Break, Matter
from tacenda.render import warn

reasoned = click.option("--reason", metavar="R", required=True, help="Why, or how you know.")


@click.command()
@case_argument
@click.option("--to", metavar="NAME", required=True, help="Who leads it from then on.")
@click.option("--reason", metavar="R", default="", help="Why.")
@acting
def handoff(case: str, to: str, reason: str, override: str, yes: bool) -> None:
    """Hand the CASE to another lead, effective when they accept it with `tacenda ack`.

    Who names themselves takes it over at once. Naming the lead takes a hand-over back.
    """
    settings = session.settings()
    known = [member.name for member in settings.team.members] if settings else []
    if settings and to not in known and not override:
        raise BadInput(f"{to} is no member in tacenda.toml ({', '.join(known) or 'no members'}).")
    for sentence in who_is_away(settings, (to,), session.now()):
        warn(f"{sentence} Whoever is there: tacenda handoff {case} --to NAME.")
    perform(case, dialogue.build(acts.HandOff, to=to, why=reason, override=override))


def _deciding(command: F) -> F:
    """Add what the events take about which a person must decide."""
    aware = click.option("--aware", metavar="T", type=INSTANT, help="When we became aware.")
    hold_on = click.option("--hold-on", is_flag=True, help="The decision: keep to the plan.")
    return aware(hold_on(reasoned(acting(command))))


@click.command()
@case_argument
@_deciding
def leak(case: str, **said: Any) -> None:
    """Say that the embargo of the CASE broke: the lead is asked every hour to decide."""
    _report(case, Break.LEAK, **said)


@click.command()
@case_argument
@_deciding
def exploited(case: str, **said: Any) -> None:
    """Say that the flaw of the CASE is being exploited: the lead is asked to decide."""
    _report(case, Break.EXPLOITED, **said)


@click.command()
@case_argument
@reasoned
@acting
def public(case: str, **said: Any) -> None:
    """Say that the CASE is public: every limit is now, and the guards are lifted."""
    _report(case, Break.PUBLIC, **said)


def _report(
    case: str,
    event: Break,
    *,
    reason: str,
    override: str,
    yes: bool,
    aware: datetime | None = None,
    hold_on: bool = False,
) -> None:
    values = {"event": event, "why": reason, "aware": aware, "hold_on": hold_on}
    perform(case, dialogue.build(acts.ReportEvent, **values, override=override))


@click.command()
@case_argument
@click.argument("what", metavar="WHAT", type=click.Choice([matter.value for matter in Matter]))
@click.option("--ref", metavar="WHERE", default="", help="Where that can be seen.")
@click.option("--name", "credit", metavar="NAME", default="", help="The name to print, if any.")
@acting
def confirm(case: str, what: str, ref: str, credit: str, override: str, yes: bool) -> None:
    """Confirm something of the CASE: that the retrospective was held (WHAT is retrospective),
    that the reporter knows of the release (reporter), or how the advisory names them (credit).
    """
    values = {"what": what, "ref": ref, "credit": credit}
    perform(case, dialogue.build(acts.Confirm, **values, override=override))
