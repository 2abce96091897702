"""Vendors who do not answer: reminded, then their second contact too, and then it is silence."""

from datetime import timedelta

import pytest

from tacenda.chronicle import chronicle
from tacenda.errors import Refused
from tacenda.facts import facts_of
from tacenda.happenings import LetterSent
from tacenda.models import DAY, Audience, Kind, Word
from tacenda.notices import render
from tacenda.parties import Consent, standing_of
from tacenda.policy import VendorRules
from tests.builders import (
    a_case,
    a_policy,
    acknowledge,
    after,
    bounced,
    fixed,
    invite,
    public,
    release,
    replied,
    slot,
    vendor_notice,
    works_again,
)
from tests.unit.story import Story, mailbox, planned

REMINDER, INVITATION, NOTICE = Kind.VENDOR_REMINDER, Kind.INVITATION, Kind.VENDOR_NOTICE
CONFIRMING = VendorRules(confirm_within=timedelta(days=5))


def invited(rules: VendorRules | None = None, **party: str) -> Story:
    """Return a case whose vendors were told the 15th day, at its beginning; one was invited."""
    case = a_case(policy=a_policy(vendors=rules or VendorRules()))
    story = Story(case, lists={Audience.VENDORS: ("one",)}).with_party("asked", **party)
    return story.do(acknowledge(), fixed(), vendor_notice(planned=slot(15)))


def consent(story: Story, name: str = "asked") -> Consent:
    """Return how a vendor stands to the embargo now."""
    standing = standing_of(story.case, name)
    assert standing
    return standing.consent


def addresses(story: Story) -> list[list[str]]:
    """Return to whom each reminder went."""
    return [
        [r.address for r in letter.delivered]
        for letter in story.case.letters
        if letter.kind is REMINDER
    ]


def test_an_open_invitation_is_called_to_mind_and_then_is_silence() -> None:
    """Two reminders, and after seven days it is on record, once; nothing follows."""
    story = invited().wait(after(30))

    assert story.times(REMINDER) == [after(2), after(4)]
    assert consent(story) is Consent.SILENT
    assert [(s.at, s.to_notice) for s in story.case.silences] == [(after(7), False)]
    said = [t.what for t in story.case.troubles if "No answer to the invitation" in t.what]
    assert len(said) == 1
    assert "asked" in said[0]
    assert f"tacenda notify {story.case.id} vendors --invite --to NAME" in said[0]
    assert "no answer" in {line.what for line in chronicle(story.case, story.now)}


def test_the_second_reminder_goes_to_the_second_contact_too() -> None:
    """The first goes where the invitation went, the next to both."""
    story = invited(second="backup@example.org").wait(after(5))

    assert addresses(story) == [
        ["asked@example.org"],
        ["asked@example.org", "backup@example.org"],
    ]


def test_without_a_second_contact_the_first_hears_it_again() -> None:
    """Nobody is left unasked because there is one address only."""
    assert addresses(invited().wait(after(5))) == [["asked@example.org"]] * 2


def test_an_answer_ends_the_reminders() -> None:
    """Whatever it is."""
    for word in (Word.ACCEPTED, Word.DECLINED):
        story = invited().wait(after(3)).do(replied("asked", word)).wait(after(12))

        assert story.times(REMINDER) == [after(2)]
        assert story.case.silences == ()


def test_after_an_outage_one_reminder_is_enough() -> None:
    """What was missed collapses; silence is counted from the invitation all the same."""
    story = invited().outage(after(5)).wait(after(6))
    assert story.times(REMINDER) == [after(5)]

    late = invited().outage(after(9)).wait(after(10))
    assert late.times(REMINDER) == []
    assert [s.at for s in late.case.silences] == [after(9)]


def test_nobody_is_reminded_of_what_is_public() -> None:
    """There is no embargo left to accept."""
    story = invited().wait(after(1)).do(public()).wait(after(12))

    assert story.times(REMINDER) == []
    assert story.case.silences == ()


def test_an_invitation_wants_its_answer_before_the_release() -> None:
    """Who is invited three days before it has three days."""
    story = Story().with_party("asked").do(acknowledge(), fixed(), invite(planned=slot(3)))
    (entry,) = planned(story.case, story.now, REMINDER)
    assert entry.answer_by == slot(3)
    assert [s.at for s in story.wait(slot(4)).case.silences] == [slot(3)]


def test_what_a_reminder_says() -> None:
    """It holds no detail, and a deadline; the one about a notice asks for readiness."""
    story = invited(CONFIRMING)
    asking, confirming = (
        render(REMINDER, facts_of(story.case, entry.at, entry))
        for entry in sorted(
            planned(story.case, story.now, REMINDER),
            key=lambda entry: "vendor_notice" in entry.key,
        )[::2]
    )

    assert "Please answer by 2026-03-09 09:00 UTC." in " ".join(asking.body.split())
    assert "Silence is not consent" in asking.body
    assert f'"{story.case.id} ready"' in confirming.body
    assert "A bug" not in asking.body + confirming.body


def test_told_vendors_are_not_asked_to_confirm_unless_the_policy_says_so() -> None:
    """By default who has a notice is left in peace."""
    assert invited().do(replied("asked")).wait(after(12)).times(REMINDER) == []


def test_told_vendors_confirm_where_the_policy_says_so() -> None:
    """They are chased in the same way, and keep their consent whatever they do not say."""
    story = invited(CONFIRMING).do(replied("asked"))
    story.wait(after(1)).do(replied("asked", Word.READY)).wait(after(6))

    assert addresses(story) == [["one@example.org"]] * 2
    assert consent(story, "one") is Consent.STANDING
    assert [(s.address, s.to_notice) for s in story.case.silences] == [("one@example.org", True)]
    assert any("No answer to the vendor notice" in t.what for t in story.case.troubles)
    story.do(release(slot(15))).wait(slot(16))
    assert Kind.FINAL_WARNING in story.heard("one")


def test_one_vendors_trouble_holds_up_no_other() -> None:
    """A mailbox that refuses is named; the others are invited, reminded and told."""
    story = Story(lists={Audience.VENDORS: ("one",)}).with_party("asked").with_party("deaf")
    story.unreachable = {"deaf"}
    story.do(acknowledge(), fixed(), vendor_notice(planned=slot(15)))
    story.wait(after(3)).do(replied("asked"))

    assert story.heard("asked") == [INVITATION, REMINDER, NOTICE]
    assert story.heard("one") == [NOTICE]
    assert "deaf@example.org" in story.case.troubles[0].what
    assert all("asked@example.org" not in trouble.what for trouble in story.case.troubles)


def test_a_mailbox_that_refused_the_invitation_gets_no_reminder_but_the_second_contact() -> None:
    """Where there is another address the question goes there instead."""
    story = Story(lists={Audience.VENDORS: ("one",)}).with_party("deaf", second="b@example.org")
    story.refusing = {INVITATION}
    story.do(acknowledge(), fixed(), vendor_notice(planned=slot(15))).wait(after(5))

    assert addresses(story) == [["b@example.org"], ["b@example.org"]]


# The longest embargo.


def test_a_notice_waits_for_who_keeps_no_embargo_for_so_long() -> None:
    """It leaves for that vendor by itself, so many days before the release, and shows till then."""
    story = Story(lists={Audience.VENDORS: ("one",)})
    story.with_party("brief", standing=True, max_embargo=5 * DAY)
    story.do(acknowledge(), fixed(), vendor_notice(planned=slot(15)))
    (entry,) = planned(story.case, story.now, NOTICE)

    assert story.heard("one") == [NOTICE]
    assert (entry.at, [r.name for r in entry.whom]) == (slot(10), ["brief"])
    story.wait(slot(11))
    assert story.heard("brief") == [NOTICE]
    assert story.heard("one") == [NOTICE]
    assert story.times(NOTICE) == [after(0), slot(10)]


def test_who_is_asked_and_keeps_no_embargo_for_so_long_waits_as_well() -> None:
    """The invitation goes at once, the detail no earlier than they can keep it."""
    story = invited(max_embargo=5 * DAY)  # type: ignore[arg-type]
    story.do(replied("asked"))
    assert story.heard("asked") == [INVITATION]

    assert story.wait(slot(11)).heard("asked") == [INVITATION, NOTICE]


def test_a_release_that_is_too_late_for_one_vendor_needs_a_reason() -> None:
    """A guard names the vendor and until when; who overrides it is on record."""
    story = Story(lists={Audience.VENDORS: ("one",)})
    story.with_party("brief", standing=True, max_embargo=5 * DAY)
    story.do(acknowledge(), fixed(), vendor_notice(planned=slot(4))).wait(after(1))
    with pytest.raises(Refused, match=r"brief \(until 2026-03-07 09:00 UTC\)"):
        story.do(release(slot(8)))

    story.do(release(slot(8), override="they agreed on the telephone"))
    assert "longest embargo" in story.case.deeds[-1].overrode


def test_who_got_the_notice_late_has_as_long_to_confirm_it_as_the_others() -> None:
    """Its mailbox put the notice off for four days: its time begins then, and its reminder too."""
    case = a_case(policy=a_policy(vendors=CONFIRMING))
    story = Story(case, lists={Audience.VENDORS: ("one", "full")}).do(acknowledge(), fixed())
    story.stuck = {NOTICE}
    story.do(vendor_notice(planned=slot(15)))
    (notice,) = story.case.under_way
    one, full = (mailbox(name, Audience.VENDORS) for name in ("one", "full"))
    first = notice.model_copy(update={"delivered": (one,), "pending": (full,)})
    story.happen(LetterSent(letter=first))
    story.wait(after(4))
    rest = notice.model_copy(update={"at": after(4), "delivered": (full,)})
    story.happen(LetterSent(letter=rest))
    story.wait(after(12))

    assert {s.address: s.at for s in story.case.silences} == {
        one.address: after(5),
        full.address: after(9),
    }
    assert story.heard("one").count(REMINDER) == story.heard("full").count(REMINDER) == 2
    standing = standing_of(story.case, "full")
    assert standing
    assert standing.told == after(4)


def test_nobody_is_reminded_or_called_silent_whose_address_takes_no_letter() -> None:
    """Where there is no other contact; once the address works, it can be invited anew."""
    story = invited().wait(after(1)).do(bounced("asked@example.org", "invitation.1"))
    assert planned(story.case, story.now, REMINDER) == ()
    story.wait(after(9))
    assert (story.times(REMINDER), story.case.silences) == ([], ())

    story.do(works_again("asked@example.org"), invite("asked")).wait(after(12))
    assert story.heard("asked") == [INVITATION, INVITATION, REMINDER]


def test_the_second_contact_is_reminded_where_the_first_takes_no_letter() -> None:
    """From the first reminder on, and alone; its silence is one."""
    story = invited(second="backup@example.org").wait(after(1))
    story.do(bounced("asked@example.org", "invitation.1")).wait(after(9))

    assert addresses(story) == [["backup@example.org"]] * 2
    assert consent(story) is Consent.SILENT


def test_whose_notice_came_back_is_not_asked_to_confirm_it() -> None:
    """It has nothing that it could confirm."""
    story = invited(CONFIRMING).wait(after(1)).do(bounced("one@example.org", "vendor_notice.1"))

    assert [s.address for s in story.wait(after(6)).case.silences] == []
    assert "one" not in [name for name, kind in story.delivered if kind is REMINDER]
