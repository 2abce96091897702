"""What a letter looks like when it arrives: its text, its headers, its identity."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from temporalio.exceptions import ApplicationError

from activities.envelope import Stationery
from activities.headers import sender_from
from activities.mail import Mailer
from tacenda.errors import BadInput
from tacenda.fields import hash_of
from tacenda.models import Kind
from tacenda.notices import Draft, render
from tacenda.tables import Mail
from tests.activities.memory_ledger import MemoryLedger
from tests.activities.post import (
    ANN,
    BOB,
    CASE,
    NOW,
    SENDER,
    Post,
    letter,
    plainly,
    recipient,
)
from tests.activities.sink import Received, Sink

TEXTS = {
    "plain": "One line.\n\nAnother one.\n",
    "no line end": "One line.\nAnother one",
    "not ASCII": "Grüße, 日本語, 🔒\nZweite Zeile\n",
    "long lines": "word " * 400 + "\n" + "x" * 3000 + "\n",
    "a long line that fits": "x" * 998 + "\n",
    "dots": ".\n..\n.hidden\n...\n.\n",
    "blanks at line ends": "soft break \nand a tab\t\n   \n",
    "CRLF": "One line.\r\nAnother one.\r\n",
    "lone carriage return": "One\rtwo\n",
    "blank lines around": "\n\n\nText\n\n\n",
    "mbox": "From here on\nFrom then on\n",
    "equals": "a=3D=\nb=\n",
    "looks like headers": "Bcc: somebody@example.org\n\n--boundary\n",
    "looks like the end of DATA": "before\r\n.\r\nQUIT\r\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_recipients_get_exactly_the_approved_text(text: str, sink: Sink, post: Post) -> None:
    """What a mail program decodes is the approved text, and its hash that of the approval."""
    delivery = await post.deliver(post.mailer(sink), letter(ANN, text=text))

    [received] = sink.received
    assert received.body.decode() == text.replace("\r\n", "\n")
    assert delivery.sha256 == hash_of(text)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t\r. =F")))
@example("From here\n")
@example("From " + "x" * 200)
@example("a blank \n")
@example("a tab\t\n")
@example("x" * 999 + "\n")
def test_any_text_survives_the_way(text: str) -> None:
    """Any text is sent in ASCII lines that relays leave alone, and decodes to itself."""
    stationery = Stationery(letter(), sender_from(SENDER), "Subject", text)
    raw = stationery.to(recipient(ANN)).content

    head, _, body = raw.partition(b"\r\n\r\n")
    longest = 76 if b"quoted-printable" in head else 998
    assert raw.isascii()
    for line in body.split(b"\r\n"):
        assert len(line) <= longest
        assert line == line.rstrip()
        assert not line.startswith(b"From ")
    # The transport ends the last line, where the text does not.
    ended = raw if body.endswith(b"\r\n") or not body else raw + b"\r\n"
    arrived = Received("", (), ended, False).body.decode()
    assert arrived == text.replace("\r\n", "\n")


async def test_text_that_needs_no_encoding_gets_none(sink: Sink, post: Post) -> None:
    """An ordinary letter can be read, and searched, in the raw mailbox file."""
    await post.deliver(post.mailer(sink), letter(ANN, text="See https://example.org/?id=1\n"))

    assert b"\r\n\r\nSee https://example.org/?id=1\r\n" in sink.received[0].raw


async def test_without_approved_text_the_template_speaks(sink: Sink, post: Post) -> None:
    """A letter that nobody had to approve is rendered from the facts."""
    delivery = await post.deliver(post.mailer(sink), letter(ANN, text=None))

    assert sink.received[0].body == b"From a template.\n"
    assert delivery.sha256 == hash_of("From a template.\n")


async def test_a_team_words_its_letters_itself(sink: Sink, post: Post, tmp_path: Path) -> None:
    """A template in the team's folder is what the letter says; the facts fill it in."""
    (tmp_path / "receipt.txt").write_text("Subject: [{{ case_id }}] Thank you\n\nWe read it.\n")
    mailer = post.mailer(sink, render=render, templates=tmp_path)
    await post.deliver(mailer, letter(ANN, kind=Kind.RECEIPT, text=None))

    assert sink.received[0].message["Subject"] == f"[{CASE}] Thank you"
    assert sink.received[0].body == b"We read it.\n"


async def test_headers_say_what_it_is_and_to_whom(sink: Sink, post: Post) -> None:
    """The headers name the sender, one recipient, the kind, and the instant of the facts."""
    await post.deliver(post.mailer(sink), letter(ANN, BOB))

    for received, address in zip(sink.received, (ANN, BOB), strict=True):
        message = received.message
        assert received.recipients == (address,)
        assert received.sender == "security@psirt.example.org"
        assert message["To"] == address
        assert message["From"] == SENDER
        assert message["Subject"] == f"[{CASE}] vendor notice"
        assert message["Date"].datetime == NOW
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["X-Tacenda-Kind"] == "vendor_notice"
        assert message["Content-Type"] == 'text/plain; charset="utf-8"'
        assert message["Bcc"] is message["Cc"] is None


async def test_nobody_sees_who_else_is_told(sink: Sink, post: Post) -> None:
    """No trace of another recipient is in the letter that one of them gets."""
    await post.deliver(post.mailer(sink), letter(ANN, BOB))

    to_ann, to_bob = (received.raw for received in sink.received)
    assert BOB.encode() not in to_ann
    assert ANN.encode() not in to_bob


async def test_the_same_letter_has_the_same_identity(sink: Sink, post: Post) -> None:
    """Another worker that repeats a letter, however it writes the address, keeps its id."""
    for address in (ANN, ANN.upper()):
        await post.deliver(post.mailer(sink), letter(address))

    first, again = (received.message["Message-ID"] for received in sink.received)
    assert first == again
    assert first.endswith("@psirt.example.org>")
    assert "ann" not in first


async def test_other_letters_have_other_identities(sink: Sink, post: Post) -> None:
    """Case, letter and recipient each make another Message-ID."""
    mailer = post.mailer(sink)
    for one in (letter(ANN, BOB), letter(ANN, key="release.1"), letter(ANN, case_id="case-2")):
        await post.deliver(mailer, one)

    assert len({received.message["Message-ID"] for received in sink.received}) == 4


async def test_letters_of_a_case_to_one_mailbox_make_a_thread(sink: Sink, post: Post) -> None:
    """Each mailbox has one thread a case, which no other mailbox shares."""
    mailer = post.mailer(sink)
    await post.deliver(mailer, letter(ANN, BOB))
    await post.deliver(mailer, letter(ANN.upper(), key="release.1", kind=Kind.RELEASE))
    await post.deliver(mailer, letter(ANN, case_id="case-2"))

    first, bobs, later, other_case = (received.message for received in sink.received)
    assert first["In-Reply-To"] == first["References"] == later["References"]
    roots = {message["References"] for message in (first, bobs, other_case)}
    assert len(roots) == 3
    assert not roots & {message["Message-ID"] for message in (first, bobs, other_case)}


@pytest.mark.parametrize(
    "title",
    [
        "=?utf-8?q?hi=0ABcc:_evil@example.org?=",
        "=?utf-8?b?aGkKQmNjOiBldmlsQGV4YW1wbGUub3Jn?=",
        "hi\nBcc: evil@example.org",
        "hi\r\n\r\nA body",
        "hi\x00",
        "hi\u2028Bcc: evil@example.org",
    ],
)
async def test_a_subject_cannot_add_a_header(title: str, sink: Sink, post: Post) -> None:
    """A control character in a subject, plain or encoded, keeps the letter from going out."""
    mailer = post.mailer(sink, render=lambda *_: Draft(subject=f"[x] {title}", body="Text\n"))

    with pytest.raises(ApplicationError) as refused:
        await post.deliver(mailer, letter(ANN))

    assert refused.value.type == "LetterRefused"
    assert refused.value.non_retryable
    assert "evil" not in str(refused.value)
    assert sink.received == []


@pytest.mark.parametrize(
    "address",
    [
        "ann@one.example\r\nBcc: evil@example.org",
        "ann@one.example> SIZE=1",
        "ann@one.example, evil@example.org",
        "=?utf-8?q?ann=0ABcc:_evil?=@one.example",
        "nobody",
        "",
    ],
)
async def test_what_is_no_address_is_a_failed_recipient(
    address: str, sink: Sink, post: Post
) -> None:
    """A mailbox that cannot be written safely fails; the others get their letter."""
    one = letter(address, BOB)
    delivery = await post.deliver(post.mailer(sink), one)

    assert delivery.failed == one.recipients[:1]
    assert delivery.delivered == one.recipients[1:]
    assert sink.reached == [BOB]
    assert b"evil" not in sink.received[0].raw


async def test_a_subject_beyond_ascii_arrives(sink: Sink, post: Post) -> None:
    """A long subject in any script arrives as it was, however it is folded on the way."""
    subject = "Überlauf 🔒 in " + "einem ziemlich langen Namen " * 8
    mailer = post.mailer(sink, render=lambda *_: Draft(subject=subject.strip(), body="Text\n"))
    await post.deliver(mailer, letter(ANN))

    assert sink.received[0].message["Subject"] == subject.strip()
    assert sink.received[0].raw.isascii()


async def test_identifiers_stay_whole_under_a_long_domain(sink: Sink, post: Post) -> None:
    """A long domain does not get the identifiers encoded, which would break the thread."""
    domain = "a" * 60 + "." + "b" * 60 + ".example.org"
    await post.deliver(post.mailer(sink, sender=f"security@{domain}"), letter(ANN))

    raw = sink.received[0].raw
    assert raw.count(b"@" + domain.encode() + b">\r\n") == 3
    assert b"=?" not in raw


async def test_a_domain_beyond_ascii_is_written_in_ascii(sink: Sink, post: Post) -> None:
    """An internationalised domain needs nothing special of the mail server."""
    await post.deliver(post.mailer(sink), letter("ann@müller.example"))

    assert sink.reached == ["ann@xn--mller-kva.example"]


async def test_an_address_beyond_ascii_needs_a_server_for_it(post: Post) -> None:
    """A local part in UTF-8 arrives where the server takes it, and fails where it does not."""
    one = letter("jörg@one.example", BOB)
    for takes in (True, False):
        async with Sink(utf8=takes).running() as sink:
            mailer = post.mailer(sink)
            delivery = await post.deliver(mailer, one)
            await mailer.close()
            assert sink.reached == (["jörg@one.example", BOB] if takes else [BOB])
            assert delivery.failed == (() if takes else one.recipients[:1])


def test_a_sender_must_be_an_address() -> None:
    """A mailer without an address to write from is refused when the worker starts."""
    with pytest.raises(BadInput, match="sender"):
        Mailer(Mail(), "Product Security", MemoryLedger(), render=plainly)


def test_the_date_is_that_of_the_facts() -> None:
    """A letter is dated by the case, so that a repetition is the same to the byte."""
    assert letter().facts.now == NOW == datetime(2026, 11, 21, 12, tzinfo=UTC)
    stationery = Stationery(letter(), sender_from(SENDER), "Subject", "Text\n")
    assert stationery.to(recipient(ANN)) == stationery.to(recipient(ANN))
    assert b"Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n" in stationery.to(recipient(ANN)).content


async def test_a_prefix_stands_before_the_subject_of_one_recipient(sink: Sink, post: Post) -> None:
    """A vendor's prefix is in its own subject and in nobody else's."""
    marked = recipient(ANN).model_copy(update={"subject_prefix": "[vs]"})
    one = letter(ANN, BOB).model_copy(update={"recipients": (marked, recipient(BOB))})
    await post.deliver(post.mailer(sink), one)

    first, second = (received.message["Subject"] for received in sink.received)
    assert first == f"[vs] {second}"
