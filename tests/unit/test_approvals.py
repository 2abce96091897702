"""An approval binds a text, byte for byte, and the facts that the text speaks of."""

from collections.abc import Callable

import pytest

from tacenda.act import Act
from tacenda.contract import act_id
from tacenda.errors import Refused
from tacenda.fields import hash_of
from tacenda.happenings import LetterHeld
from tacenda.models import Audience, CloseReason, Kind, Step
from tacenda.texts import approved_text
from tests.builders import (
    HIGH,
    LOW,
    RECEIVED,
    acknowledge,
    after,
    assign_cve,
    close,
    credit,
    extend,
    fixed,
    hold,
    leak,
    notice,
    release,
    score,
    skip,
    slot,
    user_notice,
    vendor_notice,
    withdrawn,
)
from tests.unit.story import Story

TEXT = "  A text with\r\nodd line ends, \tblanks and ünïcode. \n\n"


@pytest.mark.parametrize(
    "approval", [user_notice, vendor_notice, release], ids=lambda a: a.__name__
)
@pytest.mark.parametrize(
    "news",
    [score(LOW), fixed("https://example.org/2"), withdrawn(), assign_cve(), credit("Rita")],
    ids=["score", "fix", "no fix", "CVE id", "credit"],
)
def test_new_facts_void_an_approval_that_has_not_left(
    approval: Callable[..., Act], news: Act
) -> None:
    """Rule 11: an approval binds the facts it speaks of; new ones void it, and the lead hears."""
    story = Story().do(acknowledge(), fixed(), approval(at=slot(2)), news)

    story.wait(after(5))

    assert story.sent(Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.RELEASE) == []
    assert len(story.times(Kind.ALARM)) == 1
    assert "approve it anew: tacenda" in story.case.troubles[0].what


@pytest.mark.parametrize("same", [score(HIGH), fixed(), assign_cve("CVE-2026-12345"), credit("")])
def test_the_same_facts_again_void_nothing(same: Act) -> None:
    """Saying again what is known leaves an approval as it stands."""
    story = Story().do(acknowledge(), fixed(), score(HIGH), assign_cve(), release(slot(2)), same)

    assert story.wait(slot(2)).times(Kind.RELEASE) == [slot(2)]


def test_a_voided_approval_can_be_given_again() -> None:
    """After a void the same text, read again, is approved again and goes out once."""
    story = Story().do(acknowledge(), fixed(), release(slot(2)), score(LOW), release(slot(2)))

    assert story.wait(slot(5)).times(Kind.RELEASE) == [slot(2)]


@pytest.mark.parametrize("approval", [user_notice, vendor_notice, release])
def test_the_text_is_approved_stored_and_sent_byte_for_byte(approval: Callable[..., Act]) -> None:
    """Rule 11: the hash of the approval is that of the bytes that leave."""
    story = Story().do(acknowledge(), fixed(), approval(text=TEXT, at=slot(1))).wait(slot(1))
    approved = story.case.notices[-1]

    assert approved_text(story.case, approved.key) == TEXT
    letter = next(letter for letter in story.case.letters if letter.key == approved.key)
    assert approved.sha256 == hash_of(TEXT) == letter.sha256
    assert hash_of("a\r\n") != hash_of("a\n")


def test_an_approved_text_cannot_be_edited() -> None:
    """Rule 11: another text for an approved notice is refused, not taken in its place."""
    story = Story().do(acknowledge(), fixed(), user_notice("First.", at=slot(1)))

    with pytest.raises(Refused, match="approved"):
        story.do(user_notice("Second.", at=slot(1), override="better words"))
    assert approved_text(story.case, "user_notice.1") == "First."


def test_two_people_in_the_same_second_approve_once() -> None:
    """Rule 12: the second approval of the same notice is refused; the notice leaves once."""
    story = Story().do(acknowledge(), fixed(), user_notice())

    with pytest.raises(Refused, match="it has gone out"):
        story.do(user_notice(by="bob"))
    assert story.wait(after(20)).times(Kind.USER_NOTICE) == [RECEIVED]


def test_two_letters_to_the_reporter_both_leave() -> None:
    """Each approved update is sent, also when the second is approved before the first left."""
    first = notice(Audience.REPORTER, "The fix is scheduled.", at=slot(3))
    second = notice(Audience.REPORTER, "We have a question.")
    story = Story().do(acknowledge(), first, second).wait(slot(4))

    assert story.times(Kind.REPORTER_UPDATE) == [RECEIVED, slot(3)]


def test_an_update_that_waits_can_be_stopped_after_another_has_left() -> None:
    """Holding a letter to the reporter stops the one that waits, whichever was approved last."""
    first = notice(Audience.REPORTER, "The fix is scheduled.", at=slot(3))
    story = Story().do(acknowledge(), first, notice(Audience.REPORTER, "A question."))
    story.do(notice(Audience.REPORTER, None, hold="not yet")).wait(slot(4))

    assert story.times(Kind.REPORTER_UPDATE) == [RECEIVED]


def test_new_facts_void_every_notice_that_waits() -> None:
    """Rule 11: also where one waits for each of two vendors."""
    story = Story(lists={Audience.VENDORS: ("one", "two")}).do(acknowledge(), fixed(), leak())
    story.do(*(vendor_notice(to=(name,), at=slot(2)) for name in ("one", "two")))
    story.do(leak(hold_on=True), score(LOW)).wait(slot(3))

    assert story.times(Kind.VENDOR_NOTICE) == []
    assert len(story.case.troubles) == 2


def test_a_held_letter_that_is_no_release_holds_no_release() -> None:
    """What is said of one letter does not touch another of the same number."""
    story = Story().do(acknowledge(), fixed(), user_notice(at=slot(2)), release(slot(3)))
    story.happen(LetterHeld(key="user_notice.1", reason="it was late"))

    assert story.case.approved(Kind.RELEASE) is not None


def test_a_skipped_step_sends_no_notice() -> None:
    """Doing without a step also stops the notice that was approved for later."""
    story = Story().do(acknowledge(), fixed(), user_notice(at=slot(2)), skip(Step.USER_NOTICE))

    assert story.wait(slot(3)).times(Kind.USER_NOTICE) == []


def test_a_notice_of_what_is_coming_does_not_follow_the_release() -> None:
    """A notice that was approved for later never leaves once the release is out."""
    story = Story().do(acknowledge(), fixed(), user_notice(at=slot(3)), vendor_notice(at=slot(3)))
    story.do(release(slot(1), override="it leaks"))
    story.wait(slot(10))

    assert story.times(Kind.RELEASE) == [slot(1)]
    assert story.sent(Kind.USER_NOTICE, Kind.VENDOR_NOTICE) == []


# How a caller names an act, so that repeating it after a time-out is safe.


def test_an_act_repeated_is_the_same_act() -> None:
    """The same act has the same id before it was applied and after."""
    story = Story().do(acknowledge(), fixed())
    act = user_notice()
    before = act_id(story.case, act)

    story.do(act)

    assert act_id(story.case, act) == before


def test_another_act_has_another_id() -> None:
    """Other values, another person or another kind of act make another id."""
    case = Story().case
    acts = [
        score(HIGH),
        score(LOW),
        score(HIGH, by="bob"),
        extend(Step.FIX, after(9)),
        extend(Step.FIX, after(9), by="bob"),
        extend(Step.FIX, after(10)),
    ]

    assert len({act_id(case, act) for act in acts}) == len(acts)


def test_an_act_after_another_of_its_name_is_a_new_one() -> None:
    """Scoring high, low and high again is three acts, not two."""
    story = Story()
    ids = []
    for act in (score(HIGH), score(LOW), score(HIGH)):
        ids.append(act_id(story.case, act))
        story.do(act)

    assert len(set(ids)) == 3
    assert act_id(story.case, score(HIGH)) == ids[-1]


@pytest.mark.parametrize("undone", [score(LOW), hold()], ids=["voided", "held"])
def test_approving_again_what_no_longer_stands_is_a_new_act(undone: Act) -> None:
    """An approval that was voided or held can be given again in the same words."""
    story = Story().do(acknowledge(), fixed())
    act = release(slot(2))
    first = act_id(story.case, act)
    story.do(act, undone)

    assert act_id(story.case, act) != first


def test_approving_again_what_reached_nobody_is_a_new_act() -> None:
    """The alarm says to approve the letter again; the same words are then a new approval."""
    story = Story().do(acknowledge(), fixed())
    story.refusing = {Kind.USER_NOTICE}
    first = act_id(story.case, user_notice())
    story.do(user_notice())

    assert act_id(story.case, user_notice()) != first


def test_approving_again_for_whom_it_failed_is_a_new_act() -> None:
    """Others have theirs; who has none can be sent it again, in the same words."""
    story = Story().do(acknowledge(), fixed(), vendor_notice())
    again = vendor_notice(to=("Two",))
    story.refusing = {Kind.VENDOR_NOTICE}
    first = act_id(story.case, again)
    story.do(again)

    assert act_id(story.case, again) != first


def test_a_closing_letter_that_fails_is_told_to_the_team() -> None:
    """The last letter of a case is no exception: somebody hears that it was refused."""
    story = Story().do(acknowledge())
    story.refusing = {Kind.CLOSING}
    story.do(close())

    assert len(story.times(Kind.ALARM)) == 1


@pytest.mark.parametrize("reason", CloseReason)
def test_a_closing_text_that_was_approved_is_sent(reason: CloseReason) -> None:
    """Whoever closes a case with a letter to the reporter means it to be sent."""
    story = Story().do(close(reason, text="Thank you, and goodbye.", override="it is over"))

    assert len(story.times(Kind.CLOSING)) == 1


def test_no_notice_is_approved_while_the_release_is_on_its_way() -> None:
    """With the mail server down, a release on its way already ends what could be announced."""
    story = Story().do(acknowledge(), fixed())
    story.stuck = {Kind.RELEASE}
    story.do(release())

    with pytest.raises(Refused, match="release"):
        story.do(user_notice())
    story.do(notice(Audience.REPORTER, "It is going out this minute."))
    assert len(story.times(Kind.REPORTER_UPDATE)) == 1
