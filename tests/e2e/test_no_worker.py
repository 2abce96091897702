"""Without a worker: the fix is taken, everything else says so and changes nothing."""

import json
import signal
import time
from collections.abc import Iterator

import pytest

from tests.e2e.machine import Machine, eventually
from tests.e2e.programs import Said, ended
from tests.e2e.samples import HIGH

ANSWER = ("ack CASE", f"score CASE {HIGH}", "close CASE --as invalid")


@pytest.fixture
def idle(machine: Machine) -> Iterator[Machine]:
    """A stack that never had a worker."""
    with machine.up("--no-worker"):
        yield machine


def test_only_the_fix_is_taken_without_a_worker(idle: Machine) -> None:
    """`fixed` is accepted and takes effect with the worker; the others change nothing.

    Somebody else looks at the same case meanwhile, and hears the same. The worker is then
    told to end: it finishes what it has in hand, and exits with 0.
    """
    reports = [idle.report() for _ in range(len(ANSWER))]
    case = idle.open(reporter="rita@example.org")
    opened = idle.at_once(*(("open", report, "--received", "now") for report in reports))
    others = [one.out.strip() for one in opened]
    began = time.monotonic()

    doctor, fixed, history, *refused = idle.at_once(
        ("doctor", "--json"),
        ("fixed", case, "--ref", "https://example.org/1"),
        ("history", others[0]),
        ("show", case),
        *(tuple(line.replace("CASE", c).split()) for line, c in zip(ANSWER, others, strict=True)),
    )

    # Each gives up after 8 seconds; what is above that is a machine with much else to do.
    assert time.monotonic() - began < 240
    assert fixed.code == 0
    assert case in fixed.out
    assert "worker" in fixed.out
    for said in refused:
        assert said.code == 1
        assert "No worker" in said.complaint
        assert "nothing was changed" in said.complaint
        assert "worker.py" in said.complaint
    assert "case opened" in history.out
    assert "No worker answers" in history.err
    assert "fix landed" in idle.done("history", case).out
    assert idle.letters() == []
    check_the_doctor(doctor)

    with idle.worker() as worker:
        eventually(lambda: idle.kinds("rita@example.org"), ["receipt"], "the receipt")
        steps = {step["name"]: step["status"] for step in idle.json("show", case)["steps"]}
        shown = [
            json.loads(one.out) for one in idle.at_once(*(("show", c, "--json") for c in others))
        ]
        worker.send_signal(signal.SIGTERM)
        stopped = ended(worker)

    assert [name for name, status in steps.items() if status == "done"] == ["fix"]
    for other in shown:
        assert {step["status"] for step in other["steps"]} == {"pending"}
        assert (other["state"], other["severity"]) == ("acknowledge", None)
    assert stopped.code == 0
    assert "Traceback" not in stopped.err


def check_the_doctor(said: Said) -> None:
    """Doctor exits with 1 and names the commands that start a worker; the rest is well."""
    alarms = [finding for finding in json.loads(said.out) if finding["status"] == "alarm"]
    assert said.code == 1
    assert [alarm["part"] for alarm in alarms] == ["worker"]
    assert "tacenda up" in alarms[0]["mend"]
    assert "worker.py" in alarms[0]["mend"]
