"""Letters for calendars as they arrive over SMTP, read as mail programs and calendars do."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from icalendar import Calendar

from tacenda import notices
from tacenda.appointments import Appointment, Appointments
from tacenda.errands import Letter
from tacenda.letters import Recipient
from tacenda.models import Audience, Kind, Step
from tacenda.policy import Limits
from tests.activities.keys import LEAD, Box, mailer_with, settings
from tests.activities.post import ANN, BOB, CASE, NOW, Attempt, Post, letter
from tests.activities.sink import Received, Sink
from tests.gpg import LONG_AGO

FIX = Appointment(step=Step.FIX, at=NOW + timedelta(days=7), sequence=0)
MOVED = Appointment(step=None, at=NOW + Limits().release, sequence=3)
GONE = Appointment(step=Step.VENDOR_NOTICE, at=NOW + timedelta(days=14), sequence=1, gone=True)
CANARY = "The canary of the report"


def member(name: str, address: str, audience: Audience = Audience.FIX_TEAM) -> Recipient:
    """Return a member of the team."""
    return Recipient(name=name, address=address, audience=audience)


def for_calendars(*groups: Appointments, to: tuple[Recipient, ...], **values: Any) -> Letter:
    """Return a letter that changes these calendars."""
    values = {"key": "calendar.1", "kind": Kind.CALENDAR, "text": None, **values}
    one = letter(title=CANARY, **values)
    facts = one.facts.model_copy(update={"calendar": groups})
    return one.model_copy(update={"facts": facts, "recipients": to})


def parts_of(message: EmailMessage) -> list[EmailMessage]:
    """Return the parts of a letter that are for a calendar."""
    return [
        part
        for part in message.walk()
        if isinstance(part, EmailMessage) and part.get_content_type() == "text/calendar"
    ]


def event_of(part: EmailMessage) -> Any:
    """Return the one event of a part, whose method is that of its type."""
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    calendar = Calendar.from_ical(content)
    assert isinstance(calendar, Calendar)
    assert part.get_param("method") == calendar["METHOD"]
    assert part.get_content_charset() == "utf-8"
    [event] = calendar.walk("VEVENT")
    return event


def events_of(received: Received) -> list[tuple[str, str, int, datetime]]:
    """Return what a letter says of each appointment: the file, the method, the number, when."""
    found = []
    for part in parts_of(received.message):
        event, method = event_of(part), str(part.get_param("method"))
        found.append((str(part.get_filename()), method, event["SEQUENCE"], event["DTSTART"].dt))
    return found


async def test_each_change_is_an_invitation_or_takes_one_back(sink: Sink, post: Post) -> None:
    """A letter has a text for people, and a part for each appointment that calendars take."""
    some = Appointments(names=("ann",), changes=(FIX, MOVED, GONE))
    mailer = post.mailer(sink, render=notices.render)
    one = for_calendars(some, to=(member("ann", ANN),))
    delivery = await post.deliver(mailer, one)

    [received] = sink.received
    assert delivery.delivered_of(one) == one.recipients
    assert received.message["Subject"] == f"{CASE}: limits for your calendar"
    assert received.message.get_content_type() == "multipart/mixed"
    text, *others = received.message.iter_parts()
    assert isinstance(text, EmailMessage)
    assert "2026-11-28 12:00 UTC   limit of the fix" in text.get_content()
    assert "limit of the vendor notice" in text.get_content().partition("Out of your calendar")[2]
    assert len(others) == 3
    assert events_of(received) == [
        ("limit-fix.ics", "REQUEST", 0, FIX.at),
        ("planned-release.ics", "REQUEST", 3, MOVED.at),
        ("limit-vendor-notice.ics", "CANCEL", 1, GONE.at),
    ]
    assert CANARY.encode() not in received.raw


async def test_everybody_is_invited_by_their_own_address(sink: Sink, post: Post) -> None:
    """The attendee is whoever gets the letter, and no other is named in it."""
    some = Appointments(names=("ann", "bob"), changes=(FIX,))
    one = for_calendars(some, to=(member("ann", ANN), member("bob", BOB)))
    await post.deliver(post.mailer(sink), one)

    invited = {x.recipients[0]: event_of(parts_of(x.message)[0]) for x in sink.received}
    assert {to: event["ATTENDEE"] for to, event in invited.items()} == {
        ANN: f"mailto:{ANN}",
        BOB: f"mailto:{BOB}",
    }
    assert {e["ORGANIZER"] for e in invited.values()} == {"mailto:security@psirt.example.org"}
    assert {e["UID"] for e in invited.values()} == {f"{CASE}-fix@tacenda"}
    for received in sink.received:
        [other] = {ANN, BOB} - {received.recipients[0]}
        assert other.encode() not in received.raw


async def test_a_letter_on_staffing_changes_the_calendars_of_those_it_names(
    sink: Sink, post: Post
) -> None:
    """Who joins is invited, who leaves is freed; the team's own address gets the text alone."""
    groups = (
        Appointments(names=("ann",), changes=(GONE,)),
        Appointments(names=("bob",), changes=(FIX,)),
    )
    team = Recipient(name="team@example.org", address="team@example.org", audience=Audience.LEAD)
    to = (member("ann", ANN, Audience.FORMER_LEAD), member("bob", BOB), team)
    one = for_calendars(*groups, to=to, key="fix_team.2", kind=Kind.FIX_TEAM)
    await post.deliver(post.mailer(sink), one)

    changed = {x.recipients[0]: [event[:2] for event in events_of(x)] for x in sink.received}
    assert changed == {
        ANN: [("limit-vendor-notice.ics", "CANCEL")],
        BOB: [("limit-fix.ics", "REQUEST")],
        "team@example.org": [],
    }


async def test_a_letter_that_comes_again_is_known_by_its_identity(sink: Sink, post: Post) -> None:
    """The ledger and the Message-ID are those of any letter: a repeat finds it delivered."""
    some = Appointments(names=("ann",), changes=(FIX,))
    mailer, one = post.mailer(sink), for_calendars(some, to=(member("ann", ANN),))
    await post.deliver(mailer, one)
    again = await post.deliver(mailer, one)

    assert again.delivered_of(one) == one.recipients
    assert len(sink.received) == 1


async def test_to_whom_we_know_a_key_the_calendar_goes_encrypted(
    sink: Sink, post: Post, box: Box
) -> None:
    """Outside stands the case; the instants are inside, and open as calendars take them."""
    known = settings(member_key=box.keep(LEAD))
    some = Appointments(names=("alice",), changes=(FIX, GONE))
    one = for_calendars(some, to=(member("alice", LEAD, Audience.LEAD),))
    await post.deliver(mailer_with(post, sink, known), one)

    [received] = sink.received
    assert b"VEVENT" not in received.raw
    assert received.message["Subject"] == CASE
    inside = box.gpg.open(received.raw).message
    assert [event_of(part)["UID"] for part in parts_of(inside)] == [
        f"{CASE}-fix@tacenda",
        f"{CASE}-vendor-notice@tacenda",
    ]


async def test_a_key_that_cannot_be_used_keeps_the_calendar_back(
    sink: Sink, post: Post, box: Box
) -> None:
    """The member is told that a letter waits, and no instant leaves in plain."""
    known = settings(member_key=box.keep(LEAD, valid="30d", since=LONG_AGO))
    some = Appointments(names=("alice",), changes=(FIX,))
    one = for_calendars(some, to=(member("alice", LEAD, Audience.LEAD),))
    await Attempt(mailer_with(post, sink, known)).deliver(one)

    [received] = sink.received
    assert parts_of(received.message) == []
    assert b"20261128T" not in received.raw
    assert "A letter of" in received.message.get_content()


@pytest.mark.parametrize("address", ["x@example.org\r\nBcc: y@example.org", "no address"])
async def test_an_odd_address_gets_nothing_and_adds_nothing(
    address: str, sink: Sink, post: Post
) -> None:
    """What is no address cannot add a line to a calendar, or a header to a letter."""
    some = Appointments(names=("ann", "odd"), changes=(FIX,))
    one = for_calendars(some, to=(member("odd", address), member("ann", ANN)))
    await post.deliver(post.mailer(sink), one)

    assert sink.reached == [ANN]
