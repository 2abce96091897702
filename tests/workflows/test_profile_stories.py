"""Stories by the process as it is run today, and of a case that moves to it."""

from datetime import timedelta

from tacenda.models import CloseReason, Kind, State, Step
from tacenda.notices import render
from tacenda.profiles import KUBERNETES_CURRENT
from tests.builders import (
    acknowledge,
    adopt,
    assign_cve,
    close,
    held_retrospective,
    published,
    release,
    score,
    user_notice,
    vendor_notice,
)
from tests.workflows.desk import Desk
from tests.workflows.plot import MAILBOXES, begin, whole_post


async def test_the_current_profile_from_report_to_close(staffed: Desk) -> None:
    """Rules 14 to 16: vendors 7 days before, the warning 24 hours, 16:00, and no user notice."""
    plot = await begin(staffed, policy=KUBERNETES_CURRENT)
    await plot.do(acknowledge(team=("bob",)), score(), assign_cve())
    await plot.until(2)
    await plot.fixed()
    assert (await plot.facts()).state is State.VENDOR_NOTICE
    await plot.until(7)
    await plot.do(vendor_notice(planned=plot.at(14, 16)))
    too_soon = await plot.case.refused(release(plot.at(13, 16)))
    await plot.do(release(plot.at(14, 16)))
    await plot.until(16)
    await plot.do(published(), held_retrospective(), close(CloseReason.COMPLETE))
    await plot.ended()

    assert "have their notice from" in too_soon
    assert plot.post() == whole_post(
        reporter="receipt acknowledgement thanks",
        team="team_alert retrospective",
        oncall="",
        alice="team_alert fix_team retrospective",
        bob="fix_team",
        users="release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
    )
    assert plot.when(Kind.VENDOR_NOTICE) == ["day 7 09:00"]
    assert plot.when(Kind.FINAL_WARNING) == ["day 13 16:00"]
    assert plot.when(Kind.RELEASE) == ["day 14 16:00"]
    answer = staffed.mailroom.letter(Kind.ACKNOWLEDGEMENT, MAILBOXES["reporter"])
    assert "user notice" not in render(Kind.ACKNOWLEDGEMENT, answer.facts).body


async def test_nobody_acts_by_the_current_profile(staffed: Desk) -> None:
    """Rules 2 and 3: each of its four limits escalates in its time, and nothing is published."""
    plot = await begin(staffed, policy=KUBERNETES_CURRENT)
    await plot.until(40)

    assert plot.when(Kind.ESCALATION) == [
        "day 1 09:00",
        "day 7 09:00",
        "day 28 09:00",
        "day 35 09:00",
    ]
    assert MAILBOXES["users"] not in plot.post()


async def test_an_open_case_moves_to_the_current_profile(staffed: Desk) -> None:
    """Its timers follow, team and reporter hear it, and the date that users know is kept."""
    plot = await begin(staffed)
    await plot.do(acknowledge(team=("bob",)), score(), assign_cve())
    await plot.fixed()
    await plot.until(3)
    await plot.do(user_notice(planned=plot.at(15, 16)))
    await plot.until(4)
    await plot.do(adopt(KUBERNETES_CURRENT, "as we work now"))
    same = await plot.case.refused(adopt(KUBERNETES_CURRENT))
    case = await plot.facts()
    await plot.until(8, 12)
    await plot.do(vendor_notice())
    await plot.do(release(plot.at(15, 16)))
    await plot.until(17)

    assert "nothing would change" in same
    assert case.limit(Step.VENDOR_NOTICE) == plot.at(8, 16)
    assert case.limit(Step.RELEASE) == plot.start + timedelta(days=35)
    assert plot.post() == whole_post(
        reporter="receipt acknowledgement new_limits thanks",
        team="team_alert plan_change retrospective",
        oncall="",
        alice="team_alert fix_team plan_change reminder retrospective",
        bob="fix_team plan_change",
        users="user_notice release",
        oss="release",
        one="vendor_notice final_warning release",
        two="vendor_notice final_warning release",
        three="",
    )
    assert plot.when(Kind.REMINDER) == ["day 8 10:00"]
    assert plot.when(Kind.RELEASE) == ["day 15 16:00"]
    change = staffed.mailroom.letter(Kind.PLAN_CHANGE, MAILBOXES["alice"])
    told = " ".join(render(Kind.PLAN_CHANGE, change.facts).body.split())
    assert "the policy kubernetes-current in place of kubernetes-2017, by alice: as we" in told
