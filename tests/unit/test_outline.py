"""A case in outline: what figures know of it without asking it."""

from datetime import datetime

from hypothesis.stateful import invariant

from tacenda.case import Case
from tacenda.models import Band, CloseReason, Step
from tacenda.outline import Outline, outline_from, outline_of, word_of
from tests.builders import a_case, acknowledge, after, close, extend, fixed, score, skip
from tests.unit.anybody import Anybody
from tests.unit.anycase import SETTINGS
from tests.unit.story import Story


class Outlines(Anybody):
    """What a case says in one word, whatever happens to it."""

    @invariant()
    def reads_what_it_wrote(self) -> None:
        """The word is short, says nothing but instants, and reads as the outline it came from."""
        outline = outline_of(self.case)
        assert len(word_of(outline)) < 200
        assert read(self.case) == to_the_second(outline)


Outlines.TestCase.settings = SETTINGS
TestOutlines = Outlines.TestCase


def test_a_case_in_outline() -> None:
    """Done, late, moved and left out are told apart; the word holds nothing that was written."""
    story = Story(a_case(title="canary", details="canary"))
    story.wait(after(2)).do(acknowledge(), score(), skip(Step.USER_NOTICE))
    story.do(extend(Step.FIX, after(9))).wait(after(3)).do(fixed())

    steps = outline_of(story.case).steps
    late = [step for step in Step if steps[step].is_late(after(3))]

    assert late == [Step.ACKNOWLEDGE]
    assert steps[Step.ACKNOWLEDGE].done == after(2)
    assert steps[Step.FIX].is_moved
    assert steps[Step.USER_NOTICE].is_without
    assert not steps[Step.RELEASE].done
    assert "canary" not in word_of(outline_of(story.case))
    assert outline_of(story.case).band is Band.HIGH


def test_a_closed_case_owes_only_what_was_overdue_when_it_ended() -> None:
    """A limit that passed before the end was missed; what was to come is not owed any more."""
    story = Story(a_case()).wait(after(10)).do(close(CloseReason.WITHDRAWN))

    steps = outline_of(story.case).steps
    missed = [step for step in Step if steps[step].is_late(after(10))]

    assert missed == [Step.ACKNOWLEDGE, Step.FIX, Step.USER_NOTICE]
    assert read(story.case).reason is CloseReason.WITHDRAWN


def test_a_word_that_this_version_cannot_read_is_no_outline() -> None:
    """A later version, somebody's own word, an instant that no calendar has: none is guessed."""
    for word in ("", "2;1;x;-", "1;2", "1;99999999999999999;1/-,1/-,1/-,1/-,1/-;-"):
        assert outline_from(word, "case-2026-7k3q9xm4tp") is None


def read(case: Case) -> Outline:
    """Return what a case's word says."""
    band = case.severity.band if case.severity else None
    outline = outline_from(word_of(outline_of(case)), case.id, band)
    assert outline is not None
    return outline


def to_the_second(outline: Outline) -> Outline:
    """Return an outline without parts of seconds."""
    steps = {
        step: each.model_copy(
            update={"limit": whole(each.limit), "done": each.done and whole(each.done)}
        )
        for step, each in outline.steps.items()
    }
    received, closed = whole(outline.received), outline.closed and whole(outline.closed)
    return outline.model_copy(update={"received": received, "steps": steps, "closed": closed})


def whole(at: datetime) -> datetime:
    """Return an instant without parts of its second."""
    return at.replace(microsecond=0)
