"""What a letter that came back changes, and what it never does."""

import pytest

from tacenda.act import Act
from tacenda.board import details_of
from tacenda.bounced import Bounced
from tacenda.bounces import BounceKind, Returned
from tacenda.bouncing import recipients_of, stand_ins
from tacenda.case import Case
from tacenda.chronicle import chronicle
from tacenda.errors import Refused
from tacenda.lifecycle import apply, check
from tacenda.models import Audience, CloseReason, Kind, Reporter, State, Step
from tacenda.rules import SEALED_CASE
from tests.builders import (
    a_case,
    acknowledge,
    after,
    bounced,
    close,
    confirm_reporter,
    fixed,
    held_retrospective,
    notice,
    release,
    slot,
    user_notice,
    vendor_notice,
    works_again,
)
from tests.unit.story import Lists, Story, mailbox

RITA = "reporter@example.org"
CASE = "case-2026-7k3q9xm4tp"
VENDORS: Lists = {Audience.VENDORS: ("one", "two")}


def a_story(lists: Lists | None = None, *acts: Act) -> Story:
    """Return a story with two vendors, whose reporter lives where its letters to her go."""
    case = a_case(reporter=Reporter(name="Rita", email=RITA))
    return Story(case, lists={**VENDORS, **(lists or {})}).do(acknowledge(), fixed(), *acts)


def alarms(case: Case) -> list[str]:
    """Return what the lead is told, in order."""
    return [trouble.what for trouble in case.troubles]


def test_a_hard_bounce_ends_the_letters_to_an_address() -> None:
    """The vendor whose notice came back gets neither warning nor release; the other does."""
    story = a_story(None, vendor_notice(), release(slot(15)))
    story.do(bounced("one@example.org", "vendor_notice.1")).wait(slot(16))

    assert story.heard("one") == [Kind.VENDOR_NOTICE]
    assert story.heard("two") == [Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.RELEASE]
    assert story.case.state is State.RELEASED


def test_the_lead_is_asked_for_another_address() -> None:
    """The alarm says whose address, which letter, why in words, and what to type."""
    case = a_story(None, vendor_notice(), bounced("one@example.org", "vendor_notice.1")).case

    assert alarms(case) == [
        "The vendor notice came back from one <one@example.org>: there is no such address "
        "(5.1.1). No further letter of this case goes there. Ask for another address, correct it "
        f"in tacenda.toml, restart the worker, then: tacenda notify {CASE} vendors --to one. If it "
        f"works all the same: tacenda bounces --works-again {CASE} one@example.org --reason WHY."
    ]
    (deed,) = [deed for deed in case.deeds if deed.what == "bounced"]
    assert deed.detail == "hard one@example.org (vendor_notice.1, 5.1.1)"
    assert "bounced" in [line.what for line in chronicle(case, slot(2))]
    assert "1 came back" in details_of(case, slot(2))


def test_a_corrected_address_is_told_at_once() -> None:
    """The same vendor under another address gets the notice, its warning and the release."""
    story = a_story(None, vendor_notice(), release(slot(15)))
    story.do(bounced("one@example.org", "vendor_notice.1"))
    story.lists[Audience.VENDORS] = ("uno", "two")
    story.do(vendor_notice("For you as well.", to=("uno",))).wait(slot(16))

    assert story.heard("uno") == [Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.RELEASE]
    assert story.heard("two") == [Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.RELEASE]


def test_a_notice_that_came_back_from_everybody_was_not_given() -> None:
    """Its step is open again and chased, and the same text can be approved once more."""
    story = a_story({Audience.USERS: ("announce",)}, user_notice())
    done = story.case.done_at(Step.USER_NOTICE)
    story.do(bounced("announce@example.org", "user_notice.1"))

    assert done
    assert story.case.done_at(Step.USER_NOTICE) is None
    assert story.case.told(Audience.USERS) == ()
    assert f"tacenda notify {CASE} users --to ADDRESS" in alarms(story.case)[0]
    story.lists[Audience.USERS] = ("news",)
    story.do(user_notice())
    assert story.heard("news") == [Kind.USER_NOTICE]
    assert story.case.done_at(Step.USER_NOTICE)


def test_vendors_whose_notice_came_back_have_no_period() -> None:
    """Nobody waits for the notice period of vendors who know nothing."""
    story = a_story(None, vendor_notice())
    told = story.case.vendors_told()
    for name in ("one", "two"):
        story.do(bounced(f"{name}@example.org", "vendor_notice.1"))

    assert told
    assert story.case.vendors_told() is None


def test_a_release_that_left_stays_released() -> None:
    """Whatever comes back: nothing that a mail says takes a publication back."""
    story = a_story({Audience.RELEASE: ("oss",)}, release(override="urgent"))
    released = story.case.released
    story.do(bounced("oss@example.org", "release.1"))

    assert released
    assert story.case.released == released
    assert story.case.state is State.RELEASED
    assert not story.case.failed("release.1")
    with pytest.raises(Refused, match="it goes out once"):
        story.do(release(override="again"))


def test_no_mail_keeps_a_release_from_everybody() -> None:
    """The Message-ID of a letter to a public list is public: the last list is written to anyway."""
    lists: Lists = {Audience.USERS: ("announce",), Audience.RELEASE: ("announce",)}
    story = a_story(lists, user_notice(), release(slot(15)))
    story.do(bounced("announce@example.org", "user_notice.1")).wait(slot(16))

    assert story.heard("announce") == [Kind.USER_NOTICE, Kind.RELEASE]


def test_an_approval_is_not_void_because_a_letter_came_back() -> None:
    """It is for those who were listed: one of them gets nothing, the others get it in time."""
    lists: Lists = {Audience.USERS: ("announce",), Audience.RELEASE: ("announce", "oss")}
    story = a_story(lists, user_notice(), release(slot(15)))
    story.do(bounced("announce@example.org", "user_notice.1")).wait(slot(16))

    assert story.heard("oss") == [Kind.RELEASE]
    assert story.heard("announce") == [Kind.USER_NOTICE]
    assert not any(notice.held for notice in story.case.notices)


def test_a_soft_bounce_is_a_letter_that_did_not_arrive() -> None:
    """Its recipient counts as not told and can be sent it again; the address stays in use."""
    story = a_story(None, vendor_notice(), release(slot(15)))
    story.do(bounced("one@example.org", "vendor_notice.1", "5.2.2"))

    assert [r.name for r in story.case.told(Audience.VENDORS)] == ["two"]
    assert "the mailbox is full (5.2.2). They do not have it" in alarms(story.case)[0]
    assert f"tacenda notify {CASE} vendors --to one" in alarms(story.case)[0]
    story.do(vendor_notice("Again.", to=("one",))).wait(slot(16))
    assert story.heard("one") == [
        Kind.VENDOR_NOTICE,
        Kind.VENDOR_NOTICE,
        Kind.FINAL_WARNING,
        Kind.RELEASE,
    ]


def test_a_letter_that_is_delayed_changes_nothing() -> None:
    """It is recorded and shown, and nobody is called."""
    before = a_story(None, vendor_notice()).case
    case = a_story(None, vendor_notice(), bounced("one@example.org", "vendor_notice.1", "4.0.0"))

    assert case.case.told(Audience.VENDORS) == before.told(Audience.VENDORS)
    assert case.case.troubles == before.troubles
    assert [bounce.kind for bounce in case.case.bounces] == [BounceKind.DELAYED]


def test_a_reporter_who_is_lost_is_reached_another_way() -> None:
    """No letter is planned for her, and the case is not complete before somebody told her."""
    story = a_story().do(bounced(RITA, "receipt"), release(override="urgent"))
    story.do(held_retrospective())

    assert Kind.THANKS not in story.heard("reporter")
    assert story.case.reporter is None
    assert f"tacenda confirm {CASE} reporter" in alarms(story.case)[0]
    with pytest.raises(Refused, match=f"tacenda confirm {CASE} reporter"):
        story.do(close(CloseReason.COMPLETE))
    by_phone = notice(Audience.REPORTER, None, elsewhere="by telephone")
    story.do(by_phone, confirm_reporter(), close(CloseReason.COMPLETE))
    assert story.case.state is State.CLOSED


def test_an_address_that_works_again_gets_letters_again() -> None:
    """What came back from it still did, and is sent again; the same mail again says nothing."""
    story = a_story(None, vendor_notice(), bounced("one@example.org", "vendor_notice.1"))
    story.do(works_again("One@Example.org"))

    assert story.case.dead == frozenset()
    assert [r.name for r in story.case.told(Audience.VENDORS)] == ["two"]
    with pytest.raises(Refused, match="knows already"):
        story.do(bounced("one@example.org", "vendor_notice.1"))
    story.do(vendor_notice("Again.", to=("one",)), release(slot(15))).wait(slot(16))
    assert story.heard("one")[-2:] == [Kind.FINAL_WARNING, Kind.RELEASE]


def test_a_reporter_whose_address_works_again_is_answered() -> None:
    """What became due meanwhile leaves then, and nothing twice."""
    case = a_case(reporter=Reporter(name="Rita", email=RITA))
    story = Story(case).do(bounced(RITA, "receipt"), acknowledge())
    lost = story.heard("reporter")
    story.do(works_again(RITA))

    assert lost == [Kind.RECEIPT]
    assert story.heard("reporter") == [Kind.RECEIPT, Kind.ACKNOWLEDGEMENT]


def test_the_team_stands_in_for_a_lead_whose_letters_come_back() -> None:
    """A reminder that would go to the lead alone reaches somebody who reads it."""
    story = a_story()
    assert stand_ins(story.case, (Audience.LEAD,)) == (Audience.LEAD,)
    story.do(bounced("lead@example.org", "fix_team"))

    assert stand_ins(story.case, (Audience.LEAD,)) == (Audience.LEAD, Audience.TEAM)
    assert stand_ins(story.case, (Audience.USERS,)) == (Audience.USERS,)
    assert story.heard("team")[-1] is Kind.ALARM
    assert Kind.ALARM not in story.heard("lead")


def test_an_alarm_is_not_lost_in_a_circle() -> None:
    """It goes to whoever is left, at last to a dead address all the same, and breeds no other."""
    story = a_story()
    story.do(bounced("team@example.org", "team_alert"))
    assert story.heard("escalate-to") == [Kind.ALARM]
    story.do(bounced("lead@example.org", "fix_team"), bounced("escalate-to@example.org", "alarm.1"))
    story.wait(after(0, hours=2))

    last = next(letter for letter in reversed(story.case.letters) if letter.kind is Kind.ALARM)
    assert {r.audience for r in last.delivered} == {
        Audience.LEAD,
        Audience.TEAM,
        Audience.ESCALATION,
    }
    told = len(story.case.troubles)
    story.do(bounced("team@example.org", last.key), bounced("lead@example.org", last.key))
    assert len(story.case.troubles) == told


def test_a_full_mailbox_of_ours_is_told_once() -> None:
    """The alarm about it comes back as well, and is not followed by another."""
    story = a_story()
    story.do(bounced("lead@example.org", "fix_team", "5.2.2"))
    told = len(story.case.troubles)
    story.do(bounced("lead@example.org", "alarm.1", "5.2.2"))

    assert len(story.case.troubles) == told == 1


def test_many_bounces_are_one_act_and_one_alarm() -> None:
    """A notice to a long list with many dead addresses calls the lead once."""
    names = tuple(f"list{n}" for n in range(30))
    story = a_story({Audience.USERS: names}, user_notice())
    returned = [r for n in names for r in bounced(f"{n}@example.org", "user_notice.1").returned]
    story.do(Bounced(by="alice", returned=tuple(returned[:20])))

    (alarm,) = alarms(story.case)
    assert alarm.startswith("The user notice came back from list0@example.org, ") is False
    assert "and 15 more: there is no such address (5.1.1)." in alarm
    assert len(story.case.told(Audience.USERS)) == 10
    assert story.case.deeds[-1].detail.endswith("and 15 more")
    assert story.case.done_at(Step.USER_NOTICE)


def test_a_case_of_an_earlier_version_only_says_it() -> None:
    """It runs as it did: the letters go on, and the lead knows."""
    case = a_case().model_copy(update={"rules": SEALED_CASE})
    story = Story(case, lists=VENDORS).do(acknowledge(), fixed(), vendor_notice())
    story.do(bounced("one@example.org", "vendor_notice.1"))

    assert [r.name for r in story.case.told(Audience.VENDORS)] == ["one", "two"]
    assert "goes on writing there" in alarms(story.case)[0]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"address": "one@example.org"},
        {"withdraw": "it works"},
        {
            "returned": bounced("one@example.org", "receipt").returned,
            "address": "one@example.org",
            "withdraw": "it works",
        },
        {"returned": ({"letter": "receipt", "address": "a", "kind": "hard", "status": "5"},)},
        {"returned": ({"letter": "re ceipt", "address": "a", "kind": "hard", "status": "5.1.1"},)},
    ],
)
def test_an_act_says_one_thing(values: dict[str, object]) -> None:
    """Letters that came back, or an address that works again for a reason; never both."""
    with pytest.raises(ValueError, match="error"):
        Bounced.model_validate({"by": "alice", **values})


def test_a_bounce_of_a_letter_told_elsewhere_is_none_of_ours() -> None:
    """Nobody can have a notification of what never left here."""
    story = a_story(None, notice(Audience.VENDORS, None, elsewhere="by telephone"))
    letter = story.case.letters[-1]
    assert letter.elsewhere
    with pytest.raises(Refused):
        check(story.case, bounced("one@example.org", letter.key), story.now)
    returned = Returned(
        letter=letter.key, address="one@example.org", kind=BounceKind.HARD, status="5.1.1"
    )
    after_it = apply(story.case, Bounced(by="eve", returned=(returned,)), story.now)
    assert after_it.troubles == story.case.troubles
    assert mailbox("one", Audience.VENDORS) in recipients_of(
        letter.model_copy(update={"elsewhere": ""})
    )
