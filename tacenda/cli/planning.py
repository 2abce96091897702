"""`tacenda plan`: when to publish, who is told when, why then; or a report, rehearsed offline."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import click

from tacenda.case import Case
from tacenda.cli import session
from tacenda.cli.completing import case_ids
from tacenda.cli.opening import Received
from tacenda.cli.options import INSTANT, as_json
from tacenda.cli.planshown import say_plan, shown
from tacenda.errors import BadInput
from tacenda.fields import FIRST_YEAR, LAST_YEAR
from tacenda.grounds import at_hour
from tacenda.judging import Judgement, judged
from tacenda.planning import propose
from tacenda.policy import Calendar
from tacenda.presence import Availability

NOON = time(12)


class DayOrInstant(click.ParamType[datetime | date]):
    """An instant with its zone, as in 2026-12-10T16:00Z, or a day, as in 2026-12-10."""

    name = "instant|day"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime | date:
        """Return the day, or the instant in UTC."""
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return INSTANT.convert(value, param, ctx)
        if not FIRST_YEAR < day.year < LAST_YEAR:
            self.fail(f"{value!r} is too far away; write it as 2026-12-10", param, ctx)
        return day


DAY_OR_INSTANT = DayOrInstant()


@click.command()
@click.argument("what", metavar="CASE|REPORT", shell_complete=case_ids)
@click.option(
    "--at",
    metavar="T|DAY",
    type=DAY_OR_INSTANT,
    help="Say what speaks against publishing then; a day stands for its preferred hour.",
)
@click.option(
    "--fix-on", metavar="T|DAY", type=DAY_OR_INSTANT, help="Suppose that the fix lands then."
)
@click.option("--score", metavar="VECTOR", help="Of a report: its CVSS vector.")
@click.option("--received", metavar="T|now", type=Received(), help="Of a report: when it came in.")
@click.option(
    "--mitigation", metavar="TEXT", help="Of a report: what helps. Without --fix-on: no fix comes."
)
@click.option("--profile", metavar="NAME", help="Of a report: the rules.")
@click.option(
    "--holidays", metavar="US,DE", help="Of a report: the countries whose holidays count."
)
@as_json
def plan(
    what: str, at: datetime | date | None, fix_on: datetime | date | None, as_json: bool, **of: Any
) -> None:
    """Say when to publish, who is told when, why then, and what else could be.

    A CASE is one that is open. A REPORT (a .toml or .eml file; - for stdin) is rehearsed: no
    case is opened, no server is asked, and what is in tacenda.toml counts if there is one.
    """
    if is_report(what):
        from tacenda.cli.rehearsing import rehearsed

        case, now, people = rehearsed(what, has_fix=fix_on is not None, **of)
    else:
        case, now, people = _open_case(what, of)
    calendar = case.policy.calendar
    lands = _instant(fix_on, calendar, NOON) if fix_on else None
    judgement: Judgement | None = None
    if at:
        judgement = judged(case, _instant(at, calendar), now, people, lands)
    proposal = propose(case, now, people, lands)
    if as_json:
        from tacenda.render import say_json

        say_json(shown(case, proposal, judgement, now))
    else:
        say_plan(case, proposal, judgement, now, is_rehearsed=is_report(what))


def is_report(what: str) -> bool:
    """Whether an argument names a report rather than a case."""
    return what == "-" or Path(what).suffix.lower() in (".toml", ".eml") or Path(what).is_file()


def _open_case(name: str, of: dict[str, Any]) -> tuple[Case, datetime, Availability]:
    """Return an open case as its workflow knows it, the instant (UTC), and who is away when."""
    from tacenda.cli import dialogue

    if option := next((option for option, value in of.items() if value is not None), None):
        raise BadInput(
            f"--{option} is of a report that is rehearsed (a .toml or .eml file), and {name} is "
            "no such file. A case has it already."
        )
    view = dialogue.view(name)
    return view.case, max(session.now(), view.now), availability(view.case)


def availability(case: Case) -> Availability:
    """Return who is away when, from the settings in use; without them nobody is."""
    lead = case.lead or case.proposed_lead or ""
    settings = session.settings()
    return settings.team.availability(lead) if settings else Availability(lead=lead)


def _instant(at: datetime | date, calendar: Calendar, hour: time | None = None) -> datetime:
    """Return an instant (UTC); a day stands for that hour of it, else the preferred one."""
    if isinstance(at, datetime):
        return at
    return at_hour(at, hour or calendar.release_at, datetime.now(UTC))
