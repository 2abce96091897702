"""What the commands say of people who are away."""

from datetime import datetime
from pathlib import Path

import pytest

from tacenda.case import Case
from tacenda.cli import acts, session
from tacenda.cli.absences import absences_of_the_lead, who_is_away, words_on
from tacenda.contract import Answer, View
from tacenda.lifecycle import apply
from tacenda.models import State, Step
from tacenda.settings import load
from tests.builders import RECEIVED, a_case, acknowledge, after, close, fixed
from tests.cli.conftest import Type

CASE = "case-2026-7k3q9xm4tp"
TEAM = """
[team]
address = "team@example.org"
[[team.members]]
name = "alice"
email = "alice@example.org"
zone = "Pacific/Auckland"
absent = [{ from = 2026-03-09, to = 2026-03-10 }, { from = 2026-05-01, to = 2026-05-02 }]
[[team.members]]
name = "bob"
email = "bob@example.org"
"""


@pytest.fixture
def settings(folder: Path) -> Path:
    """Write the settings into the working directory."""
    (folder / "tacenda.toml").write_text(TEAM)
    return folder / "tacenda.toml"


def words(case: Case, now: datetime) -> list[str]:
    """Return what is said of the absences of whoever leads a case."""
    return [words_on(case, absence) for absence in absences_of_the_lead(case, now)]


def test_limits_that_fall_into_an_absence_are_named_before(settings: Path) -> None:
    """The lead hears days before which limits nobody would be there for, and what to type."""
    case = apply(a_case(), acknowledge(), after(0))

    assert words(case, after(0)) == [
        "alice is away from 2026-03-09 to 2026-03-10; the limits of fix, user notice fall into "
        f"it. To hand the case over: tacenda handoff {CASE} --to NAME."
    ]
    one = apply(case, fixed(), after(0))
    assert "the limit of user notice falls into it" in words(one, after(0))[0]


def test_nothing_is_said_of_an_absence_that_does_not_matter(settings: Path) -> None:
    """Over, without a limit in it, of somebody else, or of a case that is closed."""
    case = apply(a_case(), acknowledge(), after(0))

    assert words(case, after(9)) == []
    assert words(apply(a_case(), acknowledge("bob"), after(0)), after(0)) == []
    assert words(apply(case, close(), after(0)), after(0)) == []


def test_a_lead_who_is_away_already_is_named_on_their_own_day(settings: Path) -> None:
    """In Auckland the 9th of March begins at eleven in the morning of the 8th (UTC)."""
    case = a_case(received=RECEIVED.replace(day=6), opened=after(6))
    case = apply(case, acknowledge(), after(6))

    assert words(case, after(6, hours=1)) == []
    assert words(case, after(6, hours=2)) == [
        "alice is away from 2026-03-09 to 2026-03-10; what is for the lead goes to the team as "
        f"well. To hand the case over: tacenda handoff {CASE} --to NAME."
    ]


def test_before_there_is_a_lead_the_command_is_another(settings: Path) -> None:
    """Whoever is proposed and away is followed by whoever takes the case."""
    assert words(a_case(), after(0))[0].endswith(f"Somebody else can take it: tacenda ack {CASE}.")


def test_settings_that_cannot_be_read_are_for_the_doctor(settings: Path) -> None:
    """To look at a case needs no settings, and none that are right."""
    settings.write_text("[team]\naddress = 3\n")
    assert words(a_case(), after(0)) == []
    settings.unlink()
    assert words(a_case(), after(0)) == []


def test_who_is_away_is_said_with_the_last_day(settings: Path) -> None:
    """Each name once; who is there, or unknown, is not named."""
    people = ("alice", "bob", "alice", "mallory")

    assert list(who_is_away(load(settings), people, after(7))) == [
        "alice is away until 2026-03-10, that day included."
    ]
    assert list(who_is_away(load(settings), people, after(5))) == []
    assert list(who_is_away(None, people, after(7))) == []


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let acts be accepted by a case that nobody has taken, on the day on which it came in."""

    async def accepted(case: str, act: object) -> tuple[View, Answer]:
        return View(case=a_case(), now=after(0)), Answer(state=State.FIX)

    monkeypatch.setattr(acts, "_perform", accepted)
    monkeypatch.setattr(session, "now", lambda: after(0))


def test_ack_says_which_limits_fall_into_the_leads_absence(
    settings: Path, served: None, typed: Type
) -> None:
    """Whoever takes a case on Monday and is away on the next one is told so at once."""
    said = typed("--as", "alice", "ack", CASE)
    assert said.code == 0
    assert "the limits of fix, user notice fall into it" in said.err
    assert f"tacenda handoff {CASE} --to NAME" in said.err

    assert "away" not in typed("--as", "bob", "ack", CASE).err


def test_a_hand_over_to_somebody_who_is_away_is_warned_of(
    settings: Path, served: None, typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It happens all the same: they may read their mail on holiday."""
    monkeypatch.setattr(session, "now", lambda: after(7))
    said = typed("--as", "bob", "handoff", CASE, "--to", "alice")
    assert said.code == 0
    assert "alice is away until 2026-03-10, that day included." in said.err

    named = typed("--as", "bob", "ack", CASE, "--lead", "alice", "--team", "bob")
    assert "alice is away until 2026-03-10" in named.err


def test_the_steps_of_an_absence_are_those_that_are_open(settings: Path) -> None:
    """What is done has no limit any more."""
    case = apply(apply(a_case(), acknowledge(), after(0)), fixed(), after(0))
    (absence,) = absences_of_the_lead(case, after(0))

    assert absence.steps == (Step.USER_NOTICE,)
