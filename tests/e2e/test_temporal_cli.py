"""The plain Temporal CLI on a case: it can help, and it cannot do harm."""

import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.machine import Machine, eventually
from tests.e2e.programs import SCRIPTS, ended
from tests.e2e.running import wait_for
from tests.e2e.samples import HIGH


@pytest.fixture
def taken(office: Machine) -> Callable[[str], str]:
    """Open a case from a reporter that was taken and answered."""

    def take(reporter: str) -> str:
        case = office.open(reporter=reporter)
        office.done("ack", case)
        eventually(lambda: office.kinds(reporter), ["receipt", "acknowledgement"], "the answer")
        return case

    return take


def state_of(office: Machine, case: str) -> str:
    """Return the state of a case."""
    return str(office.json("show", case)["state"])


def test_a_signal_through_the_codec_server_lands_the_fix(office: Machine) -> None:
    """`fix_landed` with a little JSON, as CI would send it, lands the fix of a case."""
    case = office.open()

    sent = office.temporal(
        "workflow", "signal", "--workflow-id", case, "--name", "fix_landed",
        "--input", '{"refs": ["https://x"], "by": "ci"}',
    )  # fmt: skip

    assert sent.code == 0
    steps = {step["name"]: step["status"] for step in office.json("show", case)["steps"]}
    assert steps["fix"] == "done"
    assert steps["acknowledge"] == "pending"


def test_a_plain_signal_changes_nothing(office: Machine, taken: Callable[[str], str]) -> None:
    """Without the codec server a signal is no act: the case goes on, and the lead hears of it."""
    case = taken("plain@example.org")

    sent = office.plainly(
        "workflow", "signal", "--workflow-id", case, "--name", "fix_landed",
        "--input", '{"refs": ["https://x"], "by": "ci"}',
    )  # fmt: skip
    wait_for(lambda: office.about(case, "alarm"), "the alarm")

    assert sent.code == 0
    steps = {step["name"]: step["status"] for step in office.json("show", case)["steps"]}
    assert steps["fix"] == "pending"
    alarm, *_ = office.about(case, "alarm")
    assert b"was not encrypted with a key of this case" in b" ".join(alarm.body.split())


def test_what_nobody_knows_does_no_harm(office: Machine, taken: Callable[[str], str]) -> None:
    """Unknown signals and updates, and a broken fix_landed, leave a case that goes on."""
    case = taken("harm@example.org")
    to = ("--workflow-id", case)

    office.temporal("workflow", "signal", *to, "--name", "publish", "--input", '"now"')
    office.temporal("workflow", "signal", *to, "--name", "fix_landed", "--input", "17")
    update = office.temporal(
        "workflow", "update", "execute", *to, "--name", "publish", "--input", "1"
    )
    wait_for(lambda: office.about(case, "alarm"), "the alarm")
    office.done("score", case, HIGH)

    assert update.code != 0
    shown = office.json("show", case)
    assert (shown["state"], shown["severity"]["band"]) == ("fix", "High")


def test_cancelling_does_not_end_a_case(office: Machine, taken: Callable[[str], str]) -> None:
    """A case that is cancelled goes on, and the team is told what to do instead."""
    case = taken("cancel@example.org")

    cancelled = office.temporal("workflow", "cancel", "--workflow-id", case)
    wait_for(lambda: office.about(case, "alarm"), "the alarm")
    office.done("fixed", case, "--ref", "https://example.org/1")

    assert cancelled.code == 0
    assert state_of(office, case) == "user_notice"
    assert case in [listed["id"] for listed in office.json("list") if not listed["alarm"]]
    alarm = office.about(case, "alarm")[0]
    assert f"tacenda close {case}".encode() in b" ".join(alarm.body.split())


def told(shown: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a case without instants: a reset does the last act once more."""
    steps = [(step["name"], step["status"]) for step in shown["steps"]]
    acts = [(act["what"], act["detail"], act["by"]) for act in shown["acts"]]
    return {**shown, "steps": steps, "acts": acts}


def test_a_terminated_case_raises_an_alarm_and_comes_back(machine: Machine) -> None:
    """A terminated case stands out; what doctor and open say brings it back with its facts."""
    with machine.up():
        report = machine.report(reporter="rita@example.org")
        case = machine.done("open", report, "--received", "now").out.strip()
        machine.done("ack", case, "--team", "bob")
        machine.done("score", case, HIGH)
        machine.done("fixed", case, "--ref", "https://example.org/1")
        wanted = ["receipt", "acknowledgement"]
        eventually(lambda: machine.kinds("rita@example.org"), wanted, "the answer")
        eventually(lambda: len(machine.json("show", case)["letters"]), 4, "the letters")
        before = machine.json("show", case)

        machine.temporal("workflow", "terminate", "--workflow-id", case, "--reason", "oops")
        eventually(lambda: machine.json("list")[0]["alarm"], "terminated", "the alarm")
        listed = machine.done("list").out
        doctor = machine.tacenda("doctor")
        [printed] = re.findall(r"temporal workflow reset .*", doctor.out)
        opened_again = machine.tacenda("open", report, "--received", "now")
        reset = ended(machine.popen(SCRIPTS / "temporal", *shlex.split(printed)[1:]))
        eventually(lambda: machine.json("list")[0]["alarm"], None, "the end of the alarm")
        after = machine.json("show", case)

        assert opened_again.code == 1
        assert printed in opened_again.complaint
        assert doctor.code == 1
        assert case in printed
        assert "ALARM" in listed
        assert reset.code == 0
        assert told(after) == told(before)
        machine.done("cve", case, "CVE-2026-12345")
        assert machine.kinds("rita@example.org") == wanted
        machine.done("close", case, "--as", "invalid")
        assert machine.json("list") == []
        assert machine.tacenda("doctor").code == 0


def test_two_approvals_in_the_same_second_are_one_notice(office: Machine) -> None:
    """Two people approve a notice at once: one is accepted, and each list gets one letter."""
    case = office.open()
    office.done("fixed", case, "--ref", "https://example.org/1")
    text = office.write(f"A release is coming ({case}).", "two.txt")
    words = ("notify", case, "users", "--text", text, "--as")

    said = office.at_once((*words, "alice"), (*words, "bob"))
    office.done("notify", case, "vendors")
    wait_for(lambda: office.about(case, "vendor_notice"), "the vendor notice")
    kinds = [letter["kind"] for letter in office.json("show", case)["letters"]]

    assert sorted(one.code for one in said) == [0, 1]
    [refused] = [one for one in said if one.code == 1]
    assert refused.out == ""
    assert "approved the user notice" in refused.err
    assert kinds.count("user_notice") == 1
    told = [x.to for x in office.letters(kind="user_notice") if case.encode() in x.body]
    assert told == ["announce@example.org"]
