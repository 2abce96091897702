"""The embargo breaks, and what people decide then, each with the whole of the post."""

from tacenda.case import Case
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
    assert "is a Saturday" in await plot.case.refused(release(text=UNFIXED))
    await plot.do(release(text=UNFIXED, override="it leaked"))
    await plot.until(6, 12)

    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert decision decision decision plan_change retrospective",
        oncall="decision decision decision",
        alice="team_alert fix_team decision decision decision plan_change retrospective",
        bob="fix_team decision decision plan_change",
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
    assert facts.deeds[-1].overrode == ("fix", "release day")


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
        team="team_alert decision plan_change plan_change",
        oncall="decision",
        alice="team_alert fix_team decision plan_change plan_change",
        bob="fix_team plan_change plan_change",
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
        team="team_alert decision decision plan_change",
        oncall="decision decision",
        alice="team_alert fix_team decision decision plan_change",
        bob="fix_team decision plan_change",
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
        team="team_alert decision decision plan_change",
        oncall="decision decision",
        alice="team_alert fix_team decision decision plan_change",
        bob="fix_team decision plan_change",
        users="user_notice release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
    )
    assert plot.when(Kind.RELEASE) == ["day 7 16:00"]


async def test_it_leaks_while_a_notice_to_a_hundred_vendors_is_half_sent(desk: Desk) -> None:
    """Who has it is warned, then everybody gets the release, also who was still to be told; once.

    No notice of what is to come follows, though those mailboxes take letters again.
    """
    names = [f"vendor-{n}" for n in range(100)]
    vendors = [
        {"name": name, "email": f"{name}@example.org", "embargo": "standing"} for name in names
    ]
    mail = desk.mailroom
    async with desk.worker(other={"vendors": vendors}):
        plot = await begin(desk)
        await plot.do(acknowledge(team=("bob",)))
        await plot.fixed()
        await plot.until(5, 2)
        mail.puts_off = {f"{name}@example.org" for name in names[40:]}
        await plot.case.act(vendor_notice())
        await desk.wait(seconds=20)
        half = await plot.facts()
        await plot.case.act(leak())
        mail.puts_off = set()
        await plot.case.act(release(text=UNFIXED, override="it leaked"))
        await desk.wait(minutes=5)
        await plot.settle()
        await plot.until(9)
        facts = await plot.facts()

    (notice,) = [letter for letter in half.letters if letter.kind is Kind.VENDOR_NOTICE]
    assert (len(notice.delivered), len(notice.pending)) == (40, 60)
    told, untold = [["vendor_notice", "final_warning", "release"]], [["release"]]
    post = plot.post()
    assert [post[f"{name}@example.org"] for name in names[:40]] == told * 40
    assert [post[f"{name}@example.org"] for name in names[40:]] == untold * 60
    assert facts.state is State.RELEASED
    assert any("60 recipients" in t and "they get that instead" in t for t in said(facts))


def said(facts: Case) -> list[str]:
    """Return what the lead was told."""
    return [trouble.what for trouble in facts.troubles]


async def test_it_is_public_with_nothing_fixed(staffed: Desk) -> None:
    """Every limit is now and escalates once; an hour later a person is asked, until they decide.

    The release needs that person and the text, no more; the reporter hears that it is public.
    """
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
        reporter="receipt acknowledgement new_limits thanks",
        team="team_alert decision escalation plan_change decision plan_change",
        oncall="decision escalation decision",
        alice="team_alert fix_team decision escalation plan_change decision plan_change",
        bob="fix_team plan_change plan_change",
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
