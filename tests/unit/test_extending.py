"""A limit moves forward, for a reason, inside what the policy allows, and everybody hears it."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacenda.advice import advice
from tacenda.agenda import Entry
from tacenda.calls import SOON
from tacenda.chronicle import chronicle
from tacenda.errors import Refused
from tacenda.facts import facts_of
from tacenda.guards import objections
from tacenda.lifecycle import apply, check
from tacenda.models import DAY, Audience, Kind, Step
from tacenda.notices import render
from tacenda.policy import Limits, Policy, ReleaseRules
from tacenda.profiles import KUBERNETES_2017, KUBERNETES_CURRENT
from tacenda.rules import SURE_POST
from tests.builders import (
    a_case,
    a_policy,
    acknowledge,
    after,
    extend,
    fixed,
    leak,
    public,
    release,
    skip,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story

LISTS = {Audience.VENDORS: ("one", "two"), Audience.USERS: ("users",)}


def taken(policy: Policy = KUBERNETES_2017) -> Story:
    """Return a case that somebody took on its first day."""
    return Story(a_case(policy=policy), lists=LISTS).do(acknowledge())


def read(story: Story) -> dict[Kind, str]:
    """Return where the text of each letter will stand that leaves from now on."""
    letters: dict[Kind, str] = {}

    def keep(entry: Entry) -> None:
        assert entry.kind
        letters[entry.kind] = render(entry.kind, facts_of(story.case, story.now, entry)).body

    story.watch = keep
    return letters


def names(story: Story, *acts: object) -> list[str]:
    """Return the guards that object to each act."""
    return [o.name for act in acts for o in objections(story.case, act, story.now)]  # type: ignore[arg-type]


def test_the_history_has_the_old_limit_and_the_new() -> None:
    """With who and why, in `history` and in the acts that `show` lists."""
    story = taken().wait(after(2)).do(extend(Step.FIX, after(9), "a regression"))
    line = next(h for h in chronicle(story.case, story.now) if h.what == "extend")

    assert line.detail == "fix, from 2026-03-09 09:00 UTC to 2026-03-11 09:00 UTC"
    assert (line.who, line.why) == ("alice", "a regression")
    assert story.case.deeds[-1].detail == line.detail


def test_a_case_of_an_earlier_version_keeps_its_record() -> None:
    """What replays is as it was."""
    case = taken().case.model_copy(update={"rules": SURE_POST})

    assert apply(case, extend(Step.FIX, after(9)), after(2)).deeds[-1].detail == (
        "fix, to 2026-03-11 09:00 UTC"
    )
    assert apply(case, skip(Step.USER_NOTICE), after(2)).turns == ()


def test_the_team_and_the_reporter_hear_of_another_limit() -> None:
    """The team reads who and why; the reporter reads what holds, and not what we say of it."""
    story = taken().wait(after(2))
    letters = read(story)
    story.do(extend(Step.FIX, after(9), "a regression")).wait(after(2) + SOON)

    assert "by alice: a regression" in letters[Kind.PLAN_CHANGE]
    assert "fix            2026-03-11 09:00 UTC, was 2026-03-09 09:00" in letters[Kind.PLAN_CHANGE]
    assert "fix            2026-03-11 09:00 UTC" in letters[Kind.NEW_LIMITS]
    assert "regression" not in letters[Kind.NEW_LIMITS]
    assert not {"users", "one", "two"} & {name for name, _ in story.delivered}


def test_a_step_that_is_done_without_is_told_like_a_limit_that_moves() -> None:
    """The reporter was told that users hear of it in the first week: that is not so any more."""
    story = taken().wait(after(2))
    letters = read(story)
    story.do(skip(Step.USER_NOTICE, "nothing helps them")).wait(after(2) + SOON)

    assert story.case.deeds[-1].detail == "user notice, not needed any more"
    assert "the user notice is done without, by alice" in letters[Kind.PLAN_CHANGE]
    assert "not needed any more, was 2026-03-09 09:00 UTC" in letters[Kind.PLAN_CHANGE]
    assert "user notice" not in letters[Kind.NEW_LIMITS]


def test_the_reporter_is_told_nothing_new_who_was_told_nothing() -> None:
    """Before the acknowledgement nobody outside knows a limit."""
    story = Story(lists=LISTS).do(extend(Step.FIX, after(9))).wait(after(0, hours=1))

    assert Kind.NEW_LIMITS not in story.heard("reporter")
    assert Kind.PLAN_CHANGE in story.heard("lead")


@pytest.mark.parametrize(("days", "is_refused"), [(90, False), (90 + 1 / 1440, True), (3650, True)])
def test_no_release_is_later_than_the_policy_allows(days: float, is_refused: bool) -> None:
    """90 days from the receipt, to the minute: the limit, the planned date, and the approval."""
    story = taken().do(fixed())
    at = after(days)
    acts = (
        extend(Step.RELEASE, at),
        user_notice(planned=at),
        vendor_notice(planned=at),
        release(at),
    )

    assert names(story, *acts).count("longest embargo of the policy") == (4 if is_refused else 0)


def test_a_reason_sets_the_longest_embargo_aside_once() -> None:
    """It is recorded, and the date that was accepted needs no second reason."""
    story = taken().do(fixed(), user_notice(planned=slot(91), override="upstream needs it"))

    assert story.case.deeds[-1].overrode == ("longest embargo of the policy",)
    assert names(story, vendor_notice(planned=slot(91)), vendor_notice()) == []


def test_a_policy_that_gives_the_release_more_allows_it() -> None:
    """Its own limit is never longer than what it allows."""
    story = taken(a_policy(limits=Limits(release=120 * DAY)))

    assert names(story, user_notice(planned=slot(119), fix_expected=True)) == []
    assert "longest embargo of the policy" in names(story, extend(Step.RELEASE, after(121)))


def test_who_publishes_now_is_never_too_late() -> None:
    """A report from last year is published, not kept for being old."""
    story = Story(a_case(policy=a_policy(), opened=after(200)), after(200))
    story.do(acknowledge(), fixed())

    assert "longest embargo of the policy" not in names(story, release())


@pytest.mark.parametrize("step", [Step.FIX, Step.USER_NOTICE, Step.VENDOR_NOTICE])
def test_no_step_is_due_after_the_release(step: Step) -> None:
    """The release moves first; then the step may follow it up to its limit."""
    story = taken()
    assert names(story, extend(step, after(22))) == ["limit of the release"]

    story.do(extend(Step.RELEASE, after(30)), extend(step, after(30)))
    assert names(story, extend(step, after(31))) == ["limit of the release"]


def test_the_first_answer_is_due_before_the_release_too() -> None:
    """It is a step like the others."""
    assert names(Story(), extend(Step.ACKNOWLEDGE, after(22))) == ["limit of the release"]


def test_a_vendor_notice_that_leaves_too_little_time_is_pointed_out() -> None:
    """The limit may move so; its author knows what it costs."""
    story = taken(KUBERNETES_CURRENT).do(fixed(), user_notice(planned=slot(22)))
    hints = advice(story.case, extend(Step.VENDOR_NOTICE, after(18)), story.now)

    assert any("less than their notice period, 7 days" in hint for hint in hints)


def test_a_release_limit_before_its_planned_date_is_pointed_out() -> None:
    """A promise that was made is after the new limit."""
    story = taken().do(fixed(), user_notice(planned=slot(28)))
    hints = advice(story.case, extend(Step.RELEASE, after(25)), story.now)

    assert any("planned for 2026-03-30 16:00 UTC, after that limit" in hint for hint in hints)


def test_moving_the_release_moves_the_limit_that_runs_back_from_it() -> None:
    """One act, and the record and the letter have both."""
    story = taken(KUBERNETES_CURRENT).wait(after(2)).do(extend(Step.RELEASE, after(40)))

    assert story.case.deeds[-1].detail == (
        "vendor notice, from 2026-03-30 09:00 UTC to 2026-04-04 09:00 UTC; "
        "release, from 2026-04-06 09:00 UTC to 2026-04-11 09:00 UTC"
    )
    assert [moved.step for moved in story.case.turns[-1].limits] == [
        Step.VENDOR_NOTICE,
        Step.RELEASE,
    ]


def test_a_leak_backdates_nothing() -> None:
    """Rule 21: a limit moves by the decision, and then only to the instant of the decision."""
    story = taken(KUBERNETES_CURRENT).do(fixed(), user_notice(planned=slot(22))).wait(after(12))
    before = {step: story.case.limit(step) for step in Step}
    story.do(leak())
    assert {step: story.case.limit(step) for step in Step} == before

    story.do(release(slot(14), override="it leaked"))
    assert story.case.limit(Step.VENDOR_NOTICE) == after(12)
    assert story.case.limit(Step.RELEASE) == after(35)

    known = taken(KUBERNETES_CURRENT).do(fixed()).wait(after(12)).do(public())
    assert known.case.limit(Step.VENDOR_NOTICE) == after(12)
    assert known.case.limit(Step.RELEASE) == after(12)


@settings(deadline=None, max_examples=200)
@given(
    policy=st.sampled_from([KUBERNETES_2017, KUBERNETES_CURRENT]),
    longest=st.integers(30, 100),
    moves=st.lists(
        st.tuples(st.integers(0, 100), st.sampled_from(Step), st.integers(-48, 60 * 24)),
        max_size=8,
    ),
)
def test_what_is_accepted_moves_forward_and_within_bounds(
    policy: Policy, longest: int, moves: list[tuple[int, Step, int]]
) -> None:
    """Whatever is tried: forward, into the future, never past the release, nor past the longest."""
    rules = ReleaseRules(**{**policy.release.model_dump(), "longest_embargo": longest * DAY})
    case, now = a_case(policy=policy.model_copy(update={"release": rules})), after(0)
    bound = after(max(longest, policy.limits.release.days))
    for wait, step, hours in moves:
        now += timedelta(hours=wait)
        act = extend(step, now + timedelta(hours=hours))
        try:
            check(case, act, now)
        except Refused:
            continue
        before, case = case, apply(case, act, now)
        assert case.limit(step) == act.until
        assert now < case.limit(step) <= bound
        assert case.limit(step) > before.limit(step)
        assert case.limit(step) <= case.limit(Step.RELEASE)
        for other in case.open_steps():
            assert case.limit(other) >= before.limit(other)
        assert [m.step for m in case.turns[-1].limits if m.step is step] == [step]
        assert all(m.in_words in case.deeds[-1].detail for m in case.turns[-1].limits)
