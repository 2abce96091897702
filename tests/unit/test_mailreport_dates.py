"""When a report came in that came as mail: our own mail server says so, or a person."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.mails import ARRIVED, a_mail, read, refusal

LATER = ARRIVED + timedelta(days=400)


def by(when: str) -> str:
    """Return a Received header of our own server."""
    return f"from mx by mail.example.org; {when}"


DATES: dict[str, tuple[str | list[str], datetime]] = {
    "a comment": (by("Mon, 2 Mar 2026 10:00:00 +0100 (CET)"), ARRIVED),
    "a semicolon in it": (by("Mon, 2 Mar 2026 10:00:00 +0100 (CET; (winter; cold))"), ARRIVED),
    "several semicolons": (f"by mail; id 7; {by('2 Mar 2026 09:00:00 +0000')}", ARRIVED),
    "no weekday": (by("2 Mar 2026 09:00:00 GMT"), ARRIVED),
    "a zone in words": (by("Mon, 02 Mar 2026 04:00:00 EST"), ARRIVED),
    "a zone that is half an hour off": (by("2 Mar 2026 14:30:00 +0530"), ARRIVED),
    "a zone that says nothing": (by("2 Mar 2026 09:00:00 -0000"), ARRIVED),
    "the letter of UTC": (by("2 Mar 2026 09:00:00 Z"), ARRIVED),
    "folded": ("by mail;\n\tMon, 2 Mar 2026\n 09:00:00 +0000", ARRIVED),
    "no seconds": (by("2 Mar 2026 09:00 +0000"), ARRIVED),
    "the topmost of several": (
        [by("2 Mar 2026 09:00:00 +0000"), by("1 Mar 2026 09:00:00 +0000")],
        ARRIVED,
    ),
    "another year in UTC": (
        by("Thu, 31 Dec 2026 23:30:00 -0100"),
        datetime(2027, 1, 1, 0, 30, tzinfo=UTC),
    ),
}


@pytest.mark.parametrize(("header", "instant"), DATES.values(), ids=DATES.keys())
def test_our_own_server_says_when_it_came_in(header: str | list[str], instant: datetime) -> None:
    """The topmost Received header counts, in UTC; Date is the sender's and counts for nothing."""
    mailed = read(a_mail({"Received": header}))

    assert mailed.report.received == instant
    assert mailed.report.received.tzinfo == UTC
    assert mailed.year == instant.year


UNDATED: dict[str, str | list[str] | None] = {
    "none": None,
    "no date": "from mx by mail.example.org",
    "no semicolon": "by mail.example.org Mon, 2 Mar 2026 10:00:00 +0100",
    "nothing after it": by(""),
    "only a comment": by("(Mon, 2 Mar 2026 10:00:00 +0100)"),
    "words": by("yesterday"),
    "no zone": by("2 Mar 2026 09:00:00"),
    "a zone that nobody knows": by("2 Mar 2026 09:00:00 MSK"),
    "an impossible zone": by("2 Mar 2026 09:00:00 +9999"),
    "an impossible day": by("31 Feb 2026 09:00:00 +0000"),
    "before all time": by("1 Jan 1971 00:00:00 +1400"),
    "after all time": by("31 Dec 9999 23:59:59 -1400"),
    "only the second": ["by mail", by("2 Mar 2026 09:00:00 +0000")],
}


@pytest.mark.parametrize("header", UNDATED.values(), ids=UNDATED.keys())
def test_without_such_a_date_a_person_says_when(header: str | list[str] | None) -> None:
    """It is refused with the option to give, taken with it, and has the year that Date names."""
    content = a_mail({"Received": header, "Date": "1 Feb 2025 00:00:00 +0000"})

    assert "--received" in refusal(content)
    assert read(content, LATER).report.received == LATER
    assert read(content, LATER).year == 2025


def test_what_a_person_says_wins() -> None:
    """--received moves the limits and leaves the id its year, as long as the mail names one."""
    moved = read(a_mail(), LATER)
    undated = read(a_mail({"Received": None, "Date": None}), LATER)

    assert (moved.report.received, moved.year) == (LATER, 2026)
    assert (undated.report.received, undated.year) == (LATER, LATER.year)
