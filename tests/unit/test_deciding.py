"""What a decision about the cadence changes, whom it is told, and how it comes undone."""

from datetime import timedelta

import pytest

from tacenda.act import Act
from tacenda.agenda import Entry
from tacenda.approvals import ApproveNotice
from tacenda.contract import act_id
from tacenda.decisions import Choice
from tacenda.errors import Refused
from tacenda.facts import facts_of
from tacenda.guards import objections
from tacenda.lifecycle import apply, check
from tacenda.models import Audience, Kind, Step
from tacenda.notices import render
from tacenda.policy import Calendar
from tacenda.profiles import KUBERNETES_CURRENT
from tacenda.rules import SURE_POST
from tests.builders import (
    HIGH,
    LOW,
    MEDIUM,
    RECEIVED,
    a_case,
    a_policy,
    acknowledge,
    after,
    assign_cve,
    decide,
    extend,
    fixed,
    mitigated,
    public,
    release,
    score,
    skip,
    slot,
    undecide,
    user_notice,
    vendor_notice,
    withdrawn,
)
from tests.unit.story import Story

MOVED = (Step.FIX, Step.USER_NOTICE, Step.VENDOR_NOTICE, Step.RELEASE)
CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
LOW_3_1 = "CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:U/C:N/I:N/A:L"
EARLY = "CVE-2026-12345 is dangerous: switch the feature off."


def taken(vector: str = LOW, *days: int) -> Story:
    """Return a scored case that alice leads; planned releases are on those days."""
    releases = tuple(slot(day).date() for day in days)
    policy = a_policy(calendar=Calendar(releases=releases))
    return Story(a_case(policy=policy)).do(acknowledge(), score(vector))


def limits(story: Story) -> list[float]:
    """Return the limits from the fix on, in days after the receipt."""
    return [(story.case.limit(step) - RECEIVED).total_seconds() / 86400 for step in MOVED]


def letters(story: Story, *acts: Act) -> dict[Kind | None, str]:
    """Let people act, and return the letters that follow within an hour, each on one line."""
    found: dict[Kind | None, str] = {}

    def read(entry: Entry) -> None:
        assert entry.kind
        body = render(entry.kind, facts_of(story.case, story.now, entry)).body
        found[entry.kind] = " ".join(body.split())

    story.watch = read
    story.do(*acts).wait(story.now + timedelta(hours=1))
    return found


def in_letter(story: Story) -> str:
    """Return what the last change of the plan was, as the team reads it."""
    turn = story.case.turns[-1]
    return f"{turn.what}, by {turn.by}: {turn.why}"


def test_slowing_down_moves_every_open_limit_as_far_as_the_release() -> None:
    """A fix that may wait ten days lets everything after it wait as long; what is done stays."""
    story = taken().wait(after(1)).do(decide(Choice.SLOW_DOWN, until=after(31)))

    assert limits(story) == [17, 17, 24, 31]
    assert story.case.limit(Step.ACKNOWLEDGE) == after(1)
    assert story.times(Kind.ESCALATION) == []
    assert {name for name, kind in story.delivered if kind is Kind.PLAN_CHANGE} == {
        "lead",
        "team",
        "fix-team",
    }
    assert ("reporter", Kind.NEW_LIMITS) in story.delivered
    assert "as discussed at https://chat.example.org/7" in in_letter(story)


def test_slowing_down_moves_no_limit_to_where_it_is_past() -> None:
    """A fix that is overdue by more than what is gained stays overdue since when it was."""
    story = taken().wait(after(12)).do(decide(Choice.SLOW_DOWN, until=after(24)))

    assert limits(story) == [7, 7, 17, 24]


def test_without_an_instant_nothing_moves_and_the_author_hears_so() -> None:
    """To be allowed to go slower is not yet to know how slow."""
    story = taken()
    [warning] = check(story.case, decide(Choice.SLOW_DOWN), story.now)
    story.do(decide(Choice.SLOW_DOWN))

    assert "No limit has moved" in warning
    assert limits(story) == [7, 7, 14, 21]


def test_a_re_score_that_takes_the_ground_away_gives_the_limits_back() -> None:
    """Rule 21: 3.1 to 7.5 undoes the decision; back at 3.1 it must be decided anew."""
    story = taken(LOW_3_1).do(decide(Choice.SLOW_DOWN, until=after(31))).wait(after(2))
    warnings = check(story.case, score(HIGH), story.now)
    told = letters(story, score(HIGH))

    assert any("The decision to slow down falls with that" in warning for warning in warnings)
    assert limits(story) == [7, 7, 14, 21]
    assert story.case.moved == {}
    assert "scored 7.5 (High)" in in_letter(story)
    assert f"was {after(31):%Y-%m-%d %H:%M} UTC" in told[Kind.PLAN_CHANGE]
    assert f"release {after(21):%Y-%m-%d %H:%M} UTC" in told[Kind.NEW_LIMITS]

    story.do(score(LOW_3_1))

    assert limits(story) == [7, 7, 14, 21]
    assert story.case.decisions == {}


def test_a_limit_that_would_lie_in_the_past_is_now() -> None:
    """Rule 21: what was given back late is overdue since the re-score, and not since before it."""
    story = taken().do(decide(Choice.SLOW_DOWN, until=after(31))).wait(after(15))
    story.do(score(HIGH))

    assert limits(story) == [15, 15, 15, 21]
    assert story.times(Kind.ESCALATION) == [after(15)]


def test_a_limit_that_had_passed_already_stays_where_it_was() -> None:
    """Rule 21: an overdue limit is moved neither back nor forward."""
    story = taken().do(decide(Choice.SLOW_DOWN, until=after(31))).wait(after(20))
    story.do(score(HIGH))

    assert limits(story) == [17, 17, 20, 21]


def test_what_people_extended_themselves_stays() -> None:
    """Rule 21: before the decision or after it, a limit that a person named is that person's."""
    story = taken().do(extend(Step.FIX, after(9)), decide(Choice.SLOW_DOWN, until=after(31)))
    assert limits(story) == [19, 17, 24, 31]
    story.do(extend(Step.VENDOR_NOTICE, after(27)), score(HIGH))

    assert limits(story) == [9, 7, 27, 21]


def test_a_fix_that_was_in_time_is_not_late_afterwards() -> None:
    """What was done within the limit of its day keeps that limit."""
    story = taken().do(decide(Choice.SLOW_DOWN, until=after(31))).wait(after(12))
    story.do(fixed()).wait(after(13)).do(score(HIGH))

    assert story.case.limit(Step.FIX) == after(17)


def test_a_re_score_that_keeps_the_ground_changes_nothing() -> None:
    """Rule 21: another low score moves no limit, undoes nothing, and nobody gets a letter."""
    story = taken().do(decide(Choice.SLOW_DOWN, until=after(31)), decide(Choice.SKIP_VENDORS))
    before = story.case
    assert check(before, score(LOW_3_1), story.now) == ()
    story.do(score(LOW_3_1))

    assert story.case.decisions == before.decisions
    assert story.case.moved == before.moved
    assert story.case.turns == before.turns


def test_a_word_that_the_risk_is_low_holds_until_the_band_is_worse() -> None:
    """Rule 17: nobody has assessed a flaw of another band; a milder score changes nothing."""
    story = taken(HIGH).do(decide(Choice.SLOW_DOWN, low_risk=True))
    story.do(score(LOW), score(HIGH))
    assert Choice.SLOW_DOWN in story.case.decisions
    story.do(score(CRITICAL))

    assert Choice.SLOW_DOWN not in story.case.decisions


def test_what_was_decided_in_spite_of_the_severity_stands_and_says_so() -> None:
    """Rule 21: whoever insisted knew; where it becomes worse the team reads that it stands."""
    story = taken(HIGH).do(decide(Choice.SKIP_VENDORS, override="they told us"))
    told_before = len(story.case.turns)
    story.do(score(MEDIUM))
    assert len(story.case.turns) == told_before
    story.do(score(CRITICAL))

    assert Step.VENDOR_NOTICE in story.case.skipped
    assert "stands, which was made with an override" in in_letter(story)
    assert "scored 9.8 (Critical)" in in_letter(story)


def test_a_person_takes_a_decision_back() -> None:
    """By hand it comes undone as by a re-score, and can be made again."""
    act = decide(Choice.SLOW_DOWN, until=after(31))
    story = taken()
    first = act_id(story.case, act)
    story.do(act)
    assert act_id(story.case, act) == first
    story.do(undecide(Choice.SLOW_DOWN))

    assert limits(story) == [7, 7, 14, 21]
    assert in_letter(story).endswith("by alice: it was wrong")
    assert act_id(story.case, act) != first
    assert limits(story.do(act)) == [17, 17, 24, 31]


def test_semi_public_fixing_is_recorded_and_says_what_it_means() -> None:
    """Rule 18: the fix team reads that the change may be public and its purpose may not."""
    story = taken(MEDIUM).do(decide(Choice.SEMI_PUBLIC, "a public branch is quicker"))

    assert "nobody says in public that it is about security" in in_letter(story)
    assert in_letter(story).endswith("by alice: a public branch is quicker")
    assert "changed in private" in in_letter(story.do(score(HIGH)))


def test_it_joins_the_next_planned_release_and_leaves_it_again() -> None:
    """Medium and Low wait for the next one; a High score drops a date that nobody was told."""
    story = taken(MEDIUM, -3, 10, 38).do(decide(Choice.NEXT_RELEASE))
    assert story.case.planned == slot(10)
    story.do(score(HIGH))

    assert story.case.planned is None
    assert "it gets a release of its own" in in_letter(story)


def test_a_planned_release_that_was_told_stands_until_another_is_approved() -> None:
    """Nobody who was told a date is left with one that nobody holds any more."""
    story = taken(MEDIUM, 10).do(decide(Choice.NEXT_RELEASE), fixed())
    story.do(user_notice(planned=slot(10)), score(HIGH))

    assert story.case.planned == slot(10)
    assert "keeps its date until another is approved" in in_letter(story)


def test_another_instant_than_the_planned_release_is_worth_a_word() -> None:
    """Whoever approves a release of its own is reminded of what was decided."""
    story = taken(MEDIUM, 10).do(decide(Choice.NEXT_RELEASE), fixed())
    warned = " ".join(check(story.case, release(slot(9)), story.now))

    assert "It was decided to join the planned release of 2026-03-12 16:00 UTC" in warned
    assert "decided to join" not in " ".join(check(story.case, release(slot(10)), story.now))


def test_a_release_that_is_approved_is_void_when_it_joins_another() -> None:
    """Two dates do not stand side by side: the approved one must be approved anew."""
    story = taken(MEDIUM, 10).do(fixed(), release(slot(9)), decide(Choice.NEXT_RELEASE))

    assert story.case.waiting(Kind.RELEASE) is None
    assert "it joins a planned release" in story.case.troubles[-1].what


def test_users_are_warned_before_the_fix_with_what_they_need() -> None:
    """Rule 9: a recorded early disclosure names the id, the vector, and what the report says."""
    story = taken(MEDIUM).do(assign_cve())
    notice = user_notice(f"{EARLY} {MEDIUM}")
    names = {objection.name for objection in objections(story.case, notice, story.now)}
    assert names == {"fix or mitigation", "public text: CVE id", "public text: CVSS vector"}
    story.do(decide(Choice.WARN_EARLY), notice)

    assert ("users", Kind.USER_NOTICE) in story.delivered
    assert set(story.case.deeds[-1].overrode) == names
    assert story.case.deeds[-1].override == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("See https://git.example.org/acme/lantern/pull/512.", "fix reference"),
        ("0a" * 20, "commit hash"),
        ("+++ b/x.py", "patch"),
        ("Rita found it.", "reporter"),
        ("See http://wiki/x.", "internal host"),
        ("It is Blue Lantern.", "marked word"),
    ],
)
def test_how_it_is_fixed_and_who_found_it_stay_unsaid(text: str, kind: str) -> None:
    """Rule 9: an early warning gives nobody a patch, a commit, a person or a marked word."""
    story = Story(a_case(secret=("Blue Lantern",))).do(acknowledge(), score(MEDIUM))
    story.do(fixed("https://git.example.org/acme/lantern/pull/512"), decide(Choice.WARN_EARLY))

    with pytest.raises(Refused) as refused:
        check(story.case, user_notice(text), story.now)
    deed = apply(story.case, user_notice(text, override="we must"), story.now).deeds[-1]
    assert "The public would read" in str(refused.value)
    assert f"public text: {kind}" in deed.overrode


def test_the_news_of_another_date_discloses_nothing() -> None:
    """Only the user notice may say more: what else the public reads may not."""
    story = taken(MEDIUM).do(fixed(), decide(Choice.WARN_EARLY))
    act = vendor_notice(planned=slot(9), users_told=EARLY)

    assert "public text: CVE id" in {o.name for o in objections(story.case, act, story.now)}


def early_notice() -> ApproveNotice:
    """Return a user notice that leaves tomorrow, before the fix."""
    return user_notice(EARLY, at=slot(1))


def test_a_re_score_voids_the_warning_that_has_not_left() -> None:
    """Rule 21: what users may not be told any more stays here, and the lead hears why."""
    story = taken(MEDIUM).do(decide(Choice.WARN_EARLY), early_notice(), score(HIGH))

    assert story.case.waiting(Kind.USER_NOTICE) is None
    assert story.wait(after(3)).times(Kind.USER_NOTICE) == []
    assert "unless they have the notice already" in in_letter(story)


def test_whoever_takes_the_decision_back_stops_the_warning() -> None:
    """By hand as by a re-score; a notice of before the decision is not touched."""
    story = taken(MEDIUM).do(decide(Choice.WARN_EARLY), early_notice())
    story.do(undecide(Choice.WARN_EARLY))
    assert story.case.waiting(Kind.USER_NOTICE) is None
    usual = taken(MEDIUM).do(fixed(), user_notice(at=slot(1))).wait(after(0, hours=2))
    usual.do(decide(Choice.WARN_EARLY), undecide(Choice.WARN_EARLY))

    assert usual.case.waiting(Kind.USER_NOTICE) is not None


def test_a_mitigation_that_is_taken_back_takes_the_ground_away() -> None:
    """An easy mitigation that does not work was the ground of the warning."""
    story = taken(HIGH).do(mitigated(), decide(Choice.WARN_EARLY, easy_mitigation=True))
    story.do(early_notice())
    warnings = check(story.case, withdrawn(), story.now)
    story.do(withdrawn())

    assert "The decision to warn users before the fix falls with that" in " ".join(warnings)
    assert story.case.fix is None
    assert story.case.decisions == {}
    assert story.case.waiting(Kind.USER_NOTICE) is None


def test_a_fix_that_is_taken_back_leaves_the_mitigation_and_the_decision() -> None:
    """The mitigation was there before the fix, and still helps."""
    story = taken(HIGH).do(mitigated(), decide(Choice.WARN_EARLY, easy_mitigation=True))
    story.do(fixed(), withdrawn())

    assert story.case.fix is not None
    assert Choice.WARN_EARLY in story.case.decisions


@pytest.mark.parametrize("act", [decide(Choice.SKIP_VENDORS), skip(Step.VENDOR_NOTICE)])
def test_vendors_that_were_skipped_must_be_told_after_all(act: Act) -> None:
    """Rule 21: however it was said, a High score opens the step again; its limit is not past."""
    story = taken().do(fixed(), vendor_notice(at=slot(3)))
    story.do(act)
    assert story.case.waiting(Kind.VENDOR_NOTICE) is None
    assert Step.VENDOR_NOTICE not in story.case.open_steps()
    story.wait(after(16)).do(score(HIGH))

    assert Step.VENDOR_NOTICE in story.case.open_steps()
    assert story.case.limit(Step.VENDOR_NOTICE) == after(16)
    assert "the vendors must have their notice" in in_letter(story)


def test_the_vendors_limit_comes_back_as_it_was_before_both_decisions() -> None:
    """Rule 21: a step that was skipped while the case was slow is not slow when it is open."""
    story = taken().do(decide(Choice.SLOW_DOWN, until=after(31)), decide(Choice.SKIP_VENDORS))
    story.wait(after(2)).do(score(HIGH))

    assert limits(story) == [7, 7, 14, 21]


def test_doing_without_vendors_is_free_where_there_are_none() -> None:
    """Who has looked, and knows no vendors, skips the step without a score; that stays."""
    story = Story(lists={Audience.VENDORS: ()}).do(acknowledge(), fixed(), vendor_notice())
    story.do(skip(Step.VENDOR_NOTICE), score(LOW), score(HIGH))

    assert Step.VENDOR_NOTICE in story.case.skipped
    assert story.case.decisions == {}


def test_who_skipped_the_vendors_with_an_override_is_not_undone() -> None:
    """Their reason was another than the score, and a score takes nothing from it."""
    story = taken(HIGH).do(skip(Step.VENDOR_NOTICE, override="a small list"), score(CRITICAL))

    assert Step.VENDOR_NOTICE in story.case.skipped


def test_a_public_case_keeps_what_was_decided() -> None:
    """Everything is due then anyway, and a score opens nothing that is to be done at once."""
    story = taken().do(decide(Choice.SKIP_VENDORS), public(), score(HIGH))

    assert Step.VENDOR_NOTICE in story.case.skipped


def test_a_case_of_an_earlier_version_goes_on_by_its_rules() -> None:
    """There a step is skipped as it was, and no re-score brings it back."""
    early = a_case().model_copy(update={"rules": SURE_POST})
    story = Story(early).do(acknowledge(), skip(Step.VENDOR_NOTICE), score(LOW), score(HIGH))

    assert Step.VENDOR_NOTICE in story.case.skipped
    assert apply(early, decide(Choice.SEMI_PUBLIC), story.now).decisions == {}
    assert story.case.turns == ()


def test_a_limit_that_runs_back_from_the_release_follows_it_again() -> None:
    """By the current profile, what a re-score keeps out of the past is not pinned to that day."""
    story = Story(a_case(policy=KUBERNETES_CURRENT)).do(acknowledge(), score(LOW))
    story.do(decide(Choice.SLOW_DOWN, until=after(60))).wait(after(40)).do(score())
    assert story.case.limit(Step.RELEASE) == story.case.limit(Step.VENDOR_NOTICE) == after(40)

    story.do(extend(Step.RELEASE, after(70)))

    assert story.case.limit(Step.VENDOR_NOTICE) == after(63)
