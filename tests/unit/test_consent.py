"""Rules 7 and 8: no detail without consent, asked for in each case where it is not standing."""

import pytest

from tacenda.advice import advice
from tacenda.askings import must_look_up
from tacenda.errands import Addressees
from tacenda.errors import Refused
from tacenda.letters import Recipient
from tacenda.models import Audience, Kind, State, Step, Word
from tacenda.parties import Consent, standing_of
from tests.builders import (
    acknowledge,
    after,
    assign_cve,
    bounced,
    credit,
    extend,
    fixed,
    invite,
    public,
    release,
    replied,
    score,
    slot,
    vendor_notice,
)
from tests.unit.story import Story, planned

OLD, NEW, SOONER = slot(15), slot(17), slot(14)
INVITATION, NOTICE, WARNING = Kind.INVITATION, Kind.VENDOR_NOTICE, Kind.FINAL_WARNING
CHANGE = Kind.DATE_CHANGE
DETAIL = (NOTICE, WARNING)


def begun(**party: object) -> Story:
    """Return a case with a fix, a vendor with a standing consent, and one who is asked."""
    story = Story(lists={Audience.VENDORS: ("one",)}).with_party("asked", **party)
    return story.do(acknowledge(), fixed())


def told() -> Story:
    """Return a case whose vendors were told the 15th day; the asked one has been invited."""
    return begun().do(vendor_notice(planned=OLD))


def consent(story: Story, name: str = "asked") -> Consent:
    """Return how a vendor stands to the embargo now."""
    standing = standing_of(story.case, name)
    assert standing is not None
    return standing.consent


def test_a_notice_invites_those_who_have_not_consented() -> None:
    """Who has a standing consent gets the notice; the other gets an invitation instead."""
    story = told()

    assert story.heard("one") == [NOTICE]
    assert story.heard("asked") == [INVITATION]
    assert consent(story) is Consent.INVITED
    assert consent(story, "one") is Consent.STANDING


def test_an_invitation_can_come_first_and_alone() -> None:
    """Nothing need be known for it: not the fix, and no date; it names the limit of the release."""
    story = Story(lists={Audience.VENDORS: ("one",)}).with_party("asked").do(invite())
    (letter,) = [s for s in story.case.letters if s.kind is INVITATION]

    assert story.heard("one") == []
    assert story.heard("asked") == [INVITATION]
    assert letter.planned == story.case.limit(Step.RELEASE)
    assert story.case.state is State.ACKNOWLEDGE


def test_an_invitation_names_the_planned_date() -> None:
    """Where one is given it is that of the case from then on."""
    story = Story().with_party("asked").do(invite(planned=OLD))

    assert story.case.planned == OLD
    assert [s.planned for s in story.case.letters if s.kind is INVITATION] == [OLD]


def test_who_accepts_gets_exactly_the_approved_text_by_itself() -> None:
    """As soon as the word is on record, and once; nobody else hears anything again."""
    story = told().wait(after(1)).do(replied("asked"))

    assert story.heard("asked") == [INVITATION, NOTICE]
    assert story.heard("one") == [NOTICE]
    (first, second) = [s for s in story.case.letters if s.kind is NOTICE]
    assert first.sha256 == second.sha256 != ""
    assert (second.at, second.planned) == (after(1), OLD)
    assert story.wait(slot(14)).heard("asked") == [INVITATION, NOTICE]


def test_who_has_accepted_before_gets_the_notice_when_it_is_approved() -> None:
    """An early invitation, an early yes: the notice leaves to all at once."""
    story = begun().do(invite(planned=OLD), replied("asked"))
    assert story.heard("asked") == [INVITATION]

    story.do(vendor_notice())
    assert story.heard("asked") == [INVITATION, NOTICE]
    assert story.heard("one") == [NOTICE]


def test_a_vendor_who_was_told_is_warned_like_the_others() -> None:
    """Consent given in the case is consent: the final warning comes, and the release."""
    story = told().do(replied("asked"), release(OLD)).wait(slot(16))

    assert story.heard("asked") == [INVITATION, NOTICE, WARNING, Kind.RELEASE]


@pytest.mark.parametrize("word", [Word.DECLINED, None], ids=["declined", "silent"])
def test_who_declines_or_says_nothing_hears_no_detail(word: Word | None) -> None:
    """Rule 7: neither the notice nor a later one, nor a warning, whatever follows."""
    story = told()
    if word:
        story.do(replied("asked", word))
    story.wait(after(8)).do(fixed("https://example.org/2"), vendor_notice("Another."))
    story.do(release(OLD)).wait(slot(16))

    assert not set(story.heard("asked")) & set(DETAIL)
    assert story.heard("one", Kind.RELEASE) == [NOTICE, NOTICE, WARNING]


def test_who_declines_after_being_told_gets_no_new_detail() -> None:
    """Rule 8: what it has, it has; the next notice and the warning are not for it."""
    story = told().do(replied("asked")).wait(after(3)).do(replied("asked", Word.DECLINED))
    story.do(fixed("https://example.org/2"), vendor_notice("Another."), release(OLD)).wait(slot(16))

    assert story.heard("asked") == [INVITATION, NOTICE, Kind.RELEASE]
    assert consent(story) is Consent.DECLINED


def test_a_standing_consent_can_be_withdrawn_for_a_case() -> None:
    """A vendor on the private list that wants no part in this one gets none of it."""
    story = begun().do(invite()).do(replied("one", Word.DECLINED), vendor_notice(planned=OLD))
    assert story.heard("one") == []

    story.do(replied("one"))
    assert story.heard("one") == [NOTICE]


def test_a_word_that_comes_before_a_notice_leaves_voids_nothing() -> None:
    """The approval binds its recipients; who says no, or yes, meanwhile is no other recipient."""
    story = begun().do(invite(planned=OLD), vendor_notice(at=slot(3)))
    story.do(replied("one", Word.DECLINED), replied("asked")).wait(after(4))

    assert story.case.troubles == () or "have changed since" not in story.case.troubles[0].what
    assert story.heard("one") == []
    assert story.heard("asked") == [INVITATION, NOTICE]
    assert story.case.notices[0].held == ""


# Another date.


def test_a_later_date_asks_anew() -> None:
    """Rule 8: accepted becomes lapsed; a new invitation names the date, in place of the news."""
    story = told().do(replied("asked")).wait(after(3)).do(release(NEW))

    assert consent(story) is Consent.LAPSED
    assert story.heard("asked") == [INVITATION, NOTICE, INVITATION]
    assert story.heard("one") == [NOTICE, CHANGE]
    assert [s.planned for s in story.case.letters if s.kind is INVITATION] == [OLD, NEW]


def test_silence_is_no_consent_to_a_later_date() -> None:
    """Who does not answer the second question is not warned, and hears the release itself."""
    story = told().do(replied("asked")).wait(after(3)).do(release(NEW)).wait(slot(18))

    assert story.heard("asked", Kind.VENDOR_REMINDER) == [
        INVITATION,
        NOTICE,
        INVITATION,
        Kind.RELEASE,
    ]
    assert story.heard("one") == [NOTICE, CHANGE, WARNING, Kind.RELEASE]


def test_who_accepts_the_later_date_is_warned() -> None:
    """The second yes is as good as the first, also in the last hours."""
    story = told().do(replied("asked")).wait(after(3)).do(release(NEW), replied("asked"))
    assert consent(story) is Consent.ACCEPTED

    story.wait(slot(18))
    assert story.heard("asked")[-2:] == [WARNING, Kind.RELEASE]
    late = told().do(replied("asked")).wait(after(3)).do(release(NEW)).wait(slot(16))
    late.do(replied("asked")).wait(slot(18))
    assert late.heard("asked")[-2:] == [WARNING, Kind.RELEASE]


def test_an_earlier_date_needs_no_new_word() -> None:
    """It is part of what was accepted: it is told, not asked."""
    story = told().do(replied("asked")).wait(after(3)).do(release(SOONER))

    assert consent(story) is Consent.ACCEPTED
    assert story.heard("asked") == [INVITATION, NOTICE, CHANGE]


def test_who_accepts_for_longer_is_not_asked_within_that() -> None:
    """A vendor that agreed until a later date hears of a date before that as the others do."""
    story = told().do(replied("asked", until=slot(20))).wait(after(3)).do(release(NEW))

    assert consent(story) is Consent.ACCEPTED
    assert story.heard("asked") == [INVITATION, NOTICE, CHANGE]


def test_who_accepts_for_less_gets_nothing() -> None:
    """A yes until the day before is no yes to this embargo, and nobody is asked in circles."""
    story = told().do(replied("asked", until=SOONER)).wait(after(5))

    assert consent(story) is Consent.LAPSED
    assert story.heard("asked") == [INVITATION]


def test_an_open_invitation_is_put_anew_for_a_later_date() -> None:
    """Whoever has not answered yet is asked for the date that now counts."""
    story = told().wait(after(1)).do(release(NEW))

    assert story.heard("asked") == [INVITATION, INVITATION]
    assert story.do(replied("asked")).heard("asked") == [INVITATION, INVITATION]
    assert consent(story) is Consent.ACCEPTED
    assert "vendors --to 'asked'" in story.case.troubles[-1].what


def test_an_open_invitation_is_corrected_for_an_earlier_date() -> None:
    """Who was told a date hears that it is another, whether they have answered or not."""
    story = told().wait(after(1)).do(release(SOONER))

    assert story.heard("asked") == [INVITATION, CHANGE]
    assert story.heard("one") == [NOTICE, CHANGE]


def test_a_notice_that_they_do_not_get_tells_them_no_date() -> None:
    """Who is only invited hears an earlier date although a notice that names it waits for them."""
    story = begun().do(invite(planned=OLD)).wait(after(1))
    story.do(vendor_notice(to=("asked",), planned=SOONER))

    assert story.heard("asked") == [INVITATION, CHANGE]


def test_an_invitation_on_its_way_is_news_of_the_date() -> None:
    """Who is being asked for the later date gets no second letter about it."""
    story = told().do(replied("asked")).wait(after(1))
    story.stuck = {INVITATION}
    story.do(release(NEW))

    assert story.heard("asked") == [INVITATION, NOTICE]
    assert len(story.times(INVITATION)) == 2


def test_a_limit_that_moves_is_a_later_date_for_those_who_know_no_other() -> None:
    """An invitation that named the limit of the release is put anew when that moves."""
    story = begun().do(invite(), replied("asked")).wait(after(3))
    story.do(extend(Step.RELEASE, slot(40)))

    assert consent(story) is Consent.LAPSED
    assert story.heard("asked") == [INVITATION, INVITATION]


@pytest.mark.parametrize("word", [Word.DECLINED, None], ids=["declined", "silent"])
def test_who_said_no_is_not_asked_by_a_date(word: Word | None) -> None:
    """A later date is no reason to ask those who declined, or never answered."""
    story = told()
    story.do(replied("asked", word)) if word else story.wait(after(8))
    before = story.heard("asked")
    story.do(release(NEW)).wait(slot(18))

    assert story.heard("asked") == before


# A notice that does not hold any more.


@pytest.mark.parametrize(
    "news", [score(), assign_cve(), credit(), fixed("https://example.org/2")], ids=lambda a: a.name
)
def test_a_text_about_old_facts_is_not_sent_to_who_accepts_late(news: object) -> None:
    """Rule 11: the lead hears who has accepted, and which command sends them what holds now."""
    story = told().do(news, replied("asked"))  # type: ignore[arg-type]

    assert story.heard("asked") == [INVITATION]
    assert "vendors --to 'asked'" in story.case.troubles[-1].what

    story.do(vendor_notice("What holds now.", to=("asked",)))
    assert story.heard("asked") == [INVITATION, NOTICE]
    assert story.heard("one") == [NOTICE]


def test_a_notice_that_waits_for_one_vendor_is_void_for_it_when_the_facts_change() -> None:
    """Who keeps no embargo for so long would have got it later; the lead hears that it does not."""
    story = begun().with_party("brief", standing=True, max_embargo=after(5) - after(0))
    story.do(vendor_notice(planned=OLD), score())

    assert "brief any more because the score changed" in story.case.troubles[-1].what
    assert story.wait(slot(14)).heard("brief") == []


# By name, again, and who is new.


def test_only_those_who_are_named_are_invited() -> None:
    """--to names who is meant, in a notice and in an invitation."""
    story = begun().with_party("other").do(invite("other"))
    assert (story.heard("asked"), story.heard("other")) == ([], [INVITATION])

    story.do(vendor_notice(to=("asked",), planned=slot(21)))
    assert story.heard("asked") == [INVITATION]
    assert story.heard("one") == []
    assert story.do(replied("asked")).heard("asked") == [INVITATION, NOTICE]


def test_a_notice_that_waits_for_consent_stands_in_nobodys_way() -> None:
    """The others can be told while one has not answered; it gets the last text that is for it."""
    story = begun().do(vendor_notice(to=("asked",), planned=OLD), vendor_notice("For all."))
    assert story.heard("one") == [NOTICE]

    story.do(replied("asked"))
    assert story.heard("asked") == [INVITATION, NOTICE]
    assert story.case.letters[-1].key == "vendor_notice.2.1"


def test_a_notice_that_only_waits_for_consent_escalates() -> None:
    """Rule 2: nobody has been told, so the step is chased as if nothing had been approved."""
    story = begun().do(vendor_notice(to=("asked",), planned=slot(20))).wait(after(15))

    assert story.times(Kind.ESCALATION, Step.VENDOR_NOTICE) == [after(14)]


def test_nobody_is_asked_twice() -> None:
    """A second notice, and a second wish to invite all, say nothing to who was asked."""
    story = told().do(invite(), invite("asked")).wait(after(1))
    story.do(fixed("https://example.org/2"), vendor_notice("Another."))

    assert story.heard("asked") == [INVITATION]


@pytest.mark.parametrize("word", [Word.DECLINED, None], ids=["declined", "silent"])
def test_who_said_no_is_asked_again_by_name(word: Word | None) -> None:
    """A person who asks again means it; whoever invites all does not."""
    story = told()
    story.do(replied("asked", word)) if word else story.wait(after(8))
    before = story.heard("asked").count(INVITATION)
    assert story.do(invite()).heard("asked").count(INVITATION) == before
    story.wait(after(9))

    story.do(invite("asked"))
    assert story.heard("asked").count(INVITATION) == before + 1
    assert consent(story) is Consent.INVITED


def test_who_is_new_in_the_settings_was_not_meant_before() -> None:
    """A vendor that is added later gets nothing that was approved before it was there."""
    story = told()
    story.with_party("new").with_party("late", standing=True)
    story.do(invite("nobody")).wait(after(1))

    assert (story.heard("new"), story.heard("late")) == ([], [])
    story.do(vendor_notice("For you.", to=("new", "late")))
    assert (story.heard("new"), story.heard("late")) == ([INVITATION], [NOTICE])


def test_who_has_left_the_settings_gets_nothing_more() -> None:
    """A yes counts as long as the vendor is there."""
    story = told().do(replied("asked")).wait(after(2))
    story.lists[Audience.VENDORS] = ("one",)
    story.do(fixed("https://example.org/2"), vendor_notice("Another."), release(OLD)).wait(slot(16))

    assert story.heard("asked") == [INVITATION, NOTICE, Kind.RELEASE]


def test_a_refused_invitation_is_told_and_not_tried_for_ever() -> None:
    """The mail server's no is no answer of the vendor: the lead hears it, and can ask again."""
    story = begun()
    story.unreachable = {"asked"}
    story.do(vendor_notice(planned=OLD)).wait(after(1))
    assert len(story.times(INVITATION)) == 1
    assert "The invitation was refused" in story.case.troubles[-1].what

    story.unreachable = set()
    assert story.do(invite("asked")).heard("asked") == [INVITATION]


def test_what_is_public_needs_no_invitation() -> None:
    """There is no embargo left: nobody is asked, and an invitation is refused."""
    story = begun().do(public())

    with pytest.raises(Refused, match="no embargo to invite"):
        story.do(invite())
    story.do(vendor_notice(planned=OLD, override="it is out"))
    assert story.heard("asked") == []


# What the directory is told.


def test_the_directory_hears_who_has_consented() -> None:
    """It looks at its own list as well: nobody gets detail on one word alone."""
    story = begun().do(invite(planned=OLD), replied("asked"))
    story.stuck = {NOTICE}
    story.do(vendor_notice())
    main, apart = (entry for _, entry in story.sent(NOTICE))
    asked = Recipient(name="asked", address="asked@example.org", audience=Audience.VENDORS)

    assert Addressees.of(story.case, apart).whom == (asked,)
    assert Addressees.of(story.case, apart).consented == (asked,)
    assert Addressees.of(story.case, main).whom == ()


def test_nothing_leaves_before_it_is_known_who_the_vendors_are() -> None:
    """The plan waits for the directory, once for each time that somebody wants to write."""
    story = begun()
    story._learn = lambda: None  # type: ignore[method-assign]
    story.do(vendor_notice(planned=OLD))

    assert must_look_up(story.case)
    assert planned(story.case, story.now, NOTICE, INVITATION) == ()


def test_whoever_approves_hears_who_is_only_invited() -> None:
    """Before the yes: so many have not consented, and get an invitation, or nothing."""
    story = told().with_party("other").do(invite(), replied("other", Word.DECLINED))
    hints = " ".join(advice(story.case, vendor_notice("More."), story.now))

    assert "asked" in hints
    assert "other" in hints


def test_the_alarm_names_an_address_that_takes_no_letter() -> None:
    """Whoever accepts by telephone is in the settings and has consented: that is not the reason."""
    story = told().do(bounced("asked@example.org", "invitation.1")).wait(after(1))
    story.do(replied("asked"))
    said = story.case.troubles[-1].what

    assert "did not go to asked: letters to the address come back" in said
    assert f"tacenda bounces --works-again {story.case.id} asked@example.org" in said
    assert "tacenda.toml does not have them" not in said
