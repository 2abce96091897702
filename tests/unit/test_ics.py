"""An appointment as bytes, read by a calendar library that has none of our code."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from tacenda.appointments import Appointment
from tacenda.ics import LINE_BYTES, calendar_text, file_name, uid_of
from tacenda.models import Step

CASE = "case-2026-7k3q9xm4tp"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
APPOINTMENTS = st.builds(
    Appointment,
    step=st.sampled_from([*Step, None]),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),
    sequence=st.integers(0, 10_000),
    gone=st.booleans(),
)
ADDRESSES = st.builds(
    "{}@{}.example".format,
    st.text("abcXYZ019._%+-'/=?&#ü日", min_size=1, max_size=90),
    st.text("abc-", min_size=1, max_size=60),
)


def text_of(one: Appointment, attendee: str = "bob@example.org") -> str:
    """Return an appointment as it is sent to one attendee."""
    sender = "security@psirt.example.org"
    return calendar_text(one, CASE, organizer=sender, attendee=attendee, now=NOW)


def read(text: str) -> tuple[Calendar, Any]:
    """Return the calendar of a text, and the one event in it."""
    calendar = Calendar.from_ical(text)
    assert isinstance(calendar, Calendar)
    [event] = calendar.walk("VEVENT")
    assert not event.errors
    return calendar, event


@given(APPOINTMENTS, ADDRESSES)
def test_every_line_is_as_the_standard_has_it(one: Appointment, attendee: str) -> None:
    """Lines end with CR LF and have at most 75 octets, and all of it is ASCII."""
    text = text_of(one, attendee)

    assert text.isascii()
    assert text.endswith("END:VCALENDAR\r\n")
    lines = text.removesuffix("\r\n").split("\r\n")
    assert not any("\r" in line or "\n" in line for line in lines)
    assert all(0 < len(line) <= LINE_BYTES for line in lines)


@given(APPOINTMENTS)
def test_a_calendar_reads_what_was_meant(one: Appointment) -> None:
    """The instant is in UTC and exact to the second; the number and the method are ours."""
    calendar, event = read(text_of(one))

    assert calendar["METHOD"] == ("CANCEL" if one.gone else "REQUEST")
    assert event["STATUS"] == ("CANCELLED" if one.gone else "CONFIRMED")
    assert event["SEQUENCE"] == one.sequence
    assert event["UID"] == uid_of(CASE, one)
    assert event["DTSTART"].dt == one.at.replace(microsecond=0)
    assert event["DTSTART"].dt.utcoffset() == timedelta(0)
    assert event["DTSTAMP"].dt == NOW
    assert event["ORGANIZER"] == "mailto:security@psirt.example.org"
    assert event["ATTENDEE"] == "mailto:bob@example.org"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["SUMMARY"] == f"{CASE}: {one.label}"


@given(APPOINTMENTS)
def test_it_says_case_step_instant_and_commands_and_nothing_else(one: Appointment) -> None:
    """Rule 9: what lies in a calendar may be read by others, and tells nothing of the flaw."""
    _, event = read(text_of(one))

    commands = f"The case: tacenda show {CASE}\nWhat comes next: tacenda next {CASE}"
    assert event["DESCRIPTION"] == commands
    assert event["CLASS"] == "PRIVATE"
    assert set(event) == {
        "UID",
        "SEQUENCE",
        "DTSTAMP",
        "DTSTART",
        "SUMMARY",
        "DESCRIPTION",
        "ORGANIZER",
        "ATTENDEE",
        "STATUS",
        "TRANSP",
        "CLASS",
    }


def test_an_appointment_is_the_same_one_whatever_becomes_of_it() -> None:
    """By the identity a calendar knows it again: moved, dropped and back; each has its own."""
    steps: list[Step | None] = [*Step, None]
    first = [Appointment(step=step, at=NOW, sequence=0) for step in steps]
    later = [
        Appointment(step=step, at=NOW + timedelta(days=1), sequence=7, gone=True) for step in steps
    ]

    assert [uid_of(CASE, one) for one in first] == [uid_of(CASE, one) for one in later]
    assert len({uid_of(CASE, one) for one in first}) == len(steps)
    assert len({file_name(one) for one in first}) == len(steps)


@pytest.mark.parametrize(
    ("step", "name"),
    [(Step.FIX, "limit-fix.ics"), (Step.USER_NOTICE, "limit-user-notice.ics")],
)
def test_a_file_is_named_by_what_it_is(step: Step, name: str) -> None:
    """A mail program that knows no calendar shows a file with a name that says something."""
    assert file_name(Appointment(step=step, at=NOW, sequence=0)) == name
