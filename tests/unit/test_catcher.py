"""The mail catcher: what it stores, and that its page shows it without believing it."""

import asyncio
import http.client
import json
import os
import re
import smtplib
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import SMTP
from pathlib import Path

import pytest

from tacenda.local import ports
from tacenda.local.catcher import Catcher
from tacenda.local.maildir import Maildir, opened

LETTER = (
    b"From: Team <security@example.org>\r\nTo: announce@example.org\r\n"
    b"Subject: =?utf-8?q?M=C3=A4rz?=\r\nX-Tacenda-Kind: user_notice\r\n\r\nHello.\r\n"
)
HOSTILE = (
    b"Subject: <script>alert(1)</script>\r\nX-Tacenda-Kind: <i>\r\n"
    b'Content-Type: text/plain; charset="no-such"\r\n\r\n</pre><img src=x onerror=y>&amp;\r\n'
)
PATCH = b"--- a\r\n+++ b\n\0\xff" * 100


@dataclass(frozen=True)
class Answer:
    """What the page answered."""

    status: int
    headers: Message
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


class Served:
    """A catcher at work, and the two ways in."""

    def __init__(self, maildir: Maildir, smtp: int, page: int) -> None:
        self.maildir = maildir
        self._smtp = smtp
        self._page = page

    async def send(self, content: bytes, *recipients: str) -> None:
        await asyncio.to_thread(self._send, content, recipients)

    def _send(self, content: bytes, recipients: tuple[str, ...]) -> None:
        with smtplib.SMTP("127.0.0.1", self._smtp, timeout=30) as client:
            client.sendmail("security@example.org", recipients, content)

    async def get(self, path: str, host: str = "localhost") -> "Answer":
        return await asyncio.to_thread(self._get, path, host)

    def _get(self, path: str, host: str) -> "Answer":
        connection = http.client.HTTPConnection("127.0.0.1", self._page, timeout=30)
        with closing(connection):
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    """A new Maildir."""
    return Maildir(tmp_path / "mail")


@pytest.fixture
async def catcher(maildir: Maildir) -> AsyncIterator[Served]:
    """A catcher on two free ports."""
    smtp, page = ports.listen(0), ports.listen(0)
    served = Served(maildir, smtp.getsockname()[1], page.getsockname()[1])
    running = Catcher(maildir, smtp, page)
    await running.start()
    yield served
    await running.stop()


async def test_every_recipient_gets_a_file(catcher: Served) -> None:
    """One letter to two recipients is two files, and each says whose it is."""
    await catcher.send(LETTER, "one@example.org", "two@example.org")
    files = list((catcher.maildir.folder / "new").iterdir())
    stored = [message_from_bytes(path.read_bytes()) for path in files]

    assert {letter["Delivered-To"] for letter in stored} == {"one@example.org", "two@example.org"}
    assert {letter["Return-Path"] for letter in stored} == {"<security@example.org>"}
    assert {letter.get_payload() for letter in stored} == {"Hello.\n"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert not list((catcher.maildir.folder / "tmp").iterdir())


async def test_a_letter_that_cannot_be_stored_is_not_accepted(
    catcher: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk says no, the sender hears that it may try again, and no copy is left."""

    def full(_handle: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(smtplib.SMTPDataError, match="could not be stored"):
        await catcher.send(LETTER, "one@example.org", "two@example.org")

    assert not [path for path in catcher.maildir.folder.rglob("*") if path.is_file()]


async def test_the_list_has_the_newest_first(catcher: Served) -> None:
    """The listing tells time, recipient, subject and kind, decoded."""
    await catcher.send(LETTER, "one@example.org")
    await catcher.send(b"Subject: Later\r\n\r\n", "two@example.org")
    later, earlier = json.loads((await catcher.get("/letters.json")).text)

    assert (later["subject"], later["kind"]) == ("Later", "")
    assert earlier["to"] == "one@example.org"
    assert (earlier["subject"], earlier["kind"]) == ("März", "user_notice")
    assert earlier["at"] <= later["at"]


async def test_nothing_of_a_letter_is_believed(catcher: Served) -> None:
    """Markup in a subject, a kind or a text is shown as text."""
    await catcher.send(HOSTILE, '"<b>"@example.org')
    (letter,) = catcher.maildir.letters()
    front = (await catcher.get("/")).text
    page = (await catcher.get(f"/letters/{letter.id}")).text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in front
    assert "&lt;/pre&gt;&lt;img src=x onerror=y&gt;&amp;amp;" in page
    for text in (front, page):
        assert not any(markup in text for markup in ("<script", "<i>", "<img"))


@pytest.mark.parametrize("path", ["/", "/letters.json", "/style.css", "/letters/x", "/nowhere"])
async def test_the_page_allows_nothing_from_elsewhere(catcher: Served, path: str) -> None:
    """Every answer has a policy that allows no script, no frame and no other host."""
    answer = await catcher.get(path)
    policy = answer.headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "http://" not in answer.text


async def test_another_name_of_this_host_is_refused(catcher: Served) -> None:
    """A web site that rebinds its name to this machine reads nothing."""
    answer = await catcher.get("/letters.json", host="evil.example")

    assert answer.status == 400


@pytest.mark.parametrize("name", ["..%2Fstack.json", "%2e%2e", "1.M1P1Q1.tacenda", "x%00y"])
async def test_only_letters_are_served(catcher: Served, name: str) -> None:
    """A name that is not that of a letter is not there."""
    (catcher.maildir.folder / "stack.json").touch()

    assert (await catcher.get(f"/letters/{name}")).status == 404
    assert (await catcher.get(f"/letters/{name}/source")).status == 404


async def test_the_source_is_plain_text(catcher: Served) -> None:
    """The source shows the letter as it was delivered, and as nothing but text."""
    await catcher.send(HOSTILE, "one@example.org")
    (letter,) = catcher.maildir.letters()
    answer = await catcher.get(f"/letters/{letter.id}/source")

    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "<script>alert(1)</script>" in answer.text


def test_an_envelope_cannot_add_a_header(maildir: Maildir) -> None:
    """Control characters in an address stay out of the header that it becomes."""
    maildir.store("a@b\r\nBcc: x", ["c@d\nSubject: forged"], LETTER)
    (letter,) = maildir.letters()

    assert letter.subject == "März"
    assert letter.to == "c@dSubject: forged"


def test_a_broken_header_is_shown_as_it_came(maildir: Maildir) -> None:
    """An encoded word that cannot be decoded breaks neither the list nor the letter."""
    maildir.store("", ["a@b"], b"Subject: =?no-such?q?x?=\n\n")
    maildir.store("", ["a@b"], b"Subject: =?utf-8?q?a=0Ab=1B?=\n\n")
    maildir.store("", ["a@b"], b"\xff\xfe")
    last, decoded, broken = maildir.letters()

    assert broken.subject == "=?no-such?q?x?="
    assert decoded.subject == "a b"
    assert last.subject == ""
    assert all(opened(maildir.source(letter.id) or b"") for letter in maildir.letters())


def test_attachments_are_named(maildir: Maildir) -> None:
    """The text is shown, the rest is named with its size."""
    message = EmailMessage()
    message.set_content("See the patch.")
    message.add_attachment(b"1234", "text", "x-patch", filename="fix.patch")
    maildir.store("", ["a@b"], message.as_bytes())
    content = opened(maildir.source(maildir.letters()[0].id) or b"")

    assert content.text == "See the patch.\n"
    assert [(part.name, part.size) for part in content.attachments] == [("fix.patch", 4)]


async def test_attachments_can_be_saved(catcher: Served) -> None:
    """Each file is linked with its name and size, and comes byte for byte, to be saved."""
    message = EmailMessage(policy=SMTP)
    message.set_content("See the patches.")
    message.add_attachment(PATCH, "text", "x-diff", filename="grüße.patch")
    message.add_attachment(b"<script>alert(1)</script>", "text", "html", filename="<b>.html")
    await catcher.send(message.as_bytes(), "one@example.org")
    (letter,) = catcher.maildir.letters()
    page = (await catcher.get(f"/letters/{letter.id}")).text
    links = re.findall(r'<a href="([^"]+)" download><bdi>(.*)</bdi></a>.* ([\d,]+) bytes', page)
    first, second = [await catcher.get(link) for link, _, _ in links]

    assert [(name, size) for _, name, size in links] == [
        ("grüße.patch", f"{len(PATCH):,}"),
        ("&lt;b&gt;.html", "25"),
    ]
    assert first.content == PATCH
    assert first.headers.get_filename() == "grüße.patch"
    assert second.content == b"<script>alert(1)</script>"
    for answer in (first, second):
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_name_of_a_file_is_not_believed(catcher: Served) -> None:
    """A name can neither lead out of the folder it is saved to nor add a header."""
    named = b"attachment; filename*=utf-8''..%2F..%2Fa%22%0D%0ASet-Cookie:%20x%E2%80%AE"
    await catcher.send(b"Content-Disposition: " + named + b"\r\n\r\n1234\r\n", "one@example.org")
    (letter,) = catcher.maildir.letters()
    answer = await catcher.get(f"/letters/{letter.id}/attached/1")

    assert answer.headers["Content-Disposition"] == (
        "attachment; filename*=utf-8''..%2F..%2Fa%22Set-Cookie%3A%20x"
    )
    assert answer.headers["Set-Cookie"] is None


@pytest.mark.parametrize("number", ["0", "2", "-1", "01", "x", "", "9" * 5000])
async def test_only_attachments_are_served(catcher: Served, number: str) -> None:
    """A number that no attachment of the letter has is not there."""
    message = EmailMessage(policy=SMTP)
    message.set_content("See the patch.")
    message.add_attachment(b"1234", "text", "x-patch", filename="fix.patch")
    await catcher.send(message.as_bytes(), "one@example.org")
    (letter,) = catcher.maildir.letters()

    assert (await catcher.get(f"/letters/{letter.id}/attached/{number}")).status == 404
    assert (await catcher.get("/letters/1.M000001P1Q1.tacenda/attached/1")).status == 404


def test_a_letter_that_was_read_elsewhere_stays(maildir: Maildir) -> None:
    """A mail program moves a letter to cur/ and adds flags; it is the same letter."""
    maildir.store("", ["a@b"], LETTER)
    (path,) = (maildir.folder / "new").iterdir()
    path.rename(maildir.folder / "cur" / f"{path.name}:2,S")

    assert [letter.id for letter in maildir.letters()] == [path.name]
    assert maildir.source(path.name)


def test_many_letters_keep_their_order(maildir: Maildir) -> None:
    """Letters of the same instant are told apart by their number."""
    maildir.store("", [f"r{n}@example.org" for n in range(100)], LETTER)

    assert [letter.to for letter in maildir.letters()][:2] == [
        "r99@example.org",
        "r98@example.org",
    ]
