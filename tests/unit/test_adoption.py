"""A case that was handled elsewhere until now is taken up: nobody is told twice."""

from tacenda.acts import Confirm
from tacenda.lifecycle import open_case
from tacenda.models import Audience, CloseReason, Kind, Matter, State, Step
from tests.builders import (
    a_policy,
    a_report,
    acknowledge,
    after,
    assign_cve,
    close,
    fixed,
    held_retrospective,
    published,
    release,
    skip,
    slot,
    told_elsewhere,
)
from tests.unit.story import Story

VENDORS = {Audience.VENDORS: ("one", "two")}


def adopted(days: float = 16) -> Story:
    """Return a case that somebody takes into Tacenda so many days after its report."""
    now = after(days)
    case = open_case("case-2026-7k3q9xm4tp", a_report(), a_policy(), now, adopted="a spreadsheet")
    return Story(case.model_copy(update={"proposed_lead": "alice"}), lists=VENDORS)


def catch_up(story: Story) -> Story:
    """Record what was done in the spreadsheet."""
    return story.do(
        acknowledge(elsewhere="mail", when=after(0.5)),
        fixed(when=after(6)),
        told_elsewhere(Audience.USERS, when=after(6.5), planned=slot(17)),
        told_elsewhere(Audience.VENDORS, when=after(10), planned=slot(17)),
    )


def test_an_adopted_case_sends_no_receipt() -> None:
    """Its reporter had one from whoever handled it; the team hears of it all the same."""
    story = adopted()

    assert story.heard("reporter") == []
    assert story.times(Kind.TEAM_ALERT) == [after(16)]


def test_an_adopted_case_has_an_hour_before_anything_escalates() -> None:
    """Whoever takes it up says what was done already, before limits that are past call people."""
    story = adopted().wait(after(16, minutes=59))
    assert story.sent(Kind.REMINDER, Kind.ESCALATION, Kind.DIGEST) == []

    story.wait(after(16, hours=2))

    assert story.times(Kind.ESCALATION) == [after(16, hours=1)]
    assert story.sent(Kind.ESCALATION)[0][1].steps == (
        Step.ACKNOWLEDGE,
        Step.FIX,
        Step.USER_NOTICE,
        Step.VENDOR_NOTICE,
    )


def test_an_adopted_case_that_was_on_time_escalates_nothing() -> None:
    """What was done in time elsewhere was done in time; the release follows its plan."""
    story = catch_up(adopted()).do(release(slot(17))).wait(slot(18))

    assert story.sent(Kind.ESCALATION, Kind.DIGEST) == []
    assert story.heard("one") == [Kind.FINAL_WARNING, Kind.RELEASE]
    assert story.heard("users") == [Kind.RELEASE]


def test_an_adopted_case_whose_announced_date_is_past_has_its_hour_too() -> None:
    """A date that went by before the case was here calls nobody before the hour is over."""
    story = catch_up(adopted(18)).wait(after(18, hours=3))

    assert story.times(Kind.ESCALATION, Step.RELEASE) == [after(18, hours=1)]


def test_a_case_of_the_past_is_recorded_to_its_end() -> None:
    """Everything told elsewhere: nobody gets a letter but the team."""
    story = catch_up(adopted(20)).do(
        assign_cve(),
        release(text=None, elsewhere="the old list", when=slot(17)),
        published(),
        held_retrospective(),
        Confirm(by="alice", what=Matter.REPORTER, ref="the old tracker"),
        close(CloseReason.COMPLETE),
    )
    outside = [name for name, _ in story.delivered if name not in ("lead", "team", "fix-team")]

    assert outside == []
    assert story.case.state is State.CLOSED


def test_a_skipped_step_needs_no_record() -> None:
    """A team that told no vendors says so, and is not asked again."""
    story = adopted().do(skip(Step.VENDOR_NOTICE, override="a small list")).wait(after(16, hours=2))

    assert Step.VENDOR_NOTICE not in story.sent(Kind.ESCALATION)[0][1].steps
