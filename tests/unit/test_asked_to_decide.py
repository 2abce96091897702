"""What a person who looks, or acts, sees at once: that a decision is due, and what it undid."""

import pytest

from tacenda.act import Act
from tacenda.approving import newly_void
from tacenda.contract import search_attributes_of
from tacenda.rules import LATE_REPORT, ON_RECORD
from tacenda.todo import todos
from tests.builders import (
    LOW,
    a_case,
    acknowledge,
    after,
    close,
    fixed,
    leak,
    release,
    score,
    slot,
    user_notice,
)
from tests.unit.story import Story


def overdue(story: Story) -> list[str]:
    """Return what the server lists as overdue."""
    listed = {each.key.name: each.value for each in search_attributes_of(story.case, story.now)}
    return list(listed["Overdue"] or ())


def test_a_broken_embargo_is_listed_until_somebody_decides() -> None:
    """Who looks at the list sees it first, though no limit has passed."""
    story = Story().do(acknowledge())
    assert overdue(story) == []
    story.do(leak())
    assert overdue(story) == ["decision"]
    story.do(leak(hold_on=True))

    assert overdue(story) == []


@pytest.mark.parametrize("act", [close(why="it was none"), release(override="it leaked")])
def test_nobody_has_to_decide_once_it_is_out_or_over(act: Act) -> None:
    """The release decides, and so does the close."""
    story = Story().do(acknowledge(), fixed(), leak(), act)

    assert overdue(story) == []


def test_a_case_of_before_is_listed_as_it_was() -> None:
    """What the server lists is part of what is replayed."""
    for rules, listed in ((ON_RECORD, []), (LATE_REPORT, ["decision"])):
        story = Story(a_case().model_copy(update={"rules": rules})).do(acknowledge(), leak())
        assert overdue(story) == listed


def test_the_decision_is_the_first_thing_to_do() -> None:
    """Before what is overdue, for everything else waits for it."""
    story = Story().wait(after(2)).do(leak())
    first, second, *_ = todos(story.case, story.now)

    assert first.what.startswith("decide")
    assert second.what.startswith("take the case")
    assert second.is_urgent


def test_a_date_that_people_were_told_binds_the_release() -> None:
    """It has to be approved by then, and not only by its limit, which is later."""
    story = Story().do(acknowledge(), score(), fixed())
    (undated,) = (todo for todo in todos(story.case, story.now) if "release" in todo.what)
    story.do(user_notice(planned=slot(9)))
    (dated,) = (todo for todo in todos(story.case, story.now) if "release" in todo.what)

    assert (undated.by, dated.by) == (after(21), slot(9))


def test_who_makes_an_approval_void_reads_so() -> None:
    """The answer to a new score names the approval that does not hold any more, once."""
    story = Story().do(acknowledge(), score(), fixed(), user_notice(planned=slot(9)))
    story.do(release(slot(9)))
    approved = story.case
    story.do(score(LOW))
    (said,) = newly_void(approved, story.case)

    assert said.startswith("The approval of the release is void now because the score changed.")
    assert newly_void(story.case, story.case) == ()


def test_a_release_that_is_due_is_not_asked_for_at_another_time() -> None:
    """What to type names an instant to fill in while there is time, and none once it is late."""
    story = Story().do(acknowledge(), fixed(), user_notice())
    [coming] = [todo.command for todo in todos(story.case, story.now) if "release" in todo.what]
    [late] = [todo.command for todo in todos(story.case, after(22)) if "release" in todo.what]

    assert coming == f"tacenda release {story.case.id} --at T --confirm-artifacts"
    assert late == f"tacenda release {story.case.id} --confirm-artifacts"
