"""Time zones, at the edge: which day it is for somebody, and when they work, as UTC instants.

The core and the workflow know no zones; they get instants.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from tacenda.hours import Window


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name.

    Raises `ValueError` when there is none of that name, or this machine has no zone data.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        if available_timezones():
            raise ValueError(
                "is no time zone that is known; give its IANA name, such as Europe/Berlin"
            ) from None
        raise ValueError(
            "cannot be looked up: this machine has no time zone data. Install tzdata"
        ) from None


def day_in(zone: str | None, now: datetime) -> date:
    """Return which day it is at `now` (UTC) in a zone; without one, in UTC."""
    return now.astimezone(zone_of(zone) if zone else UTC).date()


def windows(
    zone: str,
    working: tuple[time, time],
    is_free: Callable[[date], bool],
    start: datetime,
    end: datetime,
) -> Iterator[Window]:
    """Yield when somebody works, as UTC instants in order: what is over by `start` is left out.

    `working` is from when until when on the clock of `zone`, on each day of which `is_free` is
    false, and it begins before `end`. An hour that the clock skips counts as the one after
    it, one that comes twice as the first.
    """
    place = zone_of(zone)
    day, last = day_in(zone, start), day_in(zone, end)
    while day <= last:
        begins, ends = (
            datetime.combine(day, hour, tzinfo=place).astimezone(UTC) for hour in working
        )
        if not is_free(day) and start < ends and begins < min(ends, end):
            yield begins, ends
        day += timedelta(days=1)
