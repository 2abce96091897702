"""Whatever bytes come in as a mail: a valid report, or one sentence that says why not."""

import random
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tacenda.enclosures import Attachments
from tacenda.errors import BadInput
from tacenda.mailreport import Intake
from tacenda.models import Report
from tests.unit.mails import GOOD, SAMPLES, a_mail, read

WHEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MAILS = [path.read_bytes() for path in sorted(SAMPLES.glob("*.eml"))]
FRAGMENTS = [
    "=?utf-8?q?", "=0A", "?=", "=?utf-8?b?", "aGkK", "=?x-nosuch?q?a?=", "=?\u00fc?q?a?=", "<", ">",
    "@", "example.org", "mira", ",", ";", ":", '"', "(", ")", "\\", "\r", "\n ", "\n", "\t", " ",
    "\x00", "\x1b[31m", "\u2028", "\ud800", "2 Mar 2026 09:00:00 +0000", "31 Dec 9999", "-0000",
    "text/html", "text/plain", "multipart/mixed", "multipart/alternative", "message/rfc822",
    "multipart/signed", "; boundary=b", "; charset=", "unicode_escape", "utf-7", "utf-16", "hex",
    "; format=flowed", "; filename=", "; filename*0*=", "..", "/", "base64", "x-uuencode", "[", "]",
]  # fmt: skip
NAMES = [
    *GOOD, "Reply-To", "Content-Type", "Content-Disposition", "Content-Transfer-Encoding",
    "Precedence", "Auto-Submitted", "Return-Path", "MIME-Version",
]  # fmt: skip
PIECES = [
    "\n--b\n", "\n--b--\n", "\n\n", "Content-Type: text/html\n", "<p>", "<a href='", "<![x[", "&#",
    "Content-Type: multipart/mixed; boundary=b\n", "Content-Disposition: attachment", "It falls.",
]  # fmt: skip

values = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=5), max_size=12).map("".join)
headers = st.dictionaries(st.sampled_from(NAMES), values, max_size=8)
bodies = st.lists(st.sampled_from(PIECES + FRAGMENTS) | st.text(max_size=5), max_size=20)


def opened(content: bytes) -> Intake | None:
    """Return the report in `content`, or None where it is refused in one sentence."""
    try:
        return read(content, WHEN)
    except BadInput as refused:
        sentence = str(refused)
    assert sentence.endswith(".")
    assert sentence.isprintable()
    return None


def is_valid(mailed: Intake) -> bool:
    """Whether report and files are accepted again where the case takes them in."""
    report = Report.model_validate_json(mailed.report.model_dump_json())
    files = TypeAdapter(Attachments)
    return (
        report == mailed.report
        and files.validate_json(files.dump_json(mailed.attachments)) == mailed.attachments
        and all(remark.isprintable() for remark in mailed.remarks)
    )


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=500))
def test_no_bytes_break_it(content: bytes) -> None:
    """Bytes at random, alone or behind the headers of a mail."""
    opened(content)

    mailed = opened(a_mail({}, content))
    assert mailed is None or is_valid(mailed)


@settings(deadline=None, max_examples=200)
@given(headers, bodies)
def test_no_header_breaks_it(given_headers: dict[str, str], body: list[str]) -> None:
    """Headers and bodies of what has broken mail programs before."""
    content = a_mail(
        {name: value.encode("utf-8", "surrogatepass") for name, value in given_headers.items()},
        "".join(body).encode("utf-8", "surrogatepass"),
    )

    mailed = opened(content)

    assert mailed is None or is_valid(mailed)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(MAILS), st.randoms(use_true_random=False), st.integers(1, 20))
def test_no_damage_breaks_it(content: bytes, chance: random.Random, wounds: int) -> None:
    """Mail as programs write it, with bytes changed, lost and doubled."""
    damaged = bytearray(content)
    for _ in range(wounds):
        at = chance.randrange(len(damaged))
        instead = [b"", bytes([chance.randrange(256)]), b"\n--b1\n", bytes(damaged[at : at + 9])]
        damaged[at : at + 1] = chance.choice(instead)

    mailed = opened(bytes(damaged))

    assert mailed is None or is_valid(mailed)


@settings(deadline=None, max_examples=200)
@given(headers)
def test_the_same_mail_is_the_same_report_again(given_headers: dict[str, str]) -> None:
    """Whatever is in it, reading it twice gives the same."""
    content = a_mail({name: value.encode(errors="ignore") for name, value in given_headers.items()})

    assert opened(content) == opened(content)
