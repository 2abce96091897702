"""`tacenda plan` of a report: real cases, rehearsed with no server and no settings."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Type
from tests.e2e.programs import ESCAPE

CASES = Path(__file__).parent.parent / "cases"
TEAM = """
[team]
address = "security@example.org"
[[team.members]]
name = "alice"
email = "alice@example.org"
absent = [{ from = 2018-11-20, to = 2018-11-21 }]
[calendar]
holidays = ["US"]
releases = "second tuesday"
"""

VECTORS = {
    "subpath": "CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",
    "upgrade": "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    "copy": "CVSS:3.0/AV:N/AC:H/PR:H/UI:R/S:U/C:H/I:H/A:H",
    "bomb": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
    "external": "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:L",
    "secrets": "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:L/I:N/A:N",
}


@pytest.fixture
def rehearse(typed: Type) -> Any:
    """Rehearse one of the reports with its published vector, and return the JSON."""

    def rehearse_(case: str, *words: str) -> dict[str, Any]:
        said = typed("plan", report(case), "--score", VECTORS[case], "--json", *words)
        assert said.code == 0, said.err
        shown: dict[str, Any] = json.loads(said.out)
        return shown

    return rehearse_


def report(case: str) -> str:
    """Return the file of one of the reports."""
    return str(CASES / f"{case}.toml")


def against(shown: dict[str, Any]) -> set[str]:
    """Return what speaks against the instant that was asked about."""
    return {finding["constraint"] for finding in shown["judged"]["against"]}


def sentences(shown: dict[str, Any]) -> str:
    """Return what is said about the instant that was asked about."""
    found = [finding["sentence"] for finding in shown["judged"]["against"]]
    return " ".join(found + shown["judged"]["in_favour"])


@pytest.mark.parametrize(
    ("case", "score", "band"),
    [
        ("subpath", 8.8, "High"),
        ("upgrade", 9.8, "Critical"),
        ("copy", 6.4, "Medium"),
        ("bomb", 7.5, "High"),
        ("external", 6.3, "Medium"),
        ("secrets", 2.7, "Low"),
    ],
)
def test_the_band_of_a_real_case_is_recomputed(
    rehearse: Any, case: str, score: float, band: str
) -> None:
    """Rule 19: the band is that of the score, which is that of the published vector."""
    severity = rehearse(case)["severity"]

    assert (severity["score"], severity["band"]) == (score, band)


def test_a_friday_is_said_to_be_one(rehearse: Any) -> None:
    """Rule 16: 2019-06-21 was a Friday, and long past the limit."""
    shown = rehearse("copy", "--at", "2019-06-21", "--holidays", "US,DE")

    assert against(shown) == {"release_days", "limit"}
    assert "2019-06-21 is a Friday" in sentences(shown)
    assert "by 44 days" in sentences(shown)
    assert any("--override" in command for command in shown["judged"]["commands"])


def test_an_overrun_is_counted_in_days(rehearse: Any) -> None:
    """2018-03-12 was 81 days past the 21, and 12 past the longest embargo."""
    shown = rehearse("subpath", "--fix-on", "2018-03-05", "--at", "2018-03-12")

    assert against(shown) == {"limit", "longest_embargo"}
    assert "by 81 days" in sentences(shown)
    assert shown["verdict"] == "impossible"
    assert shown["alternatives"][0]["at"] == "2018-03-06T16:00:00Z"


def test_a_fix_that_comes_with_the_release_leaves_vendors_no_notice(rehearse: Any) -> None:
    """The day itself is fine, and the vendors would have had four hours."""
    shown = rehearse("upgrade", "--fix-on", "2018-12-03", "--at", "2018-12-03")

    assert against(shown) == {"vendor_notice", "limit"}
    assert "4 hours of notice instead of 24 hours" in sentences(shown)


def test_a_monday_is_fine(rehearse: Any) -> None:
    """2018-12-03 was a good day; it overran by a week."""
    shown = rehearse("upgrade", "--fix-on", "2018-11-20", "--at", "2018-12-03")

    assert against(shown) == {"limit"}
    assert "2018-12-03 is a Monday, on which releases go out" in sentences(shown)
    assert "by 7 days" in sentences(shown)


def test_what_is_public_is_published_as_soon_as_possible(rehearse: Any) -> None:
    """No date is chosen, and a later one is said to be later."""
    shown = rehearse("bomb", "--at", "2019-10-16T00:03Z")

    assert (shown["verdict"], shown["at"]) == ("now", None)
    assert against(shown) == {"public"}
    assert "19 days later" in sentences(shown)


def test_a_case_without_a_fix_is_published_with_what_helps(rehearse: Any) -> None:
    """No patch is waited for; the date was a Monday, an hour off, and far past the limit."""
    words = ("--mitigation", "An admission policy.", "--at", "2020-12-07T17:00Z")
    shown = rehearse("external", *words)

    assert shown["at"] == "2020-01-13T16:00:00Z"
    assert against(shown) == {"limit", "longest_embargo", "release_at"}
    assert "17:00 UTC is not the preferred hour" in sentences(shown)
    assert "without a fix" in " ".join(why["sentence"] for why in shown["why"])


def test_a_low_one_may_slow_down(rehearse: Any) -> None:
    """Rule 17: under 4.0 the team may; the day that it was is a good one, inside the limit."""
    shown = rehearse("secrets", "--fix-on", "2024-04-12", "--at", "2024-04-16")

    assert against(shown) == set()
    assert "inside the limit" in sentences(shown)
    assert any("slow down" in sentence for sentence in shown["may"])


def test_a_holiday_of_the_countries_that_are_named(rehearse: Any) -> None:
    """Rule 16: Christmas in both, Thanksgiving in one; holidays are those of the report's year."""
    both = rehearse("subpath", "--at", "2017-12-25", "--holidays", "DE,US")
    one = rehearse("subpath", "--at", "2018-11-22", "--holidays", "DE,US")

    assert "is a holiday in DE and US" in sentences(both)
    assert "is a holiday in US" in sentences(one)


def test_holiday_data_that_ends_is_said_to(rehearse: Any) -> None:
    """A case takes three years along; of a day after them nobody knows."""
    shown = rehearse("secrets", "--at", "2027-06-15", "--holidays", "US")

    assert "known_until" in against(shown)
    assert "nobody knows" in sentences(shown)


def test_the_answer_is_the_first_line_and_all_of_it_one_screen(typed: Type) -> None:
    """What a lead reads at night: when, who, why, and what else, with its commands."""
    said = typed("plan", report("upgrade"), "--score", VECTORS["upgrade"])
    lines = said.out.splitlines()

    assert said.code == 0
    assert lines[0].startswith("Publish on Tuesday 2018-11-13 16:00 UTC")
    assert len(lines) <= 40
    assert any("tacenda notify CASE users --planned" in line for line in lines)
    assert ESCAPE not in said.out.replace("\x1b[1m", "").replace("\x1b[0m", "")


def test_the_instant_that_was_asked_about_comes_first(typed: Type) -> None:
    """With --at, the first line is about that."""
    said = typed("plan", report("copy"), "--at", "2019-06-21")

    assert said.out.startswith("Friday 2019-06-21 16:00 UTC: 2 things speak against it.")
    assert "no holidays are known (--holidays US,DE)" in said.out


def test_the_clock_on_this_machine_is_shown_beside(
    typed: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader in Auckland sees their own hour and day, in summer and winter."""
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        said = typed("plan", report("copy"), "--at", "2019-06-20")
    finally:
        monkeypatch.undo()
        time.tzset()

    assert said.out.startswith("Thursday 2019-06-20 16:00 UTC (Friday 04:00 NZST here)")


def test_settings_count_where_there_are_some(folder: Path, rehearse: Any) -> None:
    """Absences, holidays and planned releases come from a tacenda.toml, if there is one."""
    (folder / "tacenda.toml").write_text(TEAM)
    shown = rehearse("upgrade", "--fix-on", "2018-11-19")

    # Tuesday and Wednesday alice is away, Thursday is Thanksgiving; Monday is past the limit.
    assert shown["at"] == "2018-11-20T16:00:00Z"
    assert "team" in {why["constraint"] for why in shown["why"]}


def test_a_report_that_came_as_mail_is_rehearsed_too(typed: Type) -> None:
    """A mail is a report by its ending."""
    mail = CASES.parent / "mails" / "plain.eml"

    said = typed("plan", str(mail), "--received", "2026-01-05T09:00:00Z")

    assert said.code == 0
    assert "not scored" in said.out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--score", "av:N"), "CVSS vector"),
        (("--at", "2021-09-15T121:15Z"), "is not an instant"),
        (("--at", "2021-09-15T12:15"), "names no time zone"),
        (("--fix-on", "3000-01-01"), "too far away"),
        (("--received", "yesterday"), "is not an instant"),
        (("--holidays", "XX"), "XX is not a country"),
        (("--profile", "ours"), "ours"),
        (("--mitigation", " "), "--mitigation is empty"),
    ],
)
def test_what_cannot_be_used_is_refused(
    typed: Type, words: tuple[str, ...], complaint: str
) -> None:
    """Rule 20, and every other value: one sentence, code 2, nothing shown."""
    said = typed("plan", report("copy"), *words)

    assert (said.code, said.out) == (2, "")
    assert complaint in said.err.splitlines()[-1]
    assert "Traceback" not in said.err


@pytest.mark.parametrize("name", ["nosuch.toml", "nosuch.eml"])
def test_a_report_that_is_not_there_is_no_case(typed: Type, name: str) -> None:
    """What ends like a report is looked for as one."""
    said = typed("plan", name)

    assert said.code == 2
    assert f"{name} cannot be read" in said.complaint


def test_what_a_case_has_already_is_not_supposed(typed: Type) -> None:
    """A score is of a report; a case is scored with a command of its own."""
    said = typed("plan", "case-2026-7k3q9xm4tp", "--score", VECTORS["copy"])

    assert said.code == 2
    assert "--score is of a report" in said.complaint
