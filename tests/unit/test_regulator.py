"""The regulator's clock: what is owed once a flaw is exploited, until when, and who hears of it."""

from datetime import datetime, timedelta

import pytest

from tacenda.board import details_of
from tacenda.case import Case
from tacenda.chronicle import chronicle
from tacenda.contract import search_attributes_of
from tacenda.drafts import report_draft
from tacenda.duties import duty_done, duty_limit, duty_status, open_duties
from tacenda.errors import Refused
from tacenda.facts import facts_of
from tacenda.filings import REPORTS, Duty
from tacenda.lifecycle import check
from tacenda.models import Audience, CloseReason, Fix, Kind
from tacenda.notices import render
from tacenda.policy import Regulator
from tacenda.prose import placeholders
from tacenda.rules import SURE_POST
from tacenda.timeline import plan
from tests.builders import (
    a_case,
    a_policy,
    acknowledge,
    after,
    assign_cve,
    close,
    confirm_reporter,
    exploited,
    file_report,
    fixed,
    held_retrospective,
    leak,
    mitigated,
    not_required,
    notice,
    public,
    reopen,
    score,
    slot,
    told_elsewhere,
    user_notice,
    withdrawn,
)
from tests.builders import release as released
from tests.unit.story import Story

ABOUT_DUTIES = (Kind.REGULATOR_REPORT, Kind.DUTY_REMINDER, Kind.DUTY_OVERDUE)
EARLY, NOTIFICATION, FINAL, USERS = Duty


def taken() -> Story:
    """Return a case that somebody leads, on its fifth day."""
    return Story().do(acknowledge()).wait(after(5))


def letters(story: Story) -> list[tuple[float, str, str]]:
    """Return the letters about duties: the day, what it is, about which."""
    return [
        (at.timestamp() / 86400 - after(0).timestamp() / 86400, entry.kind.value, entry.duty.value)
        for at, entry in story.sent(*ABOUT_DUTIES)
        if entry.kind and entry.duty
    ]


def standing(case: Case, now: datetime) -> list[str]:
    """Return where each duty stands."""
    return [duty_status(case, duty, now) for duty in Duty]


def test_the_limits_run_from_awareness_and_the_last_from_a_fix() -> None:
    """Article 14(2): 24 and 72 hours from awareness, 14 days from a measure; none for the users."""
    story = taken().do(exploited(aware=after(4)))
    before = [duty_limit(story.case, duty) for duty in Duty]
    story.wait(after(8)).do(fixed())

    assert before == [after(5), after(7), None, None]
    assert [duty_limit(story.case, duty) for duty in Duty] == [after(5), after(7), after(22), None]


def test_the_limits_of_a_team_are_those_of_its_policy() -> None:
    """A stricter house rule holds as it is written, and a team without the duty has none."""
    strict = Regulator(early_warning=timedelta(hours=12))
    story = Story(a_case(policy=a_policy(regulator=strict))).do(exploited())
    free = Story(a_case(policy=a_policy(regulator=Regulator(applies=False)))).do(exploited())
    free.wait(after(30))

    assert duty_limit(story.case, EARLY) == after(0.5)
    assert letters(free) == []
    assert open_duties(free.case) == ()


def test_a_case_of_earlier_rules_has_no_clock() -> None:
    """An old history goes on as it was."""
    story = Story(a_case().model_copy(update={"rules": SURE_POST})).do(exploited())
    story.wait(after(30))

    assert letters(story) == []
    assert open_duties(story.case) == ()


def test_the_first_awareness_counts() -> None:
    """Rule 1: what is said later, of another instant, moves nothing, and its author hears so."""
    story = taken().do(exploited())
    warned = check(story.case, exploited(aware=after(3)), after(5.5))
    story.wait(after(5.5)).do(exploited(aware=after(3)))

    assert duty_limit(story.case, EARLY) == after(6)
    assert "is not set anew" in warned[0]


def test_who_says_it_hears_what_is_owed_and_until_when() -> None:
    """With the command that shows the draft, and the one that ends the duty."""
    said = check(taken().case, exploited(aware=after(4.5)), after(5))[0]

    assert "early warning to the regulator by 2026-03-07 21:00 UTC" in said
    assert "tacenda preview case-2026-7k3q9xm4tp early-warning" in said
    assert "regulator" not in " ".join(check(taken().case, leak(), after(5)))


def test_one_draft_comes_after_the_other() -> None:
    """Each report has one, when the one before is filed or past: one is wanted at a time."""
    story = taken().do(exploited()).wait(after(5.25)).do(file_report()).wait(after(6))
    story.do(file_report(NOTIFICATION)).wait(after(9)).do(fixed()).wait(after(10))
    story.do(file_report(FINAL)).wait(after(40))

    assert letters(story) == [
        (5, "regulator_report", "early_warning"),
        (5.25, "regulator_report", "notification"),
        (9, "regulator_report", "final_report"),
    ]
    assert {entry.to for _, entry in story.sent(*ABOUT_DUTIES)} == {(Audience.LEAD, Audience.TEAM)}


def test_silence_is_reminded_and_escalates_and_goes_on_until_it_is_filed() -> None:
    """Rule 2: a reminder while there is room, an escalation at the limit, then longer pauses."""
    story = taken().do(exploited()).wait(after(9.5)).do(file_report()).wait(after(12))

    assert [letter for letter in letters(story) if letter[2] == "early_warning"] == [
        (5, "regulator_report", "early_warning"),
        (5.75, "duty_reminder", "early_warning"),
        (6, "duty_overdue", "early_warning"),
        (7, "duty_overdue", "early_warning"),
        (9, "duty_overdue", "early_warning"),
    ]
    assert [letter for letter in letters(story) if letter[2] == "notification"][:2] == [
        (6, "regulator_report", "notification"),
        (7.75, "duty_reminder", "notification"),
    ]
    [first, *_] = story.sent(Kind.DUTY_OVERDUE)
    assert first[1].to == (Audience.LEAD, Audience.TEAM, Audience.ESCALATION)


def test_awareness_that_is_long_past_is_one_letter_for_each_at_once() -> None:
    """No letter is back-dated, none is a reminder of what is past, and the drafts are read."""
    story = taken().do(exploited(aware=after(1.5)))
    at_once = letters(story)
    story.wait(after(5.9))

    assert at_once == [
        (5, "duty_overdue", "early_warning"),
        (5, "duty_overdue", "notification"),
    ]
    assert letters(story) == at_once
    assert standing(story.case, story.now) == ["overdue", "overdue", "waiting", "pending"]


def test_awareness_of_some_hours_ago_leaves_what_is_left() -> None:
    """The draft that comes after the reminder's instant takes its place."""
    story = taken().do(exploited(aware=after(5, hours=-20))).wait(after(5.1))

    assert letters(story) == [(5, "regulator_report", "early_warning")]


def test_an_outage_over_a_limit_is_one_letter() -> None:
    """What was not sent in time comes once, as what it is by then."""
    story = taken().do(exploited()).outage(after(10))

    assert letters(story)[1:] == [
        (10, "duty_overdue", "early_warning"),
        (10, "duty_overdue", "notification"),
    ]


def test_a_mitigation_counts_like_a_fix_and_the_first_of_them() -> None:
    """Article 14(2)(c) speaks of a corrective or mitigating measure."""
    story = taken().do(exploited(), mitigated()).wait(after(8)).do(fixed())

    assert duty_limit(story.case, FINAL) == after(19)


def test_what_was_there_before_counts_from_the_awareness() -> None:
    """Nothing is owed of a flaw of which nobody knew that it is exploited."""
    story = Story().do(acknowledge(), fixed()).wait(after(30)).do(exploited())

    assert duty_limit(story.case, FINAL) == after(44)


def test_a_fix_that_is_withdrawn_takes_its_limit_with_it() -> None:
    """The team was told that limit, and hears that it is gone; another fix has another one."""
    story = taken().do(exploited(), file_report(), file_report(NOTIFICATION), fixed())
    story.wait(after(6)).do(withdrawn())
    gone = duty_limit(story.case, FINAL)
    told = story.case.turns[-1]
    story.wait(after(19.5)).do(fixed("https://example.org/pull/2")).wait(after(20))

    assert gone is None
    assert told.what == "no limit for the final report to the regulator yet"
    assert story.times(Kind.PLAN_CHANGE) == [after(6)]
    assert letters(story)[2:] == [
        (5, "regulator_report", "final_report"),
        (19.5, "regulator_report", "final_report"),
    ]
    assert duty_limit(story.case, FINAL) == after(33.5)


def test_a_mitigation_stays_when_the_fix_is_withdrawn() -> None:
    """Its own instant counts, and a case of an earlier version has that of the fix."""
    story = taken().do(exploited(), fixed()).wait(after(6)).do(mitigated()).do(withdrawn())
    old = Fix(mitigation="Switch it off.", landed=after(5), by="alice")

    assert duty_limit(story.case, FINAL) == after(20)
    assert duty_limit(story.case.model_copy(update={"fix": old}), FINAL) == after(19)


def test_no_limit_that_nobody_was_told_is_taken_back_by_letter() -> None:
    """Before its draft there is nothing to correct."""
    story = taken().do(exploited(), fixed(), withdrawn())

    assert story.case.turns == ()


@pytest.mark.parametrize("act", [user_notice(), released(override="urgent")])
def test_users_are_informed_by_a_notice_or_the_release(act: object) -> None:
    """Article 14(8): once somebody has it, and only by what left after the awareness."""
    story = taken().do(fixed(), user_notice()).wait(after(5.1)).do(exploited())
    before = duty_done(story.case, USERS)
    again = {"planned": slot(16)} if act == user_notice() else {}
    story.wait(after(5.2)).do(act.model_copy(update=again))  # type: ignore[attr-defined]

    assert before is None
    assert duty_done(story.case, USERS) == after(5.2)


def test_users_who_could_not_be_reached_are_not_informed() -> None:
    """A notice that every mailbox refuses informs nobody."""
    story = taken().do(exploited(), fixed())
    story.refusing = {Kind.USER_NOTICE}
    story.do(user_notice())

    assert duty_status(story.case, USERS, story.now) == "pending"


def test_after_the_release_a_correction_informs_the_users_and_not_the_vendors() -> None:
    """What was released before the awareness did not say that it is exploited."""
    story = taken().do(fixed(), released(override="urgent")).wait(after(6)).do(exploited())
    story.do(notice(Audience.VENDORS, "It is used."))
    vendors = duty_done(story.case, USERS)
    story.do(notice(Audience.USERS, "It is used."))

    assert vendors is None
    assert duty_done(story.case, USERS) == after(6)


def test_users_can_be_informed_some_other_way() -> None:
    """By hand, with a reference; or with a notice on another list, which is recorded as such."""
    by_hand = taken().do(exploited(), file_report(USERS, "https://example.org/advisory"))
    elsewhere = taken().do(exploited(aware=after(4)))
    elsewhere.do(told_elsewhere(Audience.USERS, when=after(4.5), planned=slot(15)))

    assert duty_done(by_hand.case, USERS) == after(5)
    assert duty_done(elsewhere.case, USERS) == after(4.5)


def test_duties_go_on_after_the_release_and_when_it_is_public() -> None:
    """Neither ends what is owed to the regulator."""
    out = taken().do(exploited(), fixed(), released(override="now")).wait(after(8.5))
    known = taken().do(exploited(), public()).wait(after(8.5))

    for story in (out, known):
        assert (6, "duty_overdue", "early_warning") in letters(story)
        assert (8, "duty_overdue", "notification") in letters(story)


def test_the_letter_about_open_ends_names_what_is_owed() -> None:
    """Whoever would close the case reads there what stands in the way."""
    story = taken().do(exploited(), fixed(), released(override="now")).wait(after(8))
    body = render(Kind.OPEN_ENDS, facts_of(story.case, story.now)).body

    assert "tacenda filed case-2026-7k3q9xm4tp notification --ref REF" in body
    assert "information of the users" not in body


def test_a_case_is_complete_when_nothing_is_owed_any_more() -> None:
    """Rule 27, of the regulator: each report filed or not required, or a person's reason."""
    story = taken().do(exploited(), fixed(), released(override="now"))
    story.do(held_retrospective(), confirm_reporter(), file_report())
    with pytest.raises(Refused, match="notification to the regulator, final report"):
        story.do(close(CloseReason.COMPLETE))
    story.do(not_required(NOTIFICATION), file_report(FINAL)).do(close(CloseReason.COMPLETE))

    assert story.case.closing
    assert standing(story.case, story.now) == ["done", "not_required", "done", "done"]


def test_a_report_that_is_nothing_owes_nothing() -> None:
    """Invalid is closed without a word to the regulator; a duplicate needs a reason."""
    story = taken().do(exploited())
    with pytest.raises(Refused, match="this is still owed"):
        check(story.case, close(CloseReason.DUPLICATE), story.now)
    check(story.case, close(CloseReason.DUPLICATE, override="filed for the first"), story.now)
    story.do(close(CloseReason.INVALID)).wait(after(30))

    assert letters(story) == [(5, "regulator_report", "early_warning")]
    assert standing(story.case, story.now) == ["skipped"] * 4


def test_a_case_that_is_reopened_has_an_hour_before_it_escalates_again() -> None:
    """As with the limits of its steps: somebody says first what was filed meanwhile."""
    story = taken().do(exploited(), close(CloseReason.INVALID)).wait(after(9)).do(reopen())
    story.wait(after(9, minutes=30)).do(file_report(when=after(5.5))).wait(after(9, hours=2))

    assert [kind for _, kind, _ in letters(story)] == ["regulator_report", "duty_overdue"]
    assert story.times(Kind.DUTY_OVERDUE) == [after(9, hours=1)]


def test_a_filing_is_corrected_with_a_reason_and_both_are_on_record() -> None:
    """The last word holds; the history has what was said before."""
    story = taken().do(exploited()).do(file_report(ref="SRP-1"))
    story.do(file_report(ref="SRP-2", override="a digit was wrong"))

    assert story.case.filings[EARLY].ref == "SRP-2"
    details = [line.detail for line in chronicle(story.case, story.now) if "SRP" in line.detail]
    assert details == [
        "early warning to the regulator: SRP-1",
        "early warning to the regulator: SRP-2",
    ]


def test_what_was_filed_late_or_not_at_all_stands_in_the_history() -> None:
    """With the instant of its limit; what was filed in time and written down later does not."""
    story = taken().do(exploited(aware=after(4))).wait(after(7.5))
    story.do(file_report(when=after(4.5)), file_report(NOTIFICATION))
    missed = [x for x in chronicle(story.case, story.now) if "regulator" in x.detail]

    assert [(x.at, x.detail) for x in missed if x.what == "limit passed"] == [
        (after(7), "notification to the regulator")
    ]


def test_whoever_files_out_of_order_hears_it() -> None:
    """The final report before the notification, or before any remedy, is recorded with a word."""
    case = taken().do(exploited()).case
    said = " ".join(check(case, file_report(FINAL), after(5)))

    assert "No fix or mitigation is known" in said
    assert "tacenda filed case-2026-7k3q9xm4tp notification --not-required WHY" in said
    assert check(case, file_report(EARLY), after(5)) == ()
    assert check(case, file_report(USERS), after(5)) == ()


def test_the_server_lists_what_is_overdue_and_what_comes_next() -> None:
    """The names of the duties stand among those of the steps, and their limits count."""
    story = taken().do(exploited()).wait(after(5.5))
    early = search_attributes_of(story.case, story.now)
    story.wait(after(6))
    late = search_attributes_of(story.case, story.now)

    assert [update.value for update in early[3:5]] == [after(6), ["decision"]]
    assert [update.value for update in late[3:5]] == [after(7), ["decision", "early_warning"]]


def test_the_details_in_the_web_ui_say_where_the_duties_stand() -> None:
    """By their names alone, and only where there are any."""
    story = taken()
    assert "regulator" not in details_of(story.case, story.now)
    details = details_of(story.do(exploited()).wait(after(6)).case, after(6))

    assert "- early warning to the regulator: **overdue**, limit 2026-03-08 09:00 UTC" in details
    assert "- final report to the regulator: waiting" in details


def test_the_plan_names_the_limits_of_duties() -> None:
    """Each is a timer of its own, also where it falls together with the limit of a step."""
    story = taken().do(exploited(aware=after(4)))
    limits = {e.label: e.at for e in plan(story.case, story.case.policy, after(5)) if e.is_limit}

    assert limits["limit: notification to the regulator"] == after(7)
    assert limits["limit: fix, user notice"] == after(7)


def known() -> Story:
    """Return an exploited case of which everything is known."""
    flaw = a_case(title="It writes outside", component="lantern", versions="2.0 to 2.6")
    story = Story(flaw).do(acknowledge(), score(), assign_cve(), fixed())
    return story.do(mitigated("Switch uploads off."), exploited(aware=after(0)))


@pytest.mark.parametrize("duty", REPORTS)
def test_a_draft_holds_what_the_case_knows_and_says_what_is_to_fill_in(duty: Duty) -> None:
    """Nobody copies what is on record, and nothing is made up that is not."""
    story = known().do(file_report(EARLY, "SRP-77"), file_report(NOTIFICATION, "SRP-78"))
    draft = report_draft(story.case, duty, story.now)
    bare = report_draft(a_case(reporter=None), duty, after(1))

    for fact in ("lantern", "2.0 to 2.6", "CVE-2026-12345", "2026-03-02 09:00 UTC"):
        assert fact in draft.body
    assert ("a customer saw it" in draft.body) is (duty is EARLY)
    assert "<name and main establishment>" in placeholders(draft.body)
    assert len(placeholders(bare.body)) > len(placeholders(draft.body))
    assert "None" not in bare.body
    if duty is not EARLY:
        assert "CVSS:3.1" in draft.body
        assert "Switch uploads off." in draft.body
        assert f"SRP-7{REPORTS.index(duty) + 6}" in draft.body


def test_each_report_says_what_the_article_lists() -> None:
    """Article 14(2)(a) to (c): where it is made available; exploit and measures; the attackers."""
    early, notification, final = (
        report_draft(known().case, duty, after(1)).body.lower() for duty in REPORTS
    )

    assert "member states" in early
    for part in ("product", "exploit", "vulnerability", "measures taken", "users", "sensitivity"):
        assert part in notification
    for part in ("severity", "impact", "attackers", "security update"):
        assert part in final


def test_the_sensitivity_is_that_of_the_moment() -> None:
    """Under embargo it is high, with the planned release; then it says since when it is public."""
    story = known()
    kept = report_draft(story.case, EARLY, story.now).body
    spread = report_draft(story.do(public()).case, EARLY, story.now).body
    out = report_draft(story.do(released()).case, EARLY, story.now).body

    assert "not publicly known" in kept
    assert "is publicly known" in spread
    assert "public since\n               2026-03-02 09:00 UTC" in out


def test_what_escalates_says_nothing_of_the_flaw() -> None:
    """Whoever a limit escalates to learns that a report is due, and no word of the case."""
    story = known().wait(after(2))
    [first, *_] = story.sent(Kind.DUTY_OVERDUE)
    body = render(Kind.DUTY_OVERDUE, facts_of(story.case, first[0], first[1])).body
    letter = " ".join(body.split())

    assert "early warning to the regulator" in letter
    assert not any(word in letter for word in ("lantern", "outside", "CVE", "uploads"))


def test_users_read_that_it_is_exploited() -> None:
    """The drafts that inform them say it, and only if it is so."""
    for kind in (Kind.USER_NOTICE, Kind.RELEASE, Kind.CORRECTION):
        used = render(kind, facts_of(known().case, after(1))).body
        quiet = render(kind, facts_of(taken().case, after(6))).body
        assert "ttackers are known to use it" in used
        assert "ttackers are known" not in quiet


def test_the_letter_with_the_draft_says_what_to_do_and_by_when() -> None:
    """A lead at two in the morning reads what to file, by when, and with which command."""
    story = taken().do(exploited(aware=after(4.5)))
    [(at, entry)] = story.sent(Kind.REGULATOR_REPORT)
    draft = render(Kind.REGULATOR_REPORT, facts_of(story.case, at, entry))
    said = " ".join(draft.body.split())

    assert draft.subject.endswith("early warning to the regulator by 2026-03-07 21:00 UTC")
    assert "which is in 12 hours" in said
    assert "tacenda filed case-2026-7k3q9xm4tp early-warning --ref REF" in said
    assert "final report to the regulator: 14 days after a fix or mitigation is available" in said
