"""Limits that pass for real: they remind, escalate and go on, and publish nothing."""

from tests.e2e.machine import ANY_DAY, TEAM, Machine
from tests.e2e.running import wait_for

HASTY = """
[policy.limits]
acknowledge = "PT1S"
fix = "PT2S"
user_notice = "PT2S"
vendor_notice = "PT3S"
release = "PT4S"
[policy.reminders]
before = ["PT0.5S"]
digest_every = "PT2S"
"""
STEPS = ["acknowledge", "fix", "user_notice", "vendor_notice", "release"]
HARMLESS = {"receipt", "team_alert", "reminder", "escalation", "digest"}


def test_limits_that_pass_escalate_and_publish_nothing(office: Machine) -> None:
    """Rule 3: every limit passes unmet, one letter escalates each, and no notice leaves."""
    hasty = office.write(TEAM + ANY_DAY + HASTY, "hasty.toml")
    case = office.done("--config", hasty, "open", office.report(), "--received", "now").out.strip()

    wait_for(lambda: office.about(case, "digest"), "the digest")
    [listed] = [found for found in office.json("list") if found["id"] == case]
    office.done("close", case, "--as", "withdrawn")

    letters = office.json("show", case)["letters"]
    kinds = [letter["kind"] for letter in letters if letter["kind"] != "closing"]
    assert listed["overdue"] == STEPS
    assert set(kinds) <= HARMLESS
    assert kinds.count("receipt") == kinds.count("team_alert") == 1
    # Limits that have passed before anybody looked share one letter; each has one.
    assert 1 <= kinds.count("escalation") <= 4
    told = [letter.to for letter in office.about(case, "escalation")]
    assert told.count("oncall@example.org") == kinds.count("escalation")
