"""Who was told a release date hears of another one: exactly they, once, and not for ever."""

import pytest

from tacenda.act import Act
from tacenda.advice import advice
from tacenda.facts import facts_of
from tacenda.happenings import LetterSent
from tacenda.models import Audience, Kind, Step
from tacenda.notices import render
from tacenda.texts import approved_text
from tests.builders import (
    a_case,
    a_policy,
    acknowledge,
    after,
    extend,
    fixed,
    hold,
    leak,
    public,
    release,
    score,
    slot,
    told_elsewhere,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story, planned

LISTS = {Audience.VENDORS: ("one", "two"), Audience.USERS: ("users",)}
OLD, NEW, LAST = slot(15), slot(16), slot(17)
CHANGE = Kind.DATE_CHANGE


def promised(approvals: int = 1) -> Story:
    """Return a case whose users and vendors were told the 15th day, on its third day."""
    story = Story(a_case(policy=a_policy(approvals=approvals)), lists=LISTS)
    story.do(acknowledge(), fixed(), user_notice(planned=OLD), vendor_notice(planned=OLD))
    return story.wait(after(3))


def changes(story: Story) -> dict[str, int]:
    """Return how often each outsider heard of another date."""
    return {name: story.heard(name).count(CHANGE) for name in ("users", "one", "two")}


def test_everybody_who_was_told_hears_of_another_date_once() -> None:
    """A release approved for another day is news for all who expect it on the old one."""
    story = promised().do(release(NEW))
    assert changes(story) == {"users": 1, "one": 1, "two": 1}

    story.wait(slot(20))

    assert changes(story) == {"users": 1, "one": 1, "two": 1}
    assert story.times(CHANGE) == [after(3), after(3)]
    assert "reporter" not in {name for name, kind in story.delivered if kind is CHANGE}


def test_nobody_hears_of_a_date_that_stays() -> None:
    """A release on the day that was announced is no news."""
    story = promised().do(release(OLD)).wait(slot(20))

    assert changes(story) == {"users": 0, "one": 0, "two": 0}


def test_nobody_hears_of_a_date_who_was_never_told_one() -> None:
    """Who has no notice has nothing that could move."""
    story = Story(lists=LISTS).do(acknowledge(), fixed(), vendor_notice(planned=OLD, to=("one",)))
    story.do(release(NEW)).wait(slot(20))

    assert changes(story) == {"users": 0, "one": 1, "two": 0}


def test_who_gets_a_notice_with_the_new_date_hears_it_there() -> None:
    """The users have it from their new notice, and the vendors from a letter of their own."""
    story = promised().do(user_notice("A day later.", planned=NEW)).wait(after(5))

    assert changes(story) == {"users": 0, "one": 1, "two": 1}
    assert story.heard("users") == [Kind.USER_NOTICE, Kind.USER_NOTICE]


def test_a_notice_to_one_vendor_moves_the_date_for_the_other_too() -> None:
    """Who is named in --to reads the new date there; the other, and the users, in a letter."""
    story = promised().do(vendor_notice("A day later.", to=("one",), planned=NEW))

    assert changes(story) == {"users": 1, "one": 0, "two": 1}


def test_who_gets_a_final_warning_in_that_moment_hears_it_there() -> None:
    """With less than 24 hours left the vendors have the instant from the warning."""
    story = promised().do(release(slot(3)))

    assert changes(story) == {"users": 1, "one": 0, "two": 0}
    assert story.heard("one") == [Kind.VENDOR_NOTICE, Kind.FINAL_WARNING]


def test_a_notice_that_comes_too_late_is_no_excuse() -> None:
    """Users who wait for the 15th day are not left waiting for a notice of the 16th."""
    story = promised().do(user_notice("Later.", planned=slot(22), at=slot(14)))
    assert changes(story)["users"] == 0

    late = promised().do(user_notice("Later.", planned=slot(22), at=NEW))
    assert changes(late)["users"] == 1


def test_every_new_date_is_news() -> None:
    """A date that moves twice is told twice, the second time only to those who know the first."""
    story = promised().do(release(NEW)).wait(after(4)).do(hold(), release(LAST)).wait(slot(20))

    assert changes(story) == {"users": 2, "one": 2, "two": 2}
    assert story.times(Kind.RELEASE) == [LAST]


def test_a_change_on_its_way_is_followed_by_the_next_and_not_overtaken() -> None:
    """One letter about dates at a time: who still waits for one gets the last word after it."""
    story = promised()
    story.stuck = {CHANGE}
    story.do(release(NEW), hold(), release(LAST))
    begun = len(story.times(CHANGE))
    assert begun == 2

    story.stuck = set()
    for letter in story.case.under_way:
        audience = Audience(letter.key.split(".")[1])
        arrived = letter.model_copy(update={"delivered": story.case.told(audience)})
        story.happen(LetterSent(letter=arrived))

    assert len(story.times(CHANGE)) == 4
    assert planned(story.case, story.now, CHANGE) == ()


def test_a_mailbox_that_refuses_is_not_tried_for_ever() -> None:
    """It is told to a person, who reaches them another way; the others are not told again."""
    story = promised()
    story.unreachable = {"two"}
    story.do(release(NEW)).wait(slot(14))

    assert changes(story) == {"users": 1, "one": 1, "two": 0}
    assert len(story.times(CHANGE)) == 2
    assert "two@example.org" in story.case.troubles[-1].what


def test_news_that_found_nobody_is_not_tried_for_ever() -> None:
    """Where the directory cannot be asked, a person is; the plan does not run in circles."""
    story = promised()
    story.stuck = {CHANGE}
    story.do(release(NEW))
    for letter in story.case.under_way:
        story.happen(LetterSent(letter=letter.model_copy(update={"pending": ()})))
    story.stuck = set()
    story.wait(slot(14))

    assert len(story.times(CHANGE)) == 2
    assert sum("went to nobody" in trouble.what for trouble in story.case.troubles) == 2


@pytest.mark.parametrize("turn", [leak(), public()], ids=["leaked", "public"])
def test_nobody_hears_of_a_date_that_is_now(turn: Act) -> None:
    """Who publishes at once tells nobody that it will be: they read the release."""
    story = promised().do(turn, release(override="it is out")).wait(slot(20))

    assert changes(story) == {"users": 0, "one": 0, "two": 0}
    assert story.heard("users") == [Kind.USER_NOTICE, Kind.RELEASE]


def test_nothing_follows_the_release() -> None:
    """After the release no date moves, whatever is recorded afterwards."""
    story = promised().do(release(slot(7))).wait(slot(8))
    before = len(story.times(CHANGE))
    story.do(score(), told_elsewhere(Audience.USERS, planned=LAST)).wait(slot(20))

    assert len(story.times(CHANGE)) == before


def test_a_limit_is_no_date() -> None:
    """The team's own limit moves, and nobody outside hears of it."""
    story = promised().do(extend(Step.RELEASE, slot(40))).wait(after(9))

    assert changes(story) == {"users": 0, "one": 0, "two": 0}


def test_a_release_that_one_of_two_approved_moves_no_date() -> None:
    """Rule 3: what two must approve is told to nobody on the word of one."""
    story = promised(approvals=2).do(release(NEW)).wait(after(4))
    assert changes(story) == {"users": 0, "one": 0, "two": 0}

    story.do(release(NEW, by="bob"))

    assert changes(story) == {"users": 1, "one": 1, "two": 1}
    assert story.case.planned == NEW


def test_a_release_that_nobody_seconded_leaves_no_trace() -> None:
    """Held before the second yes, it moved nothing: the old date stands, and is called to mind."""
    story = promised(approvals=2).do(release(NEW), hold()).wait(slot(16))

    assert changes(story) == {"users": 0, "one": 0, "two": 0}
    assert story.times(Kind.ESCALATION, Step.RELEASE) == [OLD]


def test_the_approved_words_are_what_they_get() -> None:
    """Rule 11: who approved the date approved the news of it as well, for users and vendors."""
    told = {"users_told": "It moves.", "vendors_told": "It moves; the embargo holds."}
    story = promised().do(release(NEW, **told))
    texts = [approved_text(story.case, entry.key) for _, entry in story.sent(CHANGE)]

    assert texts == ["It moves.", "It moves; the embargo holds."]


def test_words_about_one_date_are_not_used_for_another() -> None:
    """An approved text about the 16th does not go out for the 17th."""
    story = promised().do(release(NEW, users_told="On the 16th.")).do(hold(), release(LAST))

    assert approved_text(story.case, story.sent(CHANGE)[-1][1].key) is None


def test_the_letter_names_the_old_date_and_the_new() -> None:
    """Users and vendors read which instant moves, and where to."""
    story = promised()
    story.stuck = {CHANGE}
    story.do(release(NEW))
    for _, entry in story.sent(CHANGE):
        body = " ".join(render(CHANGE, facts_of(story.case, story.now, entry)).body.split())
        assert "announced for 2026-03-17 16:00 UTC will now be published on" in body
        assert "2026-03-18 16:00 UTC" in body


def test_an_announced_date_that_passes_escalates() -> None:
    """Those outside are waiting: that is called to mind at that instant, also before the limit."""
    story = promised().wait(after(30))

    assert story.times(Kind.ESCALATION, Step.RELEASE) == [OLD, after(21)]


def test_an_announced_date_after_the_limit_escalates_too() -> None:
    """A promise made after the limit is a promise; kept, it escalates nothing."""
    story = promised().wait(after(22)).do(user_notice("Later.", planned=slot(24)))
    story.wait(after(30))
    assert story.times(Kind.ESCALATION, Step.RELEASE) == [OLD, after(21), slot(24)]

    kept = promised().wait(after(22)).do(user_notice("Later.", planned=slot(24)))
    kept.do(release(slot(24))).wait(after(30))
    assert kept.times(Kind.ESCALATION, Step.RELEASE) == [OLD, after(21)]


def test_a_notice_that_names_another_date_voids_the_release_only_by_a_persons_word() -> None:
    """A guard speaks first; who insists has decided, and the release is approved anew."""
    story = promised().do(release(NEW))
    story.do(user_notice("Later.", planned=LAST, override="we need a day")).wait(slot(20))

    assert story.times(Kind.RELEASE) == []
    assert any("names another date" in trouble.what for trouble in story.case.troubles)
    assert story.case.planned == LAST


def test_a_notice_that_waits_with_the_old_date_is_void() -> None:
    """Rule 11: a text that names a date does not go out after that date has changed."""
    story = Story(lists=LISTS).do(acknowledge(), fixed(), user_notice(at=slot(5), planned=OLD))
    story.do(release(NEW)).wait(slot(6))

    assert story.heard("users") == []
    assert "release date that it names has changed" in story.case.troubles[-1].what


def test_who_approves_a_date_is_told_how_many_hear_of_it() -> None:
    """Before the yes: so many were told another date, and hear of this one at once."""
    story = promised()

    by_release = advice(story.case, release(NEW), story.now)
    by_notice = advice(story.case, user_notice(planned=NEW), story.now)
    assert any("3 recipients were told" in hint for hint in by_release)
    assert any("2 recipients were told" in hint for hint in by_notice)
