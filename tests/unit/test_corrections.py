"""What was published and is wrong: everybody who was told hears what holds."""

import pytest

from tacenda.act import Act
from tacenda.errors import Refused
from tacenda.models import Audience, Kind, Step
from tests.builders import (
    acknowledge,
    after,
    assign_cve,
    credit,
    fixed,
    hold,
    notice,
    release,
    score,
    slot,
    told_elsewhere,
    user_notice,
    vendor_notice,
    withdrawn,
)
from tests.unit.story import Story

LISTS = {
    Audience.VENDORS: ("one", "two"),
    Audience.USERS: ("announce",),
    Audience.RELEASE: ("announce", "everybody"),
}


def out(*to: str) -> Story:
    """Return a case that was released yesterday, with users and vendors told before."""
    story = Story(lists=LISTS).do(acknowledge(), fixed(), user_notice(planned=slot(2)))
    return story.do(vendor_notice(to=to), release(slot(2))).wait(slot(3))


def correction(text: str = "The fix is incomplete.", **values: object) -> Act:
    """Return the approval of a correction to everybody."""
    return notice(Audience.USERS, text, **values)


def test_a_correction_goes_to_everybody_who_was_told() -> None:
    """The lists, and who had a notice, each once; the reporter is written to by a person."""
    story = out("one").do(correction())

    assert [name for name, kind in story.delivered if kind is Kind.CORRECTION] == [
        "announce",
        "everybody",
        "one",
    ]


def test_a_correction_to_the_vendors_goes_to_those_who_were_told() -> None:
    """A word to the vendors alone reaches no list, and no vendor who knows of nothing."""
    story = out("one").do(notice(Audience.VENDORS, "Rebuild with the second patch."))

    assert [name for name, kind in story.delivered if kind is Kind.CORRECTION] == ["one"]


def test_a_correction_does_no_step_and_moves_no_date() -> None:
    """It is no second release: the case stays released when it was, and planned as it was."""
    story = out().do(correction(planned=slot(20)))

    assert story.case.released == slot(2)
    assert story.case.planned == slot(2)
    assert story.case.done_at(Step.USER_NOTICE) == after(0)


def test_there_can_be_several_corrections_and_no_copies() -> None:
    """What says something else goes out; the same words do not go out twice by a slip."""
    story = out().do(correction())
    with pytest.raises(Refused, match="another text"):
        story.do(correction())

    story.do(correction("It is complete now."), correction(to=("everybody",)))

    assert story.heard("announce").count(Kind.CORRECTION) == 2
    assert story.heard("everybody").count(Kind.CORRECTION) == 3


def test_users_and_vendors_each_have_their_correction() -> None:
    """One waits for Monday, the other does not wait for it; each is stopped by its own name."""
    story = out().do(correction(at=slot(7)), notice(Audience.VENDORS, "Rebuild.", at=slot(6)))
    story.do(notice(Audience.VENDORS, text=None, hold="a slip")).wait(slot(8))

    assert story.heard("one").count(Kind.CORRECTION) == 1
    assert story.heard("everybody").count(Kind.CORRECTION) == 1
    assert [n.held for n in story.case.notices if n.kind is Kind.CORRECTION] == [
        "",
        "alice stopped it",
    ]


@pytest.mark.parametrize(
    "news", [fixed("https://example.org/2"), withdrawn(), score(), assign_cve(), credit("Rita")]
)
def test_new_facts_void_a_correction_that_waits(news: Act) -> None:
    """Rule 11: a correction is bound to what it speaks of, as everything published is."""
    story = out().do(correction(at=slot(7)), news).wait(slot(9))

    assert story.times(Kind.CORRECTION) == []
    assert "approval of the correction is void" in story.case.troubles[0].what
    assert "tacenda notify case-2026-7k3q9xm4tp users" in story.case.troubles[0].what


def test_a_fix_that_changes_after_the_release_calls_for_a_correction() -> None:
    """Who updated believes to be safe: the lead hears at once that they must be told."""
    story = out().do(withdrawn())

    assert "After the release the fix was withdrawn" in story.case.troubles[-1].what
    assert "users --edit" in story.case.troubles[-1].what


def test_a_notice_that_waited_for_the_release_is_void_with_no_alarm() -> None:
    """What was to come before the release never comes, and a new fact calls nobody for it."""
    story = Story(lists=LISTS).do(acknowledge(), fixed(), user_notice(at=slot(5), planned=slot(7)))
    story.wait(slot(2)).do(release(override="now")).wait(slot(3)).do(score()).wait(slot(9))

    assert story.times(Kind.USER_NOTICE) == []
    assert [trouble.what for trouble in story.case.troubles if "user notice" in trouble.what] == []


def test_a_correction_told_elsewhere_is_recorded() -> None:
    """A word in a public chat is a correction too, and is not sent."""
    story = out().do(told_elsewhere(Audience.USERS, "the project's chat"))

    assert story.times(Kind.CORRECTION) == [slot(3)]
    assert Kind.CORRECTION not in story.heard("announce")


def test_the_release_itself_goes_out_once() -> None:
    """A second release is refused; the refusal names the correction."""
    story = out()

    with pytest.raises(Refused, match="tacenda notify case-2026-7k3q9xm4tp users"):
        story.do(release(text="Another text.", override="it was wrong"))
    with pytest.raises(Refused, match="no approved release"):
        story.do(hold())
