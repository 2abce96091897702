"""The plan: everything that will happen if nobody acts, and nothing that must not."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from pydantic import ValidationError

from tacenda.agenda import limits
from tacenda.case import Case
from tacenda.errors import Refused
from tacenda.happenings import LetterSent, TroubleFound
from tacenda.lifecycle import apply, check
from tacenda.models import DAY, Audience, Kind, Step
from tacenda.policy import Policy
from tacenda.texts import approved_text
from tacenda.timeline import plan
from tests.builders import (
    PUBLISHING,
    RECEIVED,
    a_case,
    acknowledge,
    after,
    close,
    extend,
    fixed,
    release,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story, due, planned, started


def test_a_new_case_has_its_whole_plan_before_it() -> None:
    """From the first moment the plan names each limit, reminder and escalation."""
    case = a_case()
    entries = plan(case, case.policy, RECEIVED)

    assert [(entry.at, entry.label) for entry in entries] == [
        (RECEIVED, "receipt"),
        (RECEIVED, "team alert"),
        (after(0, hours=18), "reminder: acknowledge"),
        (after(1), "escalation: acknowledge"),
        (after(1), "limit: acknowledge"),
        (after(2), "digest"),
        (after(6, hours=18), "reminder: fix, user notice"),
        (after(7), "escalation: fix, user notice"),
        (after(7), "limit: fix, user notice"),
        (after(13, hours=18), "reminder: vendor notice"),
        (after(14), "escalation: vendor notice"),
        (after(14), "limit: vendor notice"),
        (after(20, hours=18), "reminder: release"),
        (after(21), "escalation: release"),
        (after(21), "limit: release"),
    ]


def test_nothing_in_a_plan_publishes_without_an_approval() -> None:
    """Rule 3: no notice and no release is in the plan of a case in which nobody acted."""
    for case in (a_case(), a_case(public=True), a_case(opened=after(90))):
        kinds = {entry.kind for entry in plan(case, case.policy, after(90))}

        assert kinds.isdisjoint({*PUBLISHING, Kind.FINAL_WARNING})


def test_an_approved_notice_is_in_the_plan_at_its_instant() -> None:
    """A notice that was approved for later stands in the plan for then."""
    story = Story().do(acknowledge(), fixed(), user_notice(at=slot(2)), release(slot(15)))

    assert [e.at for e in planned(story.case, story.now, Kind.USER_NOTICE)] == [slot(2)]
    assert planned(story.case, story.now, Kind.RELEASE)[0].not_after == slot(15) + timedelta(
        hours=1
    )


def test_planning_changes_nothing_and_repeats_itself() -> None:
    """Planning is a pure question: asked twice it answers the same, and the case stays."""
    case = Story().do(acknowledge(), fixed(), vendor_notice(), release(slot(2))).case
    before = case.model_dump_json()

    assert plan(case, case.policy, after(1)) == plan(case, case.policy, after(1))
    assert case.model_dump_json() == before


def test_a_letter_on_its_way_is_not_planned_again() -> None:
    """Rule 12: what has started leaves the plan, before anybody knows what became of it."""
    case = a_case()
    for entry in due(case, RECEIVED):
        case = apply(case, started(entry, case, RECEIVED), RECEIVED)

    assert due(case, RECEIVED) == ()
    assert due(case, RECEIVED + timedelta(hours=17)) == ()


@pytest.mark.parametrize(
    ("days", "steps"),
    [
        (1.25, [(Step.ACKNOWLEDGE,)]),
        (8, [(Step.ACKNOWLEDGE,), (Step.FIX, Step.USER_NOTICE)]),
        (
            30,
            [
                (Step.ACKNOWLEDGE,),
                (Step.FIX, Step.USER_NOTICE),
                (Step.VENDOR_NOTICE,),
                (Step.RELEASE,),
            ],
        ),
    ],
)
def test_a_case_opened_late_escalates_once_for_each_step(
    days: float, steps: list[tuple[Step, ...]]
) -> None:
    """Rule 2: what is overdue at opening escalates at once, one letter a step, no reminder."""
    story = Story(a_case(opened=after(days)))

    assert [entry.steps for _, entry in story.sent(Kind.ESCALATION)] == steps
    assert story.sent(Kind.REMINDER, Kind.DIGEST) == []
    assert len(story.times(Kind.RECEIPT)) == len(story.times(Kind.TEAM_ALERT)) == 1


def test_a_reminder_missed_by_a_late_opening_comes_at_once() -> None:
    """A case opened 20 hours after the receipt is reminded of the last four hours, once."""
    story = Story(a_case(opened=after(0, hours=20))).wait(after(0, hours=23))

    assert story.times(Kind.REMINDER) == [after(0, hours=20)]


def test_an_outage_collapses_to_one_letter_a_step() -> None:
    """After ten days of nothing running, each step gets one letter, and digests resume."""
    story = Story().outage(after(10))

    assert [entry.kind for at, entry in story.begun if at == after(10)] == [Kind.ESCALATION] * 2
    assert due(story.case, story.now) == ()
    assert story.wait(after(20)).times(Kind.DIGEST)[0] > after(10)


def test_a_report_without_a_reporter_writes_to_none() -> None:
    """With nobody to answer, no receipt, answer, thanks or closing is planned."""
    story = Story(a_case(reporter=None)).do(acknowledge(), fixed(), release(slot(1)))
    story.wait(after(5)).do(close())

    assert not any(Audience.REPORTER in entry.to for _, entry in story.begun)


def test_a_person_who_acknowledges_answers_the_reporter() -> None:
    """The acknowledgement goes to the reporter, and the fix team hears that it has work."""
    story = Story().wait(after(0, hours=3)).do(acknowledge("bob", team=("carol",), text="Hello."))

    assert story.times(Kind.ACKNOWLEDGEMENT) == [after(0, hours=3)]
    assert story.times(Kind.FIX_TEAM) == [after(0, hours=3)]
    assert approved_text(story.case, "acknowledgement") == "Hello."


def test_steps_with_one_limit_share_a_timer_until_they_part() -> None:
    """Fix and user notice share their limit and its name; an extension gives each its own."""
    case = a_case()
    assert [limit.label for limit in limits(case)] == [
        "limit: acknowledge",
        "limit: fix, user notice",
        "limit: vendor notice",
        "limit: release",
    ]

    case = Story(case).do(extend(Step.FIX, after(9))).case

    assert [limit.label for limit in limits(case)][1:3] == ["limit: user notice", "limit: fix"]


def test_a_closed_case_has_no_limits() -> None:
    """Nothing in a closed case waits for a limit, in the plan or as a timer."""
    case = Story().do(acknowledge(), close()).case

    assert limits(case) == ()
    assert plan(case, case.policy, after(1)) == ()


def test_alarms_about_noise_come_at_most_once_an_hour_and_tell_everything() -> None:
    """What a stranger causes is told in one letter an hour, and none of it is forgotten."""
    story = Story()
    for minute in range(0, 180, 5):
        story.wait(after(0, minutes=minute))
        story.happen(TroubleFound(what=f"trouble {minute}", noise=True))
    story.wait(after(1))
    times = story.times(Kind.ALARM)

    assert all(later - earlier >= timedelta(hours=1) for earlier, later in pairwise(times))
    assert [entry.covers for _, entry in story.sent(Kind.ALARM)] == [1, 12, 24, 36]
    assert len(story.case.troubles) == 36


def test_noise_delays_no_alarm() -> None:
    """A letter that failed is told within minutes, however much noise there was before."""
    story = Story()
    for _ in range(50):
        story.happen(TroubleFound(what="a stranger", noise=True))
    story.wait(after(0, minutes=10))
    story.happen(TroubleFound(what="a letter failed"))
    story.wait(after(0, minutes=20))

    assert len(story.times(Kind.ALARM)) == 2
    assert story.times(Kind.ALARM)[-1] <= after(0, minutes=15)
    assert story.case.troubles[-1].what == "a letter failed"


def test_an_alarm_that_fails_raises_no_alarm() -> None:
    """With the team's own mailbox refusing, alarms do not breed alarms."""
    story = Story()
    story.refusing = {Kind.ALARM}
    story.happen(TroubleFound(what="trouble"))
    story.wait(after(0, hours=17))

    assert len(story.times(Kind.ALARM)) == 1


def test_letters_that_fail_are_told_in_an_alarm() -> None:
    """A letter that a mailbox refused is reported to the lead, by its kind."""
    story = Story(a_case())
    story.refusing = {Kind.ACKNOWLEDGEMENT}
    story.do(acknowledge())

    assert "acknowledgement was refused" in story.case.troubles[0].what
    assert len(story.times(Kind.ALARM)) == 1


def test_the_fate_of_a_letter_replaces_its_start() -> None:
    """Rule 12: a letter is under way once and has one fate."""
    story = Story()
    story.stuck = {Kind.ACKNOWLEDGEMENT}
    story.do(acknowledge())
    (letter,) = story.case.under_way
    story.happen(LetterSent(letter=letter))

    assert story.case.under_way == ()
    assert [sent.key for sent in story.case.letters].count("acknowledgement") == 1


def test_entries_come_in_the_order_of_their_instants() -> None:
    """A plan is read from top to bottom."""
    case = Story().do(fixed(), extend(Step.RELEASE, after(40))).case
    instants = [entry.at for entry in plan(case, case.policy, after(3))]

    assert instants == sorted(instants)


@pytest.mark.parametrize("until", ["9999-12-31T12:00:00Z", "9999-12-31T23:59:59Z"])
def test_no_extension_that_is_accepted_breaks_the_plan(until: str) -> None:
    """A limit thousands of years away is refused; accepted, it would stop every later plan."""
    case = Story().do(acknowledge(), fixed(), user_notice(), vendor_notice()).case
    try:
        act = extend(Step.RELEASE, datetime.fromisoformat(until))
        check(case, act, case.opened)
    except (Refused, ValidationError):
        return
    extended = apply(case, act, case.opened)
    assert plan(extended, extended.policy, extended.opened)


def test_a_very_old_report_is_planned_too() -> None:
    """A report from years ago has one digest before it and no thousand behind it."""
    case: Case = a_case(received=datetime(1999, 1, 1, tzinfo=UTC), opened=after(0))
    (digest,) = planned(case, after(0), Kind.DIGEST)

    assert after(0) < digest.at <= after(0) + 7 * DAY


def test_a_policy_of_its_own_moves_every_limit() -> None:
    """Rule 1: limits are the receipt plus what the policy in the case says."""
    policy = Policy.model_validate({"limits": {"acknowledge": "PT4H", "release": "30d"}})
    case = a_case(policy=policy)

    assert case.limit(Step.ACKNOWLEDGE) == after(0, hours=4)
    assert case.limit(Step.RELEASE) == after(30)
