"""The id of a report that came as mail: the same mail is the same case, and no other is."""

from datetime import UTC, datetime

import pytest

from tacenda.ids import case_id
from tacenda.mailreport import Intake
from tacenda.models import Report
from tests.unit.mails import Headers, a_file, a_mail, a_mail_of, read, sample, text

KEY = bytes(range(32))
NEXT_YEAR = datetime(2027, 3, 2, tzinfo=UTC)

# Written down once: neither a later version of ours nor of Python may open these again.
KNOWN = {
    "plain": "case-2026-4qsdnmp1gt",
    "list": "case-2026-derpcze64z",
    "html": "case-2026-f9n8t79q9d",
    "forwarded": "case-2026-6anwpsdd3m",
    "signed": "case-2026-042pwqht4d",
}


def id_of(mailed: Intake) -> str:
    """Return the id of the case of a mail."""
    return case_id(mailed.report, KEY, mailed.year)


@pytest.mark.parametrize("name", KNOWN)
def test_a_mail_keeps_its_id(name: str) -> None:
    """Next year, on another machine and whatever --received says, it is the case it was."""
    assert id_of(read(sample(name))) == KNOWN[name]
    assert id_of(read(sample(name), NEXT_YEAR)) == KNOWN[name]
    assert id_of(read(sample(name).replace(b"\n", b"\r\n"))) == KNOWN[name]


OTHERS = {
    "another subject": a_mail({"Subject": "Another flaw"}),
    "another body": a_mail({}, "It stands.\n"),
    "another sender": a_mail({"From": "Mira Sample <m@example.org>"}),
    "another identity": a_mail({"Message-ID": "<other@example.org>"}),
    "another year": a_mail({"Received": "by mail.example.org; 2 Mar 2027 09:00:00 +0000"}),
    "a file": a_mail_of(text("It falls."), a_file("a")),
    "another file": a_mail_of(text("It falls."), a_file("b")),
    "a longer file": a_mail_of(text("It falls."), a_file("a", 4)),
    "a file too large to keep": a_mail_of(text("It falls."), a_file("a", 2_000_000)),
    "another of that size": a_mail_of(text("It falls."), a_file("a", 2_000_001)),
}


def test_another_mail_is_another_case() -> None:
    """Whatever tells two mails apart tells their cases apart, also files that were not kept."""
    ids = {id_of(read(content)) for content in (a_mail(), *OTHERS.values())}

    assert len(ids) == 1 + len(OTHERS)


def test_the_way_that_it_took_does_not_count() -> None:
    """Headers on its way, and the time of the day, leave the case the same."""
    other_way: Headers = {
        "Received": ["by mail.example.org; 5 Mar 2026 09:00:00 +0000", "by a; b"],
        "Date": "1 Jan 2020 00:00:00 +0000",
        "To": "psirt@example.org",
        "X-Spam-Score": "0.1",
    }

    assert id_of(read(a_mail(other_way))) == id_of(read(a_mail()))


def test_a_report_that_was_written_down_keeps_the_id_it_had() -> None:
    """What only mail has is no part of it, so cases from before mail was read stay the same."""
    report = Report.model_validate({"title": "A flaw", "received": "2026-03-02T09:00:00Z"})

    assert case_id(report, KEY, 2026) == "case-2026-e6rzrah6ah"
