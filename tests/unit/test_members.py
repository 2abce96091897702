"""What the settings say of a member: where they are, and when they work."""

from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest

from tacenda import zones
from tacenda.errors import BadInput
from tacenda.settings import Settings, load

TEAM = """
[team]
address = "security@example.org"
[[team.members]]
name = "alice"
email = "alice@example.org"
"""


def loaded(folder: Path, alice: str) -> Settings:
    """Return the settings in which alice has these lines more."""
    path = folder / "tacenda.toml"
    path.write_text(TEAM + alice, encoding="utf-8")
    return load(path)


def test_a_member_names_zone_and_hours(tmp_path: Path) -> None:
    """They are read as written, and have defaults once there is a zone."""
    (alice,) = loaded(tmp_path, 'zone = "Europe/Berlin"').team.members
    assert (alice.working, alice.days[0], alice.days[-1]) == ((time(9), time(17)), "mon", "fri")

    more = 'zone = "Asia/Tehran"\nworking = "07:30-15:45"\ndays = ["sat", "sun"]'
    (alice,) = loaded(tmp_path, more).team.members
    assert (alice.working, alice.days) == ((time(7, 30), time(15, 45)), ("sat", "sun"))


@pytest.mark.parametrize(
    ("alice", "sentence"),
    [
        ('zone = "Europe/Atlantis"', "is no time zone that is known; give its IANA name"),
        ('zone = "Europe"', "is no time zone that is known"),
        ('zone = "../../etc/passwd"', "is no time zone that is known"),
        ('zone = ""', "is no time zone that is known"),
        ('zone = "+02:00"', "is no time zone that is known"),
        ('working = "09:00-17:00"', "but no zone; name one"),
        ('days = ["mon"]', "but no zone; name one"),
        ('zone = "UTC"\nworking = "17:00-09:00"', "ends before it begins"),
        ('zone = "UTC"\nworking = "09:00-09:00"', "ends before it begins"),
        ('zone = "UTC"\nworking = "all day"', "team.members.0.working"),
        ('zone = "UTC"\nworking = "09:00"', "team.members.0.working"),
        ('zone = "UTC"\nworking = "09:00-17:00-18:00"', "team.members.0.working"),
        ('zone = "UTC"\ndays = ["monday"]', "team.members.0.days"),
        ('zone = "UTC"\ndays = []', "team.members.0.days"),
    ],
)
def test_what_is_no_zone_and_no_hours_is_refused(tmp_path: Path, alice: str, sentence: str) -> None:
    """One sentence names the key and what is wrong with it."""
    with pytest.raises(BadInput) as caught:
        loaded(tmp_path, alice)

    assert sentence in str(caught.value)
    assert "team.members.0" in str(caught.value)


def test_a_machine_without_zone_data_is_named_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks for a slip in a name that is right."""

    def missing(name: str) -> None:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(zones, "ZoneInfo", missing)
    monkeypatch.setattr(zones, "available_timezones", set)
    with pytest.raises(BadInput, match="no time zone data"):
        loaded(tmp_path, 'zone = "Europe/Berlin"')


def test_an_absence_is_of_the_members_own_days(tmp_path: Path) -> None:
    """The first and the last day count whole, on their calendar; without a zone in UTC."""
    days = "absent = [{ from = 2026-12-20, to = 2026-12-21 }]\n"
    (there,) = loaded(tmp_path, f'{days}zone = "Asia/Tokyo"').team.members
    (utc,) = loaded(tmp_path, days).team.members

    def away(member: object, *hours: tuple[int, int]) -> list[bool]:
        instants = (datetime(2026, 12, day, hour, tzinfo=UTC) for day, hour in hours)
        return [member.absence_at(at) is not None for at in instants]  # type: ignore[attr-defined]

    assert away(there, (19, 14), (19, 15), (21, 14), (21, 15)) == [False, True, True, False]
    assert away(utc, (19, 23), (20, 0), (21, 23), (22, 0)) == [False, True, True, False]
