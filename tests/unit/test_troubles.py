"""What a person hears of what went wrong: which letter, for whom, and what to do."""

import pytest

from tacenda.act import Act
from tacenda.models import Audience, Kind
from tests.builders import (
    acknowledge,
    fixed,
    hand_off,
    leak,
    notice,
    release,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story

CASE = "case-2026-7k3q9xm4tp"


def trouble(story: Story) -> str:
    """Return the last thing that a person must hear about."""
    return story.case.troubles[-1].what


@pytest.mark.parametrize(
    ("act", "audience", "ways"),
    [
        (
            user_notice(),
            Audience.USERS,
            (f"tacenda notify {CASE} users", f"tacenda extend {CASE} user_notice --skip"),
        ),
        (
            vendor_notice(),
            Audience.VENDORS,
            (f"tacenda notify {CASE} vendors", f"tacenda extend {CASE} vendor_notice --skip"),
        ),
        (release(), Audience.RELEASE, (f"approve the letter again: tacenda release {CASE}.",)),
    ],
    ids=["users", "vendors", "release"],
)
def test_a_letter_for_nobody_says_how_to_go_on(
    act: Act, audience: Audience, ways: tuple[str, ...]
) -> None:
    """Where the directory knows nobody, the sentence holds the commands that help."""
    story = Story(lists={audience: ()}).do(acknowledge(), fixed(), act)

    assert "went to nobody" in trouble(story)
    assert "tacenda.toml" in trouble(story)
    assert all(way in trouble(story) for way in ways)
    assert ("--skip" in trouble(story)) is (audience is not Audience.RELEASE)


def test_a_letter_that_nobody_approved_is_not_approved_again() -> None:
    """A call for a decision that finds nobody needs an address, and no approval."""
    story = Story(lists=dict.fromkeys((Audience.LEAD, Audience.TEAM, Audience.ESCALATION), ()))
    story.do(acknowledge(), leak())

    assert trouble(story).startswith("The call for a decision went to nobody")
    assert trouble(story).endswith("Add one to tacenda.toml.")


@pytest.mark.parametrize(
    ("act", "kind", "name"),
    [
        (leak(), Kind.DECISION, "call for a decision"),
        (hand_off("bob"), Kind.HANDOVER, "letter about the hand-over"),
        (acknowledge(team=("bob",)), Kind.FIX_TEAM, "letter to the fix team"),
        (release(slot(16)), Kind.DATE_CHANGE, "news of another date"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_a_letter_is_called_what_it_is(act: Act, kind: Kind, name: str) -> None:
    """Nobody reads that a decision was refused where only its letter was."""
    story = Story().do(acknowledge(), fixed(), user_notice())
    story.refusing = {kind}
    story.do(act)

    assert f"The {name} was refused for" in trouble(story)


def test_a_reporter_stands_in_no_settings_file() -> None:
    """Who cannot be reached is reached another way; only our own lists can be corrected."""
    story = Story().do(acknowledge(), fixed())
    story.refusing = {Kind.REPORTER_UPDATE, Kind.USER_NOTICE}
    story.do(notice(Audience.REPORTER, "A question."))
    assert trouble(story).endswith("reporter@example.org. Reach them another way.")

    story.do(user_notice())
    assert trouble(story).endswith("and correct their address in tacenda.toml.")


def test_a_letter_that_some_have_names_those_who_have_not() -> None:
    """Of many recipients the sentence names who was not reached, and how many there are."""
    story = Story(lists={Audience.VENDORS: ("one", "two", "three")}).do(acknowledge(), fixed())
    story.unreachable = {"two"}
    story.do(vendor_notice())

    assert "was refused for 1 of 3 recipients: two@example.org." in trouble(story)
