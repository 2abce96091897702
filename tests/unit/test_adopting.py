"""Another policy for an open case: what it moves, what it never moves, and who hears of it."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacenda.adopting import under
from tacenda.advice import advice
from tacenda.agenda import Entry
from tacenda.calls import SOON
from tacenda.differences import differences, rules_of
from tacenda.facts import facts_of
from tacenda.guards import objections
from tacenda.lifecycle import apply
from tacenda.models import DAY, Audience, Kind, State, Step, Word
from tacenda.notices import render
from tacenda.policy import Calendar, Limits, Policy, ReleaseRules, VendorRules
from tacenda.profiles import KUBERNETES_2017, KUBERNETES_CURRENT
from tests.builders import (
    a_case,
    a_policy,
    acknowledge,
    adopt,
    after,
    close,
    extend,
    fixed,
    hold,
    invite,
    leak,
    public,
    release,
    reopen,
    replied,
    skip,
    slot,
    user_notice,
    vendor_notice,
    withdrawn,
)
from tests.unit.story import Story

LISTS = {Audience.VENDORS: ("one", "two"), Audience.USERS: ("users",)}
SHORT = a_policy(limits=Limits(fix=2 * DAY, user_notice=3 * DAY, release=10 * DAY))
LONG = a_policy(limits=Limits(fix=20 * DAY, release=60 * DAY))

HOLIDAY = KUBERNETES_CURRENT.model_copy(update={"calendar": Calendar(holidays=(slot(15).date(),))})
"""The process of today, in a place that keeps the fifteenth day."""


def taken(policy: Policy = KUBERNETES_2017) -> Story:
    """Return a case that somebody took on its first day."""
    return Story(a_case(policy=policy), lists=LISTS).do(acknowledge())


def limits(story: Story) -> dict[Step, Any]:
    """Return the limit of each step."""
    return {step: story.case.limit(step) for step in Step}


def read(story: Story) -> dict[Kind, str]:
    """Return where the text of each letter will stand that leaves from now on."""
    letters: dict[Kind, str] = {}

    def keep(entry: Entry) -> None:
        if entry.kind in (Kind.PLAN_CHANGE, Kind.NEW_LIMITS):
            facts = facts_of(story.case, story.now, entry)
            letters[entry.kind] = render(entry.kind, facts).body

    story.watch = keep
    return letters


def test_a_case_moves_to_the_process_of_today() -> None:
    """The user notice falls away, and vendors and release get the time of the current profile."""
    story = taken().do(fixed()).wait(after(3)).do(adopt(KUBERNETES_CURRENT))

    assert story.case.policy == KUBERNETES_CURRENT
    assert story.case.state is State.VENDOR_NOTICE
    assert story.case.limit(Step.VENDOR_NOTICE) == after(28)
    assert story.case.limit(Step.RELEASE) == after(35)
    assert story.case.policy_at(after(2)) == KUBERNETES_2017
    assert story.case.policy_at(after(3)) == KUBERNETES_CURRENT


def test_the_record_says_who_why_and_each_limit_old_and_new() -> None:
    """One entry has it all; a step that is not needed any more says so."""
    deed = taken().wait(after(3)).do(adopt(KUBERNETES_CURRENT)).case.deeds[-1]

    assert (deed.by, deed.why) == ("alice", "as we work now")
    assert deed.detail == (
        "kubernetes-current; user notice, not needed any more; "
        "vendor notice, from 2026-03-16 09:00 UTC to 2026-03-30 09:00 UTC; "
        "release, from 2026-03-23 09:00 UTC to 2026-04-06 09:00 UTC"
    )


def test_those_who_were_told_the_old_limits_hear_the_new_ones() -> None:
    """The team reads what changed and why; the reporter reads the limits that hold now."""
    story = taken().wait(after(3))
    letters = read(story)
    story.do(adopt(KUBERNETES_CURRENT)).wait(after(3) + SOON)
    team, reporter = letters[Kind.PLAN_CHANGE], letters[Kind.NEW_LIMITS]

    assert "kubernetes-current in place of kubernetes-2017, by alice" in " ".join(team.split())
    assert "user notice    not needed any more, was 2026-03-09 09:00 UTC" in team
    assert "release        2026-04-06 09:00 UTC, was 2026-03-23 09:00 UTC" in team
    assert "user notice" not in reporter
    assert "release        2026-04-06 09:00 UTC" in reporter
    assert "as we work now" not in reporter
    assert set(story.heard("users")) | set(story.heard("one")) == set()


def test_a_step_that_comes_back_is_told_as_that() -> None:
    """By the process of 2017 users are told beforehand; their limit is past, so it is now."""
    story = taken(KUBERNETES_CURRENT).wait(after(9))
    letters = read(story)
    story.do(adopt(KUBERNETES_2017)).wait(after(10))
    body = letters[Kind.PLAN_CHANGE]

    assert story.case.limit(Step.USER_NOTICE) == after(9)
    assert "user notice    2026-03-11 09:00 UTC, needed again" in body
    assert story.times(Kind.ESCALATION, Step.USER_NOTICE) == [after(9)]


def test_a_limit_that_would_be_past_is_now() -> None:
    """Rule 21: nothing is backdated, and it escalates at once."""
    story = taken().wait(after(5)).do(adopt(SHORT))

    assert story.case.limit(Step.FIX) == after(5)
    assert story.case.limit(Step.RELEASE) == after(10)
    assert story.times(Kind.ESCALATION, Step.FIX) == [after(5)]
    assert story.wait(after(6)).case.limit(Step.FIX) == after(5)


def test_a_limit_that_was_overdue_stays_as_it_was() -> None:
    """Rule 21: who is late since the seventh day is late since then, and escalates once."""
    story = taken().wait(after(9)).do(adopt(SHORT)).wait(after(12))

    assert story.case.limit(Step.FIX) == after(7)
    assert story.times(Kind.ESCALATION, Step.FIX) == [after(7)]


def test_an_overdue_step_may_get_more_time() -> None:
    """A policy that gives more gives it to those who are late, too."""
    story = taken().wait(after(9)).do(adopt(LONG))

    assert story.case.limit(Step.FIX) == after(20)
    assert Step.FIX not in story.case.overdue(story.now)


def test_a_limit_that_a_person_gave_stays_unless_there_is_more() -> None:
    """The word of a person is not taken back by a file."""
    story = taken().do(extend(Step.FIX, after(9)), extend(Step.RELEASE, after(30)))
    story.do(adopt(SHORT))
    assert (story.case.limit(Step.FIX), story.case.limit(Step.RELEASE)) == (after(9), after(30))

    story.do(adopt(LONG))
    assert (story.case.limit(Step.FIX), story.case.limit(Step.RELEASE)) == (after(20), after(60))


def test_the_vendors_limit_runs_back_from_a_release_that_a_person_moved() -> None:
    """The release stays where it was put, and the vendors have their time before it."""
    story = taken().do(extend(Step.RELEASE, after(50)), adopt(KUBERNETES_CURRENT))

    assert story.case.limit(Step.VENDOR_NOTICE) == after(43)


def test_the_limits_of_what_is_done_are_not_touched() -> None:
    """Who was in time stays in time: also where the step is undone later."""
    story = taken().wait(after(5)).do(fixed(), adopt(SHORT))
    assert story.case.limit(Step.ACKNOWLEDGE) == after(1)
    assert story.case.limit(Step.FIX) == after(7)

    assert story.do(withdrawn()).case.limit(Step.FIX) == after(7)


def test_exactly_the_same_policy_changes_nothing() -> None:
    """It is refused, and where it is done all the same the case is as it was but for the record."""
    case = taken().case
    done = apply(case, adopt(KUBERNETES_2017), after(1))

    assert [o.name for o in objections(case, adopt(KUBERNETES_2017), after(1))] == ["same policy"]
    assert done == case.model_copy(update={"deeds": done.deeds})


# A case in mid-flight.


def promised() -> Story:
    """Return a case whose users and vendors were told the 15th day, with its release approved."""
    story = taken().do(fixed(), user_notice(planned=slot(15)), vendor_notice(planned=slot(15)))
    return story.wait(after(4)).do(release(slot(15)))


def test_an_approved_release_and_its_date_stand() -> None:
    """What people were told is kept: with its warning, at its instant, and no other news."""
    story = promised().do(adopt(KUBERNETES_CURRENT)).wait(slot(16))

    assert story.times(Kind.RELEASE) == [slot(15)]
    assert story.times(Kind.FINAL_WARNING) == [slot(14)]
    assert story.times(Kind.DATE_CHANGE) == []
    assert story.heard("users") == [Kind.USER_NOTICE, Kind.RELEASE]
    assert story.case.troubles == ()


def test_a_planned_date_that_offends_the_policy_is_said_and_stands() -> None:
    """Whoever adopts it reads that first, and the lead gets a letter."""
    story = promised()
    before = advice(story.case, adopt(HOLIDAY), story.now)
    story.do(adopt(HOLIDAY)).wait(slot(16))

    assert any("2026-03-17 is a holiday" in hint for hint in before)
    assert "is a holiday" in story.case.troubles[0].what
    assert Kind.ALARM in story.heard("lead")
    assert story.times(Kind.RELEASE) == [slot(15)]


def test_a_notice_period_that_has_begun_is_said() -> None:
    """Told three days before the release: the policy of today wants seven."""
    story = taken().do(fixed()).wait(slot(12)).do(vendor_notice(planned=slot(15)))
    hints = advice(story.case, adopt(KUBERNETES_CURRENT), story.now)

    assert any("7 days, began on 2026-03-10 16:00 UTC, before they were told" in h for h in hints)


def test_a_longer_final_warning_does_not_hold_an_approved_release() -> None:
    """It would have begun before anybody knew of it, so it begins now."""
    longer = a_policy(release=ReleaseRules(final_warning=3 * DAY))
    story = promised().wait(slot(13)).do(adopt(longer)).wait(slot(16))

    assert story.times(Kind.FINAL_WARNING) == [slot(13)]
    assert story.times(Kind.RELEASE) == [slot(15)]


def test_a_second_approval_is_asked_for_where_the_policy_wants_one() -> None:
    """Rule 3: the release waits for it, and that is said."""
    story = promised().do(adopt(a_policy(approvals=2)))
    assert "needs a second approval" in story.case.troubles[-1].what

    story.do(release(slot(15), by="bob")).wait(slot(16))
    assert story.times(Kind.RELEASE) == [slot(15)]


def test_no_release_is_approved_by_a_change_of_policy() -> None:
    """Rule 3: where one of two had approved it, somebody reads it again."""
    story = Story(a_case(policy=a_policy(approvals=2)), lists=LISTS)
    story.do(acknowledge(), fixed(), release(slot(3)), adopt(KUBERNETES_2017)).wait(slot(5))

    assert story.times(Kind.RELEASE) == []
    assert "approve it anew: tacenda release" in story.case.troubles[0].what


def test_an_approved_notice_that_the_policy_has_not_goes_out_and_that_is_said() -> None:
    """A person approved it; a person stops it."""
    story = taken().do(fixed(), user_notice(planned=slot(15), at=slot(2)))
    hints = advice(story.case, adopt(KUBERNETES_CURRENT), story.now)
    story.do(adopt(KUBERNETES_CURRENT)).wait(slot(3))

    assert any("users --hold REASON" in hint for hint in hints)
    assert story.heard("users") == [Kind.USER_NOTICE]


def test_vendors_keep_the_time_to_answer_that_they_were_given() -> None:
    """A shorter one counts for those who are asked after it."""
    story = Story(a_case(), lists={Audience.VENDORS: ()}).with_party("asked")
    story.do(acknowledge(), fixed(), invite(planned=slot(15))).wait(after(3))
    hasty = a_policy(vendors=VendorRules(answer_within=DAY, remind_after=()))

    story.do(adopt(hasty)).wait(after(6))
    assert story.case.silences == ()

    assert [s.at for s in story.wait(after(8)).case.silences] == [after(7)]


def test_a_closed_case_keeps_its_policy_and_a_reopened_one_may_change_it() -> None:
    """Nothing happens in a closed case."""
    story = taken().do(close())
    assert [o.name for o in objections(story.case, adopt(LONG), story.now)] == ["closed"]

    assert story.do(reopen(), adopt(LONG)).case.limit(Step.FIX) == after(20)


def test_a_public_case_has_its_limits_now_by_any_policy() -> None:
    """There is no embargo that a profile could give more time."""
    story = taken().wait(after(2)).do(public(), adopt(LONG))

    assert story.case.limit(Step.RELEASE) == after(2)


# How it is shown.


def test_what_differs_is_written_as_the_settings_write_it() -> None:
    """Each value by its name, the old one and the new one."""
    found = {d.name: (d.old, d.new) for d in differences(KUBERNETES_2017, KUBERNETES_CURRENT)}

    assert found == {
        "profile": ("kubernetes-2017", "kubernetes-current"),
        "anchor": ("receipt", "publication"),
        "without": ("none", "user_notice"),
        "limits.release": ("21d", "35d"),
        "release.vendor_notice": ("1d", "7d"),
        "release.vendors_earliest": ("none", "28d"),
    }


def test_other_holidays_of_the_same_number_are_seen() -> None:
    """A long list is counted, and says how many are others."""
    days = [date(2026, 1, n) for n in range(1, 10)]
    old, new = (a_policy(calendar=Calendar(holidays=tuple(d))) for d in (days[:8], days[1:]))
    [found] = differences(old, new)

    assert (found.name, found.old, found.new) == (
        "calendar.holidays",
        "8 days",
        "8 days, 1 of them others",
    )


def test_a_policy_is_told_in_sentences() -> None:
    """By the current one: no user notice, vendors before the release, the hour and the days."""
    told = dict(rules_of(KUBERNETES_CURRENT))

    assert told["user notice"] == "none"
    assert told["vendor notice"] == "at least 7 days before the release, at most 28 days"
    assert told["release"] == "within 35 days of the receipt"
    assert told[""] == "at 16:00 UTC on mon, tue, wed, thu"


# Whatever the policies are, and whenever.

SPANS = st.integers(1, 60).map(lambda days: days * DAY) | st.integers(1, 400).map(
    lambda hours: timedelta(hours=hours)
)
POLICIES = st.builds(
    Policy,
    profile=st.sampled_from(["ours", "theirs"]),
    anchor=st.sampled_from(["receipt", "publication"]),
    without=st.sampled_from([(), (Step.USER_NOTICE,), (Step.VENDOR_NOTICE,)]),
    limits=st.builds(
        Limits,
        acknowledge=SPANS,
        fix=SPANS,
        user_notice=SPANS,
        vendor_notice=SPANS,
        release=SPANS,
    ),
    release=st.builds(
        ReleaseRules, vendor_notice=SPANS, final_warning=SPANS, approvals=st.integers(1, 2)
    ),
)
ACTS = st.sampled_from(
    [
        acknowledge(),
        fixed(),
        withdrawn(),
        user_notice(planned=slot(12)),
        user_notice("Later.", planned=slot(30)),
        vendor_notice(planned=slot(20)),
        release(slot(16)),
        hold(),
        skip(Step.USER_NOTICE),
        extend(Step.FIX, after(25)),
        extend(Step.VENDOR_NOTICE, after(18)),
        extend(Step.RELEASE, after(45)),
        leak(),
        public(),
        replied("asked", Word.ACCEPTED),
    ]
)


@settings(deadline=None, max_examples=300)
@given(
    first=POLICIES,
    second=POLICIES,
    third=POLICIES,
    acts=st.lists(st.tuples(st.integers(0, 12), ACTS), max_size=8),
    days=st.integers(0, 40),
)
def test_adopting_moves_no_limit_into_the_past(
    first: Policy, second: Policy, third: Policy, acts: list[tuple[int, Any]], days: int
) -> None:
    """Rule 21: by any policies, at any moment; nor one that a person extended back, nor twice."""
    now, case = after(0), a_case(policy=first)
    for wait, act in acts:
        now += wait * DAY
        case = apply(case, act, now)
    now += days * DAY
    for policy in (second, third):
        after_it = under(case, policy, now)
        were_open = tuple(case.open_steps())
        for step in after_it.open_steps():
            old, new = case.limit(step), after_it.limit(step)
            assert new == old or new >= now, "no limit moves into the past"
            if step in case.moved and step in were_open:
                assert new >= old, "what a person gave is not taken back"
            if step in were_open and old <= now:
                assert new == old or new > now, "what is overdue stays so, or gets more time"
        for step in Step:
            if case.done_at(step):
                assert after_it.limit(step) == case.limit(step), "what is done is not touched"
        again = under(after_it, policy, now + DAY)
        assert [again.limit(step) for step in again.open_steps()] == [
            after_it.limit(step) for step in after_it.open_steps()
        ], "the second time changes nothing"
        case = after_it


@settings(deadline=None, max_examples=200)
@given(
    policy=POLICIES,
    dates=st.lists(st.tuples(st.integers(0, 9), st.integers(1, 60)), min_size=1, max_size=6),
)
def test_planning_moves_no_limit_into_the_past(
    policy: Policy, dates: list[tuple[int, int]]
) -> None:
    """Rule 21: whatever is planned, in whatever order, and however late."""
    now, case = after(0), apply(a_case(policy=policy), fixed(), after(0))
    for wait, day in dates:
        now += wait * DAY
        planned = apply(case, user_notice(planned=now + day * DAY), now)
        for step in planned.open_steps():
            old, new = case.limit(step), planned.limit(step)
            assert new == old or new >= now
        case = planned


@pytest.mark.parametrize("policy", [KUBERNETES_2017, KUBERNETES_CURRENT, SHORT, LONG])
def test_a_case_that_changed_its_policy_survives_json(policy: Policy) -> None:
    """What it carried before goes with it."""
    case = apply(promised().do(adopt(HOLIDAY)).case, adopt(policy), after(5))

    assert type(case).model_validate_json(case.model_dump_json()) == case
