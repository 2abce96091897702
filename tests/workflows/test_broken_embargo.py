"""The embargo breaks, and what people decide then, each with the whole of the post."""

from tacenda.models import Kind, State, Step
from tests.builders import (
    acknowledge,
    leak,
    mitigated,
    public,
    release,
    skip,
    user_notice,
    vendor_notice,
)
from tests.workflows.desk import Desk
from tests.workflows.plot import MAILBOXES, announced, begin, whole_post

UNFIXED = "There is no fix yet. Switch it off."


async def test_the_embargo_breaks_with_nothing_fixed_and_it_is_published(staffed: Desk) -> None:
    """A decision is asked for every hour until a person publishes, with no fix; all hear once."""
    plot = await begin(staffed)
    await plot.do(acknowledge(team=("bob",)))
    await plot.until(5, 2)
    await plot.do(leak())
    await plot.until(5, 4, 30)
    assert "No fix has landed" in await plot.case.refused(release(text=UNFIXED))
    await plot.do(skip(Step.FIX, why="it is on a forum"))
    assert "is a Saturday" in await plot.case.refused(release(text=UNFIXED))
    await plot.do(release(text=UNFIXED, override="it leaked"))
    await plot.until(6, 12)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement new_limits thanks",
        team="team_alert decision decision decision plan_change retrospective",
        oncall="decision decision decision",
        alice="team_alert fix_team decision decision decision plan_change retrospective",
        bob="fix_team plan_change",
        users="release",
        oss="release",
        one="",
        two="",
        three="",
    )
    assert plot.when(Kind.DECISION) == ["day 5 02:00", "day 5 03:00", "day 5 04:00"]
    assert plot.when(Kind.RELEASE) == ["day 5 04:30"]
    facts = await plot.facts()
    assert facts.state is State.RELEASED
    assert facts.deeds[-1].overrode == ("release day",)


async def test_the_embargo_breaks_after_people_were_told(staffed: Desk) -> None:
    """Vendors and users who wait for a later release get it at once, and the warning before it."""
    plot = await begin(staffed)
    await plot.do(acknowledge(team=("bob",)))
    await plot.case.handle.signal("fix_landed", mitigated())
    await plot.do(user_notice(planned=plot.at(14, 16)), vendor_notice())
    await plot.until(5, 2)
    await plot.do(leak(), skip(Step.FIX))
    await plot.until(5, 2, 30)
    await plot.do(release(text=UNFIXED, override="it leaked"))
    await plot.until(6, 1)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement new_limits thanks",
        team="team_alert decision plan_change",
        oncall="decision",
        alice="team_alert fix_team decision plan_change",
        bob="fix_team plan_change",
        users="user_notice release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
    )
    assert plot.when(Kind.FINAL_WARNING) == plot.when(Kind.RELEASE) == ["day 5 02:30"]
    assert "final warning" in (await plot.facts()).deeds[-1].overrode


async def test_the_embargo_breaks_and_the_release_is_brought_forward(staffed: Desk) -> None:
    """Another approval takes the place of the one that stood; users hear of the earlier hour."""
    plot = await announced(staffed, day=14)
    await plot.until(5, 2)
    warnings = (await plot.case.act(leak())).warnings
    assert "stays approved for" in warnings[0]
    await plot.until(5, 3, 30)
    await plot.do(release(plot.at(5, 12), override="it leaked"))
    await plot.until(6, 9)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert decision decision",
        oncall="decision decision",
        alice="team_alert fix_team decision decision",
        bob="fix_team",
        users="user_notice date_change release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
    )
    assert plot.when(Kind.DATE_CHANGE) == plot.when(Kind.FINAL_WARNING) == ["day 5 03:30"]
    assert plot.when(Kind.RELEASE) == ["day 5 12:00"]


async def test_the_embargo_breaks_and_a_person_decides_to_hold_on(staffed: Desk) -> None:
    """After the decision nobody is asked again, and the release comes as it was approved."""
    plot = await announced(staffed, day=7)
    await plot.until(5, 2)
    await plot.do(leak())
    await plot.until(5, 3, 30)
    await plot.do(leak("it was our own forum, and it is gone", hold_on=True))
    assert "No decision is asked for" in await plot.case.refused(leak(hold_on=True))
    await plot.until(8)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert decision decision",
        oncall="decision decision",
        alice="team_alert fix_team decision decision",
        bob="fix_team",
        users="user_notice release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
    )
    assert plot.when(Kind.RELEASE) == ["day 7 16:00"]


async def test_it_is_public_with_nothing_fixed(staffed: Desk) -> None:
    """Every limit is now and escalates once; the release needs a person and the text, no more."""
    plot = await begin(staffed)
    await plot.do(acknowledge(team=("bob",)))
    await plot.until(5, 2)
    await plot.do(leak())
    await plot.until(5, 2, 30)
    await plot.do(public())
    await plot.until(5, 4)
    await plot.do(release(text=UNFIXED, artifacts_confirmed=False))
    await plot.until(6, 2)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert decision escalation",
        oncall="decision escalation",
        alice="team_alert fix_team decision escalation",
        bob="fix_team",
        users="release",
        oss="release",
        one="",
        two="",
        three="",
    )
    escalation = staffed.mailroom.letter(Kind.ESCALATION, MAILBOXES["oncall"])
    assert escalation.facts.about == ("fix", "user notice", "vendor notice", "release")
    deed = (await plot.facts()).deeds[-1]
    assert deed.overrode == ("fix", "artifacts", "release day")
    assert deed.override == "the case is public"
