"""The commands that read: JSON keys that stay, and words without escape codes."""

import json
import re
from datetime import datetime
from typing import Any

from tests.e2e.machine import Machine
from tests.e2e.programs import ESCAPE
from tests.e2e.running import wait_for
from tests.e2e.samples import HIGH, REPORT

COLOUR = re.compile(r"\x1b\[([0-9]*;)*(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;[0-9]*)*m")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
STEPS = ["acknowledge", "fix", "user_notice", "vendor_notice", "release"]


def test_json_has_the_promised_keys(office: Machine) -> None:
    """What reads has the keys of the contract, times in UTC, and changes nothing.

    Without --json the same is plain text on a pipe: results on stdout alone, no escape codes.
    """
    case = office.open(title="A flaw to read of")
    office.done("ack", case, "--team", "bob")
    office.done("score", case, HIGH)
    wait_for(lambda: len(office.about(case, "fix_team")) == 2, "the letters of the fix team")

    before, *read, plain_show, plain_next, after = office.at_once(
        ("show", case, "--json"),
        ("list", "--json"),
        ("next", case, "--json"),
        ("preview", case, "users", "--json"),
        ("preview", case, "release", "--json"),
        ("show", case),
        ("next", case),
        ("show", case, "--json"),
    )
    listed, entries, *drafts = [json.loads(said.out) for said in read]

    check_show(json.loads(before.out), case)
    [mine] = [one for one in listed if one["id"] == case]
    check_list(mine)
    check_next(entries)
    for draft in drafts:
        assert draft.keys() >= {"subject", "body"}
        assert draft["subject"].strip()
        assert len(draft["body"].splitlines()) > 3
    for plain in (plain_show, plain_next):
        assert (plain.code, plain.err) == (0, "")
        assert plain.out.strip()
        assert ESCAPE not in plain.out
    assert json.loads(after.out)["letters"] == json.loads(before.out)["letters"]


def check_show(shown: dict[str, Any], case: str) -> None:
    """Look at `show --json`."""
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
    assert shown["web_ui"].endswith(case)


def check_list(listed: dict[str, Any]) -> None:
    """Look at one case of `list --json`."""
    assert listed.keys() >= {"id", "state", "band", "next_limit", "overdue", "lead"}
    assert (listed["state"], listed["band"], listed["lead"]) == ("fix", "High", "alice")
    assert listed["overdue"] == []
    assert INSTANT.fullmatch(listed["next_limit"])


def check_next(entries: list[dict[str, Any]]) -> None:
    """Look at `next --json`: every limit and letter to come, in order, none of them public."""
    assert all(entry.keys() >= {"at", "what", "steps", "to"} for entry in entries)
    times = [datetime.fromisoformat(entry["at"]) for entry in entries]
    assert times == sorted(times)
    limits = [entry["steps"] for entry in entries if entry["what"] == "limit"]
    assert limits == [["fix", "user_notice"], ["vendor_notice"], ["release"]]
    kinds = {entry["what"] for entry in entries}
    assert kinds == {"limit", "reminder", "escalation", "digest"}


def test_what_is_overdue_stands_out_at_a_terminal(office: Machine) -> None:
    """It is in colour, unless NO_COLOR is set; the id of a case is whole at 80 columns."""
    report = f"received = 2026-01-01T00:00:00Z\n{REPORT}".format(
        title="Late", reporter="no@example.org"
    )
    late = office.done("open", office.write(report, "late.toml")).out.strip()
    wait_for(lambda: office.about(late, "escalation"), "the escalation")

    with_colour = office.at_a_terminal("list")
    without = office.at_a_terminal("list", NO_COLOR="1")

    assert (with_colour.code, without.code) == (0, 0)
    assert COLOUR.search(with_colour.out)
    assert not COLOUR.search(without.out)
    assert late in with_colour.out
    assert late in without.out


def test_doctor_finds_a_stack_that_is_well(machine: Machine) -> None:
    """On a stack that runs every part is looked at, nothing alarms, and the exit code is 0."""
    with machine.up():  # one of its own: other tests leave cases that nothing carries
        machine.open()
        findings = machine.json("doctor")

    assert all(finding.keys() >= {"part", "status", "says", "mend"} for finding in findings)
    assert {"settings", "worker", "cases", "mail"} <= {finding["part"] for finding in findings}
    assert [finding for finding in findings if finding["status"] == "alarm"] == []
