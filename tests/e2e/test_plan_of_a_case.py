"""`tacenda plan` of a case on a running stack: it reads, and changes nothing."""

import json
from datetime import datetime

from tests.e2e.machine import Machine
from tests.e2e.programs import ESCAPE
from tests.e2e.samples import HIGH


def test_a_case_has_one_plan_for_everybody(office: Machine) -> None:
    """What `plan` proposes is what a notice names when nobody gives a date; then it stands."""
    case = office.open(title="A flaw to plan for")
    office.done("ack", case)
    office.done("score", case, HIGH)
    office.done("fixed", case, "--ref", "https://git.example.org/pull/7")

    proposed = office.json("plan", case)
    preview = office.json("preview", case, "users")
    office.done("notify", case, "users", "--yes")
    plain, asked, shown = office.at_once(
        ("plan", case),
        ("plan", case, "--at", "2199-12-25T03:00Z", "--json"),
        ("show", case, "--json"),
    )

    assert proposed["verdict"] == "date"
    at = datetime.fromisoformat(proposed["at"])
    assert f"{at:%Y-%m-%d %H:%M}" in preview["body"]
    assert json.loads(shown.out)["planned_release"] == proposed["at"]
    assert plain.out.startswith(f"It stands: publish on {at:%A %Y-%m-%d %H:%M} UTC")
    assert ESCAPE not in plain.out
    assert (plain.code, plain.err) == (0, "")
    judged = {f["constraint"] for f in json.loads(asked.out)["judged"]["against"]}
    assert judged >= {"limit", "longest_embargo", "release_at"}


def test_the_json_of_a_plan_keeps_its_keys(office: Machine) -> None:
    """Scripts read these."""
    case = office.open(title="A flaw to read the plan of")
    shown = office.json("plan", case, "--fix-on", "2199-01-01")

    assert shown.keys() == {
        "case", "now", "verdict", "at", "commands", "severity", "may", "told", "why", "against",
        "alternatives", "judged",
    }  # fmt: skip
    assert shown["verdict"] == "impossible"
    assert shown["why"][0].keys() == {"constraint", "sentence", "decides"}
    assert shown["alternatives"][0].keys() == {"at", "breaks", "commands"}
