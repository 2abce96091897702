"""The release date that a plan proposes, and what it says where there is none."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from tacenda.case import Case
from tacenda.cli.planshown import say_plan
from tacenda.decisions import Choice, Decision
from tacenda.drafts import planned_for
from tacenda.fields import moment
from tacenda.grounds import Constraint
from tacenda.lifecycle import apply
from tacenda.models import DAY, Audience, CloseReason, Step
from tacenda.planning import Proposal, Verdict, propose
from tacenda.policy import Calendar, Limits, ReleaseRules
from tacenda.presence import Availability
from tacenda.severity import severity_of
from tacenda.vendors import Party
from tests.builders import (
    HIGH,
    LOW,
    a_case,
    a_policy,
    acknowledge,
    after,
    close,
    extend,
    fixed,
    leak,
    mitigated,
    public,
    release,
    skip,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story

CURRENT = ReleaseRules(vendor_notice=7 * DAY, vendors_earliest=28 * DAY)


def at(text: str) -> datetime:
    """Return an instant as a test writes it: 2026-03-02 16:00."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_fixed_case(when: datetime | None = None, **values: object) -> Case:
    """Return a case whose fix landed, by default a day after the receipt."""
    return apply(a_case(**values), fixed(), when or after(1))  # type: ignore[arg-type]


def days(*names: str) -> tuple[date, ...]:
    """Return days as a test writes them."""
    return tuple(date.fromisoformat(name) for name in names)


def deciding(proposal: Proposal) -> set[Constraint]:
    """Return what decides a date."""
    return {reason.constraint for reason in proposal.reasons if reason.decides}


def said(proposal: Proposal) -> str:
    """Return all sentences of a plan as one text."""
    return " ".join(reason.sentence for reason in proposal.reasons)


def decided(case: Case, *choices: Choice) -> Case:
    """Return a case in which a person made these choices."""
    made = {choice: Decision(at=after(1), by="alice", why="agreed") for choice in choices}
    return case.model_copy(update={"decisions": made})


def test_the_date_is_the_earliest_that_keeps_the_rules() -> None:
    """The fix is there on Tuesday: vendors have a day, and Wednesday at the hour it is out."""
    proposal = propose(a_fixed_case(), after(1))

    assert proposal.verdict is Verdict.DATE
    assert proposal.at == slot(2)
    assert Constraint.VENDOR_NOTICE in deciding(proposal)
    assert proposal.commands == (
        "tacenda ack case-2026-7k3q9xm4tp",
        "tacenda notify case-2026-7k3q9xm4tp users --planned 2026-03-04T16:00Z",
    )


def test_a_fix_that_has_not_landed_is_assumed_for_its_limit() -> None:
    """Monday at nine is the limit of the fix, so that Tuesday is the first day; it says so."""
    proposal = propose(a_case(), after(0))

    assert proposal.at == slot(8)
    assert moment(after(7)) in said(proposal)
    assert "--fix-on" in said(proposal)
    assert deciding(proposal) == {Constraint.FIX, Constraint.VENDOR_NOTICE}


def test_a_fix_can_be_supposed() -> None:
    """Supposed for another day, it leads to another date."""
    proposal = propose(a_case(), after(0), fix_on=slot(9))

    assert proposal.at == slot(10)
    assert "is expected on" in said(proposal)


def test_a_fix_that_is_late_is_said_to_be() -> None:
    """After the limit of the fix nobody knows when it comes: that is said, with a date."""
    proposal = propose(a_case(), after(9))

    assert proposal.at == slot(10)
    assert "nobody has said when" in said(proposal)


def test_without_a_fix_nothing_waits_for_one() -> None:
    """A person decided to publish without one."""
    case = apply(a_case(), skip(Step.FIX), after(1))

    assert propose(case, after(1)).at == slot(2)


def test_everybody_is_told_in_time() -> None:
    """Rule 15: the final warning leaves 24 hours before; the notices when there is a fix."""
    proposal = propose(a_case(), after(0))
    told = {telling.what: telling for telling in proposal.told}

    assert told["user notice"].at == told["vendor notice"].at == after(7)
    assert told["vendor notice"].latest == slot(7)
    assert told["final warning"].at == slot(7)
    assert told["release"].at == slot(8)


@pytest.mark.parametrize(("hours", "expected"), [(24, slot(2)), (23.99, slot(3))])
def test_a_final_warning_needs_its_24_hours(hours: float, expected: datetime) -> None:
    """Rule 15: with a minute less than 24 hours left, it is the day after."""
    now = slot(2) - timedelta(hours=hours)
    case = a_fixed_case(policy=a_policy(release=ReleaseRules(vendor_notice=timedelta(hours=1))))
    proposal = propose(case, now)

    assert proposal.at == expected
    assert deciding(proposal) == {Constraint.FINAL_WARNING}


@pytest.mark.parametrize(("minutes", "expected"), [(0, slot(8)), (1, slot(9))])
def test_the_current_profile_gives_vendors_seven_days(minutes: int, expected: datetime) -> None:
    """Rule 14: the vendors have it seven days before, to the minute; there is no user notice."""
    policy = a_policy(anchor="publication", without=(Step.USER_NOTICE,), release=CURRENT)
    now = slot(1) + timedelta(minutes=minutes)
    proposal = propose(a_fixed_case(policy=policy), now)

    assert proposal.at == expected
    assert [t.what for t in proposal.told] == ["vendor notice", "final warning", "release"]
    assert deciding(proposal) == {Constraint.VENDOR_NOTICE}


def test_vendors_are_told_no_earlier_than_the_policy_says() -> None:
    """Rule 14: where the date is far away, their notice waits until four weeks before it."""
    policy = a_policy(anchor="publication", release=CURRENT, limits=Limits(release=60 * DAY))
    case = a_fixed_case(policy=policy).model_copy(update={"planned": slot(50)})
    vendors = next(t for t in propose(case, after(1)).told if t.what == "vendor notice")

    assert (vendors.at, vendors.latest) == (slot(22), slot(43))


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        ("2026-03-05 17:00", "2026-03-09 16:00"),  # Thursday evening: past Friday, to Monday
        ("2026-03-06 17:00", "2026-03-09 16:00"),  # America changes its clocks on Sunday
        ("2026-03-27 09:00", "2026-03-30 16:00"),  # Europe changes its clocks
        ("2026-10-23 09:00", "2026-10-26 16:00"),  # and back
        ("2026-10-30 09:00", "2026-11-02 16:00"),  # America changes them back
        ("2028-02-28 09:00", "2028-02-29 16:00"),  # a leap day
        ("2026-12-30 17:00", "2027-01-04 16:00"),  # over the end of the year
    ],
)
def test_the_hour_is_in_utc_in_summer_and_winter(received: str, expected: str) -> None:
    """Rule 16: 16:00 UTC, Monday to Thursday, whatever clocks on walls do."""
    case = a_fixed_case(at(received), received=at(received))

    assert propose(case, at(received)).at == at(expected)


def test_a_holiday_is_named_with_its_countries() -> None:
    """Rule 16: where two countries' holidays follow each other, each is passed over and named."""
    calendar = Calendar(
        holidays=days("2026-03-04", "2026-03-05", "2026-03-09"),
        holidays_in={
            "DE": days("2026-03-04", "2026-03-05"),
            "US": days("2026-03-05", "2026-03-09"),
        },
    )
    proposal = propose(a_fixed_case(policy=a_policy(calendar=calendar)), after(1))

    assert proposal.at == slot(8)
    assert Constraint.HOLIDAY in deciding(proposal)
    assert "Wed 2026-03-04 (holiday in DE)" in said(proposal)
    assert "Thu 2026-03-05 (holiday in DE and US)" in said(proposal)
    assert "Mon 2026-03-09 (holiday in US)" in said(proposal)


def test_holidays_for_longer_than_the_limit_leave_no_date() -> None:
    """A chain of holidays past the limit: that is said, with both ways out."""
    chain = tuple(date(2026, 3, 1) + n * DAY for n in range(30))
    case = a_fixed_case(policy=a_policy(calendar=Calendar(holidays=chain)))
    proposal = propose(case, after(1))
    later, inside = proposal.alternatives

    assert proposal.verdict is Verdict.IMPOSSIBLE
    assert proposal.at is None
    assert "no day on which a release goes out" in said(proposal)
    assert later.at == at("2026-03-31 16:00")
    assert [f.constraint for f in later.breaks] == [Constraint.LIMIT]
    assert later.commands[0].startswith(
        f"tacenda extend {case.id} release --until 2026-03-31T16:00Z"
    )
    assert inside.at == slot(17)  # a Thursday: a holiday on a Sunday would break more
    assert [f.constraint for f in inside.breaks] == [Constraint.HOLIDAY]
    assert "--override" in inside.commands[-1]


def test_a_fix_after_the_limit_leaves_no_date() -> None:
    """What is too late is named with what ends too early."""
    proposal = propose(a_case(), after(0), fix_on=after(25))

    assert proposal.verdict is Verdict.IMPOSSIBLE
    assert "The fix, and then the vendors' notice period of 24 hours" in said(proposal)
    assert moment(after(21)) in said(proposal)
    assert {f.constraint for f in proposal.alternatives[1].breaks} >= {Constraint.FIX}


def test_a_limit_that_is_past_is_said_to_be() -> None:
    """There is a next good instant all the same, and one that is sooner."""
    proposal = propose(a_fixed_case(), after(30, hours=8))

    assert proposal.verdict is Verdict.IMPOSSIBLE
    assert "The limit of the release passed" in said(proposal)
    assert proposal.alternatives[0].at == slot(35)  # Wednesday evening: Thursday is too soon
    assert proposal.alternatives[1].at < proposal.alternatives[0].at


def test_the_longest_embargo_is_a_limit_too() -> None:
    """An extended limit does not lead past what the policy allows, except by override."""
    case = apply(a_case(), extend(Step.RELEASE, after(120)), after(1))
    proposal = propose(case, after(1), fix_on=after(95))

    assert proposal.verdict is Verdict.IMPOSSIBLE
    assert "longest embargo" in said(proposal)
    assert "--override REASON" in proposal.alternatives[0].commands[0]


def test_where_the_data_ends_nothing_is_guessed() -> None:
    """Of a day after the last known one, the plan says that nobody knows."""
    calendar = Calendar(
        holidays=days("2026-03-04"),
        holidays_in={"LK": days("2026-03-04")},
        known_until=date(2026, 3, 4),
    )
    proposal = propose(a_fixed_case(policy=a_policy(calendar=calendar)), after(1))
    unknown = next(r for r in proposal.reasons if r.constraint is Constraint.KNOWN_UNTIL)

    assert proposal.at == slot(3)
    assert "nobody knows: the holiday data of this case ends on 2026-03-04" in unknown.sentence


def test_a_lead_who_is_away_moves_the_date_inside_the_limit() -> None:
    """It waits until the lead is back; sooner, somebody else has to take over."""
    people = Availability(
        lead="alice", members={"alice": ((date(2026, 3, 3), date(2026, 3, 10)),), "bob b": ()}
    )
    proposal = propose(a_fixed_case(), after(1), people)
    sooner = proposal.alternatives[0]

    assert proposal.at == slot(9)
    assert Constraint.LEAD in deciding(proposal)
    assert "alice is away" in said(proposal)
    assert sooner.at == slot(2)
    assert [f.constraint for f in sooner.breaks] == [Constraint.LEAD]
    assert "handoff" in sooner.commands[0]
    assert "--to 'bob b'" in sooner.commands[0]


def test_a_lead_who_is_away_past_the_limit_moves_nothing() -> None:
    """An absence does not overrun a limit: the date stays, and the hand-over is the way out."""
    people = Availability(
        lead="alice", members={"alice": ((date(2026, 3, 3), date(2026, 5, 1)),), "bob": ()}
    )
    proposal = propose(a_fixed_case(), after(1), people)

    assert proposal.at == slot(2)
    assert "tacenda handoff case-2026-7k3q9xm4tp --to bob" in said(proposal)


def test_a_team_that_is_away_moves_the_date_inside_the_limit() -> None:
    """Nobody publishes alone, if that can be helped; a team of one is never waited for."""
    away = ((date(2026, 3, 3), date(2026, 3, 4)),)
    people = Availability(lead="alice", members={"alice": (), "bob": away})
    alone = Availability(lead="alice", members={"alice": ()})

    assert propose(a_fixed_case(), after(1), people).at == slot(3)
    assert Constraint.TEAM in deciding(propose(a_fixed_case(), after(1), people))
    assert propose(a_fixed_case(), after(1), alone).at == slot(2)


def test_the_next_two_alternatives_say_what_they_break() -> None:
    """One that is sooner and breaks something, one that is later and breaks nothing."""
    proposal = propose(a_case(), after(0))
    sooner, later = proposal.alternatives

    assert sooner.at == slot(7)
    assert [f.constraint for f in sooner.breaks] == [Constraint.VENDOR_NOTICE]
    assert "7 hours of notice instead of 24 hours" in sooner.breaks[0].sentence
    assert later.at == slot(9)
    assert later.breaks == ()
    assert later.commands == (f"tacenda notify {a_case().id} users --planned 2026-03-11T16:00Z",)


def test_a_vendor_who_was_told_keeps_it_only_so_long() -> None:
    """The embargo of a vendor can end before the limit: it is named where it leaves no date."""
    story = Story(lists={Audience.VENDORS: ("two",)}).do(acknowledge(), fixed(), vendor_notice())
    kept = {"max_embargo": timedelta(days=5)}
    vendors = tuple(vendor.model_copy(update=kept) for vendor in story.case.vendors)
    case = story.case.model_copy(update={"vendors": vendors})
    proposal = propose(case, after(7))

    assert proposal.verdict is Verdict.IMPOSSIBLE
    assert "The embargo that two keeps passed" in said(proposal)
    assert Constraint.VENDORS_EMBARGO in {f.constraint for f in proposal.alternatives[0].breaks}


def test_a_vendor_of_little_patience_is_told_later() -> None:
    """Its notice waits until it can keep the embargo, and where that is too short it is said."""
    brief = Party(name="two", address="two@example.org", standing=True, max_embargo=5 * DAY)
    policy = a_policy(release=ReleaseRules(vendor_notice=7 * DAY))
    case = a_fixed_case(policy=policy).model_copy(update={"vendors": (brief,)})
    proposal = propose(case, after(1))
    vendors = next(telling for telling in proposal.told if telling.what == "vendor notice")

    assert "two 5 days before the release" in vendors.note
    assert "Shorter notice" in said(proposal)


def test_a_decision_joins_the_next_planned_release() -> None:
    """The first planned day on which the rules are kept, not the first day of all."""
    calendar = Calendar(releases=days("2026-03-03", "2026-03-10", "2026-03-17"))
    case = decided(a_fixed_case(policy=a_policy(calendar=calendar)), Choice.NEXT_RELEASE)
    proposal = propose(case, after(1))

    assert proposal.at == slot(8)
    assert Constraint.PLANNED_RELEASE in deciding(proposal)
    assert [other.at for other in proposal.alternatives] == [slot(2), slot(15)]


def test_what_is_urgent_joins_nothing() -> None:
    """High and Critical go out of band, also where it was decided otherwise before the score."""
    calendar = Calendar(releases=days("2026-03-10"))
    case = decided(a_fixed_case(policy=a_policy(calendar=calendar)), Choice.NEXT_RELEASE)
    scored = {v: case.model_copy(update={"severity": severity_of(v)}) for v in (HIGH, LOW)}

    assert propose(scored[HIGH], after(1)).at == slot(2)
    assert propose(scored[LOW], after(1)).at == slot(8)


@pytest.mark.parametrize("planned", [(), days("2026-03-31"), days("2026-03-06")])
def test_a_planned_release_that_does_not_fit_is_said_not_to(planned: tuple[date, ...]) -> None:
    """None named, after the limit, on a Friday: the plain date stands, and why is said."""
    calendar = Calendar(releases=planned)
    case = decided(a_fixed_case(policy=a_policy(calendar=calendar)), Choice.NEXT_RELEASE)
    proposal = propose(case, after(1))

    assert proposal.at == slot(2)
    assert "was to join the next planned release" in said(proposal)


def test_an_announced_date_stands_and_is_judged() -> None:
    """Who was told is counted; a fix that comes too late for it speaks against it."""
    story = Story().do(acknowledge(), fixed(), user_notice(planned=slot(15)))
    story.wait(after(1))
    proposal = propose(story.case, story.now)
    late = propose(story.case, story.now, fix_on=slot(15))

    assert (proposal.verdict, proposal.at) == (Verdict.STANDS, slot(15))
    assert "announced to" in said(proposal)
    assert proposal.against == ()
    assert proposal.alternatives[0].at < slot(15)
    assert [f.constraint for f in proposal.alternatives[0].breaks] == [Constraint.ANNOUNCED]
    assert late.at == slot(15)
    assert Constraint.VENDOR_NOTICE in {f.constraint for f in late.against}


def test_an_approved_release_stands() -> None:
    """It is approved for an instant, by somebody; another one takes a hold first."""
    story = Story().do(
        acknowledge(),
        fixed(),
        release(
            slot(
                4,
            ),
            override="a Friday",
        ),
    )
    proposal = propose(story.case, story.now)

    assert (proposal.verdict, proposal.at) == (Verdict.STANDS, slot(4))
    assert "alice approved the release" in said(proposal)
    assert [f.constraint for f in proposal.against] == [Constraint.RELEASE_DAYS]
    assert "--hold" in proposal.alternatives[0].commands[0]


def test_a_warning_that_has_left_is_not_asked_for_again() -> None:
    """Rule 15: two hours before an approved release its warning is out, and nothing is short."""
    story = Story(lists={Audience.VENDORS: ("one",)}).do(acknowledge(), fixed(), vendor_notice())
    story.do(release(slot(3))).wait(slot(3) - timedelta(hours=2))
    proposal = propose(story.case, story.now)
    warning = next(telling for telling in proposal.told if telling.what == "final warning")

    assert (warning.at, warning.done) == (slot(2), True)
    assert (proposal.verdict, proposal.against) == (Verdict.STANDS, ())


def test_vendors_can_be_done_without() -> None:
    """By the policy, by a step that is skipped, or by a decision: then nothing waits for them."""
    case = a_fixed_case()
    without = (
        a_fixed_case(policy=a_policy(without=(Step.VENDOR_NOTICE,))),
        apply(case, skip(Step.VENDOR_NOTICE), after(1)),
        decided(case, Choice.SKIP_VENDORS),
    )

    for one in without:
        proposal = propose(one, after(1))
        assert proposal.at == slot(1)
        assert [telling.what for telling in proposal.told] == ["user notice", "release"]


def test_a_planned_date_that_has_passed_is_not_a_date() -> None:
    """Those who were told it are waiting: there is another proposal, and that is said."""
    case = a_fixed_case().model_copy(update={"planned": slot(2)})
    proposal = propose(case, after(3))

    assert (proposal.verdict, proposal.at) == (Verdict.DATE, slot(7))
    assert "is past without a release" in said(proposal)


def test_a_public_case_is_published_at_once() -> None:
    """There is nothing to wait for, and no date to choose."""
    case = apply(a_fixed_case(), public(), after(2))
    proposal = propose(case, after(2))

    assert (proposal.verdict, proposal.at) == (Verdict.NOW, None)
    assert f"tacenda release {case.id}" in said(proposal)


@pytest.mark.parametrize("has_mitigation", [True, False])
def test_a_public_case_without_a_fix_tells_the_users(has_mitigation: bool) -> None:
    """What helps is told at once, or that a fix is coming."""
    case = apply(a_case(), public(), after(2))
    case = apply(case, mitigated(), after(2)) if has_mitigation else case

    assert f"tacenda notify {case.id} users" in said(propose(case, after(2)))


def test_a_leak_is_said_before_anything_else() -> None:
    """Rule 25: while a decision is asked for, the plan says so first."""
    case = apply(a_fixed_case(), leak(), after(1))

    assert "a decision is asked for" in propose(case, after(1)).reasons[0].sentence


def test_a_case_that_is_over_has_no_plan() -> None:
    """Closed or released, it says so."""
    closed = apply(a_case(), close(CloseReason.INVALID), after(1))
    released = Story().do(acknowledge(), fixed(), release(override="now")).wait(after(1))

    assert propose(closed, after(2)).verdict is Verdict.OVER
    assert propose(released.case, after(2)).verdict is Verdict.OVER


def test_a_notice_names_the_date_of_the_plan() -> None:
    """Where nobody gives a date, the draft has the one that the plan proposes, or its best."""
    case = a_fixed_case()
    public_case = apply(case, public(), after(1))

    assert planned_for(case, after(1)) == propose(case, after(1)).at
    assert planned_for(case, after(40)) == propose(case, after(40)).alternatives[0].at
    assert planned_for(public_case, after(1)) == slot(2)


def test_a_calendar_without_a_day_still_gets_an_answer() -> None:
    """Where nothing is ever released, what breaks the least is offered."""
    calendar = Calendar(release_days=(), release_at=time(16))
    proposal = propose(a_fixed_case(policy=a_policy(calendar=calendar)), after(1))

    assert proposal.verdict is Verdict.IMPOSSIBLE
    assert "on no day" in said(proposal)
    assert [other.at for other in proposal.alternatives] == [slot(20)]


def test_the_plan_of_a_broken_embargo_asks_for_the_decision_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At two in the morning the first line must not be a date in four days (rule 25)."""
    story = Story().do(acknowledge(), fixed(), leak())
    say_plan(story.case, propose(story.case, story.now), None, story.now, is_rehearsed=False)

    assert capsys.readouterr().out.startswith("DECIDE FIRST: publish now, or hold on.")
