"""No guard refuses on the worst day what a person with a name and a reason wants done."""

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest

from tacenda.act import Act
from tacenda.errors import Refused
from tacenda.lifecycle import apply
from tacenda.models import Audience, CloseReason, Kind, State, Step
from tacenda.texts import approved_text
from tests.builders import (
    a_case,
    acknowledge,
    after,
    assign_cve,
    close,
    exploited,
    extend,
    fixed,
    hand_off,
    leak,
    notice,
    public,
    published,
    release,
    score,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story

LISTS = {Audience.VENDORS: ("one", "two")}
SUNDAY = slot(6)
REASON = "the board decided"


def begun() -> Story:
    """Return a case that somebody has just taken."""
    return Story(lists=LISTS).do(acknowledge())


def promised() -> Story:
    """Return a case with a release and a user notice approved, and vendors who were told."""
    story = Story(lists=LISTS).do(acknowledge(), fixed(), vendor_notice(planned=slot(15)))
    return story.do(user_notice(at=slot(9)), release(slot(15))).wait(SUNDAY)


def leaked(story: Story) -> Story:
    """Let the embargo break; nobody has decided yet."""
    return story.do(leak())


def held_on(story: Story) -> Story:
    """Let the embargo break, and somebody decide to hold on."""
    return story.do(exploited(), exploited("it is one customer", hold_on=True))


def known(story: Story) -> Story:
    """Let the case become public."""
    return story.do(public())


def open_to_all(story: Story) -> Story:
    """Return a case that was public when it was reported, where nobody did anything."""
    return Story(a_case(public=True), lists=LISTS)


DAYS = [
    (begun, leaked),
    (begun, held_on),
    (begun, known),
    (begun, open_to_all),
    (promised, leaked),
    (promised, held_on),
    (promised, known),
]
worst = pytest.mark.parametrize(
    ("start", "turn"), DAYS, ids=[f"{a.__name__}-{b.__name__}" for a, b in DAYS]
)
Start = Callable[[], Story]
Turn = Callable[[Story], Story]


def insisting(act: Act) -> Act:
    """Return the act with a reason to set aside what stands in its way."""
    return act.model_copy(update={"override": REASON})


@worst
@pytest.mark.parametrize("confirmed", [True, False])
def test_publishing_now_goes_through(start: Start, turn: Turn, confirmed: bool) -> None:
    """Without a fix, without artifacts, on a Sunday, past another approval: it is out at once."""
    story = turn(start())

    story.do(insisting(release(text="Now.", artifacts_confirmed=confirmed)))

    assert story.case.released == story.now
    assert approved_text(story.case, story.sent(Kind.RELEASE)[-1][1].key) == "Now."


@pytest.mark.parametrize("turn", [leaked, held_on, known])
def test_a_notice_that_waits_keeps_no_release_back(turn: Turn) -> None:
    """Vendors who get another letter tonight are warned now, and everybody reads it now."""
    story = turn(begun()).do(fixed(), insisting(vendor_notice(to=("one",))))
    tonight = story.now + timedelta(hours=2)
    story.do(insisting(vendor_notice("Tonight.", at=tonight)), insisting(release()))

    assert story.case.released == story.now
    assert story.heard("one") == [Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.RELEASE]


@pytest.mark.parametrize("late", [timedelta(hours=1), timedelta(hours=3)])
def test_what_is_public_holds_after_an_outage_too(late: timedelta) -> None:
    """A release that no worker could send in time asks a person, whoever is still to be warned."""
    story = known(begun()).do(fixed(), vendor_notice(to=("one",)))
    story.do(vendor_notice("Tonight.", at=story.now + timedelta(hours=2)))
    story.case = apply(story.case, release(), story.now)
    story.outage(story.now + late)

    assert bool(story.case.released) is (late <= story.case.policy.release.grace)


def test_a_late_warning_holds_nothing_that_is_public() -> None:
    """Nothing ran when the vendors were to be warned: they are warned with the release."""
    story = known(begun()).do(fixed(), vendor_notice())
    tonight = story.now + timedelta(hours=7)
    story.case = apply(story.case, release(tonight), story.now)
    story.outage(tonight)

    assert story.case.released == tonight
    assert story.heard("one") == [Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.RELEASE]
    assert [entry.not_after for _, entry in story.sent(Kind.FINAL_WARNING)] == [None]


@worst
def test_publishing_at_another_instant_goes_through(start: Start, turn: Turn) -> None:
    """A person who wants it tonight at eight gets it tonight at eight, once."""
    story = turn(start())
    tonight = story.now + timedelta(hours=4)

    story.do(insisting(release(tonight))).wait(slot(30))

    assert story.times(Kind.RELEASE) == [tonight]


@worst
def test_moving_the_date_goes_through(start: Start, turn: Turn) -> None:
    """Whoever names another release date in a notice has it named, to everybody who was told."""
    story = turn(start())

    story.do(insisting(user_notice("Later.", planned=slot(22))))

    assert story.heard("users")[-1] is Kind.USER_NOTICE
    assert story.case.notices[-1].planned == slot(22)


@worst
def test_moving_a_limit_goes_through(start: Start, turn: Turn) -> None:
    """A limit that is now moves to where somebody with a reason puts it."""
    story = turn(start())

    story.do(insisting(extend(Step.RELEASE, slot(40))))

    assert story.case.limit(Step.RELEASE) == slot(40)


@worst
@pytest.mark.parametrize("to", [(), ("two",)], ids=["all", "one of them"])
def test_telling_the_vendors_goes_through(start: Start, turn: Turn, to: tuple[str, ...]) -> None:
    """Vendors can be told at any moment, also those who were told before."""
    story = turn(start())
    before = story.heard("two").count(Kind.VENDOR_NOTICE)

    story.do(insisting(vendor_notice("It leaked. Ship now.", to=to)))

    assert story.heard("two").count(Kind.VENDOR_NOTICE) == before + 1


@worst
def test_telling_the_users_goes_through(start: Start, turn: Turn) -> None:
    """Users can be told at any moment, also while a notice to them waits for another day."""
    story = turn(start())

    story.do(insisting(user_notice("Switch it off.", planned=None))).wait(slot(10))

    assert story.heard("users").count(Kind.USER_NOTICE) == 1


@worst
@pytest.mark.parametrize("reason", CloseReason)
def test_closing_goes_through(start: Start, turn: Turn, reason: CloseReason) -> None:
    """A person can end a case for whatever reason."""
    assert turn(start()).do(insisting(close(reason))).case.state is State.CLOSED


@worst
def test_taking_the_case_goes_through(start: Start, turn: Turn) -> None:
    """Whoever is there leads: a lead who sleeps keeps nobody from it."""
    story = turn(start())
    story.do(hand_off("bob", by="bob") if story.case.lead else acknowledge("bob"))

    assert story.case.lead == "bob"


@pytest.mark.parametrize("audience", [Audience.USERS, Audience.VENDORS])
@pytest.mark.parametrize("turn", [leaked, known])
def test_correcting_goes_through(turn: Turn, audience: Audience) -> None:
    """After the release it can be corrected, again and again, also in the same words."""
    story = turn(promised()).do(insisting(release()))
    correction = notice(audience, "Update again.")

    story.do(correction, insisting(correction))

    assert story.heard("one").count(Kind.CORRECTION) == 2


@pytest.mark.parametrize("turn", [leaked, held_on, known])
@pytest.mark.parametrize(
    ("act", "why"),
    [
        (release(after(1)), "past"),
        (vendor_notice(at=after(1)), "past"),
        (extend(Step.FIX, after(1)), "done or skipped"),
        (extend(Step.RELEASE, after(1)), "only forward"),
        (score("CVSS:3.1/nonsense"), "CVSS"),
        (published("CVE-2026-99999"), "not of this case"),
        (acknowledge("bob"), "handoff"),
        (hand_off("alice", by="bob"), "leads the case already"),
    ],
    ids=lambda it: it if isinstance(it, str) else it.name,
)
def test_a_slip_is_refused_also_on_the_worst_day(turn: Turn, act: Act, why: str) -> None:
    """What cannot be meant is refused with any reason: a past instant, a word that says nothing."""
    story = turn(promised())

    with pytest.raises(Refused, match=why):
        story.do(insisting(act))


@pytest.mark.parametrize("turn", [leaked, held_on, known])
def test_a_place_to_fill_in_needs_a_reason_on_the_worst_day_too(turn: Turn) -> None:
    """A half-written text is a slip, unless somebody says that it is not."""
    story = turn(promised()).do(assign_cve())
    act = release(text="Update to <the version>.", artifacts_confirmed=True)

    with pytest.raises(Refused, match="place to fill in"):
        story.do(act)
    assert story.do(insisting(act)).case.released


def test_a_decision_is_asked_for_every_hour_and_after_three_days_every_six() -> None:
    """Who let three days pass reads no letter an hour: they are asked on, but less (rule 25)."""
    story = leaked(begun())
    start = story.now
    calls = story.wait(start + timedelta(days=5)).times(Kind.DECISION)
    pauses = [later - sooner for sooner, later in itertools.pairwise(calls)]

    assert pauses[:72] == [timedelta(hours=1)] * 72
    assert set(pauses[72:]) == {timedelta(hours=6)}
    assert len(pauses) >= 72 + 7
