"""Limits that pass for real: they remind, escalate and go on, and publish nothing."""

from tests.e2e.machine import Machine, eventually
from tests.e2e.running import wait_for
from tests.e2e.samples import ANY_DAY, TEAM

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
    eventually(lambda: overdue(office, case), STEPS, "the overdue steps")
    office.done("close", case, "--as", "withdrawn")

    letters = office.json("show", case)["letters"]
    kinds = [letter["kind"] for letter in letters if letter["kind"] != "closing"]
    assert set(kinds) <= HARMLESS
    assert kinds.count("receipt") == kinds.count("team_alert") == 1
    # Limits that have passed before anybody looked share one letter.
    told = [letter.to for letter in office.about(case, "escalation")]
    assert 1 <= told.count("oncall@example.org") <= 4


def overdue(office: Machine, case: str) -> list[str]:
    """Return the steps of a case that are overdue, as the list has them."""
    [listed] = [found for found in office.json("list") if found["id"] == case]
    return list(listed["overdue"])
