"""A release that is planned anew tells exactly those who were told the old date, once."""

import pytest

from tacenda.models import Audience, Kind, Word
from tests.builders import (
    acknowledge,
    after,
    close,
    fixed,
    invite,
    release,
    replied,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story

OLD, NEW, SOONER = slot(15), slot(17), slot(14)
CHANGE, INVITATION = Kind.DATE_CHANGE, Kind.INVITATION
ASKED = ("told", "invited", "declined", "told then declined", "silent", "never asked")
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
