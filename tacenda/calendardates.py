"""From the calendar as it is written down to its dates: holidays by country, planned releases.

What a case carries are dates. The holiday data is read here and nowhere else, and where it ends
for a country, that is said.
"""

import warnings
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from tacenda.errors import BadInput
from tacenda.policy import Calendar
from tacenda.tables import MONTHLY, WEEKDAY_NAMES, CalendarTable

YEARS = 3
"""How many years a case takes along, the first one included."""


def calendar_of(table: CalendarTable, year: int) -> Calendar:
    """Return the calendar of `table` with the dates of `year` and the two years after it.

    Raises `BadInput` where a country is not known to the holiday data.
    """
    years = range(year, year + YEARS)
    holidays: dict[str, tuple[date, ...]] = {}
    ends = []
    for country in dict.fromkeys(table.holidays):
        holidays[country], end = _holidays(country, years)
        ends.append(end)
    return Calendar(
        holidays=tuple(sorted({day for days in holidays.values() for day in days})),
        holidays_in=holidays,
        known_until=min(ends, default=None),
        releases=tuple(_releases(table.releases, years)),
        release_at=table.release_at,
        release_days=table.release_days,
    )


def _holidays(country: str, years: range) -> tuple[tuple[date, ...], date]:
    """Return the holidays of a country, or a part of one, and the last day that is known of."""
    of_year = _reader(country)
    days: set[date] = set()
    for year in years:
        found = of_year(year)
        if found is None:
            return tuple(sorted(days)), date(year - 1, 12, 31)
        days |= found
    return tuple(sorted(days)), date(years[-1], 12, 31)


def _reader(country: str) -> Callable[[int], set[date] | None]:
    """Return what reads one year of a country: None where the data does not hold all of it."""
    from holidays import country_holidays

    code, _, subdivision = country.partition("-")

    def of_year(year: int) -> set[date] | None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                found: Any = country_holidays(code, subdiv=subdivision or None, years=year)
            except NotImplementedError:
                raise BadInput(
                    f"[calendar] holidays: {country} is not a country (DE) or subdivision (US-CA) "
                    "that the holiday data knows."
                ) from None
        # Some countries have moving days that are tabled for fewer years; the data warns then.
        is_whole = found.start_year <= year <= found.end_year and not caught
        return set(found) if is_whole else None

    return of_year


def _releases(written: tuple[date, ...] | str, years: range) -> Iterator[date]:
    """Yield the days of the planned releases: as listed, or one in each month by a rule."""
    if not isinstance(written, str):
        yield from sorted(set(written))
        return
    which, _, weekday = written.casefold().partition(" ")
    for year in years:
        for month in range(1, 13):
            yield _nth(year, month, which, WEEKDAY_NAMES.index(weekday))


def _nth(year: int, month: int, which: str, weekday: int) -> date:
    """Return the first, second, third, fourth or last of a weekday in a month."""
    first = date(year, month, 1)
    weeks = min(MONTHLY.index(which), 3)
    day = first + timedelta(days=(weekday - first.weekday()) % 7, weeks=weeks)
    a_week_later = day + timedelta(weeks=1)
    return a_week_later if which == "last" and a_week_later.month == month else day
