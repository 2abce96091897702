"""The approved release and its final warning: on time, in order, or held for a person."""

from datetime import datetime, timedelta

import pytest

from tacenda.case import Case
from tacenda.errors import Refused
from tacenda.guards import objections
from tacenda.happenings import LetterHeld, LetterSent
from tacenda.models import Kind, State, Step
from tacenda.timeline import lapsed
from tests.builders import (
    a_case,
    a_policy,
    acknowledge,
    after,
    extend,
    fixed,
    hold,
    release,
    score,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story, planned


def ready(approvals: int = 1) -> Story:
    """Return a case whose fix has landed and whose users and vendors have been told."""
    story = Story(a_case(policy=a_policy(approvals=approvals)))
    return story.do(acknowledge(), fixed(), user_notice(), vendor_notice())


def test_the_final_warning_leaves_24_hours_before_the_release() -> None:
    """Rule 15: the vendors get the text a day before everybody does."""
    story = ready().do(release(slot(3))).wait(slot(5))

    assert story.times(Kind.FINAL_WARNING) == [slot(2)]
    assert story.times(Kind.RELEASE) == [slot(3)]


@pytest.mark.parametrize(
    ("left", "is_short"),
    [
        (timedelta(hours=24), False),
        (timedelta(hours=23, minutes=59), True),
        (timedelta(hours=2), True),
    ],
)
def test_a_final_warning_that_is_short_leaves_at_once_and_is_recorded(
    left: timedelta, is_short: bool
) -> None:
    """Rule 15: with less than 24 hours left the warning goes at once; the shortfall is recorded."""
    story = ready().wait(slot(3) - left)
    story.do(release(slot(3)))
    deed = story.case.deeds[-1]
    record = [*deed.overrode, deed.why, *(trouble.what for trouble in story.case.troubles)]

    assert story.times(Kind.FINAL_WARNING) == [slot(3) - left]
    assert story.wait(slot(4)).times(Kind.RELEASE) == [slot(3)]
    assert any("final warning" in entry for entry in record) is is_short


def test_a_release_without_told_vendors_needs_no_final_warning() -> None:
    """Where no vendor was told there is nobody to warn."""
    story = Story().do(acknowledge(), fixed(), release(slot(3))).wait(slot(5))

    assert story.times(Kind.FINAL_WARNING) == []
    assert story.times(Kind.RELEASE) == [slot(3)]


def test_vendors_told_after_the_approval_are_warned_at_once() -> None:
    """Rule 15: vendors who are told on the last day are warned on it; the release still goes."""
    story = Story().do(acknowledge(), fixed(), release(slot(2)))
    story.wait(after(2)).do(vendor_notice(override="they asked"))
    assert lapsed(story.case, story.case.policy, story.now) is None

    story.wait(slot(3))

    assert story.times(Kind.FINAL_WARNING) == [after(2)]
    assert story.times(Kind.RELEASE) == [slot(2)]


def warned_late(case: Case | None = None) -> Story:
    """Return a case whose final warning leaves with the release, and finds the mail server down."""
    story = Story(case).do(acknowledge(), fixed(), vendor_notice()).wait(slot(3))
    story.stuck = {Kind.FINAL_WARNING}
    return story.do(release())


def test_the_release_waits_for_a_final_warning_on_its_way() -> None:
    """The release does not overtake the warning."""
    story = warned_late().wait(slot(3) + timedelta(minutes=5))
    assert story.times(Kind.RELEASE) == []

    story.happen(LetterSent(letter=story.case.under_way[0]))

    assert story.times(Kind.RELEASE) == [story.now]


def test_the_release_does_not_wait_for_one_mailbox_for_ever() -> None:
    """A vendor whose mailbox is full keeps nobody from the release: it leaves in minutes."""
    story = warned_late().wait(slot(3) + timedelta(hours=2))

    assert story.times(Kind.RELEASE) == [slot(3) + timedelta(minutes=10)]


def test_by_the_first_rules_the_release_holds_for_a_warning_that_never_arrives() -> None:
    """A case that an earlier version opened goes on as that version had it."""
    story = warned_late(a_case().model_copy(update={"rules": 1})).wait(slot(3) + timedelta(hours=2))

    assert story.times(Kind.RELEASE) == []
    assert len(story.times(Kind.ALARM)) == 1


@pytest.mark.parametrize("kind", [Kind.RELEASE, Kind.FINAL_WARNING])
@pytest.mark.parametrize(
    ("late", "is_held"),
    [(timedelta(minutes=59), False), (timedelta(hours=1), False), (timedelta(hours=3), True)],
)
def test_a_letter_later_than_its_grace_holds_and_pages(
    kind: Kind, late: timedelta, is_held: bool
) -> None:
    """After an outage longer than the grace the release waits for a person, who hears of it."""
    story = ready().do(release(slot(3)))
    instant = slot(3)
    if kind is Kind.FINAL_WARNING:
        instant = slot(2)
    else:
        story.wait(after(3))

    story.outage(instant + late)
    story.wait(slot(10))

    assert (story.times(Kind.RELEASE) == []) is is_held
    assert (story.times(kind) == []) is is_held
    assert len(story.times(Kind.ALARM)) == is_held
    if is_held:
        assert "held" in story.case.troubles[-1].what
        assert "tacenda release" in story.case.troubles[-1].what


def test_a_release_held_on_its_way_is_not_sent_later() -> None:
    """What the post office could not begin in time holds; nothing tries it again."""
    story = ready().do(release(slot(3)))
    story.stuck = {Kind.RELEASE}
    story.wait(slot(3))
    story.happen(LetterHeld(key="release.1", reason="it could not go out in time"))
    story.stuck = set()
    story.wait(slot(10))

    assert story.times(Kind.RELEASE) == [slot(3)]
    assert story.case.state is State.RELEASE
    assert story.case.under_way == ()
    assert "Nothing has been published" not in story.case.troubles[-1].what
    assert "look at the lists first" in story.case.troubles[-1].what


def test_a_held_release_goes_out_when_it_is_approved_again() -> None:
    """A new approval takes the place of the held one, with a final warning of its own."""
    story = ready().do(release(slot(3)))
    story.wait(slot(2)).do(hold())
    story.wait(slot(6)).do(release(slot(8)))
    story.wait(slot(20))

    assert story.times(Kind.FINAL_WARNING) == [slot(2), slot(7)]
    assert story.times(Kind.RELEASE) == [slot(8)]
    assert [entry.key for _, entry in story.sent(Kind.RELEASE)] == ["release.2"]


def test_facts_that_change_after_the_final_warning_void_the_release() -> None:
    """Rule 11: between warning and release a new fact still stops the text that ignores it."""
    story = ready().do(release(slot(3))).wait(slot(2)).do(score()).wait(slot(10))

    assert story.times(Kind.RELEASE) == []


def test_two_members_approve_the_same_text() -> None:
    """With two approvals the release is in the plan only when a second member agrees."""
    story = ready(approvals=2).do(release(slot(3)))
    assert planned(story.case, story.now, Kind.RELEASE) == ()
    with pytest.raises(Refused, match="another member"):
        story.do(release(slot(3)))
    with pytest.raises(Refused, match="another member"):
        story.do(release(slot(3), text="Another text.", by="bob"))

    story.do(release(slot(3), by="bob")).wait(slot(4))

    assert story.times(Kind.RELEASE) == [slot(3)]
    assert story.case.notices[-1].approvers == ("alice", "bob")


@pytest.mark.parametrize("at", [None, slot(3)])
@pytest.mark.parametrize(("days", "is_short"), [(1, False), (3, True)])
def test_a_shortfall_is_measured_to_the_instant_that_was_approved(
    at: datetime | None, days: int, is_short: bool
) -> None:
    """Rule 15: who seconds in time records no shortfall, who seconds on the last day does."""
    story = ready(approvals=2).do(release(slot(3))).wait(after(days)).do(release(at, by="bob"))

    assert ("final warning" in story.case.deeds[-1].overrode) is is_short


def test_one_of_two_approvals_publishes_nothing() -> None:
    """Rule 3: a release that nobody seconds never leaves, however long it waits."""
    story = ready(approvals=2).do(release(slot(3))).wait(after(60))

    assert story.times(Kind.RELEASE) == []
    assert story.times(Kind.FINAL_WARNING) == []
    assert story.times(Kind.ESCALATION, Step.RELEASE) == [slot(15), after(21)]


def test_a_second_approval_is_of_the_instant_too() -> None:
    """Who seconds with another instant approves something else, and is not taken for agreeing."""
    story = ready(approvals=2).do(release(slot(3)))

    with pytest.raises(Refused):
        story.do(release(slot(8), by="bob"))


def test_a_second_approval_is_judged_by_the_instant_that_was_approved() -> None:
    """Rule 16: seconding on a Friday what goes out on a Tuesday is nothing to object to."""
    story = ready(approvals=2).do(release(slot(8))).wait(after(4))

    assert objections(story.case, release(by="bob"), story.now) == ()


@pytest.mark.parametrize("at", [None, slot(7)])
def test_a_late_second_approval_does_not_publish_on_a_friday(at: datetime | None) -> None:
    """Rule 16: an instant that passed unseconded is not made up for on any day."""
    story = ready(approvals=2).do(release(slot(3))).wait(slot(4))

    with pytest.raises(Refused):
        story.do(release(at, by="bob"))


def test_a_hold_stops_an_approved_release() -> None:
    """A held release never goes out; its step is chased again, from the announced date on."""
    story = ready().do(release(slot(3)), hold()).wait(after(30))

    assert story.times(Kind.RELEASE) == []
    assert story.times(Kind.ESCALATION, Step.RELEASE) == [slot(3), after(21)]


def test_an_extension_moves_no_approved_release() -> None:
    """Rule 21: the limit is the team's promise; the instant that was approved stays."""
    story = ready().do(release(slot(3)), extend(Step.RELEASE, after(40))).wait(slot(4))

    assert story.times(Kind.RELEASE) == [slot(3)]


def test_the_tail_counts_from_the_actual_release() -> None:
    """Rule 30: thanks at once, the retrospective a day after the release, not after its limit."""
    story = ready().do(release(slot(3)))
    story.stuck = {Kind.RELEASE}
    story.wait(slot(3))
    letter = story.case.under_way[0]
    story.stuck = set()
    story.outage(slot(3) + timedelta(hours=2))
    done = letter.model_copy(update={"at": story.now, "delivered": story.case.letters[0].delivered})
    story.happen(LetterSent(letter=done))
    story.wait(after(60))

    assert story.case.released == slot(3) + timedelta(hours=2)
    assert story.times(Kind.THANKS) == [slot(3) + timedelta(hours=2)]
    assert story.times(Kind.RETROSPECTIVE) == [slot(4) + timedelta(hours=2)]


def test_a_release_that_reached_nobody_is_not_out() -> None:
    """A release that every mailbox refused leaves the state and pages the lead."""
    story = ready()
    story.refusing = {Kind.RELEASE}
    story.do(release(slot(3))).wait(slot(3))

    assert story.case.state is State.RELEASE
    assert len(story.case.troubles) == 1
    assert planned(story.case, story.now, Kind.RELEASE) == ()
