"""When a member works, as UTC instants: zones, absences and the clocks that change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio.testing import ActivityEnvironment

from activities.directory import Directory
from tacenda.errands import Addressees, Availability, HoursKnown, Whose
from tacenda.hours import MOST_WINDOWS
from tacenda.models import Audience
from tacenda.settings import Settings

BERLIN, NEW_YORK, AUCKLAND = "Europe/Berlin", "America/New_York", "Pacific/Auckland"


async def _is_free(name: str) -> int:
    return 0


def a_directory(*members: dict[str, Any]) -> Directory:
    """Return the directory of a team of these members, by name."""
    team = {
        "address": "team@example.org",
        "members": [{"email": f"{m['name']}@example.org", **m} for m in members],
    }
    return Directory(Settings.model_validate({"team": team}), _is_free)


async def hours(start: datetime, name: str = "alice", **alice: Any) -> HoursKnown:
    """Return what is known of alice's hours from an instant on."""
    directory = a_directory({"name": "alice", **alice}, {"name": "bob"})
    return await ActivityEnvironment().run(directory.hours, Whose(name=name, now=start))


async def on(day: date, zone: str, **alice: Any) -> list[str]:
    """Return when alice works on a day of her zone, in UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    known = await hours(start, zone=zone, **alice)
    here = [w for w in known.windows if w[0].astimezone(ZoneInfo(zone)).date() == day]
    return [f"{at:%m-%d %H:%M}" for window in here for at in window]


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        (BERLIN, date(2026, 3, 28), ["03-28 08:00", "03-28 16:00"]),
        (BERLIN, date(2026, 3, 29), ["03-29 07:00", "03-29 15:00"]),
        (BERLIN, date(2026, 10, 24), ["10-24 07:00", "10-24 15:00"]),
        (BERLIN, date(2026, 10, 25), ["10-25 08:00", "10-25 16:00"]),
        (NEW_YORK, date(2026, 3, 7), ["03-07 14:00", "03-07 22:00"]),
        (NEW_YORK, date(2026, 3, 8), ["03-08 13:00", "03-08 21:00"]),
        (NEW_YORK, date(2026, 10, 31), ["10-31 13:00", "10-31 21:00"]),
        (NEW_YORK, date(2026, 11, 1), ["11-01 14:00", "11-01 22:00"]),
    ],
)
async def test_the_day_of_a_clock_change_has_the_hours_of_its_clock(
    zone: str, day: date, expected: list[str]
) -> None:
    """Nine is nine on the member's clock, on the day before a change and on the day itself."""
    assert await on(day, zone, days=["sat", "sun"]) == expected


@pytest.mark.parametrize(
    ("working", "day", "expected"),
    [
        ("01:00-05:00", date(2026, 3, 29), ["03-29 00:00", "03-29 03:00"]),
        ("02:30-05:00", date(2026, 3, 29), ["03-29 01:30", "03-29 03:00"]),
        ("01:00-05:00", date(2026, 10, 25), ["10-24 23:00", "10-25 04:00"]),
        ("02:30-05:00", date(2026, 10, 25), ["10-25 00:30", "10-25 04:00"]),
    ],
)
async def test_whoever_works_through_a_clock_change_works_an_hour_less_or_more(
    working: str, day: date, expected: list[str]
) -> None:
    """The night in which an hour is skipped, or comes twice, has no window of its own kind."""
    assert await on(day, BERLIN, days=["sun"], working=working) == expected


async def test_an_hour_that_does_not_exist_is_no_window() -> None:
    """Whoever works only in the hour that the clock skips does not work that night."""
    known = await hours(
        datetime(2026, 3, 27, tzinfo=UTC), zone=BERLIN, days=["sun"], working="02:30-03:15"
    )

    assert [start.date() for start, _ in known.windows][:2] == [date(2026, 4, 5), date(2026, 4, 12)]


async def test_absences_and_free_days_have_no_hours() -> None:
    """An absence takes its first and its last day, by the member's own calendar."""
    away = [{"from": "2026-12-22", "to": "2026-12-23"}]
    known = await hours(datetime(2026, 12, 18, 12, tzinfo=UTC), zone=AUCKLAND, absent=away)

    local = [f"{start + timedelta(hours=13):%a %d %H}" for start, _ in known.windows]
    assert local[:4] == ["Mon 21 09", "Thu 24 09", "Fri 25 09", "Mon 28 09"]


async def test_a_day_that_has_begun_counts_until_it_is_over() -> None:
    """Whoever is at work now has a window; whoever has gone home, only the next one."""
    at_noon = await hours(datetime(2026, 6, 1, 10, tzinfo=UTC), zone=BERLIN)
    at_night = await hours(datetime(2026, 6, 1, 15, tzinfo=UTC), zone=BERLIN)

    assert at_noon.windows[0][0] == datetime(2026, 6, 1, 7, tzinfo=UTC)
    assert at_night.windows[0][0] == datetime(2026, 6, 2, 7, tzinfo=UTC)


async def test_it_is_known_as_far_as_it_is_said() -> None:
    """There are not many windows, and `until` says how far they reach."""
    start = datetime(2026, 6, 1, tzinfo=UTC)
    weekdays = await hours(start, zone=BERLIN)
    every_day = await hours(
        start, zone=BERLIN, days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    )

    assert len(weekdays.windows) == len(every_day.windows) == MOST_WINDOWS
    assert every_day.until == every_day.windows[-1][1] == datetime(2026, 7, 10, 15, tzinfo=UTC)
    assert weekdays.until == weekdays.windows[-1][1]
    few = await hours(start, zone=BERLIN, days=["mon"])
    assert (len(few.windows), few.until) == (8, start + timedelta(weeks=8))


@pytest.mark.parametrize("name", ["bob", "somebody who left"])
async def test_nobody_knows_the_hours_of_whoever_names_no_zone(name: str) -> None:
    """Then the wall clock counts."""
    assert (await hours(datetime(2026, 6, 1, tzinfo=UTC), name=name)).windows == ()


# Absences in what else the directory says.

AWAY = {"absent": [{"from": "2026-12-22", "to": "2026-12-23"}]}


@pytest.mark.parametrize(
    ("now", "proposed"),
    [
        ("2026-12-21T10:59Z", "alice"),
        ("2026-12-21T11:00Z", "bob"),
        ("2026-12-23T10:59Z", "bob"),
        ("2026-12-23T11:00Z", "alice"),
    ],
)
async def test_a_day_of_absence_is_the_members_own(now: str, proposed: str) -> None:
    """In Auckland the 22nd begins thirteen hours before it does in UTC, in summer."""
    directory = a_directory({"name": "alice", "zone": AUCKLAND, **AWAY}, {"name": "bob"})
    when = Availability(now=datetime.fromisoformat(now))

    assert (await ActivityEnvironment().run(directory.propose_lead, when)).name == proposed


async def test_whoever_is_left_out_is_not_proposed() -> None:
    """The second in line is neither the lead nor anybody who is away (rule 5)."""
    directory = a_directory({"name": "alice"}, {"name": "bob", **AWAY}, {"name": "carol"})

    async def second(day: int, *without: str) -> str:
        when = Availability(now=datetime(2026, 12, day, tzinfo=UTC), without=without)
        return (await ActivityEnvironment().run(directory.propose_lead, when)).name

    assert await second(22, "alice") == "carol"
    assert await second(24, "alice") == "bob"
    assert await second(22, "alice", "carol") == ""


@pytest.mark.parametrize(
    ("day", "second", "expected"),
    [
        (21, "bob", ["alice@example.org"]),
        (22, "", ["alice@example.org", "team@example.org"]),
        (22, "bob", ["alice@example.org", "bob@example.org", "team@example.org"]),
    ],
)
async def test_what_is_for_a_lead_who_is_away_lies_unread_nowhere(
    day: int, second: str, expected: list[str]
) -> None:
    """It goes to the team as well, and to whoever was asked to step in."""
    directory = a_directory({"name": "alice", **AWAY}, {"name": "bob"})
    whom = Addressees(
        audiences=(Audience.LEAD,),
        lead="alice",
        second=second,
        now=datetime(2026, 12, day, 12, tzinfo=UTC),
    )
    found = await ActivityEnvironment().run(directory.recipients, whom)

    assert [r.address for r in found.recipients] == expected


async def test_the_second_in_line_has_a_mailbox() -> None:
    """And somebody who has left the team has none."""
    directory = a_directory({"name": "alice"}, {"name": "bob"})
    found = [
        await ActivityEnvironment().run(
            directory.recipients, Addressees(audiences=(Audience.SECOND,), second=name)
        )
        for name in ("bob", "mallory", "")
    ]

    assert [[r.address for r in f.recipients] for f in found] == [["bob@example.org"], [], []]
