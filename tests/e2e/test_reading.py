"""The commands that read: JSON keys that stay, and words without escape codes."""

import json
import re
from datetime import datetime
from typing import Any

import pytest

from tests.e2e.machine import ESCAPE, HIGH, REPORT, Machine, eventually

COLOUR = re.compile(r"\x1b\[([0-9]*;)*(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;[0-9]*)*m")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
STEPS = ["acknowledge", "fix", "user_notice", "vendor_notice", "release"]


@pytest.fixture(scope="module")
def case(office: Machine) -> str:
    """A case that was taken and scored."""
    opened = office.open(title="A flaw to read of")
    office.done("ack", opened, "--team", "bob")
    office.done("score", opened, HIGH)
    eventually(lambda: len(letters_of(office, opened)), 4, "the first four letters")
    return opened


def letters_of(office: Machine, case: str) -> list[dict[str, Any]]:
    """Return the letters of a case."""
    letters: list[dict[str, Any]] = office.json("show", case)["letters"]
    return letters


def test_show_has_the_promised_keys(office: Machine, case: str) -> None:
    """`show --json` has the keys of the contract, with times in UTC."""
    shown = office.json("show", case)

    assert shown.keys() >= {
        "id", "state", "title", "received", "lead", "team", "severity", "cves",
        "planned_release", "steps", "letters", "web_ui",
    }  # fmt: skip
    assert (shown["id"], shown["state"], shown["lead"]) == (case, "fix", "alice")
    assert (shown["title"], shown["team"]) == ("A flaw to read of", ["bob"])
    assert shown["severity"].keys() >= {"band", "score", "vector"}
    assert [step["name"] for step in shown["steps"]] == STEPS
    assert all(step.keys() >= {"name", "limit", "done", "status"} for step in shown["steps"])
    assert [step["status"] for step in shown["steps"]] == ["done"] + ["pending"] * 4
    for letter in shown["letters"]:
        assert letter.keys() >= {"kind", "at", "to", "delivered", "failed"}
    times = [shown["received"], shown["steps"][0]["done"], shown["letters"][0]["at"]]
    assert all(map(INSTANT.fullmatch, [*times, *(step["limit"] for step in shown["steps"])]))
    assert shown["web_ui"].startswith(office.at["ui"])


def test_list_has_the_promised_keys(office: Machine, case: str) -> None:
    """`list --json` tells of each case where it stands and who leads it."""
    [listed] = [one for one in office.json("list") if one["id"] == case]

    assert listed.keys() >= {"id", "state", "band", "next_limit", "overdue", "lead"}
    assert (listed["state"], listed["band"], listed["lead"]) == ("fix", "High", "alice")
    assert listed["overdue"] == []
    assert INSTANT.fullmatch(listed["next_limit"])


def test_next_says_what_happens_if_nobody_acts(office: Machine, case: str) -> None:
    """`next --json` has every limit and letter to come, in order, and publishes nothing."""
    entries = office.json("next", case)

    assert all(entry.keys() >= {"at", "what", "steps", "to"} for entry in entries)
    times = [datetime.fromisoformat(entry["at"]) for entry in entries]
    assert times == sorted(times)
    limits = [entry["steps"] for entry in entries if entry["what"] == "limit"]
    assert limits == [["fix", "user_notice"], ["vendor_notice"], ["release"]]
    kinds = {entry["what"] for entry in entries}
    assert kinds == {"limit", "reminder", "escalation", "digest"}


def test_previews_show_letters_and_send_none(office: Machine, case: str) -> None:
    """A preview has a subject and a body, and leaves the case as it was."""
    before = office.json("show", case)

    notices = ("users", "vendors", "reporter", "release", "acknowledgement", "digest")
    said = office.at_once(*(("preview", case, notice, "--json") for notice in notices))

    for one in said:
        draft = json.loads(one.out)
        assert draft.keys() >= {"subject", "body"}
        assert draft["subject"].strip()
        assert len(draft["body"].splitlines()) > 3
    assert office.json("show", case) == before


def test_a_pipe_gets_no_escape_codes(office: Machine, case: str) -> None:
    """What is not shown on a terminal is plain text, results on stdout alone."""
    said = office.at_once(("list",), ("show", case), ("next", case), ("doctor",))

    for one in said:
        assert (one.code, one.err) == (0, "")
        assert one.out.strip()
        assert ESCAPE not in one.out


@pytest.fixture(scope="module")
def late(office: Machine) -> str:
    """A case that is overdue in every step."""
    report = f"received = 2026-01-01T00:00:00Z\n{REPORT}".format(
        title="Late", reporter="no@example.org"
    )
    overdue = office.done("open", office.write(report, "late.toml")).out.strip()
    eventually(lambda: overdue in [c["id"] for c in office.json("list") if c["overdue"]], True, "")
    return overdue


def test_no_color_is_obeyed_at_a_terminal(office: Machine, late: str) -> None:
    """With NO_COLOR a terminal gets no colours, not even for what is overdue."""
    said = office.at_a_terminal("list", NO_COLOR="1")

    assert said.code == 0
    assert not COLOUR.search(said.out)


def test_what_is_overdue_stands_out_at_a_terminal(office: Machine, late: str) -> None:
    """Without NO_COLOR the terminal shows in colour what is overdue."""
    said = office.at_a_terminal("list")

    assert said.code == 0
    assert COLOUR.search(said.out)


def test_an_id_is_whole_at_80_columns(office: Machine, late: str) -> None:
    """Whoever copies the id of a case out of the list gets all of it."""
    said = office.at_a_terminal("list")

    assert late in said.out


def test_doctor_finds_a_stack_that_is_well(office: Machine) -> None:
    """On a stack that runs every part is looked at, nothing alarms, and the exit code is 0."""
    findings = office.json("doctor")

    assert all(finding.keys() >= {"part", "status", "says", "mend"} for finding in findings)
    assert {"settings", "worker", "cases", "mail"} <= {finding["part"] for finding in findings}
    assert [finding for finding in findings if finding["status"] == "alarm"] == []
