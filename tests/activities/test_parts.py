"""A letter with files: the text as ever, and every file as it was."""

from email import message_from_bytes, policy
from email.headerregistry import ContentDispositionHeader
from email.message import Message

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from activities.envelope import Stationery
from activities.headers import sender_from
from tacenda.converter import PLAIN
from tacenda.enclosures import MAX_ATTACHED_BYTES, Attachment, FileName
from tacenda.errands import Letter
from tacenda.fields import hash_of
from tests.activities.post import ANN, BOB, SENDER, Post, letter, recipient
from tests.activities.sink import Received, Sink
from tests.activities.test_envelope import TEXTS

PATCH = b"--- a/importer.py\n+++ b/importer.py\n@@ -1 +1 @@\n-unpack(name)\n+unpack(safe(name))\n"
CONTENTS = {
    "a patch": PATCH,
    "CRLF": PATCH.replace(b"\n", b"\r\n"),
    "lone carriage returns": b"one\rtwo\r",
    "NUL": b"GIT binary\0\0patch\n",
    "no final newline": b"one\ntwo",
    "not UTF-8": bytes(range(256)),
    "empty": b"",
    "dots": b".\r\n..\r\n.\r\nQUIT\r\n",
    "looks like a boundary": b"\r\n--=_\r\n--\r\n",
    "as large as may be": bytes(range(256)) * (MAX_ATTACHED_BYTES // 256),
}
NAMES = [
    "fix.patch",
    "my fix (v2).patch",
    "0001-Grüße-日本語-🔒.patch",
    "a" * 300,
    "日" * 100 + ".diff",
    "a\"b'c%41*=;,.patch",
    "=?utf-8?q?x=20y?=",
    "utf-8''x",
    "two  blanks",
    "<angle>",
    "\u202egnp.patch",
    "no extension",
    ".patch",
]


def is_name(text: str) -> bool:
    """Whether a file of a case may be called so."""
    try:
        return TypeAdapter(FileName).validate_python(text) == text
    except ValidationError:
        return False


FILE_NAMES = st.text(min_size=1, max_size=300).filter(is_name)


def written(one: Letter, text: str = "The approved text.\n", subject: str = "Subject") -> bytes:
    """Return the bytes that a recipient gets."""
    return Stationery(one, sender_from(SENDER), subject, text).to(recipient(ANN)).content


def parts_of(message: Message) -> list[Message]:
    """Return the parts of a multipart, which has no second level."""
    first, *others = message.walk()
    assert first.get_content_type() == "multipart/mixed"
    return others


def files_in(raw: bytes) -> list[tuple[str | None, object]]:
    """Return name and content of each file of a letter, as a mail program saves them."""
    _, *files = parts_of(message_from_bytes(raw))
    return [(part.get_filename(), part.get_payload(decode=True)) for part in files]


def files_newly_read(raw: bytes) -> list[tuple[str | None, object]]:
    """Return the same as Python's newer parser reads it.

    Its `get_filename` would strip the brackets off a name like `<x>`.
    """
    _, *files = parts_of(message_from_bytes(raw, policy=policy.default))
    return [(name_of(part["Content-Disposition"]), part.get_payload(decode=True)) for part in files]


def name_of(header: object) -> str:
    """Return the name of a file as the header gives it."""
    assert isinstance(header, ContentDispositionHeader)
    name = header.params["filename"]
    assert isinstance(name, str)
    return name


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(FILE_NAMES, st.binary()), min_size=1, max_size=5, unique_by=lambda f: f[0])
)
@example([(name, PATCH) for name in NAMES])
@example([(f"{number}.patch", content) for number, content in enumerate(CONTENTS.values())][:-1])
@example([("large.patch", CONTENTS["as large as may be"])])
def test_any_file_arrives_as_it_was(files: list[tuple[str, bytes]]) -> None:
    """Whatever the names and bytes, both parsers read the same ones."""
    raw = written(letter(attachments=tuple(Attachment.of(*file) for file in files)))

    assert files_in(raw) == files
    assert files_newly_read(raw) == files
    assert raw.isascii()
    assert all(len(line) <= 78 and line == line.rstrip() for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
async def test_files_arrive_over_smtp(content: bytes, sink: Sink, post: Post) -> None:
    """What the server takes holds the text and each file, byte for byte, for each recipient."""
    small = Attachment.of("Lies mich – zuerst.txt", b"")
    one = letter(ANN, BOB, attachments=(Attachment.of("fix.patch", content), small))
    delivery = await post.deliver(post.mailer(sink), one)

    assert sink.reached == [ANN, BOB]
    assert delivery.sha256 == hash_of("The approved text.\n")
    for received in sink.received:
        files = [("fix.patch", content), ("Lies mich – zuerst.txt", b"")]
        assert files_in(received.raw) == files


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_the_text_comes_first_and_as_ever(text: str, sink: Sink, post: Post) -> None:
    """The first part is the approved text, encoded as it is in a letter without files."""
    files = (Attachment.of("fix.patch", PATCH),)
    mailer = post.mailer(sink)
    await post.deliver(mailer, letter(ANN, text=text, key="alone"))
    await post.deliver(mailer, letter(ANN, text=text, attachments=files))

    alone, accompanied = sink.received
    first = parts_of(message_from_bytes(accompanied.raw))[0]
    for header in ("Content-Type", "Content-Transfer-Encoding"):
        assert first[header] == alone.message[header]
    _, _, body = alone.raw.partition(b"\r\n\r\n")
    assert b"\r\n\r\n" + body + b"\r\n--=_" in accompanied.raw
    decoded = first.get_payload(decode=True)
    assert isinstance(decoded, bytes)
    assert decoded.decode().replace("\r\n", "\n") == text.replace("\r\n", "\n")


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t\r. =-_F")))
def test_any_text_stays_beside_its_files(text: str) -> None:
    """A file changes nothing of the text before it, whether or not that ends its last line."""
    raw = written(letter(attachments=(Attachment.of("fix.patch", PATCH),)), text)
    first, second = parts_of(message_from_bytes(raw))
    decoded = first.get_payload(decode=True)

    assert isinstance(decoded, bytes)
    assert decoded.decode().replace("\r\n", "\n") == text.replace("\r\n", "\n")
    assert second.get_payload(decode=True) == PATCH


def test_a_repetition_is_the_same_to_the_byte() -> None:
    """Whoever sends a letter again, also after it crossed the server, sends the same bytes."""
    one = letter(attachments=(Attachment.of("grüße.patch", PATCH),))
    converter = PLAIN.payload_converter
    again = converter.from_payload(converter.to_payload(one), Letter)

    assert written(again) == written(one)


def test_each_letter_has_a_boundary_of_its_own() -> None:
    """Two letters, or two cases, do not share the line between their parts."""
    files = (Attachment.of("fix.patch", PATCH),)
    letters = [
        letter(attachments=files),
        letter(attachments=files, key="vendor_notice.2"),
        letter(attachments=files, case_id="case-2"),
    ]
    boundaries = {message_from_bytes(written(one)).get_boundary() for one in letters}

    assert len(boundaries) == 3
    assert all(b and b.startswith("=_") and len(b) <= 70 for b in boundaries)


def test_a_text_cannot_end_its_part() -> None:
    """A text that holds the boundary of its letter gets another one."""
    one = letter(attachments=(Attachment.of("fix.patch", PATCH),))
    usual = message_from_bytes(written(one)).get_boundary()
    text = f"--{usual}\n\nAnother part?\n--{usual}--\n"
    first, second = parts_of(message_from_bytes(written(one, text)))

    assert first.get_payload(decode=True) == text.replace("\n", "\r\n").encode()
    assert second.get_filename() == "fix.patch"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("fix.patch", PATCH, "text/x-diff"),
        ("FIX.DIFF", PATCH, "text/x-diff"),
        ("fix.patch", PATCH.replace(b"\n", b"\r\n"), "application/octet-stream"),
        ("fix.patch", PATCH + b"no end", "application/octet-stream"),
        ("fix.patch", b"\xff\n", "application/octet-stream"),
        ("fix.patch", b"\0\n", "application/octet-stream"),
        ("fix.patch.gz", b"\x1f\x8b", "application/gzip"),
        ("report.eml", b"Subject: x\n\ny\n", "application/octet-stream"),
        ("page.html", b"<p>\n", "application/octet-stream"),
        ("fix", PATCH, "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_name_says_where_that_is_safe(
    name: str, content: bytes, kind: str
) -> None:
    """A patch is shown as one, unless treating it as text could change a byte of it."""
    raw = written(letter(attachments=(Attachment.of(name, content),)))
    _, part = parts_of(message_from_bytes(raw))

    assert part.get_content_type() == kind
    assert part["Content-Transfer-Encoding"] == "base64"
    assert part.get_content_disposition() == "attachment"
    assert part.get_payload(decode=True) == content


def test_a_plain_name_is_written_plainly() -> None:
    """Also a mail program from before RFC 2231 saves an ordinary patch under its name."""
    raw = written(letter(attachments=(Attachment.of("0001-fix_it.patch", PATCH),)))

    assert b'Content-Disposition: attachment;\r\n filename="0001-fix_it.patch"\r\n' in raw


def test_without_files_a_letter_is_as_it_always_was() -> None:
    """A letter that nothing is attached to has one part and no boundary."""
    assert written(letter()) == (
        b"From: Product Security <security@psirt.example.org>\r\n"
        b"Subject: Subject\r\n"
        b"Date: Sat, 21 Nov 2026 12:00:00 +0000\r\n"
        b"Auto-Submitted: auto-generated\r\n"
        b"X-Tacenda-Kind: vendor_notice\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: text/plain; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"To: ann@one.example\r\n"
        b"Message-ID: <86bdd25dd6750da389a705795450cfbb@psirt.example.org>\r\n"
        b"In-Reply-To: <e3fe06f4e7d0ba6bbcc19ac60b76c645@psirt.example.org>\r\n"
        b"References: <e3fe06f4e7d0ba6bbcc19ac60b76c645@psirt.example.org>\r\n"
        b"\r\n"
        b"The approved text.\r\n"
    )


async def test_files_are_no_part_of_the_identity(sink: Sink, post: Post) -> None:
    """The Message-ID comes from case, letter and recipient, with files or without."""
    files = (Attachment.of("fix.patch", PATCH),)
    for one in (letter(ANN), letter(ANN, attachments=files)):
        await post.deliver(post.mailer(sink), one)

    first, second = sink.received
    assert identity_of(first) == identity_of(second)


def identity_of(received: Received) -> tuple[str, str]:
    """Return what tells a letter from others."""
    return received.message["Message-ID"], received.message["References"]
