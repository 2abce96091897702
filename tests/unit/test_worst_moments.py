"""The embargo breaks in every situation that a case can be in, and each decision about it."""

from datetime import datetime, timedelta

import pytest

from tacenda.act import Act
from tacenda.acts import ReportEvent
from tacenda.advice import advice
from tacenda.agenda import Entry
from tacenda.approvals import ApproveRelease
from tacenda.errors import Refused
from tacenda.lifecycle import check
from tacenda.models import Audience, Break, Kind
from tacenda.texts import approved_text
from tacenda.timeline import plan
from tests.builders import after, exploited, leak, public, release, slot
from tests.unit import situations
from tests.unit.situations import DATE, SITUATIONS, VENDORS, Situation
from tests.unit.story import Story

HOUR = timedelta(hours=1)
REASON = "it is on a forum"
NOW = "It leaked. Switch it off; a fix follows."
PUBLISHING = (Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.RELEASE)
OF_WHAT_COMES = (Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.DATE_CHANGE)

LEAVING = (situations.going_out, situations.half_out)
"""The situations in which there is nothing left to decide: the release is leaving, or out."""
OPEN = tuple(s for s in SITUATIONS if s not in LEAVING)

VENDORS_HEAR = {
    situations.vendors_told: VENDORS,
    situations.vendors_told_later: VENDORS,
    situations.vendors_half_told: VENDORS,
    situations.vendors_impatient: VENDORS | {"brief"},
    situations.invited: {"asked"},
    situations.waiting_for_consent: VENDORS | {"asked"},
    situations.promised: VENDORS,
    situations.warned: VENDORS,
    situations.half_warned: VENDORS,
    situations.held_back: VENDORS,
    situations.half_approved: VENDORS,
    situations.twice_approved: VENDORS,
    situations.handed_over: VENDORS,
    situations.unfixed: VENDORS,
    situations.speechless: VENDORS,
    situations.reopened: VENDORS,
}
"""Who of the vendors is to hear the release, by name: whoever was told, or was to be told."""

USERS_HEAR = (
    situations.users_told,
    situations.users_told_later,
    situations.users_half_told,
    situations.promised,
    situations.warned,
    situations.half_warned,
    situations.held_back,
    situations.unfixed,
)
"""The situations in which users who get no release otherwise wait for one."""

EVENTS = pytest.mark.parametrize("event", [leak(), exploited(), public()], ids=lambda e: e.event)
CLAIMS = pytest.mark.parametrize("event", [leak(), exploited()], ids=lambda e: e.event)
ANYWHERE = pytest.mark.parametrize("begin", OPEN, ids=lambda s: s.__name__)


def all_who_must_hear(begin: Situation) -> set[str]:
    """Return the names of those who must get the release."""
    users = {"other-reader"} if begin in USERS_HEAR else set()
    return {"reader", "world"} | users | VENDORS_HEAR.get(begin, set())


def decided(story: Story, at: datetime | None = None) -> Story:
    """Let as many people as it takes decide to publish."""
    for by in ("alice", "bob")[: story.case.policy.release.approvals]:
        act = release(at, NOW, by=by, override=REASON, artifacts_confirmed=False)
        story.do(act)
    return story


def leaving(story: Story) -> list[tuple[datetime, str]]:
    """Return which approved letters leave, and when."""
    return [(entry.at, entry.key) for entry in coming(story, *PUBLISHING)]


def coming(story: Story, *kinds: Kind) -> list[Entry]:
    """Return what the plan holds of these kinds."""
    return [e for e in plan(story.case, story.case.policy, story.now) if e.kind in kinds]


@EVENTS
@ANYWHERE
def test_the_claim_changes_no_approval_and_publishes_nothing(
    begin: Situation, event: ReportEvent
) -> None:
    """What was approved stands as it stood, for the instant for which it was (rule 25)."""
    story = begin()
    notices, planned = story.case.notices, story.case.planned
    before, letters = leaving(story), len(story.sent(*PUBLISHING))

    story.do(event)

    assert (story.case.notices, story.case.planned) == (notices, planned)
    assert leaving(story) == before
    assert len(story.sent(*PUBLISHING)) == letters


@EVENTS
@ANYWHERE
def test_silence_is_asked_for_three_days_every_hour(begin: Situation, event: ReportEvent) -> None:
    """Whoever leads or not, others are asked with them, until the release that stands is out.

    Nothing leaves that was not approved before (rules 3 and 25).
    """
    story = begin()
    notices, since = story.case.notices, story.now
    story.do(event).wait(since + timedelta(days=3))
    asked = story.sent(Kind.DECISION)
    instants = [at for at, _ in asked]
    until = story.case.released or story.now
    first = since + HOUR if event.event is Break.PUBLIC else since

    assert (
        instants
        == [first + n * HOUR for n in range(100) if first + n * HOUR <= until][: len(instants)]
    )
    assert until - instants[-1] <= HOUR
    assert all({Audience.LEAD, Audience.TEAM, Audience.ESCALATION} <= {*e.to} for _, e in asked)
    assert [n.key for n in story.case.notices] == [n.key for n in notices]
    assert story.case.released in (None, DATE)


@EVENTS
@ANYWHERE
def test_publishing_now_reaches_everybody_once_and_in_order(
    begin: Situation, event: ReportEvent
) -> None:
    """Vendors are warned, then it is out; nobody who must hear is left out, or told twice.

    No notice of a release that is to come follows it, whoever was still to get one.
    """
    story = begin().do(event)
    at, slow = story.now, story.puts_off.get(Kind.FINAL_WARNING, set())
    decided(story).wait(at + timedelta(minutes=20))
    story.arrive().wait(at + timedelta(days=40))

    assert story.case.released is not None
    assert at <= story.case.released <= at + timedelta(minutes=10)
    key = story.sent(Kind.RELEASE)[0][1].key
    assert approved_text(story.case, key) == NOW
    heard = {name for name, kind in story.delivered if kind is Kind.RELEASE}
    assert heard == all_who_must_hear(begin)
    for name in heard:
        kinds = story.heard(name)
        first = kinds.index(Kind.RELEASE)
        assert kinds.count(Kind.RELEASE) == 1
        assert not set(kinds[first:]) & set(OF_WHAT_COMES)
    for name, kind in story.delivered:
        if kind is Kind.VENDOR_NOTICE and name not in slow:
            assert Kind.FINAL_WARNING in story.heard(name)
    assert coming(story, *PUBLISHING, Kind.DECISION) == []


@EVENTS
@ANYWHERE
def test_publishing_earlier_moves_everything_in_one_act(
    begin: Situation, event: ReportEvent
) -> None:
    """The plan shows it in the same moment; who knows another date hears it, and it goes then."""
    story = begin().do(event)
    at, told = story.now + 7 * HOUR, {n for n, k in story.delivered if k is Kind.USER_NOTICE}
    warned = {name for name, kind in story.delivered if kind is Kind.VENDOR_NOTICE}
    decided(story, at=at)

    assert [entry.at for entry in coming(story, Kind.RELEASE)] == [at]
    assert coming(story, Kind.DECISION) == []
    for name in warned:
        assert story.heard(name)[-1] is Kind.FINAL_WARNING or story.puts_off
    for name in told:
        assert story.heard(name)[-1] is Kind.DATE_CHANGE
    story.wait(at + HOUR).arrive().wait(at + timedelta(days=40))

    assert story.times(Kind.RELEASE)[-1:] == [at]
    heard = [name for name, kind in story.delivered if kind is Kind.RELEASE]
    assert sorted(heard) == sorted(all_who_must_hear(begin))
    for name in heard:
        kinds = story.heard(name)
        assert not set(kinds[kinds.index(Kind.RELEASE) :]) & set(OF_WHAT_COMES)


@CLAIMS
@ANYWHERE
def test_holding_on_leaves_everything_as_it_was(begin: Situation, event: ReportEvent) -> None:
    """Nobody is asked again, and what was approved goes out as if nothing had been said."""
    quiet, story = begin(), begin()
    hold_on = event.model_copy(update={"hold_on": True})
    story.do(event, hold_on)
    asked = len(story.sent(Kind.DECISION))
    for each in (quiet, story):
        each.wait(slot(20))

    assert len(story.sent(Kind.DECISION)) == asked == 1
    for kind in PUBLISHING:
        assert story.times(kind) == quiet.times(kind)


@ANYWHERE
def test_public_makes_every_limit_now_and_none_earlier(begin: Situation) -> None:
    """A limit to come is at that instant; one that is past stays where it was (rule 21)."""
    story = begin()
    before = {step: story.case.limit(step) for step in story.case.open_steps()}
    story.do(public())

    assert {step: story.case.limit(step) for step in before} == {
        step: min(limit, story.now) for step, limit in before.items()
    }


@EVENTS
@pytest.mark.parametrize("begin", LEAVING, ids=lambda s: s.__name__)
def test_while_the_release_is_leaving_there_is_nothing_to_decide(
    begin: Situation, event: ReportEvent
) -> None:
    """It is not asked, not published a second time, and comes to all it was for."""
    story = begin()
    if story.case.released and event.event is not Break.EXPLOITED:
        with pytest.raises(Refused, match="no embargo left"):
            story.do(event)
    else:
        assert story.case.released or "nothing is left" in " ".join(
            advice(story.case, event, story.now)
        )
        story.do(event)
    with pytest.raises(Refused, match="goes out once"):
        check(story.case, release(override=REASON), story.now)
    story.wait(story.now + 3 * HOUR)

    assert story.sent(Kind.DECISION) == []
    assert len(story.sent(Kind.RELEASE)) == 1


def test_a_release_elsewhere_is_no_letter_to_who_waits() -> None:
    """Who was still to get a notice does not get it, and is not said to have been written to."""
    story = situations.vendors_half_told()
    story.do(ApproveRelease(by="alice", elsewhere="the web page")).arrive()
    (letter,) = [s for s in story.case.letters if s.kind is Kind.RELEASE]

    assert "two" not in {recipient.name for recipient in letter.delivered}
    assert story.heard("two") == []
    assert any("2 recipients: two@" in t.what for t in story.case.troubles)
    assert not any("they get that instead" in t.what for t in story.case.troubles)


def test_one_of_two_people_replaces_nothing() -> None:
    """What two approved stands until two have approved the other, and goes out if they do not."""
    story = situations.twice_approved().do(leak())
    first = release(text=NOW, override=REASON, at=after(6), by="bob")
    story.do(first)

    assert [entry.at for entry in coming(story, Kind.RELEASE)] == [DATE]
    assert story.case.asked
    story.wait(slot(16))
    assert story.case.released == DATE
    assert approved_text(story.case, story.sent(Kind.RELEASE)[0][1].key) == "Please update."
    assert any("did not get a second approval" in t.what for t in story.case.troubles)
    with pytest.raises(Refused, match="goes out once"):
        check(story.case, first.model_copy(update={"by": "alice"}), story.now)


def test_two_people_replace_what_two_had_approved() -> None:
    """The second approval of the other text is the decision, and from then on it alone stands."""
    story = situations.twice_approved().do(leak())
    at = story.now + 7 * HOUR
    decided(story, at=at)

    assert story.case.asked is None
    assert [notice.held for notice in story.case.notices if notice.kind is Kind.RELEASE] == [
        "bob replaced it",
        "",
    ]
    assert story.wait(slot(16)).times(Kind.RELEASE) == [at]


@pytest.mark.parametrize("decision", [release(text=NOW, override=REASON), leak(hold_on=True)])
def test_the_team_hears_what_was_decided(decision: Act) -> None:
    """Who was woken by the question is told the answer, and so is the fix team."""
    story = situations.promised().do(leak(), decision)
    (turn,) = story.case.turns
    (_, letter) = story.sent(Kind.PLAN_CHANGE)[0]

    assert "decided to" in turn.what
    assert turn.by == "alice"
    assert {Audience.LEAD, Audience.TEAM, Audience.FIX_TEAM} <= set(letter.to)


def test_the_team_hears_of_second_thoughts_too() -> None:
    """Whoever decided for noon and publishes now after all says so to the same people."""
    story = situations.promised().do(leak())
    decided(story, at=story.now + 7 * HOUR)
    story.wait(story.now + HOUR)
    decided(story).wait(story.now + HOUR)

    assert [turn.what.split(" to ")[1] for turn in story.case.turns] == [
        "publish at 2026-03-07 16:00 UTC",
        "publish now",
    ]
    assert len(story.sent(Kind.PLAN_CHANGE)) == 2


def test_who_was_asked_to_take_the_case_is_asked_as_well() -> None:
    """A lead on holiday who has handed over is not the only one to be woken (rule 25)."""
    story = situations.handed_over().do(leak())

    assert Audience.NEXT_LEAD in story.sent(Kind.DECISION)[0][1].to


def test_no_second_question_while_one_is_on_its_way() -> None:
    """A night without mail ends with one letter, not with ten."""
    story = situations.promised()
    story.stuck = {Kind.DECISION}
    story.do(leak()).wait(story.now + 10 * HOUR)

    assert len(story.sent(Kind.DECISION)) == 1


def test_a_notice_that_names_the_old_date_does_not_outlive_the_decision() -> None:
    """The release that was decided could not go out: what names the date before is void too."""
    story = situations.users_told_later().do(leak())
    story.stuck = {Kind.RELEASE}
    decided(story)
    key = story.sent(Kind.RELEASE)[0][1].key
    story.stuck = set()
    story.is_late(key)
    story.wait(slot(20))

    assert story.sent(Kind.USER_NOTICE) == []
    assert any("user notice is void" in t.what for t in story.case.troubles)
