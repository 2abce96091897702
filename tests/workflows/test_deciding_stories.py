"""Stories of what severity leaves to people, each with the whole of its post."""

from datetime import timedelta

from tacenda.decisions import Choice
from tacenda.models import Kind, Step
from tacenda.notices import render
from tests.builders import (
    HIGH,
    LOW,
    MEDIUM,
    acknowledge,
    assign_cve,
    decide,
    release,
    score,
    skip,
    user_notice,
)
from tests.workflows.desk import Desk
from tests.workflows.plot import MAILBOXES, Plot, begin, whole_post


def letter(plot: Plot, kind: Kind, to: str, number: int = 0) -> str:
    """Return a letter as somebody read it, on one line."""
    found = plot.desk.mailroom.letter(kind, MAILBOXES[to], number)
    return " ".join(render(found.kind, found.facts).body.split())


async def test_it_slows_down_until_a_score_forbids_that(staffed: Desk) -> None:
    """Rules 17 and 21: everybody hears of the later limits, and of the earlier ones again."""
    plot = await begin(staffed)
    await plot.do(acknowledge(team=("bob",)), score(LOW))
    await plot.until(1)
    limits = {step: (await plot.facts()).limit(step) for step in Step}
    until = limits[Step.RELEASE] + timedelta(days=10)
    refused = await plot.case.refused(decide(Choice.SLOW_DOWN, discussion="", until=until))
    await plot.do(decide(Choice.SLOW_DOWN, until=until))
    await plot.until(10)
    moved = {step: (await plot.facts()).limit(step) for step in Step}
    warned = await plot.case.act(score(HIGH))
    await plot.settle()
    await plot.until(10, 21)
    back = {step: (await plot.facts()).limit(step) for step in Step}

    assert "--discussion URL" in refused
    assert "The decision to slow down falls with that" in warned.warnings[0]
    assert moved[Step.FIX] == limits[Step.FIX] + timedelta(days=10)
    assert back[Step.RELEASE] == limits[Step.RELEASE]
    assert back[Step.VENDOR_NOTICE] == limits[Step.VENDOR_NOTICE]
    assert plot.at(10) <= back[Step.FIX] <= plot.at(10, 9, 1)
    assert plot.when(Kind.ESCALATION) == ["day 10 09:00"]
    assert plot.post() == whole_post(
        reporter="receipt acknowledgement new_limits new_limits",
        team="team_alert plan_change escalation plan_change",
        oncall="escalation",
        alice="team_alert fix_team plan_change escalation plan_change",
        bob="fix_team plan_change plan_change",
        users="",
        oss="",
        one="",
        two="",
        three="",
    )
    slower, undone = (letter(plot, Kind.PLAN_CHANGE, "bob", n) for n in (0, 1))
    assert "it was decided to slow down until" in slower
    assert "as discussed at https://chat.example.org/7" in slower
    assert "no longer holds (the case is scored 7.5 (High)" in undone
    assert f"release {limits[Step.RELEASE]:%Y-%m-%d %H:%M} UTC, was" in undone
    told = letter(plot, Kind.NEW_LIMITS, "reporter", 1)
    assert "fix as soon as we can" in told
    assert "7.5" not in told


async def test_users_are_warned_before_the_fix(staffed: Desk) -> None:
    """Rule 9: what takes a user is told to users early, with its id and its vector; no fix is."""
    plot = await begin(staffed)
    await plot.do(acknowledge(team=("bob",)), score(MEDIUM), assign_cve())
    text = f"Open no files from strangers: CVE-2026-12345, {MEDIUM}."
    warning = user_notice(text, planned=plot.at(15, 16))
    refused = await plot.case.refused(warning)
    await plot.do(decide(Choice.WARN_EARLY))
    leaky = await plot.case.refused(user_notice("Rita found it.", planned=plot.at(15, 16)))
    await plot.until(2)
    await plot.do(warning)
    await plot.until(3)

    assert "No fix has landed" in refused
    assert "a CVE id" in refused
    assert "the name or address of the reporter" in leaky
    case = await plot.facts()
    assert case.done_at(Step.FIX) is None
    assert plot.when(Kind.USER_NOTICE) == ["day 2 09:00"]
    assert set(case.deeds[-1].overrode) == {
        "fix or mitigation",
        "public text: CVE id",
        "public text: CVSS vector",
    }
    assert staffed.mailroom.letter(Kind.USER_NOTICE, MAILBOXES["users"]).text == text
    assert plot.post() == whole_post(
        reporter="receipt acknowledgement",
        team="team_alert plan_change",
        oncall="",
        alice="team_alert fix_team plan_change",
        bob="fix_team plan_change",
        users="user_notice",
        oss="",
        one="",
        two="",
        three="",
    )


async def test_vendors_who_were_skipped_hear_of_it_after_all(staffed: Desk) -> None:
    """Rule 21: a High score opens the step again, and the release does not pass it in silence."""
    plot = await begin(staffed)
    await plot.do(acknowledge(team=("bob",)), score(LOW), skip(Step.VENDOR_NOTICE))
    await plot.until(15)
    await plot.do(score(HIGH))
    await plot.until(15, 10)
    await plot.fixed()
    warned = await plot.case.act(release(plot.at(21, 16)))

    assert "The vendor notice has not gone out." in warned.warnings
    [day] = {when for when in plot.when(Kind.ESCALATION) if when.startswith("day 15")}
    assert day == "day 15 09:00"
    assert "the vendors must have their notice" in letter(plot, Kind.PLAN_CHANGE, "alice", 1)
    assert (await plot.facts()).deeds[-3].what == "score"
