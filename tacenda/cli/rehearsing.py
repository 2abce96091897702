"""A case as a report would make it, for a rehearsal: nothing is opened, no server is asked."""

from datetime import datetime

from pydantic import ValidationError

from tacenda.acts import FixLanded, Score
from tacenda.calendardates import calendar_of
from tacenda.case import Case
from tacenda.cli import session
from tacenda.cli.opening import read_report
from tacenda.errors import BadInput
from tacenda.fields import complaint_of
from tacenda.lifecycle import apply, open_case
from tacenda.models import Report, Step
from tacenda.policy import Policy
from tacenda.presence import Availability
from tacenda.profiles import PROFILES
from tacenda.settings import Settings
from tacenda.severity import severity_of
from tacenda.tables import CalendarTable

NAME = "CASE"
"""What stands for the id in the commands that a rehearsal shows."""


def rehearsed(
    file: str,
    *,
    has_fix: bool,
    score: str | None,
    received: datetime | None,
    mitigation: str | None,
    profile: str | None,
    holidays: str | None,
) -> tuple[Case, datetime, Availability]:
    """Return the case that the report in `file` would be, its instant (UTC), and who is away.

    An old report is looked at as on the day when it came in; one whose limit is still to come,
    as of now. `has_fix`: a fix is expected. Raises `BadInput` with one sentence.
    """
    settings = session.settings()
    own = (settings.team.address,) if settings else ()
    report = read_report(file, received, own).report
    case = _case(report, _policy(settings, report, profile, holidays))
    if score is not None:
        severity_of(score)
        case = apply(case, Score(by=NAME, vector=score), report.received)
    if mitigation is not None:
        case = apply(case, _mitigation(mitigation), report.received)
        if not has_fix:
            case = case.model_copy(update={"skipped": (Step.FIX,)})
    today = session.now()
    is_over = case.limit(Step.RELEASE) < today
    now = report.received if is_over else max(report.received, today)
    people = settings.team.availability() if settings else Availability()
    return case, now, people


def _case(report: Report, policy: Policy) -> Case:
    return open_case(NAME, report, policy, report.received)


def _policy(
    settings: Settings | None, report: Report, profile: str | None, holidays: str | None
) -> Policy:
    """Return the rules of a rehearsal, with the holidays from the year of the report on."""
    year = report.received.year
    policy = settings.policy_from(year) if settings else Policy()
    calendar = policy.calendar
    if holidays is not None:
        countries = tuple(filter(None, (country.strip() for country in holidays.split(","))))
        table = settings.calendar if settings else CalendarTable()
        calendar = calendar_of(table.model_copy(update={"holidays": countries}), year)
    known = {**PROFILES, **(settings.profiles if settings else {})}
    if profile and profile not in known:
        raise BadInput(f"There is no profile {profile}; there is {', '.join(known)}.")
    named = known[profile] if profile else policy
    return named.model_copy(update={"calendar": calendar})


def _mitigation(text: str) -> FixLanded:
    if not text.strip():
        raise BadInput("--mitigation is empty. Say what helps until there is a fix.")
    try:
        return FixLanded(by=NAME, mitigation=text)
    except ValidationError as error:
        raise BadInput(f"--{complaint_of(error)}.") from None
