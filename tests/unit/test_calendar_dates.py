"""From a `[calendar]` to the dates that a case takes along."""

from datetime import date

import pytest
from pydantic import ValidationError

from tacenda.calendardates import calendar_of
from tacenda.checks import calendar as calendar_check
from tacenda.policy import Calendar
from tacenda.settings import Settings
from tacenda.tables import CalendarTable, Team
from tests.unit.test_policy import at


def a_table(**values: object) -> CalendarTable:
    """Return a calendar as it is written down."""
    return CalendarTable.model_validate(values)


def test_holidays_are_known_by_country() -> None:
    """Each country, or part of one, has its own days; all of them together are the holidays."""
    calendar = calendar_of(a_table(holidays=["US", "DE-BY"]), 2026)

    assert date(2026, 7, 3) in calendar.holidays_in["US"]  # observed, for the 4th is a Saturday
    assert date(2026, 1, 6) in calendar.holidays_in["DE-BY"]  # not in all of Germany
    assert calendar.countries_with(date(2026, 12, 25)) == ("US", "DE-BY")
    assert set(calendar.holidays) == {d for days in calendar.holidays_in.values() for d in days}
    assert calendar.known_until == date(2028, 12, 31)


def test_a_holiday_names_its_countries() -> None:
    """Rule 16: who is refused a day reads whose holiday it is."""
    calendar = calendar_of(a_table(holidays=["US", "DE"]), 2026)

    assert calendar.objection(at("2026-12-25 16:00")) == "2026-12-25 is a holiday in US and DE"
    assert calendar.objection(at("2026-11-26 16:00")) == "2026-11-26 is a holiday in US"
    assert Calendar(holidays=(date(2026, 3, 4),)).objection(at("2026-03-04 16:00")) == (
        "2026-03-04 is a holiday"
    )


def test_without_countries_no_end_is_known() -> None:
    """Where nobody asked for holidays, none are missing."""
    assert calendar_of(a_table(), 2026).known_until is None


@pytest.mark.parametrize(
    ("country", "year", "end"),
    [
        ("US", 2099, date(2100, 12, 31)),  # the data knows no year after it
        ("IN", 2034, date(2035, 12, 31)),  # days that move are tabled for fewer years
        ("US", 2150, date(2149, 12, 31)),  # nothing is known at all
        ("US", 1700, date(1699, 12, 31)),
    ],
)
def test_where_the_data_ends_is_known(country: str, year: int, end: date) -> None:
    """The last day of the last year that the data holds in full."""
    assert calendar_of(a_table(holidays=[country]), year).known_until == end


def test_the_country_that_ends_first_ends_the_data() -> None:
    """Of days after that, nobody knows for all the countries."""
    assert calendar_of(a_table(holidays=["US", "IN"]), 2034).known_until == date(2035, 12, 31)


@pytest.mark.parametrize(("year", "count"), [(2026, 0), (2034, 1)])
def test_doctor_says_where_the_data_ends(year: int, count: int) -> None:
    """Before a plan has to say that nobody knows, whoever runs it hears when that begins."""
    team = Team(address="security@example.org")
    settings = Settings(team=team, calendar=a_table(holidays=["IN"]))
    found = list(calendar_check(settings, year))

    assert len(found) == count
    assert all("ends on 2035-12-31" in finding.says for finding in found)


@pytest.mark.parametrize(
    ("rule", "first", "months"),
    [
        ("second tuesday", (date(2026, 1, 13), date(2026, 2, 10), date(2026, 3, 10)), 36),
        ("Last Thursday", (date(2026, 1, 29), date(2026, 2, 26), date(2026, 3, 26)), 36),
        ("last monday", (date(2026, 1, 26), date(2026, 2, 23), date(2026, 3, 30)), 36),
        ("fourth sunday", (date(2026, 1, 25), date(2026, 2, 22), date(2026, 3, 22)), 36),
    ],
)
def test_planned_releases_can_be_a_rule(rule: str, first: tuple[date, ...], months: int) -> None:
    """One day of each month, as it is said."""
    releases = calendar_of(a_table(releases=rule), 2026).releases

    assert releases[:3] == first
    assert len(releases) == months


def test_planned_releases_can_be_dates() -> None:
    """Listed, they are taken as they are, in order."""
    days = [date(2027, 2, 2), date(2026, 12, 8), date(2026, 12, 8)]

    assert calendar_of(a_table(releases=days), 2026).releases == (
        date(2026, 12, 8),
        date(2027, 2, 2),
    )


@pytest.mark.parametrize("rule", ["tuesday", "fifth tuesday", "second", "every tuesday", "", 7])
def test_a_rule_that_is_none_is_refused(rule: object) -> None:
    """It is a list of dates, or one day of each month."""
    with pytest.raises(ValidationError):
        a_table(releases=rule)
