"""The keys of cases on the real server: rotated under way, and shredded at the end."""

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.machine import Machine, eventually
from tests.e2e.running import wait_for
from tests.e2e.samples import HIGH

TITLE = "A canary in the importer"


@pytest.fixture
def closed(office: Machine) -> str:
    """A case that is over."""
    case = office.open(title=TITLE)
    office.done("close", case, "--as", "invalid", "--yes")
    eventually(lambda: case in [c["id"] for c in office.json("list")], False, "the end")
    return case


def test_a_shredded_case_is_read_by_nobody(office: Machine, closed: str) -> None:
    """Its closed history can be read until its keys are shredded, and never again.

    Programs that run remember a key for seconds.
    """

    def history() -> str:
        return office.temporal("workflow", "show", "--workflow-id", closed, "--detailed").out

    before = history()
    office.done("keys", "shred", closed, "--yes")
    shown = office.tacenda("show", closed)
    again = office.tacenda("close", closed, "--reopen", "we were wrong")
    wait_for(lambda: TITLE not in history(), "the codec server to forget the key")
    listed = {row["for"]: row for row in office.json("keys", "list")}

    assert TITLE in before
    for said in (shown, again):
        assert said.code == 1
        assert f"The keys of {closed} were shredded on 20" in said.complaint
    assert (listed[closed]["keys"], listed[closed]["shredded"] is not None) == (0, True)


def test_an_open_case_keeps_its_keys(office: Machine) -> None:
    """The keys of a case that is not closed are not shredded, whoever insists."""
    case = office.open()
    said = office.tacenda("keys", "shred", case, "--yes")

    assert said.code == 1
    assert f"tacenda close {case}" in said.complaint
    office.done("score", case, HIGH)


def test_a_case_that_this_server_does_not_know_keeps_its_keys(
    office: Machine, machine: Machine
) -> None:
    """On another server the case is not forgotten but elsewhere: its keys stay."""
    case = office.open()
    with machine.up("--no-worker"):
        asked = {"TEMPORAL_ADDRESS": machine.at["temporal"]}
        said = office.tacenda("keys", "shred", case, "--yes", **asked)

    assert said.code == 1
    assert "does not know" in said.complaint
    assert "--forgotten" in said.complaint
    assert office.json("show", case)["state"] == "acknowledge"


def test_what_came_through_the_codec_server_is_told(office: Machine) -> None:
    """Who shreds a case hears how much of it has another key, and what removes that."""
    case = office.open()
    signal = ("workflow", "signal", "--workflow-id", case, "--name", "fix_landed")
    office.temporal(*signal, "--input", '{"refs": ["https://x"], "by": "ci"}')
    office.done("close", case, "--as", "invalid", "--yes")
    eventually(lambda: case in [c["id"] for c in office.json("list")], False, "the end")

    said = office.done("keys", "shred", case, "--yes")
    assert "1 of its payloads came through the codec server" in " ".join(said.err.split())
    assert f"temporal workflow delete --query \"WorkflowId = '{case}'\"" in said.err


def test_a_report_of_a_shredded_case_opens_another(office: Machine) -> None:
    """The same report again is a new case, and who opens it hears of the one that is gone."""
    report = office.report()
    case = office.done("open", report, "--received", "now").out.strip()
    office.done("close", case, "--as", "invalid", "--yes")
    eventually(lambda: case in [c["id"] for c in office.json("list")], False, "the end")
    office.done("keys", "shred", case, "--yes")

    said = office.done("open", report, "--received", "now")
    assert said.out.strip() != case
    assert f"The keys of {case} were shredded on" in said.err
    assert office.json("show", said.out.strip())["state"] == "acknowledge"


def test_every_run_of_a_case_is_looked_at(office: Machine) -> None:
    """What came through the codec server before a case was reopened is told as well."""
    case = office.open()
    signal = ("workflow", "signal", "--workflow-id", case, "--name", "fix_landed")
    office.temporal(*signal, "--input", '{"refs": ["https://x"], "by": "ci"}')
    for words in (("--as", "invalid", "--yes"), ("--reopen", "it was one"), ("--as", "invalid")):
        office.done("close", case, *words)
        is_open = words[0] == "--reopen"
        eventually(lambda: case in [c["id"] for c in office.json("list")], is_open, "the turn")

    said = office.done("keys", "shred", case, "--yes")
    assert "1 of its payloads came through the codec server" in " ".join(said.err.split())


def test_a_home_whose_keys_are_gone_does_not_start(machine: Machine) -> None:
    """Where there are cases and no keys, `up` makes none: it says to put them back."""
    with machine.up("--no-worker"):
        case = machine.open()
    (machine.home / "keys").rename(machine.home / "away")
    said = machine.tacenda("up")
    (machine.home / "away").rename(machine.home / "keys")

    assert said.code == 1
    assert "put them back" in said.complaint
    with machine.up():
        assert machine.json("show", case)["state"] == "acknowledge"


def test_other_keys_never_touch_a_case(office: Machine, machine: Machine) -> None:
    """Who has made other keys opens a case that waits, and is told so; it is not lost."""
    machine.environ["TEMPORAL_ADDRESS"] = office.at["temporal"]
    machine.done("keys", "new")
    said = machine.done("open", machine.report(), "--received", "now")
    doctor = machine.tacenda("doctor")

    assert "No worker has these keys" in " ".join(said.err.split())
    assert "No worker has these keys" in doctor.out


def test_a_case_goes_on_under_a_new_key(machine: Machine) -> None:
    """A key that is rotated under way is taken by everybody, also after the worker was killed."""
    with machine.up() as running:
        case = machine.open(title=TITLE)
        machine.done("ack", case)
        machine.done("keys", "rotate", "--all")
        machine.done("score", case, HIGH)
        killed = running.pid("worker")
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: running.renewed("worker", killed), "another worker")
        machine.insist("fixed", case, "--ref", "https://example.org/1")

        shown = machine.json("show", case)
        assert (shown["severity"]["band"], shown["state"]) == ("High", "user_notice")
        keys = {row["for"]: row["keys"] for row in machine.json("keys", "list")}
        assert keys == {case: 2, "codec server": 2}
        assert len(list(Path(machine.home / "keys").glob("*.json"))) == 3
