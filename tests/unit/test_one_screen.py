"""What `tacenda show` says of a case beside its steps: what is held, as long as that matters."""

from tacenda.approvals import ApproveNotice
from tacenda.cli.screen import standing_of
from tacenda.models import Audience
from tests.builders import acknowledge, fixed, hold, release, slot, user_notice
from tests.unit.story import Story


def test_what_is_held_stands_in_the_heading() -> None:
    """Who opens the case at 2 a.m. sees first that it does not go out."""
    story = Story().do(acknowledge(), fixed(), release(slot(3)))
    assert "HELD" not in standing_of(story.case, story.now)

    story.do(hold())

    said = standing_of(story.case, story.now)
    assert "HELD       the release: alice stopped it (approved by alice for " in said


def test_once_the_release_is_out_nothing_is_held_any_more() -> None:
    """A notice that was stopped, and never left, is not asked for after the release."""
    stop = ApproveNotice(by="alice", audience=Audience.USERS, hold="a typo")
    story = Story().do(acknowledge(), fixed(), user_notice(at=slot(1)), stop)
    held = standing_of(story.case, story.now)
    story.do(release(slot(3))).wait(slot(4))

    assert "HELD       the user notice: alice stopped it" in held
    assert story.case.released
    assert "HELD" not in standing_of(story.case, story.now)
