"""How a case ends: what must be done before it is complete, and its CVE ids."""

from itertools import pairwise

import pytest

from tacenda.acts import AssignCve
from tacenda.case import Case
from tacenda.errors import Refused
from tacenda.models import DAY, CloseReason, Kind, Reporter, State
from tests.builders import (
    a_case,
    acknowledge,
    after,
    assign_cve,
    close,
    confirm_reporter,
    fixed,
    held_retrospective,
    published,
    release,
    slot,
)
from tests.unit.story import Story

COMPLETE = close(CloseReason.COMPLETE)


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
