"""What the call for a decision says to whoever must decide in the middle of the night."""

from datetime import timedelta

import pytest

from tacenda.facts import facts_of
from tacenda.models import Kind
from tacenda.notices import render
from tacenda.releases import wants_second
from tests.builders import leak, public, release
from tests.unit import situations
from tests.unit.situations import Situation
from tests.unit.story import Story

HOUR = timedelta(hours=1)
REASON = "it is on a forum"
NOW = "It leaked. Switch it off; a fix follows."
NO_FIX = "with what helps meanwhile: tacenda release case-2026-7k3q9xm4tp --override"


def the_letter(story: Story) -> str:
    """Return the call for a decision as its recipients read it."""
    facts = facts_of(story.case, story.now, story.sent(Kind.DECISION)[-1][1])
    return " ".join(render(Kind.DECISION, facts).body.split())


def test_the_letter_says_what_is_ready_and_what_is_not() -> None:
    """Nobody has to look for it at two in the morning; nor for the command of a decision."""
    story = situations.vendors_half_told().do(leak())
    letter, case = the_letter(story), story.case.id

    assert "Ready: - the fix: 1.2.3, https://example.org/pull/1" in letter
    assert "the notice to the vendors, in 1 mailbox" in letter
    assert "a notice for 2 mailboxes; with a release they get that instead" in letter
    assert f"no score: tacenda score {case} VECTOR" in letter
    assert "no release is approved" in letter
    assert f"publish now: tacenda release {case} --confirm-artifacts --override WHY" in letter
    assert f"tacenda release {case} --at 2026-03-07T16:00Z" in letter
    assert f"tacenda leak {case} --hold-on --reason WHY" in letter
    assert "Two of you" not in letter


@pytest.mark.parametrize(
    ("begin", "says"),
    [
        (situations.taken, "--edit --override WHY"),
        (
            situations.unfixed,
            NO_FIX,
        ),
        (situations.leaderless, "Nobody leads the case yet"),
        (situations.twice_approved, "The second types tacenda release"),
        (situations.half_approved, "a second approval of the release that alice approved"),
        (situations.promised, "a release, approved for 2026-03-17 16:00 UTC"),
    ],
    ids=lambda it: getattr(it, "__name__", ""),
)
def test_the_letter_speaks_of_the_case_as_it_is(begin: Situation, says: str) -> None:
    """Without a fix the editor opens, unless it is known what helps; two must agree, or one."""
    assert says in the_letter(begin().do(leak()))


def test_on_a_public_case_the_letter_needs_no_override() -> None:
    """An hour after the escalation it is asked for; what is public is not made public again."""
    story = situations.promised().do(public())
    letter = the_letter(story.wait(story.now + HOUR))

    assert "It is public, so every limit is now" in letter
    assert "--override" not in letter
    assert "tacenda public" not in letter
    assert f"keep to the plan as it stands: tacenda leak {story.case.id} --hold-on" in letter
    story.do(leak(hold_on=True)).wait(story.now + 9 * HOUR)
    assert len(story.sent(Kind.DECISION)) == 1


def test_the_second_of_two_sees_the_text_of_the_first() -> None:
    """Who did not approve it yet reads exactly that, and nobody reads what has been seconded."""
    story = situations.twice_approved().do(leak())
    story.do(release(text=NOW, override=REASON))
    first = wants_second(story.case, "bob")

    assert first
    assert first.text == NOW
    assert wants_second(story.case, "alice") is None
    story.do(release(text=first.text, override=REASON, by="bob"))
    assert story.case.released == story.now
    assert wants_second(story.case, "carol") is None
