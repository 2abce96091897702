"""An end without a release, told to those who wait for one; and a second life after it."""

import pytest

from tacenda.advice import advice
from tacenda.errors import Refused
from tacenda.lifecycle import check, reopened
from tacenda.models import Audience, CloseReason, Kind, State, Step
from tacenda.texts import approved_text
from tests.builders import (
    acknowledge,
    after,
    assign_cve,
    close,
    fixed,
    leak,
    notice,
    release,
    reopen,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story, planned

LISTS = {Audience.VENDORS: ("one", "two"), Audience.USERS: ("users",)}
OLD, NEW = slot(15), slot(16)
CHANGE = Kind.DATE_CHANGE
COMPLETE = close(CloseReason.COMPLETE)


def promised() -> Story:
    """Return a case whose users and vendors were told the 15th day, on its third day."""
    story = Story(lists=LISTS)
    story.do(acknowledge(), fixed(), user_notice(planned=OLD), vendor_notice(planned=OLD))
    return story.wait(after(3))


def changes(story: Story) -> dict[str, int]:
    """Return how often each outsider heard of another date."""
    return {name: story.heard(name).count(CHANGE) for name in ("users", "one", "two")}


# A release that does not come.


@pytest.mark.parametrize("reason", [r for r in CloseReason if r is not CloseReason.COMPLETE])
def test_a_closing_tells_those_who_were_told(reason: CloseReason) -> None:
    """Whoever expects a release hears that there is none, once."""
    story = promised().do(close(reason)).wait(slot(20))

    assert changes(story) == {"users": 1, "one": 1, "two": 1}


def test_a_closing_tells_nobody_who_expects_nothing() -> None:
    """Where nobody was told, only the reporter hears of the end."""
    story = Story(lists=LISTS).do(acknowledge(), close())

    assert changes(story) == {"users": 0, "one": 0, "two": 0}


def test_a_closing_after_the_release_calls_nothing_off() -> None:
    """What was published is not called off, not even while it is on its way."""
    story = promised().do(release(slot(7))).wait(slot(8)).do(close())
    going = promised()
    going.stuck = {Kind.RELEASE}
    going.do(leak(), release(override="it leaked"), close())

    assert changes(story) == {"users": 1, "one": 1, "two": 1}
    assert changes(going) == {"users": 0, "one": 0, "two": 0}


def test_a_case_taken_up_again_tells_its_date_again() -> None:
    """Who heard that the release is off hears the date, also where it is the old one."""
    story = promised().do(close()).wait(after(5)).do(reopen(), release(OLD))

    assert changes(story) == {"users": 2, "one": 2, "two": 2}
    assert story.wait(slot(16)).times(Kind.RELEASE) == [OLD]


def test_the_words_of_the_closing_end_with_it() -> None:
    """What was approved as the news of the end is not sent as the news of a date."""
    story = promised().do(close(users_told="It is off.")).do(reopen(), release(NEW))

    assert approved_text(story.case, story.sent(CHANGE)[-1][1].key) is None
    assert changes(story) == {"users": 2, "one": 2, "two": 2}


# A second life.


def test_a_reopened_case_goes_on_where_it_was() -> None:
    """Its state, lead and limits are as before; what was overdue escalates again in an hour."""
    story = promised().do(close()).wait(after(30)).do(reopen())
    assert story.times(Kind.ESCALATION, Step.RELEASE) == []
    story.wait(after(30, hours=2))

    assert (story.case.state, story.case.lead) == (State.RELEASE, "alice")
    assert story.case.limit(Step.RELEASE) == after(21)
    assert story.times(Kind.ESCALATION, Step.RELEASE) == [after(30, hours=1)]
    assert "alice reopened the case" in story.case.troubles[-1].what
    assert (story.case.deeds[-1].detail, story.case.deeds[-1].why) == (
        "REOPENED",
        "it can be reproduced",
    )


def test_nothing_approved_in_the_first_life_is_sent_in_the_second() -> None:
    """Rule 3: a release, a notice and each letter to the reporter are approved anew."""
    story = promised().do(
        release(OLD),
        notice(Audience.REPORTER, "First.", at=slot(9)),
        notice(Audience.REPORTER, "Second.", at=slot(10)),
    )
    before = len(story.times(Kind.REPORTER_UPDATE))
    story.do(close()).wait(after(5)).do(reopen()).wait(slot(30))

    assert story.times(Kind.RELEASE) == []
    assert len(story.times(Kind.REPORTER_UPDATE)) == before


def test_a_second_end_has_a_last_letter_of_its_own() -> None:
    """Whoever is told twice that their case is closed reads why, twice."""
    story = Story().do(close(text="Not a bug.")).wait(after(2)).do(reopen())
    story.wait(after(3)).do(close(CloseReason.DUPLICATE, text="A duplicate."))

    assert story.heard("reporter").count(Kind.CLOSING) == 2
    assert [entry.key for _, entry in story.sent(Kind.CLOSING)] == ["closing", "closing.2"]
    assert approved_text(story.case, "closing.2") == "A duplicate."


def test_two_ends_told_elsewhere_are_two_records() -> None:
    """Rule 12: each letter, told by us or elsewhere, has a key of its own."""
    story = Story().do(close(elsewhere="a call")).wait(after(1)).do(reopen())
    story.wait(after(2)).do(close(elsewhere="another call"))
    keys = [letter.key for letter in story.case.letters if letter.kind is Kind.CLOSING]

    assert keys == ["closing", "closing.2"]


def test_a_decision_is_asked_for_again_by_reopening() -> None:
    """A leak that nobody had decided about when the case ended is asked about at once."""
    story = promised().do(leak(), close()).wait(after(5)).do(reopen())
    assert story.times(Kind.DECISION) == [after(3), after(5)]


def test_what_was_decided_is_not_asked_for_again_by_reopening() -> None:
    """A leak of the first life that somebody decided about is over; another one asks again."""
    story = promised().do(leak(), leak(hold_on=True), close()).wait(after(5)).do(reopen())
    story.wait(after(6))
    assert story.times(Kind.DECISION) == [after(3)]

    assert story.do(leak("again")).times(Kind.DECISION) == [after(3), after(6)]


def test_only_a_closed_case_is_reopened() -> None:
    """The new run of a case begins with one that has ended, and with the act that reopens it."""
    closed = Story().do(close()).case

    assert reopened(closed, reopen(), after(1)).state is State.ACKNOWLEDGE
    with pytest.raises(Refused, match="closed case"):
        reopened(closed, COMPLETE, after(1))
    with pytest.raises(Refused, match="closed case"):
        reopened(Story().case, reopen(), after(1))


def test_who_closes_reads_what_is_never_sent() -> None:
    """What waits, and who was told, is said before; who reopens reads who believes it closed."""
    story = promised().do(release(OLD))
    hints = " ".join(advice(story.case, close(), story.now))
    closed = story.do(close()).case

    assert "never sent: release" in hints
    assert "3 recipients were told of a release" in hints
    believers = " ".join(advice(closed, reopen(), story.now))
    assert "The reporter was told that it is closed" in believers
    assert "told that there is no release" in believers


def test_a_reopened_release_has_its_open_ends() -> None:
    """A case closed too early is reopened as released, with what was left to do."""
    story = Story().do(acknowledge(), fixed(), assign_cve(), release(slot(1))).wait(slot(1))
    story.do(close(CloseReason.COMPLETE, override="tired")).wait(after(20))
    story.do(reopen())

    assert story.case.state is State.RELEASED
    assert len(planned(story.case, story.now, Kind.OPEN_ENDS)) == 1
    assert story.times(Kind.THANKS) == [slot(1)]


def test_who_was_told_that_it_is_off_hears_of_it_again_after_a_reopening() -> None:
    """A notice says something new then, and a second end is no news to those who know the first."""
    story = promised().do(close()).wait(after(5)).do(reopen())
    before = len(story.times(Kind.DATE_CHANGE))
    story.do(close(CloseReason.DUPLICATE)).wait(after(6))
    assert len(story.times(Kind.DATE_CHANGE)) == before

    story = promised().do(close()).wait(after(5)).do(reopen())
    check(story.case, user_notice(planned=OLD), story.now)


def test_whoever_closes_has_seen_the_troubles() -> None:
    """What a person had to hear is not told after they have closed the case."""
    story = promised().do(release(OLD), assign_cve())
    story.do(close())
    assert story.case.troubles
    story.wait(after(30))

    assert [at for at, entry in story.sent(Kind.ALARM) if at > after(4)] == []
