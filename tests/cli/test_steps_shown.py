"""The steps of a case as the terminal shows them."""

from tacenda.cli.steps import steps_table
from tests.builders import acknowledge, after, fixed
from tests.unit.story import Story


def test_what_was_done_too_late_says_by_how_much() -> None:
    """A promise that was kept and one that was not are told apart after they are done."""
    story = Story().wait(after(3)).do(acknowledge(), fixed())
    _, acknowledged, fix, *_ = steps_table(story.case, story.now).splitlines()

    assert acknowledged.endswith("2026-03-05 09:00Z (2 d late)")
    assert fix.endswith("2026-03-05 09:00Z")
