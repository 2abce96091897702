"""A release that is planned anew tells exactly those who were told the old date, once."""

import pytest

from tacenda.act import Act
from tacenda.drafts import invitations_by
from tacenda.happenings import LetterSent
from tacenda.models import Audience, Kind, Word
from tacenda.texts import approved_text
from tests.builders import (
    acknowledge,
    after,
    close,
    fixed,
    hold,
    invite,
    release,
    replied,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story, mailbox

OLD, NEW, SOONER = slot(15), slot(17), slot(14)
CHANGE, INVITATION = Kind.DATE_CHANGE, Kind.INVITATION
ASKED = ("told", "invited", "declined", "told then declined", "silent", "never asked")
SECRET = "The overflow is not one."
STANDING = ("one", "late", "twice", "deaf")


def crowd() -> Story:
    """Return a case on day 9 with a vendor in every situation there is; all know the 15th day."""
    story = Story(lists={Audience.VENDORS: STANDING, Audience.USERS: ("announce",)})
    for name in ASKED[:5]:
        story.with_party(name)
    story.do(acknowledge(), fixed())
    story.do(invite("silent", planned=OLD)).wait(after(8))
    story.unreachable = {"deaf"}
    names = ("one", "twice", "deaf", "told", "declined", "told then declined", "invited")
    story.do(user_notice(planned=OLD), vendor_notice(to=names, planned=OLD))
    story.do(replied("told"), replied("told then declined"), replied("declined", Word.DECLINED))
    story.wait(after(8.5)).do(vendor_notice("You too.", to=("late",), planned=OLD))
    story.do(vendor_notice("Once more.", to=("twice",), planned=OLD, override="they lost it"))
    story.do(replied("told then declined", Word.DECLINED)).with_party("never asked")
    story.unreachable = set()
    return story.wait(after(9))


def heard_since(story: Story, name: str, count: int) -> list[Kind]:
    """Return what somebody heard after so many letters, but for what follows from the release."""
    return story.heard(name, Kind.FINAL_WARNING, Kind.RELEASE, Kind.VENDOR_REMINDER)[count:]


LATER = {
    "announce": [CHANGE],
    "one": [CHANGE],
    "late": [CHANGE],
    "twice": [CHANGE],
    "told": [INVITATION],
    "invited": [INVITATION],
    "told then declined": [CHANGE],
    "deaf": [],
    "declined": [],
    "silent": [],
    "never asked": [],
}
EARLIER = {**LATER, "told": [CHANGE], "invited": [CHANGE]}


@pytest.mark.parametrize(("date", "expected"), [(NEW, LATER), (SOONER, EARLIER)])
def test_exactly_those_who_knew_the_old_date_hear_the_new_one_once(
    date: object, expected: dict[str, list[Kind]]
) -> None:
    """Told late, told twice, invited, declined, silent, refused by the mail server: each its own.

    Who is asked again is not told besides; whose mailbox refused was never told, and a person
    has been called for that.
    """
    story = crowd()
    before = {
        name: len(story.heard(name, Kind.FINAL_WARNING, Kind.RELEASE, Kind.VENDOR_REMINDER))
        for name in expected
    }
    story.do(release(date)).wait(slot(12))  # type: ignore[arg-type]

    assert {name: heard_since(story, name, before[name]) for name in expected} == expected


def test_a_case_that_ends_tells_them_too() -> None:
    """Who was told a date, or asked for it, hears that there is no release; nobody else does."""
    story = crowd().do(close())
    called = {name for name, kind in story.delivered if kind is CHANGE}

    assert called == {"announce", "one", "late", "twice", "told", "invited", "told then declined"}


@pytest.mark.parametrize("end", [close(vendors_told=SECRET), release(SOONER, vendors_told=SECRET)])
def test_what_a_person_wrote_about_the_date_goes_only_to_who_may_hear_a_detail(end: Act) -> None:
    """Who was only invited, or has declined since, hears it in the words of the template."""
    story = crowd().do(end)
    texts = {
        recipient.name: approved_text(story.case, letter.key)
        for letter in story.case.letters
        if letter.kind is CHANGE
        for recipient in letter.delivered
    }

    assert {name for name, text in texts.items() if text == SECRET} == {
        "one",
        "late",
        "twice",
        "told",
    }
    assert {name for name, text in texts.items() if text is None} == {
        "announce",
        "invited",
        "told then declined",
    }
    assert all(story.heard(name).count(CHANGE) == 1 for name in texts)


def test_who_was_asked_for_a_later_date_hears_no_more_than_that_it_is_called_off() -> None:
    """It accepted an earlier one, and has said nothing to the new."""
    story = crowd().do(release(NEW)).do(hold(), close(vendors_told=SECRET))
    (called_off,) = [
        letter
        for letter in story.case.letters
        if letter.kind is CHANGE and "told" in {r.name for r in letter.delivered}
    ]

    assert approved_text(story.case, called_off.key) is None


def test_who_gets_a_notice_after_the_case_has_ended_hears_that_too() -> None:
    """Its mailbox had been full; the others have heard it before, and do not hear it again."""
    story = Story(lists={Audience.VENDORS: ("one", "full")}).do(acknowledge(), fixed())
    story.stuck = {Kind.VENDOR_NOTICE}
    story.do(vendor_notice(planned=OLD))
    (notice,) = story.case.under_way
    one, full = (mailbox(name, Audience.VENDORS) for name in ("one", "full"))
    first = notice.model_copy(update={"delivered": (one,), "pending": (full,)})
    story.happen(LetterSent(letter=first))

    story.do(close()).wait(after(1))
    assert (story.heard("one"), story.heard("full")) == ([CHANGE], [])
    story.happen(LetterSent(letter=notice.model_copy(update={"delivered": (full,)})))
    assert (story.heard("one"), story.heard("full")) == ([CHANGE], [CHANGE])


def test_news_that_found_nobody_is_not_tried_for_ever() -> None:
    """Whoever is gone is gone: a person has been called, and the case comes to its end."""
    story = Story(lists={Audience.VENDORS: ("one",)}).do(acknowledge(), fixed())
    story.do(vendor_notice(planned=OLD))
    story.stuck = {CHANGE}
    story.do(close())
    (lost,) = story.case.under_way
    story.happen(LetterSent(letter=lost.model_copy(update={"pending": ()})))

    assert len(story.sent(CHANGE)) == 1


def test_whoever_invites_sees_who_gets_which_invitation() -> None:
    """As it then goes out: the first one for who is new, another for who knows a date."""
    story = crowd()
    (first, new), (again, later) = (
        ([recipient.name for recipient in whom], " ".join(draft.body.split()))
        for whom, draft in invitations_by(
            story.case, invite(planned=NEW), tuple(story.parties.values()), story.now
        )
    )

    assert first == ["never asked"]
    assert again == ["told", "invited"]
    assert "We are preparing a security release" in new
    assert "we meant to publish on 2026-03-17 16:00 UTC" in later
    assert "If you have agreed before, that goes on" in later
    story.do(invite(planned=NEW))
    sent = [entry.whom for _, entry in story.sent(INVITATION)[-2:]]
    assert [[box.name for box in whom] for whom in sent] == [first, again]
    parties = tuple(story.parties.values())
    assert invitations_by(story.case, invite(planned=NEW), parties, story.now) == []


def test_an_invitation_without_a_date_names_no_plan() -> None:
    """The limit of the release is the last that it can be, and is called that."""
    story = Story().with_party("asked").do(acknowledge())
    parties = tuple(story.parties.values())
    ((_, undated),) = invitations_by(story.case, invite(), parties, story.now)
    ((_, dated),) = invitations_by(story.case, invite(planned=NEW), parties, story.now)

    assert "it is to come no later than" in undated.body
    assert "It is planned for" not in undated.body
    assert "It is planned for\n\n    2026-03-19 16:00 UTC" in dated.body
