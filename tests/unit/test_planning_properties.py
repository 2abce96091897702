"""What holds for every plan, whatever the policy, the calendar, the score, and who is away.

An oracle that knows nothing of the planner looks at each day by itself.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tacenda.act import Act
from tacenda.case import Case
from tacenda.decisions import Choice, Decision
from tacenda.errors import Refused
from tacenda.grounds import Constraint
from tacenda.judging import judged
from tacenda.models import DAY, Audience, Step
from tacenda.planning import Verdict, propose
from tacenda.policy import WEEKDAYS, Calendar, Limits, Policy, ReleaseRules
from tacenda.presence import Availability
from tacenda.severity import severity_of
from tests.builders import (
    RECEIVED,
    a_case,
    a_policy,
    acknowledge,
    extend,
    fixed,
    leak,
    mitigated,
    public,
    release,
    score,
    skip,
    user_notice,
    vendor_notice,
    withdrawn,
)
from tests.unit.story import Story

VECTORS = (
    "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:L/I:N/A:N",  # 2.7
    "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:L",  # 6.3
    "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",  # 8.8
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",  # 9.8
)
FIRST = RECEIVED.date()
DAYS = st.integers(-5, 120).map(lambda n: FIRST + n * DAY)
HOURS = st.integers(1, 24 * 40).map(lambda n: timedelta(hours=n))


class Scene(NamedTuple):
    """What a plan is asked about."""

    case: Case
    now: datetime
    people: Availability
    fix_on: datetime | None


@st.composite
def chains(draw: st.DrawFn) -> tuple[date, ...]:
    """Draw holidays: single ones, and chains that can be longer than the limit."""
    single = draw(st.lists(DAYS, max_size=12))
    start, length = draw(DAYS), draw(st.sampled_from([0, 0, 3, 40]))
    return tuple(sorted({*single, *(start + n * DAY for n in range(length))}))


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Draw a policy with its calendar: two countries, planned releases, an end of the data."""
    german, american = draw(chains()), draw(chains())
    calendar = Calendar(
        holidays=tuple(sorted({*german, *american})),
        holidays_in={"DE": german, "US": american},
        known_until=draw(st.none() | DAYS),
        releases=tuple(sorted(set(draw(st.lists(DAYS, max_size=6))))),
        release_at=time(draw(st.integers(0, 23)), draw(st.sampled_from([0, 30]))),
        release_days=tuple(sorted(draw(st.sets(st.sampled_from(WEEKDAYS))), key=WEEKDAYS.index)),
    )
    rules = ReleaseRules(
        vendor_notice=draw(HOURS),
        final_warning=draw(HOURS),
        vendors_earliest=draw(st.none() | HOURS),
        longest_embargo=draw(st.integers(5, 90)) * DAY,
    )
    return a_policy(
        calendar=calendar,
        release=rules,
        limits=Limits(release=draw(st.integers(1, 60)) * DAY, fix=draw(st.integers(1, 30)) * DAY),
        anchor=draw(st.sampled_from(["receipt", "publication"])),
        without=draw(st.sampled_from([(), (Step.USER_NOTICE,), (Step.VENDOR_NOTICE,)])),
    )


ACTS = st.sampled_from(
    [
        acknowledge(),
        fixed(),
        mitigated(),
        withdrawn(),
        score(VECTORS[0]),
        score(VECTORS[2]),
        user_notice(override="so be it"),
        vendor_notice(override="so be it"),
        release(override="so be it"),
        extend(Step.RELEASE, RECEIVED + 70 * DAY),
        skip(Step.FIX),
        skip(Step.VENDOR_NOTICE),
        leak(),
        public(),
    ]
)
ABSENCES = st.lists(
    st.tuples(DAYS, st.integers(0, 30)).map(lambda a: (a[0], a[0] + a[1] * DAY)), max_size=3
).map(tuple)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Draw a case with a life behind it, an instant, and who is away."""
    story = Story(a_case(policy=draw(policies())), lists={Audience.VENDORS: ("one",)})
    moves: list[tuple[Act, int]] = draw(st.lists(st.tuples(ACTS, st.integers(0, 90)), max_size=6))
    for act, hours in moves:
        try:
            story.do(act)
        except Refused:
            continue
        story.wait(story.now + timedelta(hours=hours))
    now = story.now + timedelta(minutes=draw(st.integers(0, 30 * 24 * 60)))
    people = Availability(
        lead="alice", members={"alice": draw(ABSENCES), "bob": draw(ABSENCES), "eve": ()}
    )
    fix_on = draw(st.none() | st.integers(0, 60).map(lambda n: RECEIVED + n * DAY))
    decided = draw(st.sampled_from([(), (Choice.NEXT_RELEASE,)]))
    made = {choice: Decision(at=now, by="alice", why="agreed") for choice in decided}
    return Scene(story.case.model_copy(update={"decisions": made}), now, people, fix_on)


def fix_at(scene: Scene) -> datetime:
    """Return when there is a fix, as the process counts: landed, expected, or by its limit."""
    case, now = scene.case, scene.now
    if scene.fix_on:
        return scene.fix_on
    if case.fix and case.fix.is_landed:
        return case.fix.landed
    return now if Step.FIX in case.skipped else max(now, case.limit(Step.FIX))


def span(scene: Scene) -> tuple[datetime, datetime]:
    """Return the first and the last instant that the policy allows, day and hour aside."""
    case, now, rules = scene.case, scene.now, scene.case.policy.release
    first = max(now, fix_at(scene))
    told = case.vendors_told()
    if told or not case.is_without(Step.VENDOR_NOTICE):
        told = told or first
        warned = max(told, now)
        first = max(first, told + rules.vendor_notice, warned + rules.final_warning)
    last = min(case.limit(Step.RELEASE), case.report.received + rules.longest_embargo)
    return first, last


def allowed(scene: Scene) -> list[datetime]:
    """Return every instant that satisfies everything but for who is away."""
    calendar = scene.case.policy.calendar
    first, last = span(scene)
    day, found = first.date(), []
    while day <= last.date():
        at = datetime.combine(day, calendar.release_at, tzinfo=UTC)
        is_good = WEEKDAYS[day.weekday()] in calendar.release_days and day not in calendar.holidays
        if is_good and first <= at <= last:
            found.append(at)
        day += DAY
    return found


def is_manned(scene: Scene, at: datetime) -> bool:
    """Whether the lead is there, and somebody else too; eve always is."""
    away = scene.people.members["alice"]
    return not any(first <= at.date() <= last for first, last in away)


def has_open_plan(scene: Scene) -> bool:
    """Whether a date is still to be chosen."""
    return propose(*scene).verdict in (Verdict.DATE, Verdict.IMPOSSIBLE)


@settings(deadline=None, max_examples=100)
@given(scenes())
def test_a_plan_always_answers(scene: Scene) -> None:
    """There is a date, or what makes it impossible, with what can be done instead."""
    proposal = propose(*scene)

    assert proposal.reasons
    assert all(reason.sentence.endswith(".") for reason in proposal.reasons)
    if proposal.verdict in (Verdict.DATE, Verdict.STANDS):
        assert proposal.at is not None
    if proposal.verdict is Verdict.IMPOSSIBLE:
        assert proposal.at is None
        assert any(reason.decides for reason in proposal.reasons)
        assert proposal.alternatives
    for other in proposal.alternatives:
        assert other.at != proposal.at
        assert other.commands
    assert len({other.at for other in proposal.alternatives}) == len(proposal.alternatives) <= 2


@settings(deadline=None, max_examples=100)
@given(scenes())
def test_a_date_is_never_outside_the_policy(scene: Scene) -> None:
    """Rules 14, 15 and 16: notice period, final warning, limit, day and hour are all kept."""
    proposal = propose(*scene)
    if not has_open_plan(scene):
        return
    good = allowed(scene)

    assert (proposal.verdict is Verdict.IMPOSSIBLE) == (not good)
    assert proposal.at is None or proposal.at in good


@settings(deadline=None, max_examples=100)
@given(scenes())
def test_a_date_is_the_earliest_that_satisfies_everything(scene: Scene) -> None:
    """Absences and planned releases move it only to another good day; else it is the first one."""
    proposal = propose(*scene)
    if proposal.verdict is not Verdict.DATE or scene.case.decisions:
        return
    good = allowed(scene)
    manned = [at for at in good if is_manned(scene, at)]

    assert proposal.at == next(iter(manned or good))


@settings(deadline=None, max_examples=100)
@given(scenes())
def test_everybody_is_told_early_enough(scene: Scene) -> None:
    """Rules 14 and 15: for a date, the vendors have their period and their final warning."""
    proposal, rules = propose(*scene), scene.case.policy.release
    if proposal.verdict is not Verdict.DATE or proposal.at is None:
        return
    told = {telling.what: telling.at or scene.now for telling in proposal.told}

    assert told["release"] == proposal.at
    if "vendor notice" in told:
        assert proposal.at - told["vendor notice"] >= rules.vendor_notice
        assert proposal.at - told["final warning"] >= rules.final_warning


@settings(deadline=None, max_examples=100)
@given(scenes(), st.integers(0, 48 * 60))
def test_planning_again_changes_nothing(scene: Scene, minutes: int) -> None:
    """With nothing new the date is the same, also later, as long as it can still be kept."""
    first = propose(*scene)
    later = scene._replace(now=scene.now + timedelta(minutes=minutes))

    assert propose(*scene) == first
    if first.verdict is Verdict.DATE and first.at and has_open_plan(later):
        still_good = first.at in allowed(later)
        is_joined = bool(scene.case.decisions)
        assert not still_good or is_joined or propose(*later).at == first.at


@settings(deadline=None, max_examples=80)
@given(scenes())
def test_a_date_that_is_announced_stands(scene: Scene) -> None:
    """Once it is announced, the plan has the same date, and nothing hard speaks against it."""
    first = propose(*scene)
    if first.verdict is not Verdict.DATE or first.at is None or first.at <= scene.now:
        return
    announced = scene.case.model_copy(update={"planned": first.at})
    again = propose(announced, *scene[1:])

    assert (again.verdict, again.at) == (Verdict.STANDS, first.at)
    assert not any(finding.is_hard for finding in again.against)


@settings(deadline=None, max_examples=100)
@given(scenes(), st.lists(st.sampled_from(range(len(VECTORS))), min_size=2, max_size=2).map(sorted))
def test_more_severe_is_never_later(scene: Scene, pair: list[int]) -> None:
    """All else equal, a higher score never has a later date, nor none where a lower one has one."""
    less, more = (
        scene._replace(case=scene.case.model_copy(update={"severity": severity_of(VECTORS[n])}))
        for n in pair
    )
    mild, grave = propose(*less), propose(*more)

    assert grave.verdict is mild.verdict
    if mild.at and grave.at:
        assert grave.at <= mild.at


@settings(deadline=None, max_examples=100)
@given(scenes(), DAYS, st.integers(0, 23))
def test_an_instant_is_judged_as_the_plan_would(scene: Scene, day: date, hour: int) -> None:
    """What the oracle allows has nothing hard against it, and what it does not, has."""
    if not has_open_plan(scene):
        return
    at = max(RECEIVED, datetime.combine(day, time(hour, 30), tzinfo=UTC))
    judgement = judged(scene.case, at, *scene[1:])
    first, last = span(scene)
    calendar = scene.case.policy.calendar
    is_good = WEEKDAYS[at.weekday()] in calendar.release_days and at.date() not in calendar.holidays
    is_good = is_good and first <= at <= last
    hard = [f for f in judgement.against if f.is_hard and f.constraint is not Constraint.ANNOUNCED]

    assert is_good == (not hard)
