"""The process as it is run today runs back from the publication, and a team may write its own."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tacenda.advice import advice
from tacenda.board import details_of, status_of
from tacenda.calls import SOON
from tacenda.chronicle import chronicle
from tacenda.errors import BadInput
from tacenda.facts import facts_of
from tacenda.guards import objections, shortfalls
from tacenda.models import DAY, Audience, Kind, State, Step
from tacenda.notices import render
from tacenda.policy import Calendar, Limits, Policy
from tacenda.profiles import KUBERNETES_2017, KUBERNETES_CURRENT
from tacenda.settings import Settings, load
from tests.builders import (
    a_case,
    acknowledge,
    after,
    extend,
    fixed,
    release,
    score,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story

LISTS = {Audience.VENDORS: ("one", "two"), Audience.USERS: ("users",)}


def current() -> Story:
    """Return a case by the process as it is run today, taken and fixed on its first day."""
    story = Story(a_case(policy=KUBERNETES_CURRENT), lists=LISTS)
    return story.do(acknowledge(), fixed(), score())


def names(story: Story, at: datetime) -> set[str]:
    """Return the guards that object to a release at an instant."""
    return {o.name for o in objections(story.case, release(at), story.now)}


# Limits.


def test_the_limits_of_today() -> None:
    """24 hours, 7 days, vendors 7 days before, and the latest release that the windows allow."""
    case = a_case(policy=KUBERNETES_CURRENT)

    assert case.limit(Step.ACKNOWLEDGE) == after(1)
    assert case.limit(Step.FIX) == after(7)
    assert case.limit(Step.VENDOR_NOTICE) == after(28)
    assert case.limit(Step.RELEASE) == after(35)
    assert Step.USER_NOTICE not in tuple(case.open_steps())


def test_the_limit_of_the_vendors_runs_back_from_the_planned_release() -> None:
    """Whoever plans a date moves the limit, either way, and never that of the release."""
    story = current().do(vendor_notice(to=("one",), planned=slot(17), at=after(9)))
    assert story.case.limit(Step.VENDOR_NOTICE) == slot(10)

    story.do(user_notice(planned=slot(23)))
    assert story.case.limit(Step.VENDOR_NOTICE) == slot(16)
    assert story.case.limit(Step.RELEASE) == after(35)


def test_a_date_too_near_does_not_backdate_the_limit() -> None:
    """Rule 21: it is then the instant at which that date was planned, and escalates there."""
    story = current().wait(after(3)).do(user_notice(planned=slot(8)))

    assert story.case.limit(Step.VENDOR_NOTICE) == after(3)
    assert story.times(Kind.ESCALATION, Step.VENDOR_NOTICE) == [after(3)]
    assert story.wait(slot(5)).case.limit(Step.VENDOR_NOTICE) == after(3)


def test_what_is_overdue_stays_overdue_since_then() -> None:
    """Rule 21: a date planned after the limit has passed makes nobody less late, nor later."""
    story = current().wait(after(30)).do(user_notice(planned=slot(31), override="late"))
    assert story.case.limit(Step.VENDOR_NOTICE) == after(28)

    story.do(user_notice("Later.", planned=slot(43)))
    assert story.case.limit(Step.VENDOR_NOTICE) == slot(36)


def test_a_date_that_moves_later_does_not_excuse_a_late_notice() -> None:
    """The limit of a step that is done stays as it was: the history goes on telling it."""
    story = current().do(user_notice(planned=slot(15))).wait(after(9)).do(vendor_notice())
    late = story.case.limit(Step.VENDOR_NOTICE)
    story.do(release(slot(22)))

    assert late == slot(8)
    assert story.case.limit(Step.VENDOR_NOTICE) == late
    passed = [h.detail for h in chronicle(story.case, story.now) if h.what == "limit passed"]
    assert passed == ["vendor notice"]


def test_a_limit_that_moves_with_the_date_is_told_to_who_was_told_the_old_one() -> None:
    """The team and the reporter hear it, and the record of the act has the old and the new."""
    story = current().wait(after(2)).do(user_notice(planned=slot(24))).wait(after(2) + SOON)

    assert "vendor notice, from 2026-03-30 09:00 UTC to 2026-03-19 16:00 UTC" in (
        story.case.deeds[-1].detail
    )
    assert Kind.PLAN_CHANGE in story.heard("lead")
    assert Kind.NEW_LIMITS in story.heard("reporter")


def test_a_date_that_the_notice_itself_names_is_no_change_of_plan() -> None:
    """Vendors told now, for a date, have kept the limit that comes with it."""
    story = current().do(vendor_notice(planned=slot(15))).wait(after(1))

    assert Kind.NEW_LIMITS not in story.heard("reporter")
    assert story.case.turns == ()


def test_the_reminder_comes_before_the_limit_that_runs_back() -> None:
    """Rule 2: six hours before it, as before each limit; and it says by when."""
    story = current().do(user_notice(planned=slot(17))).wait(slot(10))

    assert story.times(Kind.REMINDER, Step.VENDOR_NOTICE) == [slot(10) - timedelta(hours=6)]
    assert story.times(Kind.ESCALATION, Step.VENDOR_NOTICE) == [slot(10)]


# Guards.


@pytest.mark.parametrize(("left", "is_refused"), [(7 * DAY, False), (7 * DAY - SOON, True)])
def test_vendors_have_seven_days(left: timedelta, is_refused: bool) -> None:
    """Rule 14: at least 7 days before the publication, to the minute, or a recorded override."""
    story = current().wait(slot(8) - left).do(vendor_notice())

    assert ("vendors' notice period" in names(story, slot(8))) is is_refused


def test_vendors_are_told_of_every_release() -> None:
    """Rule 14: what goes out without them needs a reason; the process of 2017 leaves it open."""
    older = Story().do(acknowledge(), fixed())

    assert "vendor notice" in names(current(), slot(8))
    assert "vendor notice" not in names(older, slot(8))


@pytest.mark.parametrize(("minutes", "fell_short"), [(0, ()), (1, ("final warning",))])
def test_the_final_warning_has_its_day(minutes: int, fell_short: tuple[str, ...]) -> None:
    """Rule 15: 24 hours before the release; a minute less is recorded, and said before."""
    story = current().do(vendor_notice(planned=slot(15)))
    story.wait(slot(14) + timedelta(minutes=minutes))
    act = release(slot(15))

    assert shortfalls(story.case, act, story.now) == fell_short
    assert any("Less than 24 hours" in hint for hint in advice(story.case, act, story.now)) is bool(
        fell_short
    )


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-03-26T16:00Z", None),  # before European summer time, and after American
        ("2026-03-30T16:00Z", None),  # after both
        ("2026-03-27T16:00Z", "a Friday"),
        ("2026-03-28T16:00Z", "a Saturday"),
        ("2026-03-31T16:00Z", "a holiday"),
        ("2026-04-01T00:30+02:00", "a holiday"),  # which is the day before, in UTC
    ],
)
def test_the_day_of_the_release(at: str, said: str | None) -> None:
    """Rule 16: a weekday that is neither a Friday nor a holiday, by the calendar of UTC."""
    policy = KUBERNETES_CURRENT.model_copy(
        update={"calendar": Calendar(holidays=(slot(29).date(),))}
    )
    story = Story(a_case(policy=policy)).do(acknowledge(), fixed(), vendor_notice())
    found = [
        o.sentence
        for o in objections(story.case, release(datetime.fromisoformat(at)), after(9))
        if o.name == "release day"
    ]

    assert bool(found) is (said is not None)
    assert said is None or said in found[0]


@pytest.mark.parametrize("at", ["2026-03-26T16:00Z", "2026-03-30T16:00Z"])
def test_the_hour_is_that_of_utc_on_both_sides_of_the_change(at: str) -> None:
    """Rule 16: 16:00 UTC in winter and in summer, and any other hour is pointed out."""
    story = current().do(vendor_notice())
    moment = datetime.fromisoformat(at)
    hints = [
        advice(story.case, release(x), story.now) for x in (moment, moment + timedelta(hours=1))
    ]

    assert ["preferred hour" in " ".join(found) for found in hints] == [False, True]


def test_vendors_told_too_early_is_pointed_out() -> None:
    """At most 28 days before the planned release; it is the author's to decide."""
    story = current()
    early = advice(story.case, vendor_notice(planned=slot(29)), story.now)
    good = advice(story.case, vendor_notice(planned=slot(28), at=slot(0)), story.now)

    assert any("from 2026-03-03 16:00 UTC on" in hint for hint in early)
    assert not any("earlier than" in hint for hint in good)


def test_a_user_notice_by_a_policy_without_one_is_pointed_out() -> None:
    """The process of today keeps a mail about a mitigation; nothing refuses it."""
    story = current()
    act = user_notice(planned=slot(15))

    assert any("has no user notice" in hint for hint in advice(story.case, act, story.now))
    assert story.do(act).case.done_at(Step.USER_NOTICE) == story.now


# A step that the policy has not.


def test_a_step_that_the_policy_has_not_is_nowhere() -> None:
    """It is no state, never overdue, in no letter, and not called done or skipped."""
    story = current()
    body = render(Kind.ACKNOWLEDGEMENT, facts_of(story.case, story.now)).body
    team = render(Kind.FIX_TEAM, facts_of(story.case, story.now)).body
    story.wait(after(40))

    assert story.case.state is State.VENDOR_NOTICE
    assert Step.USER_NOTICE not in story.case.overdue(story.now)
    assert status_of(story.case, Step.USER_NOTICE, story.now) == "without"
    assert "user notice: not by this policy" in details_of(story.case, story.now)
    assert "user notice" not in body
    assert "user_notice" not in team
    assert not any(Step.USER_NOTICE in entry.steps for _, entry in story.begun)
    assert not any(h.detail == "user notice" for h in chronicle(story.case, story.now))


# A team's own.


@pytest.fixture
def load_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Load settings from a text after `[team]`, in an environment that says nothing."""
    for name in [name for name in os.environ if name.startswith("TACENDA_")]:
        monkeypatch.delenv(name)

    def load_it(text: str) -> Settings:
        path = tmp_path / "tacenda.toml"
        path.write_text('[team]\naddress = "a@example.org"\n' + text, encoding="utf-8")
        return load(path)

    return load_it


OWN = """
[profiles.ours]
like = "kubernetes-current"
without = []
[profiles.ours.limits]
fix = "10d"
[policy]
profile = "ours"
[policy.release]
approvals = 2
"""


def test_a_team_writes_its_own_profile(load_text: object) -> None:
    """It is like one of ours but for what it says, and [policy] still overrides single values."""
    policy = load_text(OWN).policy  # type: ignore[operator]

    assert policy.profile == "ours"
    assert policy.anchor == "publication"
    assert policy.without == ()
    assert policy.limits == Limits(fix=10 * DAY, release=35 * DAY)
    assert (policy.release.approvals, policy.release.vendor_notice) == (2, 7 * DAY)


def test_a_profile_that_is_not_chosen_changes_nothing(load_text: object) -> None:
    """What is written down is there to be named."""
    assert load_text(OWN.partition("[policy]")[0]).policy == KUBERNETES_2017  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[profiles.ours]\nwithout = []\n", "profiles: ours must begin with like.*current"),
        ("[profiles.ours]\nlike = 'theirs'\n", "there is kubernetes-2017, kubernetes-current"),
        ("[profiles.ours]\nlike = []\n", "there is kubernetes-2017, kubernetes-current"),
        ("[profiles.kubernetes-2017]\nlike = 'kubernetes-current'\n", "another name"),
        ("[profiles]\nours = 7\n", "profiles.ours"),
        ("[profiles.ours]\nlike = 'kubernetes-2017'\nprofile = 'x'\n", "ours holds profile"),
        ("[profiles.ours]\nlike = 'kubernetes-2017'\n[profiles.ours.calendar]\n", r"\[calendar\]"),
        (
            "[profiles.ours]\nlike = 'kubernetes-2017'\n[profiles.ours.limits]\nfixx = '1d'\n",
            "profiles.ours.limits.fixx: is not a known key",
        ),
        (
            "[profiles.ours]\nlike = 'kubernetes-2017'\nwithout = ['fix']\n",
            "no case can do without",
        ),
        (OWN.replace('"ours"', '"hours"'), "kubernetes-2017, kubernetes-current, ours"),
        ("[policy.release]\nvendors_earliest = 'PT1H'\n", "policy: release.vendors_earliest"),
        (OWN + "[profiles.ours.release]\nvendor_notice = '35d'\n", "vendors_earliest is shorter"),
        (
            "[policy]\nprofile = 'kubernetes-current'\n[policy.limits]\nrelease = '7d'\n",
            "policy: limits.release leaves no time",
        ),
    ],
)
def test_a_profile_that_cannot_be_is_refused(load_text: object, text: str, said: str) -> None:
    """In one sentence that names what is wrong, and which profiles there are."""
    with pytest.raises(BadInput, match=said):
        load_text(text)  # type: ignore[operator]


def test_an_extension_of_the_vendor_notice_stands_whatever_is_planned() -> None:
    """What a person decided for the step goes before what is counted."""
    story = current().do(extend(Step.VENDOR_NOTICE, after(30)), user_notice(planned=slot(23)))

    assert story.case.limit(Step.VENDOR_NOTICE) == after(30)


def test_the_default_stays_the_process_of_2017() -> None:
    """Who names no profile gets the four limits from the receipt."""
    assert Policy() == KUBERNETES_2017
    assert KUBERNETES_CURRENT.calendar == KUBERNETES_2017.calendar
