"""Linked cases: one leads, the others follow; each hears what concerns it, and nobody twice."""

import json

import pytest

from tacenda.drafts import draft_of
from tacenda.errors import Refused
from tacenda.facts import facts_of
from tacenda.lifecycle import apply, check
from tacenda.linkage import gravest, was_led
from tacenda.models import Audience, CloseReason, Kind, State, Step
from tacenda.notices import MAY_USE, render
from tacenda.rules import SURE_POST
from tacenda.tidings import news
from tests.builders import (
    HIGH,
    LOW,
    acknowledge,
    after,
    assign_cve,
    close,
    credit,
    extend,
    fixed,
    leak,
    link_to,
    notice,
    part,
    public,
    release,
    reopen,
    score,
    skip,
    slot,
    user_notice,
    vendor_notice,
    withdrawn,
)
from tests.unit.linkedcases import FOLLOWER, LEADING, THIRD, Office, of_its_own

CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def an_office(*others: str, fixes: bool = True) -> Office:
    """Return a leading case with those that follow it, all taken, scored and fixed."""
    cases = {
        LEADING: of_its_own(LEADING, title="The importer leaves its folder"),
        FOLLOWER: of_its_own(
            FOLLOWER,
            title="The exporter follows a link",
            reporter={"name": "Bert", "email": "bert@example.org"},
        ),
        THIRD: of_its_own(
            THIRD, title="A name ends the parser", reporter={"name": "Cora", "email": "c@x.example"}
        ),
    }
    names = (LEADING, *(others or (FOLLOWER,)))
    office = Office(*(cases[name] for name in names))
    for number, name in enumerate(names):
        office.do(name, acknowledge(), score(HIGH if number else LOW))
        office.do(name, assign_cve(f"CVE-2026-1000{number}"))
        if fixes:
            office.do(
                name, fixed(f"https://git.example.org/fix/{number}", versions=(f"2.{number}",))
            )
    for name in names[1:]:
        office.do(name, link_to(LEADING))
    return office


def lead_of(office: Office, *kinds: Kind) -> list[Kind]:
    """Return what the users' list got from the leading case."""
    return [kind for name, kind in office.stories[LEADING].delivered if name == "users"]


def test_both_know_each_other_once_one_follows() -> None:
    """The leading case knows the flaw, and the other the plan."""
    office = an_office()

    [link] = office[LEADING].links
    assert (link.case, link.title, link.cves) == (
        FOLLOWER,
        "The exporter follows a link",
        ("CVE-2026-10001",),
    )
    assert office[FOLLOWER].leading is not None
    assert office[FOLLOWER].follows == LEADING


def test_the_advisory_names_all_the_flaws() -> None:
    """Each with its CVE ids, score and versions, under its number; the references are in one."""
    office = an_office(FOLLOWER, THIRD)
    office.do(THIRD, credit("Cora"))

    draft = draft_of(office[LEADING], Kind.RELEASE, office.now)

    assert draft.subject == (
        "[Security Advisory] CVE-2026-10000, CVE-2026-10001, CVE-2026-10002: "
        "The importer leaves its folder and 2 more"
    )
    assert "This release is about 3 vulnerabilities." in draft.body
    for number in range(3):
        assert f"CVE:         CVE-2026-1000{number}\n" in draft.body
        assert f"Fixed in:    2.{number}\n" in draft.body
        assert f"  https://git.example.org/fix/{number}\n" in draft.body
    assert "\n3. A name ends the parser\n" in draft.body
    assert "Update to versions that have all of these fixes." in draft.body
    assert "Cora for reporting these." in draft.body
    assert "\n\n\n" not in draft.body


def test_what_a_letter_may_not_say_stays_withheld() -> None:
    """The vendors hear of all the flaws, and of no reporter; the users hear no more than ever."""
    office = an_office()
    office.do(FOLLOWER, credit("Bert"))
    leading = office[LEADING]
    alone = leading.model_copy(update={"links": ()})

    vendors = draft_of(leading, Kind.VENDOR_NOTICE, office.now)
    assert "2. The exporter follows a link" in vendors.body
    assert "CVE-2026-10001" in vendors.body
    assert "Bert" not in vendors.body
    assert "\n\n\n" not in vendors.body
    users = draft_of(leading, Kind.USER_NOTICE, office.now)
    assert users == draft_of(alone, Kind.USER_NOTICE, office.now)
    for kind in set(Kind) - {Kind.RELEASE, Kind.CORRECTION, Kind.VENDOR_NOTICE}:
        assert not MAY_USE[kind] & {"linked", "also_credited"}


def test_a_correction_lists_them_too() -> None:
    """After the release it says of each what is known now."""
    office = an_office()
    office.do(LEADING, release(slot(2)))
    office.wait(slot(2))

    text = draft_of(office[LEADING], Kind.CORRECTION, office.now).body

    assert "1. The importer leaves its folder" in text
    assert "2. The exporter follows a link" in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (score(CRITICAL), "score"),
        (assign_cve("CVE-2026-77777"), "CVE id"),
        (fixed("https://git.example.org/fix/9"), "fix"),
        (withdrawn(), "fix"),
        (credit("Bert"), "credit"),
    ],
)
def test_a_new_fact_in_one_voids_the_approval_in_the_other(act: object, what: str) -> None:
    """An approval binds the facts of all (rule 11): a text that spoke of the old ones stays."""
    office = an_office()
    office.do(LEADING, release(slot(2)))
    office.do(FOLLOWER, act)  # type: ignore[arg-type]

    assert office[LEADING].waiting(Kind.RELEASE) is None
    assert any(f"the facts of {FOLLOWER} changed" in t.what for t in office[LEADING].troubles)
    office.wait(after(5))
    assert office[LEADING].released is None


def test_what_is_no_fact_voids_nothing() -> None:
    """A person who takes the other case, or a limit there, leaves the approval as it is."""
    office = an_office()
    office.do(LEADING, release(slot(2)))
    office.do(FOLLOWER, acknowledge(team=("bob",)), extend(Step.RELEASE, after(30)))

    assert office[LEADING].waiting(Kind.RELEASE)


def test_who_joins_voids_what_spoke_of_less() -> None:
    """Also what somebody was reading meanwhile: the revision is another."""
    office = an_office(FOLLOWER, THIRD)
    office.do(THIRD, part())
    office.do(LEADING, release(slot(2)))
    before = office[LEADING].revision
    office.do(THIRD, link_to(LEADING))

    assert office[LEADING].waiting(Kind.RELEASE) is None
    assert office[LEADING].revision > before


def test_a_flaw_without_a_fix_holds_the_release_of_all() -> None:
    """Until it lands, or a person decides there to publish without one."""
    office = an_office(fixes=False)
    office.do(LEADING, fixed())
    with pytest.raises(Refused, match=f"tacenda fixed {FOLLOWER} --ref URL"):
        check(office[LEADING], release(slot(2)), office.now)

    office.do(FOLLOWER, skip(Step.FIX))

    check(office[LEADING], release(slot(2)), office.now)
    assert "no version yet" in draft_of(office[LEADING], Kind.RELEASE, office.now).body


def test_no_public_text_says_what_another_case_keeps() -> None:
    """A notice before the release is held against the words of all (rule 9)."""
    office = an_office()
    for text in (
        "It is CVE-2026-10001.",
        "See git.example.org/fix/1",
        "The exporter follows a link, they say.",
    ):
        with pytest.raises(Refused, match="The public would read"):
            check(office[LEADING], user_notice(text), office.now)


def test_the_gravest_flaw_drives_the_plan() -> None:
    """The leading case is the least severe here."""
    office = an_office()
    most = gravest(office[LEADING])

    assert most is not None
    assert most == office[FOLLOWER].severity != office[LEADING].severity


def test_the_earliest_limit_counts_for_all() -> None:
    """It is told as a moved limit, and moves back when the case that brought it is parted."""
    early = of_its_own(FOLLOWER, received=after(-6))
    office = Office(of_its_own(LEADING), early)
    before = office[LEADING].limit(Step.RELEASE)
    office.do(FOLLOWER, link_to(LEADING))

    assert office[LEADING].limit(Step.RELEASE) == early.limit(Step.RELEASE) < before
    [turn] = office[LEADING].turns
    assert [(m.old, m.new) for m in turn.limits] == [(before, early.limit(Step.RELEASE))]
    office.do(FOLLOWER, part())
    assert office[LEADING].limit(Step.RELEASE) == before


def test_a_date_after_the_limit_of_another_is_pointed_out() -> None:
    """The lead hears it when the date is given."""
    office = Office(of_its_own(LEADING), of_its_own(FOLLOWER, received=after(-10)))
    office.do(LEADING, acknowledge(), fixed())
    office.do(FOLLOWER, link_to(LEADING))

    warnings = check(office[LEADING], user_notice(), office.now)

    assert any("after its limit" in warning for warning in warnings)


def test_the_date_is_that_of_the_leading_case() -> None:
    """Its own team hears it, once for each date."""
    office = an_office()
    office.do(LEADING, user_notice(planned=slot(15)))
    office.wait(after(1))

    assert office[FOLLOWER].planned == slot(15)
    assert office.stories[FOLLOWER].heard("lead").count(Kind.PLAN_CHANGE) == 2


def test_steps_are_done_when_the_leading_case_tells() -> None:
    """At their own instants; each reporter is thanked, and the lists hear it once."""
    office = an_office()
    office.do(LEADING, user_notice(planned=slot(3)), vendor_notice(), release(slot(3)))
    office.wait(after(8))

    follower, leading = office[FOLLOWER], office[LEADING]
    assert follower.state is State.RELEASED
    for step in (Step.USER_NOTICE, Step.VENDOR_NOTICE, Step.RELEASE):
        assert follower.done_at(step) == leading.done_at(step)
    assert office.stories[LEADING].heard("release") == [Kind.RELEASE]
    for name in ("users", "vendors", "release"):
        assert office.stories[FOLLOWER].heard(name) == []
    assert Kind.THANKS in office.stories[FOLLOWER].heard("reporter")
    assert office.stories[FOLLOWER].times(Kind.RETROSPECTIVE)
    with pytest.raises(Refused, match="CVE-2026-10001 --published"):
        check(follower, close(CloseReason.COMPLETE), office.now)


def test_a_case_that_follows_is_not_chased_twice() -> None:
    """Its own limit escalates once, and points to the leading case; no reminder, no digest."""
    office = an_office()
    office.wait(after(40))
    story = office.stories[FOLLOWER]

    assert story.times(Kind.REMINDER) == []
    assert story.times(Kind.DIGEST) == []
    [(at, entry)] = story.sent(Kind.ESCALATION)
    assert (at, entry.steps) == (after(21), (Step.RELEASE,))
    letter = render(Kind.ESCALATION, facts_of(story.case, at, entry))
    assert f"tacenda show {LEADING}" in letter.body
    assert f"tacenda link {FOLLOWER} --part" in letter.body
    assert "tacenda release" not in letter.body
    assert len(office.stories[LEADING].times(Kind.ESCALATION)) >= 3


def test_a_limit_before_that_of_the_leading_case_escalates_where_it_is() -> None:
    """A notice that the leading case still has time for is late for the one that follows."""
    office = Office(of_its_own(LEADING, received=after(-1)), of_its_own(FOLLOWER))
    for name in (LEADING, FOLLOWER):
        office.do(name, acknowledge(), fixed())
    office.do(LEADING, extend(Step.USER_NOTICE, after(12)))
    office.do(FOLLOWER, link_to(LEADING))
    office.wait(after(8))

    assert office.stories[FOLLOWER].times(Kind.ESCALATION, Step.USER_NOTICE) == [after(7)]


@pytest.mark.parametrize("where", [LEADING, FOLLOWER])
def test_a_leak_in_one_asks_in_both(where: str) -> None:
    """Rule 25: somebody decides in each, and what the leading case decides holds for both."""
    other = FOLLOWER if where == LEADING else LEADING
    office = an_office()
    office.do(where, leak())

    assert office[other].asked == office.now
    assert office[other].leaked is None
    assert Kind.DECISION in office.stories[other].heard("lead")
    story = office.stories[other]
    [(at, entry), *_] = story.sent(Kind.DECISION)
    letter = render(Kind.DECISION, facts_of(story.case, at, entry))
    assert where in letter.body
    assert f"tacenda release {LEADING} --confirm-artifacts" in letter.body
    office.do(LEADING, leak(hold_on=True))
    assert office[LEADING].asked is None
    assert office[FOLLOWER].asked is None


def test_what_is_public_in_one_is_not_public_in_another() -> None:
    """Fail closed: it asks for a decision there, and makes nothing public (rule 22)."""
    office = an_office()
    office.do(FOLLOWER, public())

    assert office[FOLLOWER].is_public
    assert not office[LEADING].is_public
    assert office[LEADING].asked


def test_a_leading_case_that_closes_leaves_the_others_alone() -> None:
    """They hear why, have no date any more, and can announce themselves again."""
    office = an_office()
    office.do(LEADING, user_notice(planned=slot(15)))
    office.do(LEADING, close(CloseReason.WITHDRAWN))

    follower = office[FOLLOWER]
    assert (follower.follows, follower.planned) == ("", None)
    assert any("was closed without a release" in t.what for t in follower.troubles)
    check(follower, user_notice(), office.now)


@pytest.mark.parametrize("how", ["closed", "parted", "released"])
def test_one_that_goes_leaves_the_leading_case_without_it(how: str) -> None:
    """Its approvals spoke of both, so they are void; nothing of it is announced."""
    office = an_office()
    office.do(LEADING, release(slot(2)))
    if how == "closed":
        office.do(FOLLOWER, close(CloseReason.INVALID))
    elif how == "parted":
        office.do(FOLLOWER, part())
    else:
        office.do(FOLLOWER, release(override="the leading case waits for weeks"))

    assert office[LEADING].links == ()
    assert office[LEADING].waiting(Kind.RELEASE) is None
    assert not any(other == FOLLOWER for other in news(office[LEADING], office.now))
    assert "exporter" not in draft_of(office[LEADING], Kind.RELEASE, office.now).body


def test_one_that_is_parted_announces_itself() -> None:
    """And can follow again; each time both know it."""
    office = an_office()
    office.do(FOLLOWER, part())
    check(office[FOLLOWER], release(slot(2)), office.now)
    office.do(FOLLOWER, link_to(LEADING))

    assert office[FOLLOWER].leading is not None
    assert [link.case for link in office[LEADING].links] == [FOLLOWER]


def test_parted_and_linked_before_anybody_hears() -> None:
    """Only the last is told, and the leading case tells its plan anew."""
    office = an_office()
    office.is_open = False
    office.do(FOLLOWER, part(), link_to(LEADING))
    assert office[FOLLOWER].leading is None
    office.is_open = True
    office.deliver()

    assert office[FOLLOWER].leading is not None


def test_a_case_that_comes_too_late_stands_alone() -> None:
    """The leading case was released meanwhile: it takes no part, and the other hears why."""
    office = an_office(FOLLOWER, THIRD)
    office.do(THIRD, part())
    office.is_open = False
    office.do(THIRD, link_to(LEADING))
    office.do(LEADING, release(override="now"))
    office.is_open = True
    office.deliver()

    assert office[THIRD].follows == ""
    assert any("takes no part in it" in t.what for t in office[THIRD].troubles)
    assert office[FOLLOWER].state is State.RELEASED


def test_a_case_that_is_reopened_follows_again() -> None:
    """As long as the leading one is not out."""
    office = an_office()
    office.do(FOLLOWER, close(CloseReason.INVALID))
    assert office[LEADING].links == ()
    office.do(FOLLOWER, reopen())

    assert [link.case for link in office[LEADING].links] == [FOLLOWER]


def test_old_news_changes_nothing() -> None:
    """What comes late or twice is no news; an older state never takes the place of a newer."""
    office = an_office()
    old = news(office[FOLLOWER], office.now)[LEADING]
    office.wait(after(0.5))
    office.do(FOLLOWER, assign_cve("CVE-2026-77777"))
    leading = office[LEADING]

    assert apply(leading, old, office.now) is leading
    again = news(office[FOLLOWER], office.now)[LEADING]
    assert apply(leading, again, office.now) is leading


def test_a_case_of_earlier_rules_is_not_linked() -> None:
    """It goes on by the rules by which it was opened."""
    case = of_its_own(LEADING).model_copy(update={"rules": SURE_POST})

    with pytest.raises(Refused, match="earlier version"):
        check(case, link_to(FOLLOWER), after(1))
    assert apply(case, link_to(FOLLOWER), after(1)).follows == ""
    assert news(case.model_copy(update={"follows": FOLLOWER}), after(1)) == {}


def test_the_first_case_hears_of_a_duplicate() -> None:
    """Its lead is told that others know the flaw; the reporter of the second hears nothing."""
    office = Office(of_its_own(LEADING, title="Zebra"), of_its_own(FOLLOWER))
    office.do(FOLLOWER, close(CloseReason.DUPLICATE, duplicate_of=LEADING))

    first, second = office[LEADING], office[FOLLOWER]
    assert first.duplicates == (FOLLOWER,)
    assert first.deeds[-1].detail == f"{FOLLOWER} is a duplicate of this one"
    assert any("somebody else has found the flaw" in t.what for t in first.troubles)
    assert second.closing is not None
    assert second.closing.duplicate_of == LEADING
    letter = render(Kind.CLOSING, facts_of(second, office.now))
    assert LEADING not in f"{letter.subject}{letter.body}"
    assert "Zebra" not in json.dumps(facts_of(second, office.now).model_dump(mode="json"))


def test_a_case_that_follows_may_turn_out_to_be_a_duplicate_of_the_one_it_follows() -> None:
    """Both are said at once: that it is one, and that it is released together no more."""
    office = an_office()
    office.do(FOLLOWER, close(CloseReason.DUPLICATE, duplicate_of=LEADING))

    assert office[LEADING].duplicates == (FOLLOWER,)
    assert office[LEADING].links == ()


def test_the_update_to_the_reporter_is_its_own() -> None:
    """The reporter of a case that follows is written to from there."""
    office = an_office()
    check(office[FOLLOWER], notice(Audience.REPORTER, "Thank you."), office.now)
    assert not was_led(office[FOLLOWER])
