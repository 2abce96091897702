"""How a case ends, what must be done before, and how it is taken up again."""

from itertools import pairwise

import pytest

from tacenda.acts import AssignCve
from tacenda.advice import advice
from tacenda.case import Case
from tacenda.errors import Refused
from tacenda.lifecycle import check, reopened
from tacenda.models import DAY, Audience, CloseReason, Kind, Reporter, State, Step
from tests.builders import (
    a_case,
    acknowledge,
    after,
    assign_cve,
    close,
    confirm_reporter,
    fixed,
    held_retrospective,
    leak,
    notice,
    published,
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


def out(*cves: str, case: Case | None = None) -> Story:
    """Return a case that was released on its first day, with CVE ids."""
    story = Story(case).do(acknowledge(), fixed())
    if cves:
        story.do(assign_cve(*cves))
    return story.do(release(slot(1))).wait(slot(1))


# What must be done before.


def test_open_ends_are_named_until_the_case_is_closed() -> None:
    """Some days after the release, and weekly from then on, the lead reads what is missing."""
    story = out().wait(after(40))
    times = story.times(Kind.OPEN_ENDS)

    assert times[0] == slot(4)
    assert {later - earlier for earlier, later in pairwise(times)} == {7 * DAY}
    assert story.do(held_retrospective(), COMPLETE).wait(after(90)).times(Kind.OPEN_ENDS) == times


def test_an_unpublished_cve_record_is_named_earlier() -> None:
    """The record is due in days: the first letter about it comes a day sooner."""
    story = out("CVE-2026-12345").wait(after(40))

    assert story.times(Kind.OPEN_ENDS)[0] == slot(3)


def test_a_record_that_is_published_is_named_no_more() -> None:
    """With the record out, the letters keep their pace."""
    story = out("CVE-2026-12345").wait(slot(3)).do(published()).wait(slot(11))

    assert story.times(Kind.OPEN_ENDS) == [slot(3), slot(10)]


@pytest.mark.parametrize("cves", [(), ("CVE-2026-12345",), ("CVE-2026-12345", "CVE-2026-12346")])
def test_a_case_is_complete_when_everything_that_follows_is_done(cves: tuple[str, ...]) -> None:
    """Rule 27: not before each CVE record is public, the reporter knows, the team has met."""
    story = out(*cves)
    if cves:
        with pytest.raises(Refused, match=f"{' '.join(cves)} --published"):
            story.do(COMPLETE)
        story.do(published(*cves))
    with pytest.raises(Refused, match="retrospective"):
        story.do(COMPLETE)

    assert story.do(held_retrospective(), COMPLETE).case.state is State.CLOSED


@pytest.mark.parametrize("public", [False, True])
def test_a_reporter_whose_thanks_were_refused_is_reached_another_way(public: bool) -> None:
    """Rule 27: a letter that came back answers nobody; a person does, and says so."""
    story = Story(a_case(public=public)).do(acknowledge(), fixed())
    story.refusing = {Kind.THANKS}
    story.do(release(override="now"), held_retrospective())
    with pytest.raises(Refused, match="confirm case-2026-7k3q9xm4tp reporter"):
        story.do(COMPLETE)

    assert story.do(confirm_reporter(), COMPLETE).case.state is State.CLOSED


@pytest.mark.parametrize("reporter", [None, Reporter(name="Rita")], ids=["nobody", "no address"])
def test_where_there_is_nobody_to_write_to_nobody_is_waited_for(reporter: Reporter | None) -> None:
    """A report without an address ends without an answer."""
    story = out(case=a_case(reporter=reporter)).do(held_retrospective(), COMPLETE)

    assert story.case.state is State.CLOSED
    assert story.heard("reporter") == []


def test_another_end_asks_for_nothing() -> None:
    """What turns out to be a duplicate is closed as one, also after its release."""
    assert out("CVE-2026-12345").do(close(CloseReason.DUPLICATE)).case.state is State.CLOSED


def test_a_case_of_the_first_rules_is_complete_with_its_release() -> None:
    """A case that an earlier version opened ends as that version had it end."""
    old = a_case().model_copy(update={"rules": 1})

    assert out("CVE-2026-12345", case=old).do(COMPLETE).case.state is State.CLOSED


# CVE ids.


def test_a_cve_id_can_be_taken_back() -> None:
    """An id that belongs to something else is no longer waited for, and voids what names it."""
    story = Story().do(acknowledge(), fixed(), assign_cve("CVE-2026-1000", "CVE-2026-2000"))
    story.do(release(slot(2)), withdraw("CVE-2026-1000")).wait(slot(3))

    assert story.case.cves == ("CVE-2026-2000",)
    assert story.times(Kind.RELEASE) == []
    assert (story.case.deeds[-1].detail, story.case.deeds[-1].why) == (
        "CVE-2026-1000, withdrawn",
        "it is another flaw",
    )


def test_a_cve_record_is_public_after_the_release() -> None:
    """Rule 28: before it the record would be the release; with a reason it is recorded."""
    story = Story().do(acknowledge(), fixed(), assign_cve())
    with pytest.raises(Refused, match="only after it"):
        story.do(published())

    story.do(published().model_copy(update={"override": "another project published it"}))
    assert story.case.published_cves == ("CVE-2026-12345",)


def withdraw(*cves: str) -> AssignCve:
    """Return the act of taking CVE ids back."""
    return AssignCve(by="alice", cves=cves, withdraw="it is another flaw")


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

    assert story.case.approved_text(story.sent(CHANGE)[-1][1].key) is None
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
    assert story.case.approved_text("closing.2") == "A duplicate."


def test_two_ends_told_elsewhere_are_two_records() -> None:
    """Rule 12: each letter, told by us or elsewhere, has a key of its own."""
    story = Story().do(close(elsewhere="a call")).wait(after(1)).do(reopen())
    story.wait(after(2)).do(close(elsewhere="another call"))
    keys = [letter.key for letter in story.case.letters if letter.kind is Kind.CLOSING]

    assert keys == ["closing", "closing.2"]


def test_a_decision_is_not_asked_for_again_by_reopening() -> None:
    """A leak of the first life was decided by its end; another one asks again."""
    story = promised().do(leak(), close()).wait(after(5)).do(reopen()).wait(after(6))
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
    story = out("CVE-2026-12345").do(close(CloseReason.COMPLETE, override="tired")).wait(after(20))
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


def test_an_override_says_beforehand_what_it_sets_aside() -> None:
    """Nobody finds out afterwards which guards their reason stood against."""
    case = Story().do(acknowledge()).case
    warnings = check(case, release(slot(4), override="we must"), after(0, hours=1))

    assert warnings[0] == "The override sets aside: fix, release day."
