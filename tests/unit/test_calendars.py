"""What the lead and the fix team have in their calendars, from staffing to the close."""

from datetime import datetime

from tacenda.appointments import Appointment
from tacenda.models import Audience, CloseReason, Kind, Step
from tacenda.policy import Reminders
from tacenda.rules import SURE_POST
from tests.builders import (
    a_case,
    a_policy,
    acknowledge,
    after,
    close,
    extend,
    fixed,
    hand_off,
    public,
    release,
    score,
    skip,
    slot,
    user_notice,
    vendor_notice,
    withdrawn,
)
from tests.unit.agendas import Held, agenda_of
from tests.unit.story import Story

LIMITS: Held = {
    Step.FIX: after(7),
    Step.USER_NOTICE: after(7),
    Step.VENDOR_NOTICE: after(14),
    Step.RELEASE: after(21),
}


def staffed(*team: str) -> Story:
    """Return a case that alice leads, with these on the fix team, an hour after the report."""
    return Story().wait(after(hours=1)).do(acknowledge(team=team))


def held(story: Story, name: str = "alice") -> Held:
    """Return what is still to come in the calendar of somebody who has read every letter."""
    return agenda_of(name, [entry.calendar for _, entry in story.begun]).held(story.now)


def letters(story: Story) -> list[datetime]:
    """Return when the letters left that are for calendars alone."""
    return story.times(Kind.CALENDAR)


def newest(story: Story) -> tuple[tuple[str, ...], list[tuple[Step | None, int, bool]]]:
    """Return for whom the last letter for calendars is, and what it changes there."""
    _, entry = story.sent(Kind.CALENDAR)[-1]
    [some] = entry.calendar
    return some.names, [(one.step, one.sequence, one.gone) for one in some.changes]


def test_who_is_put_on_the_case_gets_its_limits_with_that_letter() -> None:
    """Staffing takes no further letter: the limits come with the one that says who is on it."""
    story = staffed("bob", "carol")

    [(_, entry)] = story.sent(Kind.FIX_TEAM)
    assert [some.names for some in entry.calendar] == [("alice", "bob", "carol")]
    assert {held(story, name)[Step.FIX] for name in ("alice", "bob", "carol")} == {after(7)}
    assert held(story) == LIMITS
    assert letters(story) == []


def test_who_only_may_lead_has_nothing_in_their_calendar() -> None:
    """Before somebody has taken the case, nobody is invited to anything."""
    story = Story().wait(after(30))

    assert not any(entry.calendar for _, entry in story.begun)


def test_limits_that_have_passed_are_not_invited() -> None:
    """Whoever takes a case late gets what is still to come."""
    story = Story().wait(after(8)).do(acknowledge())

    assert held(story) == {Step.VENDOR_NOTICE: after(14), Step.RELEASE: after(21)}


def test_a_limit_that_moves_is_moved_in_the_calendar() -> None:
    """An extension is an update of the same appointment, with the next number."""
    story = staffed("bob").wait(after(2)).do(extend(Step.FIX, after(10))).wait(after(3))

    assert newest(story) == (("alice", "bob"), [(Step.FIX, 1, False)])
    assert held(story, "bob") == LIMITS | {Step.FIX: after(10)}


def test_what_people_do_one_after_the_other_comes_in_one_letter() -> None:
    """A slow case: four limits are moved within minutes, and calendars hear of them once."""
    story = staffed().wait(after(2))
    for number, step in enumerate((Step.RELEASE, Step.FIX, Step.USER_NOTICE, Step.VENDOR_NOTICE)):
        story.wait(after(2, minutes=number)).do(extend(step, after(33 - number)))
    story.wait(after(3))

    assert letters(story) == [after(2, minutes=10)]
    assert sorted(held(story).values()) == [after(30 + number) for number in range(4)]


def test_what_is_done_waits_for_company_on_its_way_out() -> None:
    """A step that is done leaves the calendar with the next letter, and gets none of its own."""
    story = staffed().wait(after(3)).do(fixed(), score())
    assert letters(story.wait(after(4))) == []

    story.do(user_notice()).wait(after(5))

    assert newest(story)[1] == [(Step.FIX, 1, True), (Step.USER_NOTICE, 1, True), (None, 0, False)]
    assert held(story) == {
        Step.VENDOR_NOTICE: after(14),
        Step.RELEASE: after(21),
        None: slot(15),
    }


def test_what_is_done_leaves_before_it_would_remind_of_itself() -> None:
    """Without company it leaves an hour before its instant."""
    story = staffed().wait(after(3)).do(fixed(), skip(Step.USER_NOTICE)).wait(after(8))

    assert letters(story) == [after(7, hours=-1)]
    assert newest(story)[1] == [(Step.FIX, 1, True), (Step.USER_NOTICE, 1, True)]


def test_what_has_passed_stays_where_it_was() -> None:
    """A limit that was missed is past when the step is done: no letter says anything of it."""
    story = staffed().wait(after(8)).do(fixed(), skip(Step.USER_NOTICE)).wait(after(9))

    assert letters(story) == []


def test_a_fix_that_is_taken_back_has_its_limit_back() -> None:
    """What left a calendar comes again as the same appointment, with the next number."""
    story = staffed().wait(after(1)).do(fixed()).wait(after(2)).do(user_notice()).wait(after(3))
    assert Step.FIX not in held(story)

    story.do(withdrawn()).wait(after(4))

    assert newest(story)[1] == [(Step.FIX, 2, False)]
    assert held(story)[Step.FIX] == after(7)


def test_the_planned_release_is_moved_with_the_plan() -> None:
    """Another date that a person plans is an update of the same appointment."""
    story = staffed().do(fixed(), user_notice()).wait(after(1)).do(vendor_notice(planned=slot(16)))
    story.wait(after(2))

    assert held(story)[None] == slot(16)
    assert (None, 1, False) in newest(story)[1]


def test_who_joins_gets_everything_and_the_others_nothing_anew() -> None:
    """Joining brings the limits to who joins; whoever has them hears nothing again."""
    story = staffed("bob").wait(after(2)).do(acknowledge(team=("carol",)))

    [_, (_, entry)] = story.sent(Kind.FIX_TEAM)
    assert [some.names for some in entry.calendar] == [("carol",)]
    assert held(story, "carol") == held(story, "bob") == LIMITS


def test_who_hands_the_case_over_has_their_calendar_back() -> None:
    """A former lead who is not on the fix team is freed; the new one has it all."""
    story = staffed("carol").wait(after(2)).do(hand_off("bob")).wait(after(3))
    assert held(story) == LIMITS

    story.do(acknowledge("bob"))

    assert held(story) == {}
    assert held(story, "bob") == held(story, "carol") == LIMITS
    assert letters(story) == []


def test_a_shared_calendar_ends_with_what_holds() -> None:
    """Where the former and the new lead share a calendar, the one who stays has the last word."""
    story = staffed().wait(after(2)).do(hand_off("bob")).wait(after(3)).do(acknowledge("bob"))

    [_, (_, entry)] = story.sent(Kind.FIX_TEAM)
    [leaving, joining] = entry.calendar
    assert (leaving.names, joining.names) == (("alice",), ("bob",))
    assert [one.sequence for one in leaving.changes] == [1] * 4
    assert [one.sequence for one in joining.changes] == [2] * 4


def test_a_case_that_is_public_empties_calendars() -> None:
    """When every limit is now, none is still to come; the date that somebody planned still is."""
    story = staffed().do(fixed(), user_notice()).wait(after(2)).do(public()).wait(after(3))

    assert held(story) == {None: slot(15)}


def test_the_release_ends_it() -> None:
    """After the release nothing is left in a calendar that is still to come, before it reminds."""
    story = staffed().do(fixed(), user_notice(), vendor_notice(), release(slot(15)))
    story.wait(after(21, hours=-1))

    assert held(story) == {}


def test_closing_empties_calendars_at_once() -> None:
    """A case that ends takes everything with it, in its last letters."""
    story = staffed("bob").wait(after(2)).do(close(CloseReason.INVALID))

    assert letters(story) == [after(2)]
    assert held(story) == held(story, "bob") == {}


def test_a_case_may_do_without_calendars() -> None:
    """`[policy.reminders] calendar = false`: nobody is invited to anything."""
    quiet = a_policy(reminders=Reminders(calendar=False))
    story = Story(a_case(policy=quiet)).do(acknowledge(team=("bob",))).wait(after(2))
    story.do(extend(Step.FIX, after(10))).wait(after(3))

    assert not any(entry.calendar for _, entry in story.begun)


def test_calendars_that_are_switched_off_are_emptied() -> None:
    """A case that goes over to a policy without calendars takes out what it put there."""
    story = staffed().wait(after(2))
    quiet = a_policy(reminders=Reminders(calendar=False))
    story.case = story.case.model_copy(update={"policy": quiet})
    story.wait(after(21))

    assert len(letters(story)) == 1
    assert held(story) == {}


def test_a_case_of_earlier_rules_invites_nobody() -> None:
    """A case that an earlier version opened goes on as it began."""
    old = a_case().model_copy(update={"rules": SURE_POST})
    story = Story(old).do(acknowledge()).wait(after(2)).do(extend(Step.FIX, after(10)))

    assert not any(entry.calendar for _, entry in story.wait(after(3)).begun)


def test_a_straight_case_takes_few_letters() -> None:
    """From the report to the close, calendars cost three letters beside those there are anyway."""
    story = staffed("bob").wait(after(3)).do(fixed(), score()).wait(after(6)).do(user_notice())
    story.wait(after(10)).do(vendor_notice()).wait(after(13)).do(release(slot(15)))
    story.wait(after(17)).do(close(CloseReason.COMPLETE, override="bench"))

    assert letters(story) == [after(6, minutes=10), after(14, hours=-1), after(17)]
    assert held(story) == {}


def test_a_letter_says_whom_it_is_for() -> None:
    """The plan shows the audience that a person reads, and the letter the names that it means."""
    story = staffed("bob").wait(after(2)).do(extend(Step.FIX, after(10))).wait(after(3))

    [(_, entry)] = story.sent(Kind.CALENDAR)
    assert entry.to == (Audience.LEAD, Audience.FIX_TEAM)
    changed = Appointment(step=Step.FIX, at=after(10), sequence=1)
    assert [some.changes for some in entry.calendar] == [(changed,)]
