"""A report that came as mail: who sent it, when it came in, what it says, what is none."""

from datetime import timedelta

import pytest

from tacenda import mailreport
from tacenda.enclosures import enclosures_of
from tacenda.mailreport import MAX_MAIL_BYTES
from tacenda.models import Report
from tests.unit.mails import (
    ARRIVED,
    a_mail,
    read,
    refusal,
    sample,
)

LATER = ARRIVED + timedelta(days=400)


def test_a_mail_is_a_report() -> None:
    """Subject, body, sender, identity and the time at our own mail server make the report."""
    mailed = read(a_mail())

    assert mailed.report == Report.model_validate(
        {
            "title": "A flaw",
            "received": ARRIVED,
            "details": "It falls.",
            "reporter": {"name": "Mira Sample", "email": "mira@example.org"},
            "message_id": "<flaw@example.org>",
        }
    )
    assert (mailed.attachments, mailed.year, mailed.remarks) == ((), 2026, ())


SAMPLES = {
    "plain": ("The importer writes outside its folder", "mira@example.org", "Hello,\n\na name", ()),
    "list": (
        "[Security] Rückgabe of a stale token – login",
        "rita@example.org",
        "The token is accepted for an hour after “logout”.\n\n____",
        ("attachment-1.bin",),
    ),
    "html": (
        "Überlauf in the parser",
        "joerg@example.org",
        "Überlauf\n\nSee the proof <https://example.org/poc> & run:\n\nparse  --deep\n  now\n\n- ",
        (),
    ),
    "forwarded": (
        "Fwd: your exporter",
        "support@example.org",
        "This came to the help desk.",
        ("your exporter.eml", "fix.patch", "attachment-3.bin"),
    ),
    "signed": ("Re: Signed", "mira@example.org", "Привет, мир!", ()),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_mail_as_programs_write_it_is_read(name: str) -> None:
    """Lists, HTML, forwards and signatures: a person finds title, sender, text and files."""
    title, sender, begins, files = SAMPLES[name]

    mailed = read(sample(name))

    assert mailed.report.title == title
    assert mailed.report.reporter
    assert mailed.report.reporter.email == sender
    assert mailed.report.details.startswith(begins)
    assert tuple(attachment.name for attachment in mailed.attachments) == files
    assert mailed.report.enclosures == enclosures_of(mailed.attachments)
    assert mailed.remarks == ()


def test_a_mail_in_a_mail_stays_closed() -> None:
    """A forwarded mail is kept byte for byte, and what is attached to it stays inside."""
    forwarded = read(sample("forwarded")).attachments[0].content

    assert forwarded in sample("forwarded")
    assert forwarded.startswith(b"From: Ola Sample")
    assert forwarded.rstrip().endswith(b"--b2--")


TITLES = {
    "folded": ("One\n two\n\tthree", "One two three"),
    "encoded": ("=?utf-8?q?=C3=BCber?= =?utf-8?q?lauf?=", "überlauf"),
    "raw UTF-8": ("Überlauf", "Überlauf"),
    "raw latin-1": ("Überlauf".encode("latin-1"), "\ufffdberlauf"),
    "a smuggled header": ("=?utf-8?q?hi=0D=0ABcc:_x@example.org?=", "hi Bcc: x@example.org"),
    "smuggled in base64": ("=?utf-8?b?aGkKQmNjOiB4?=", "hi Bcc: x"),
    "smuggled twice": (
        "=?utf-8?q?=3D=3Futf-8=3Fq=3Fhi=3D0ABcc=3A_x=3F=3D?=",
        "= ?utf-8?q?hi=0ABcc: x?=",
    ),
    "an escape code": ("=?utf-8?q?=1B[31mred?=", "[31mred"),
    "a plain escape code": ("\x1b[31mred", "[31mred"),
    "a line separator": ("one\u2028two", "one two"),
    "an unknown charset": ("=?nosuch?q?title?=", "title"),
    "no charset for text": ("=?hex?q?74?=", "74"),
    "a charset that is no word": ("=?ü?q?title?=", "title"),
    "broken base64": ("=?utf-8?b?####?= title", "title"),
    "half an encoded word": ("=?utf-8?q?title", "=?utf-8?q?title"),
    "a reply on a list": ("Re: [security] Fwd: AW: flaw", "Re: [security] Fwd: AW: flaw"),
    "too long": ("x" * 400, "x" * 299 + "…"),
    "a megabyte": ("x y " * 250_000, "x y " * 74 + "x y…"),
    "two of them": (["One", "Two"], "One"),
    "empty": ("", "It falls."),
    "blank": ("=?utf-8?q?_?=", "It falls."),
    "none": (None, "It falls."),
}


@pytest.mark.parametrize(("subject", "title"), TITLES.values(), ids=TITLES.keys())
def test_the_title_is_the_subject_on_one_line(
    subject: str | bytes | list[str] | None, title: str
) -> None:
    """Nothing in a subject makes a mail unopenable, and nothing hidden in it survives."""
    assert read(a_mail({"Subject": subject})).report.title == title


def test_a_mail_without_words_has_a_title() -> None:
    """Without a subject and a body the title says just that."""
    report = read(a_mail({"Subject": None}, "\n\n")).report

    assert (report.title, report.details) == ("Report by mail without a subject", "")


IDENTITIES: dict[str, tuple[str | list[str] | None, str]] = {
    "folded": ("\n <flaw@example.org>", "<flaw@example.org>"),
    "none": (None, ""),
    "bare": ("flaw@example.org", ""),
    "with a comment": ("<flaw@example.org> (added)", ""),
    "two": ("<a@example.org> <b@example.org>", ""),
    "two headers": (["<a@example.org>", "<b@example.org>"], ""),
    "smuggled": ("<=?utf-8?q?x=0ABcc:y?=@example.org>", ""),
    "endless": (f"<{'x' * 300}@example.org>", ""),
}


@pytest.mark.parametrize(("given", "kept"), IDENTITIES.values(), ids=IDENTITIES.keys())
def test_a_plain_message_id_is_kept(given: str | list[str] | None, kept: str) -> None:
    """It stands in our answers, so anything but one plain identity is left out."""
    assert read(a_mail({"Message-ID": given})).report.message_id == kept


NO_MAILS = {
    "empty": b"",
    "blank": b"\r\n\r\n\n",
    "binary": b"\x7fELF\x02\x01\x01\x00\xff\xfe",
    "TOML": b'title = "A flaw"\nreceived = 2026-01-05T09:00:00Z\n',
    "prose": b"Dear team,\n\nit falls.\n",
    "other headers": b"Content-Type: text/plain\nX-Y: z\n\nIt falls.\n",
}


@pytest.mark.parametrize("content", NO_MAILS.values(), ids=NO_MAILS.keys())
def test_what_is_no_mail_is_refused(content: bytes) -> None:
    """Whatever --received says: there is nothing in it to open."""
    assert refusal(content, LATER) == refusal(content) == mailreport.NO_MAIL


def test_a_mail_on_which_the_parser_fails_is_refused() -> None:
    """A header that Python cannot take apart is told in a sentence."""
    header = b"From: a@b.example\nContent-Type: multipart/mixed; boundary*;0*=a; boundary*1=b\n"
    assert refusal(header + b"\nIt falls.\n", LATER) == mailreport.BROKEN


def test_a_mail_without_end_is_refused() -> None:
    """More than 25 MB, or parts in parts without end, are written down by hand."""
    nested = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(3000)
    )

    assert "25 MB" in refusal(a_mail({}, "x" * MAX_MAIL_BYTES))
    assert ".toml" in refusal(a_mail().removesuffix(b"\nIt falls.\n") + nested.encode())


LINES = {
    "LF": a_mail(),
    "CRLF": a_mail().replace(b"\n", b"\r\n"),
    "a mailbox file": b"From mira@example.org Mon Mar  2 09:00:00 2026\n" + a_mail(),
    "a byte order mark": b"\xef\xbb\xbf" + a_mail(),
    "blank lines first": b"\r\n\n" + a_mail(),
    "headers in capitals": b"".join(
        line.upper() if line.startswith(b"RECEIVED") else line
        for line in a_mail().splitlines(keepends=True)
    ),
}


@pytest.mark.parametrize("content", LINES.values(), ids=LINES.keys())
def test_the_same_mail_is_the_same_report(content: bytes) -> None:
    """However it was saved: with other line ends, in a mailbox file, with a mark in front."""
    assert read(content) == read(a_mail())
