"""A fix that changes, a notice that is sent again, and vendors who are told after the others."""

from datetime import timedelta

import pytest

from tacenda.act import Act
from tacenda.advice import advice
from tacenda.errors import Refused
from tacenda.happenings import LetterSent
from tacenda.models import Audience, Kind, State, Step, Word
from tests.builders import (
    acknowledge,
    after,
    attached,
    fixed,
    invite,
    mitigated,
    notice,
    release,
    replied,
    score,
    slot,
    told_elsewhere,
    vendor_notice,
    withdrawn,
)
from tests.unit.story import Story, mailbox

VENDORS = {Audience.VENDORS: ("one", "two", "three")}
NEW_PATCH = vendor_notice("Another patch.", attachments=attached("two.patch"))


def told(*to: str) -> Story:
    """Return a case whose vendors, or some of them, were told; the users were not."""
    story = Story(lists=VENDORS).do(acknowledge(), fixed())
    return story.do(vendor_notice(to=to, planned=slot(15))).wait(after(2))


def test_a_withdrawn_fix_is_no_fix() -> None:
    """The step is open again and chased again; what helps without the fix stays."""
    story = Story().do(acknowledge(), mitigated(), fixed()).wait(after(8)).do(withdrawn())

    assert story.case.state is State.FIX
    assert story.case.fix is not None
    assert (story.case.fix.refs, story.case.fix.versions) == ((), ())
    assert story.case.fix.mitigation == "Switch the feature off."
    assert story.times(Kind.ESCALATION, Step.FIX) == [after(8)]
    assert (story.case.deeds[-1].detail, story.case.deeds[-1].why) == (
        "WITHDRAWN",
        "it breaks uploads",
    )


def test_a_fix_withdrawn_without_a_mitigation_leaves_nothing() -> None:
    """Where nothing else helps, nothing is known to help."""
    story = Story().do(acknowledge(), fixed(), withdrawn())

    assert story.case.fix is None
    with pytest.raises(Refused, match="No fix has landed"):
        story.do(withdrawn())


def test_a_fix_that_lands_after_one_was_withdrawn_landed_then() -> None:
    """The next fix brings its own instant, references and versions, and none of the old ones."""
    story = Story().do(acknowledge(), fixed()).wait(after(2)).do(withdrawn())
    story.wait(after(3)).do(fixed("https://example.org/2", versions=("2.0",)))

    assert story.case.fix is not None
    assert story.case.fix.refs == ("https://example.org/2",)
    assert (story.case.done_at(Step.FIX), story.case.fix.versions) == (after(3), ("2.0",))


def test_a_withdrawn_fix_voids_what_speaks_of_it() -> None:
    """Rule 11: a release of a fix that is no more does not go out."""
    story = told().do(release(slot(8)), withdrawn()).wait(slot(9))

    assert story.times(Kind.RELEASE) == []
    assert any("the fix was withdrawn" in trouble.what for trouble in story.case.troubles)


@pytest.mark.parametrize(
    ("news", "command"),
    [
        (fixed("https://example.org/2"), "vendors --attach FILE"),
        (withdrawn(), "vendors --edit"),
    ],
    ids=["another", "none"],
)
def test_vendors_who_have_the_old_fix_must_get_the_new_one(news: Act, command: str) -> None:
    """The lead is called as soon as what the vendors have is not what holds."""
    story = told().do(news)

    assert command in story.case.troubles[-1].what
    assert len(story.times(Kind.ALARM)) == 1


def test_nobody_is_called_about_what_the_vendors_knew() -> None:
    """A fix that is recorded late had landed when they were told, if it says so."""
    story = Story(lists=VENDORS).do(acknowledge()).wait(after(2)).do(vendor_notice())
    story.wait(after(3)).do(fixed(when=after(1)))
    assert not story.times(Kind.ALARM)

    story.do(fixed("https://example.org/2", when=after(2.5)))
    assert "before the fix changed" in story.case.troubles[-1].what


def test_nobody_is_called_about_vendors_who_know_nothing() -> None:
    """A fix that changes before anybody was told is everyday work."""
    story = Story().do(acknowledge(), fixed(), fixed("https://example.org/2"))

    assert story.case.troubles == ()


def test_a_new_fix_goes_to_the_vendors_again_with_its_patches() -> None:
    """After another fix the same people get another letter, with the files of that one."""
    story = told().do(fixed("https://example.org/2"), NEW_PATCH)

    assert story.heard("one") == [Kind.VENDOR_NOTICE, Kind.VENDOR_NOTICE]
    assert [file.name for file in story.case.notices[-1].attachments] == ["two.patch"]
    assert story.case.done_at(Step.VENDOR_NOTICE) == after(0)


@pytest.mark.parametrize(
    "again", [vendor_notice(), vendor_notice("In other words."), vendor_notice(to=("one",))]
)
def test_a_second_copy_is_refused(again: Act) -> None:
    """Rule 12: who has a notice does not get it again, unless it has something new to say."""
    with pytest.raises(Refused, match="it has gone out"):
        told().do(again)


def test_the_same_text_is_not_news_for_a_new_fact() -> None:
    """After another fix a letter that says what the last one said says nothing of it."""
    story = told().do(fixed("https://example.org/2"))

    with pytest.raises(Refused, match="it has gone out"):
        story.do(vendor_notice(planned=None))


def test_a_second_copy_can_be_insisted_on() -> None:
    """Somebody who lost their mail is a reason."""
    story = told().do(vendor_notice(to=("one",), override="they lost it"))

    assert story.heard("one").count(Kind.VENDOR_NOTICE) == 2
    assert story.heard("two").count(Kind.VENDOR_NOTICE) == 1


@pytest.mark.parametrize("name", ["three", "THREE", "three@example.org"])
def test_somebody_new_can_be_told(name: str) -> None:
    """--to names who is meant, by name or address, however it is written; nobody else hears."""
    story = told("one", "two").do(vendor_notice(to=(name,)))

    assert story.heard("three") == [Kind.VENDOR_NOTICE]
    assert story.heard("one") == [Kind.VENDOR_NOTICE]
    with pytest.raises(Refused, match="it has gone out"):
        story.do(vendor_notice("Once more.", to=(name.title(),)))


@pytest.mark.parametrize(
    "first",
    [vendor_notice(to=("one",)), told_elsewhere(Audience.VENDORS, to=("one",))],
    ids=["by letter", "elsewhere"],
)
def test_after_one_of_them_all_can_be_told(first: Act) -> None:
    """Who was told alone keeps nobody else from hearing it; once all were told, it is a copy."""
    story = Story(lists=VENDORS).do(acknowledge(), fixed(), first, vendor_notice())

    assert story.heard("two") == story.heard("three") == [Kind.VENDOR_NOTICE]
    with pytest.raises(Refused, match="it has gone out"):
        story.do(vendor_notice())


def test_who_could_not_be_reached_can_be_told_again() -> None:
    """A mailbox that refused has nothing, and is somebody new."""
    story = Story(lists=VENDORS).do(acknowledge(), fixed())
    story.unreachable = {"two"}
    story.do(vendor_notice())
    assert "two@example.org" in story.case.troubles[-1].what

    story.unreachable = set()
    story.do(vendor_notice(to=("two",)))

    assert story.heard("two") == [Kind.VENDOR_NOTICE]
    assert story.heard("one") == [Kind.VENDOR_NOTICE]


def test_a_word_of_a_vendor_while_its_notice_is_under_way_brings_no_second_one() -> None:
    """With a standing consent it is in the notice for all already; also once that has arrived."""
    story = Story(lists=VENDORS).do(acknowledge(), fixed())
    story.stuck = {Kind.VENDOR_NOTICE}
    story.do(vendor_notice(planned=slot(15))).wait(after(1)).do(replied("one")).wait(after(2))
    (begun,) = story.case.under_way
    assert [entry.key for _, entry in story.sent(Kind.VENDOR_NOTICE)] == [begun.key]

    story.stuck = set()
    boxes = tuple(mailbox(name, Audience.VENDORS) for name in VENDORS[Audience.VENDORS])
    story.happen(LetterSent(letter=begun.model_copy(update={"delivered": boxes})))
    assert len(story.sent(Kind.VENDOR_NOTICE)) == 1


def test_who_was_left_out_of_a_notice_by_its_word_gets_it_after_another_one() -> None:
    """It had declined before the notice began, and accepts while that is under way."""
    story = Story(lists=VENDORS).do(acknowledge(), fixed(), invite())
    story.do(replied("one", Word.DECLINED)).wait(after(1))
    story.stuck = {Kind.VENDOR_NOTICE}
    story.do(vendor_notice(planned=slot(15))).wait(after(2)).do(replied("one"))
    (begun,) = story.case.under_way

    story.stuck = set()
    others = tuple(mailbox(name, Audience.VENDORS) for name in ("two", "three"))
    story.happen(LetterSent(letter=begun.model_copy(update={"delivered": others})))
    assert story.heard("one") == [Kind.VENDOR_NOTICE]


def test_vendors_told_after_the_final_warning_get_it_too() -> None:
    """Rule 15: who is told on the last day reads the text and the instant on the last day."""
    story = told("one", "two").do(release(slot(8))).wait(slot(8) - timedelta(hours=4))
    story.do(vendor_notice(to=("three",), override="they found it themselves")).wait(slot(9))

    assert story.heard("three") == [Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.RELEASE]
    assert story.heard("one").count(Kind.FINAL_WARNING) == 1
    assert story.times(Kind.FINAL_WARNING) == [slot(7), slot(8) - timedelta(hours=4)]
    assert story.times(Kind.RELEASE) == [slot(8)]


def test_vendors_called_after_the_final_warning_get_it_too() -> None:
    """The telephone tells them of the flaw, and the letter of the text and the instant."""
    story = told("one", "two").do(release(slot(8))).wait(slot(8) - timedelta(hours=4))
    story.do(told_elsewhere(Audience.VENDORS, to=("three",))).wait(slot(9))

    assert story.heard("three") == [Kind.FINAL_WARNING, Kind.RELEASE]


def test_a_late_warning_is_given_once() -> None:
    """Who has it does not get it again with the next letter to them."""
    story = told("one", "two").do(release(slot(8))).wait(slot(8) - timedelta(hours=4))
    story.do(vendor_notice(to=("three",), override="late"))
    story.do(vendor_notice("And again.", to=("three",), override="late")).wait(slot(9))

    assert story.heard("three").count(Kind.FINAL_WARNING) == 1


def test_a_late_warning_that_is_refused_is_not_tried_for_ever() -> None:
    """A mailbox that refuses is told to a person, once; the others have the release in time."""
    story = told("one", "two").do(release(slot(8))).wait(slot(8) - timedelta(hours=4))
    story.unreachable = {"three"}
    story.do(told_elsewhere(Audience.VENDORS, to=("three",))).wait(slot(9))

    assert len(story.times(Kind.FINAL_WARNING)) == 2
    assert story.heard("two")[-1] is Kind.RELEASE
    assert sum("final warning" in trouble.what for trouble in story.case.troubles) == 1


def test_a_release_approved_anew_warns_everybody_anew() -> None:
    """Another text has its own warning, also for those who had one of the last."""
    story = told().do(release(slot(8))).wait(after(8)).do(score())
    story.do(release(slot(9), "Another text.")).wait(slot(10))

    assert story.heard("one").count(Kind.FINAL_WARNING) == 2
    assert story.times(Kind.RELEASE) == [slot(9)]


def test_vendors_without_a_fix_are_told_with_a_warning_to_the_author() -> None:
    """A notice before the fix is allowed, and its author knows what it lacks."""
    story = Story(lists=VENDORS).do(acknowledge())

    assert "without one" in advice(story.case, vendor_notice(), story.now)[0]
    story.do(vendor_notice(), fixed())
    assert "--attach FILE" in story.case.troubles[-1].what


def test_an_update_to_the_reporter_is_never_a_second_copy() -> None:
    """A person may write to the reporter as often as they like."""
    update = notice(Audience.REPORTER, "We are at it.")
    story = Story().do(acknowledge(), update, update, update)

    assert story.heard("reporter").count(Kind.REPORTER_UPDATE) == 3


def test_a_notice_for_one_vendor_keeps_none_from_another() -> None:
    """Whether that one has it after its own word, or is still to get it at an instant to come."""
    story = Story(lists=VENDORS).with_party("asked").do(acknowledge(), fixed())
    story.do(invite(planned=slot(15)), replied("asked"), vendor_notice(to=("asked",)))
    assert story.heard("asked", Kind.INVITATION) == [Kind.VENDOR_NOTICE]

    story.wait(after(1)).do(vendor_notice("For you.", to=("one",), at=slot(5)))
    with pytest.raises(Refused, match=r"it goes out at 2026-03-07 16:00 UTC\. To stop it"):
        story.do(vendor_notice("Again.", to=("one",)))
    story.do(vendor_notice("For another.", to=("two",)))
    assert story.heard("two") == [Kind.VENDOR_NOTICE]
    assert story.wait(slot(6)).heard("one") == [Kind.VENDOR_NOTICE]


def test_a_notice_that_waits_says_when_it_leaves() -> None:
    """A vendor that keeps no embargo for so long has none yet: its own instant is named."""
    story = Story(lists={Audience.VENDORS: ()})
    story.with_party("brief", standing=True, max_embargo=timedelta(days=5))
    story.do(acknowledge(), fixed(), vendor_notice(planned=slot(15))).wait(after(1))

    with pytest.raises(Refused, match="it goes out at 2026-03-12 16:00 UTC"):
        story.do(vendor_notice("Again."))
    assert story.wait(slot(14)).heard("brief", Kind.FINAL_WARNING) == [Kind.VENDOR_NOTICE]
