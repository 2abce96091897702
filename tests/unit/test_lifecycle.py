"""What acts and letters do to a case: its state, its facts, its record."""

from datetime import timedelta

import pytest

from tacenda.act import Act
from tacenda.case import Case
from tacenda.errors import Refused
from tacenda.happenings import TroubleFound
from tacenda.lifecycle import apply, check, open_case
from tacenda.models import Band, CloseReason, Kind, State, Step
from tests.builders import (
    HIGH,
    LOW,
    RECEIVED,
    a_case,
    a_policy,
    a_report,
    acknowledge,
    after,
    assign_cve,
    close,
    extend,
    fixed,
    held_retrospective,
    hold,
    mitigated,
    release,
    score,
    skip,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story


def test_a_report_from_the_future_opens_nothing() -> None:
    """A case cannot begin before its report came in."""
    with pytest.raises(Refused, match="received"):
        open_case("case", a_report(), a_policy(), RECEIVED - timedelta(seconds=1))


def test_the_state_walks_through_the_five_steps() -> None:
    """The state is the first step that is not done, then released, then closed."""
    story = Story()
    states = [story.case.state]
    for act in (
        acknowledge(),
        fixed(),
        user_notice(),
        vendor_notice(),
        release(slot(1)),
        close(CloseReason.COMPLETE),
    ):
        story.do(act)
        if act.name == "approve_release":
            assert story.case.state is State.RELEASE
            story.wait(slot(1)).do(held_retrospective())
        states.append(story.case.state)

    assert states == list(State)


def test_steps_may_be_done_out_of_order() -> None:
    """With the user notice out and the fix still open, the state stays fix."""
    story = Story().do(acknowledge(), user_notice(fix_expected=True), vendor_notice())
    assert story.case.state is State.FIX

    assert story.do(fixed()).case.state is State.RELEASE


@pytest.mark.parametrize(
    ("days", "before", "overdue", "afterwards"),
    [
        (3, State.FIX, [], State.USER_NOTICE),
        (8, State.FIX, [Step.USER_NOTICE], State.USER_NOTICE),
        (15, State.FIX, [Step.USER_NOTICE, Step.VENDOR_NOTICE], State.USER_NOTICE),
        (22, State.FIX, [Step.USER_NOTICE, Step.VENDOR_NOTICE, Step.RELEASE], State.USER_NOTICE),
    ],
)
def test_the_fix_lands_early_or_late(
    days: int, before: State, overdue: list[Step], afterwards: State
) -> None:
    """Rule 2: a late fix does its own step and leaves the others as overdue as they are."""
    story = Story().do(acknowledge()).wait(after(days))
    with pytest.raises(Refused, match="tacenda fixed"):
        story.do(user_notice(planned=slot(30)))
    with pytest.raises(Refused, match="tacenda fixed"):
        story.do(release(slot(30)))
    assert story.case.state is before

    story.do(fixed())

    assert story.case.state is afterwards
    assert list(story.case.overdue(story.now)) == overdue
    assert story.times(Kind.ESCALATION, Step.FIX) == [after(7)] * (days > 7)
    assert story.do(user_notice(planned=slot(30))).case.state is State.VENDOR_NOTICE


def test_a_mitigation_is_no_fix() -> None:
    """A mitigation is known; the fix is still open, and lands when it has a reference."""
    story = Story().do(acknowledge(), mitigated())
    assert story.case.state is State.FIX

    story.wait(after(2)).do(fixed())

    assert story.case.done_at(Step.FIX) == after(2)
    assert story.case.fix is not None
    assert story.case.fix.mitigation == "Switch the feature off."


def test_a_second_fix_adds_and_moves_nothing() -> None:
    """More references join the first; the fix landed when the first one did."""
    story = Story().do(acknowledge(), fixed("https://example.org/1"))
    story.wait(after(3)).do(fixed("https://example.org/2", by="bob"))

    assert story.case.fix is not None
    assert story.case.fix.refs == ("https://example.org/1", "https://example.org/2")
    assert (story.case.fix.landed, story.case.fix.by) == (RECEIVED, "alice")


def test_whoever_acknowledges_leads_unless_another_is_named() -> None:
    """The lead is the one named, else the one who acknowledged, and is not also in the team."""
    own = Story().do(acknowledge("bob", team=("bob", "carol", "carol"))).case
    named = Story().do(acknowledge("bob", lead="carol")).case

    assert (own.lead, own.fix_team) == ("bob", ("carol",))
    assert (named.lead, named.acknowledged) == ("carol", RECEIVED)


def test_a_step_without_which_the_case_goes_on() -> None:
    """Rule 2: a skipped step neither holds the state nor becomes overdue, and says why."""
    story = Story().do(acknowledge(), fixed(), skip(Step.USER_NOTICE, "no users yet"))
    story.wait(after(10))

    assert story.case.state is State.VENDOR_NOTICE
    assert story.case.overdue(story.now) == ()
    assert story.case.deeds[-1].why == "no users yet"


def test_an_extension_moves_one_limit_forward() -> None:
    """Rule 2: an extended step is not overdue until its new limit; the others do not move."""
    case = Story().wait(after(8)).do(extend(Step.FIX, after(12))).case

    assert case.limit(Step.FIX) == after(12)
    assert case.limit(Step.USER_NOTICE) == after(7)
    assert Step.FIX not in case.overdue(after(11))
    assert Step.FIX in case.overdue(after(12))


@pytest.mark.parametrize(
    "act", [score(HIGH), score(LOW), fixed(), assign_cve(), mitigated(), user_notice()]
)
def test_facts_move_no_limit(act: Act) -> None:
    """Rule 21: a score, a fix, a CVE id or a notice neither moves nor back-dates a limit."""
    story = Story(a_case()).do(acknowledge(), fixed("https://example.org/0")).wait(after(5))
    before = [story.case.limit(step) for step in Step]

    story.do(act)

    assert [story.case.limit(step) for step in Step] == before


def test_the_time_of_receipt_never_changes() -> None:
    """Rule 1: limits run from the receipt, however late the case opens and whatever happens."""
    late = Story(a_case(opened=after(3))).do(
        acknowledge(), fixed(), score(), release(after(4).replace(hour=16), override="urgent")
    )

    assert late.case.report.received == RECEIVED
    assert late.case.limit(Step.ACKNOWLEDGE) == after(1)
    assert late.case.limit(Step.RELEASE) == after(21)


def test_a_case_public_from_the_start_is_due_at_once() -> None:
    """What is public has every limit at the instant when that was known."""
    case = a_case(public=True, opened=after(0, hours=2))

    assert {case.limit(step) for step in Step} == {after(0, hours=2)}
    assert case.overdue(case.opened) == tuple(Step)


def test_a_letter_that_reached_nobody_does_no_step() -> None:
    """A notice that every mailbox refused is told to the lead, and can be approved again."""
    story = Story().do(acknowledge(), fixed())
    story.refusing = {Kind.USER_NOTICE}
    story.do(user_notice())
    assert story.case.state is State.USER_NOTICE
    assert len(story.case.troubles) == 1

    story.refusing = set()
    story.wait(after(1)).do(user_notice("A fix is coming, again."))

    assert story.case.done_at(Step.USER_NOTICE) == after(1)


def test_the_record_holds_who_when_and_why() -> None:
    """Every act that was accepted is in the record, in order; a refused one is not."""
    story = Story().do(acknowledge("bob")).wait(after(1)).do(extend(Step.FIX, after(9), "tests"))
    with pytest.raises(Refused):
        story.do(extend(Step.FIX, after(8)))

    record = [(deed.at, deed.by, deed.what, deed.why) for deed in story.case.deeds]
    assert record == [(RECEIVED, "bob", "acknowledge", ""), (after(1), "alice", "extend", "tests")]


def test_the_record_keeps_the_reason_beside_the_override() -> None:
    """A reason and an override given together are both kept."""
    act = extend(Step.FIX, after(9), "the tests are slow").model_copy(update={"override": "board"})
    record = Story().do(act).case.deeds[-1].model_dump_json()

    assert "the tests are slow" in record
    assert "board" in record


def test_the_record_keeps_the_reason_of_a_hold() -> None:
    """Why a release was stopped is as much a part of the record as who stopped it."""
    story = Story().do(acknowledge(), fixed(), release(slot(2)), hold("the build is broken"))

    assert "the build is broken" in story.case.model_dump_json()


def test_a_score_is_recomputed() -> None:
    """Rule 19: what stands in the case is the score of the vector, not somebody's word."""
    severity = Story().do(score(LOW)).case.severity

    assert severity is not None
    assert (severity.score, severity.band) == (2.7, Band.LOW)


def test_a_closed_case_sends_nothing_but_its_closing() -> None:
    """Closing stops limits and approved letters; the reporter hears of it once.

    Limits that were still to come leave the calendars.
    """
    story = Story().do(acknowledge(), fixed(), release(slot(2)), close(text="Not a bug."))
    before = len(story.begun)
    story.wait(after(60))

    last = [entry.kind for _, entry in story.begun[before - 2 :]]
    assert last == [Kind.CLOSING, Kind.CALENDAR]
    assert story.case.state is State.CLOSED
    assert story.case.overdue(story.now) == ()


def test_a_flood_of_troubles_is_kept_once() -> None:
    """A caller who floods the case with nonsense does not make it grow without end."""
    case: Case = a_case()
    for _ in range(1000):
        case = apply(case, TroubleFound(what="A signal came."), RECEIVED)

    assert len(case.troubles) == 20


def test_checking_changes_nothing_and_warns() -> None:
    """A check returns warnings and leaves the case alone."""
    story = Story().do(acknowledge(), fixed())
    before = story.case.model_dump_json()

    assert check(story.case, release(slot(2)), story.now)
    assert story.case.model_dump_json() == before
