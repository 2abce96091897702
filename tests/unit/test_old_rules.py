"""A case that an earlier version opened goes on by the rules of that version: replay needs it."""

from collections.abc import Callable

import pytest

from tacenda.act import Act
from tacenda.models import Audience, Kind, Step
from tests.builders import (
    a_case,
    acknowledge,
    after,
    close,
    extend,
    fixed,
    hand_off,
    leak,
    public,
    release,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story

NEW = (Kind.DECISION, Kind.HANDOVER, Kind.DATE_CHANGE, Kind.OPEN_ENDS)


def opened(rules: int) -> Story:
    """Return a case by those rules, with users and vendors told the 15th day."""
    story = Story(a_case().model_copy(update={"rules": rules}))
    return story.do(acknowledge(), fixed(), user_notice(), vendor_notice()).wait(after(1))


STORIES: dict[str, Callable[[Story], Story]] = {
    "another date": lambda story: story.do(release(slot(16))),
    "a leak": lambda story: story.do(leak()),
    "a hand-over": lambda story: story.do(hand_off("bob")),
    "an end": lambda story: story.do(close()),
    "a release": lambda story: story.do(release(slot(15))).wait(after(30)),
}


@pytest.mark.parametrize("turn", STORIES.values(), ids=STORIES.keys())
def test_by_the_first_rules_no_new_letter_is_sent(turn: Callable[[Story], Story]) -> None:
    """Letters that an old history does not hold are not in the plan that replays it."""
    assert turn(opened(1)).wait(after(40)).sent(*NEW) == []
    assert turn(opened(2)).sent(*NEW) != []


def test_by_the_first_rules_approvals_are_bound_to_no_recipients_beforehand() -> None:
    """A list that changes before the release gets it as it is then."""
    old, new = opened(1).do(release(slot(15))), opened(2).do(release(slot(15)))
    for story in (old, new):
        story.lists[Audience.RELEASE] = ("another",)
        story.wait(slot(16))

    assert old.heard("another") == [Kind.RELEASE]
    assert new.heard("another") == []


@pytest.mark.parametrize(("act", "limit"), [(None, 14), (extend(Step.RELEASE, after(30)), 30)])
def test_by_the_first_rules_what_is_public_is_due_when_that_was_known(
    act: Act | None, limit: int
) -> None:
    """Even what was late before; and a limit that was moved stays where it was moved to."""
    story = opened(1)
    if act:
        story.do(act)
    story.wait(after(14)).do(public())

    assert story.case.limit(Step.RELEASE) == after(limit)
    assert story.case.limit(Step.ACKNOWLEDGE) == after(14)


def test_by_the_first_rules_a_date_is_that_of_the_last_approval() -> None:
    """Reminders of an open case do not move because the program is newer."""
    story = opened(1).do(release(slot(8)), user_notice("x", planned=slot(12), override="x"))

    assert story.case.planned == slot(12)
    assert story.wait(slot(9)).times(Kind.RELEASE) == [slot(8)]
