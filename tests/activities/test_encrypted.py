"""A letter to somebody whose key is known can be read by them alone, and says who wrote it."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from tacenda.enclosures import Attachment
from tacenda.fields import hash_of
from tacenda.models import Audience, Kind
from tests.activities.keys import (
    LEAD,
    LIST,
    REPORTER,
    SIGNER,
    TEAM,
    VENDOR,
    Box,
    both,
    mailer_with,
    settings,
    to,
)
from tests.activities.post import CASE, NOW, Attempt, Post, fails
from tests.activities.sink import Sink
from tests.activities.test_envelope import TEXTS

PATCH = Attachment.of("0001-fix.patch", b"--- a\n+++ b\n\xc3\xbc \n")
BLOB = Attachment.of("größe.bin", bytes(range(256)) * 300)
LONG = (
    "Grüße aus dem Maschinenraum: 日本語, 🔒, " + "weiter " * 500 + "\n\nFrom here \nund Schluss "
)


@pytest.mark.parametrize("kind", ["rsa", "ecc"])
async def test_gpg_as_the_vendor_opens_and_verifies_our_mail(
    kind: str, sink: Sink, post: Post, box: Box
) -> None:
    """GnuPG decrypts text and files of a letter, and vouches for the team that signed it."""
    known = settings(box.keep(VENDOR, kind=kind), signing_key=box.secret(SIGNER, kind=kind))
    one = to(VENDOR, text=LONG, attachments=(PATCH, BLOB))
    delivery = await post.deliver(mailer_with(post, sink, known), one)

    [received] = sink.received
    opened = box.gpg.open(received.raw)
    assert opened.signer == box.gpg.fingerprint(SIGNER)
    assert opened.text == LONG
    assert opened.files == {PATCH.name: PATCH.content, BLOB.name: BLOB.content}
    assert delivery.delivered == one.recipients
    assert delivery.troubles == ()
    assert delivery.sha256 == hash_of(LONG)


async def test_what_is_outside_names_the_case_and_nothing_else(
    sink: Sink, post: Post, box: Box
) -> None:
    """The subject is the case id; the real one, the text and the files' names are inside."""
    known = settings(box.keep(VENDOR))
    one = to(VENDOR, text="The canary text.\n", attachments=(PATCH,))
    await post.deliver(mailer_with(post, sink, known), one)

    [received] = sink.received
    assert received.message["Subject"] == CASE
    for hidden in (b"canary", b"0001-fix", b"vendor notice"):
        assert hidden not in received.raw
    inside = box.gpg.open(received.raw).message
    assert inside.get_param("protected-headers") == "v1"
    assert inside["Subject"] == f"[{CASE}] vendor notice"
    for name in ("From", "To", "Date", "Message-ID"):
        assert inside[name] == received.message[name]


async def test_a_moderated_list_still_finds_its_prefix(sink: Sink, post: Post, box: Box) -> None:
    """What a vendor wants before every subject stands outside and inside."""
    known = settings(box.keep(VENDOR), prefix="[vs]")
    await post.deliver(mailer_with(post, sink, known), to(VENDOR, prefix="[vs]"))

    [received] = sink.received
    assert received.message["Subject"] == f"[vs] {CASE}"
    assert box.gpg.open(received.raw).message["Subject"] == f"[vs] [{CASE}] vendor notice"


async def test_the_headers_of_a_thread_stay_outside(sink: Sink, post: Post, box: Box) -> None:
    """An encrypted letter has the identity and the thread that it would have in plain."""
    for known in (settings(), settings(box.keep(VENDOR))):
        await post.deliver(mailer_with(post, sink, known), to(VENDOR))

    plain, sealed = (received.message for received in sink.received)
    kept = ["From", "To", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted"]
    for name in (*kept, "X-Tacenda-Kind"):
        assert sealed[name] == plain[name]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_the_approved_text_is_inside_to_the_byte(
    text: str, sink: Sink, post: Post, full_box: Box
) -> None:
    """Whatever a text holds, the vendor reads exactly that."""
    known = settings(full_box.known(VENDOR))
    await post.deliver(mailer_with(post, sink, known), to(VENDOR, text=text))

    [received] = sink.received
    assert full_box.gpg.open(received.raw).text == text.replace("\r\n", "\n")


async def test_nobody_learns_of_another_recipient(sink: Sink, post: Post, box: Box) -> None:
    """A letter names its own recipient outside and inside, and is for one key alone."""
    known = settings(box.keep(VENDOR), member_key=box.keep(LEAD))
    one = both(to(VENDOR), to(LEAD, Audience.LEAD))
    await post.deliver(mailer_with(post, sink, known), one)

    assert [received.recipients for received in sink.received] == [(VENDOR,), (LEAD,)]
    for received, other in zip(sink.received, (LEAD, VENDOR), strict=True):
        opened = box.gpg.open(received.raw)
        assert other.encode() not in received.raw + opened.message.as_bytes()
        assert opened.message["Bcc"] is opened.message["Cc"] is None
        assert box.gpg.said.count("[GNUPG:] ENC_TO ") == 1


async def test_a_member_and_the_team_get_encrypted_mail(sink: Sink, post: Post, box: Box) -> None:
    """Their keys are those of [[team.members]] and [team]; case does not matter in addresses."""
    known = settings(member_key=box.keep(LEAD), team_key=box.keep(TEAM))
    one = both(to(LEAD.upper(), Audience.LEAD), to(TEAM, Audience.TEAM))
    await post.deliver(mailer_with(post, sink, known), one)

    assert [box.gpg.open(r.raw).text for r in sink.received] == ["The approved text.\n"] * 2


async def test_a_reporter_gets_letters_under_the_key_of_the_report(
    sink: Sink, post: Post, box: Box
) -> None:
    """The key travels in the letter, and is used for the reporter alone."""
    key = box.keep(REPORTER).read_text()
    one = both(to(REPORTER, Audience.REPORTER), to(LEAD, Audience.LEAD))
    one = one.model_copy(update={"reporter_key": key})
    await post.deliver(mailer_with(post, sink, settings()), one)

    sealed, plain = sink.received
    assert box.gpg.open(sealed.raw).text == "The approved text.\n"
    assert plain.body == b"The approved text.\n"


async def test_a_signing_key_can_be_locked(
    sink: Sink, post: Post, box: Box, tmp_path: Path
) -> None:
    """The passphrase unlocks it, from the environment or from a file."""
    key, passphrase = box.secret(SIGNER, passphrase="canary words"), tmp_path / "passphrase"
    passphrase.write_text("canary words\n")
    vendor = box.keep(VENDOR)
    for how in ({"signing_passphrase": "canary words"}, {"signing_passphrase_file": passphrase}):
        known = settings(vendor, signing_key=key, **how)
        await post.deliver(mailer_with(post, sink, known), to(VENDOR))

    signers = [box.gpg.open(received.raw).signer for received in sink.received]
    assert signers == [box.gpg.fingerprint(SIGNER)] * 2


async def test_an_attempt_repeated_has_the_same_identity(sink: Sink, post: Post, box: Box) -> None:
    """The ciphertext is another at each attempt; the Message-ID and what is inside are not."""
    known = settings(box.keep(VENDOR), signing_key=box.secret(SIGNER))
    sink.drops_after_data.add(VENDOR)
    await fails(Attempt(mailer_with(post, sink, known)), to(VENDOR))
    sink.drops_after_data.clear()
    await post.deliver(mailer_with(post, sink, known), to(VENDOR))

    first, second = sink.received
    assert first.raw != second.raw
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert box.gpg.open(first.raw).message.as_bytes() == box.gpg.open(second.raw).message.as_bytes()


async def test_a_list_with_the_key_of_nobody_is_not_encrypted(
    sink: Sink, post: Post, box: Box
) -> None:
    """A public letter stays one that everybody can read."""
    known = settings(box.keep(VENDOR))
    one = to(LIST, Audience.USERS, kind=Kind.USER_NOTICE)
    await post.deliver(mailer_with(post, sink, known, NOW), one)

    [received] = sink.received
    assert received.body == b"The approved text.\n"
    assert received.message["Subject"] == f"[{CASE}] user notice"


async def test_an_address_in_utf_8_is_inside_as_well(post: Post, box: Box) -> None:
    """A mailbox that only UTF-8 can write is named inside as it is outside."""
    key = box.keep(REPORTER).read_text()
    one = to("jörg@example.org", Audience.REPORTER).model_copy(update={"reporter_key": key})
    async with Sink(utf8=True).running() as sink:
        mailer = mailer_with(post, sink, settings())
        await post.deliver(mailer, one)
        await mailer.close()

    [received] = sink.received
    assert box.gpg.open(received.raw).message["To"] == received.message["To"] == "jörg@example.org"


SMUGGLED = "=?utf-8?q?hi=0D=0ABcc:_evil@example.org?="


@pytest.mark.parametrize("is_keyed", [True, False], ids=["encrypted", "plain"])
async def test_no_header_can_be_smuggled_inside_or_outside(
    is_keyed: bool, sink: Sink, post: Post, box: Box
) -> None:
    """A subject that hides a line break is refused also where it would be encrypted."""
    known = settings(box.keep(VENDOR) if is_keyed else None)
    delivery = await post.deliver(mailer_with(post, sink, known), to(VENDOR, prefix=SMUGGLED))

    assert sink.received == []
    assert len(delivery.failed) == 1
    assert delivery.withheld == delivery.troubles == ()


async def test_a_text_cannot_break_out_of_its_part(sink: Sink, post: Post, box: Box) -> None:
    """A text that holds the boundaries we would use, or armor of its own, stays a text."""
    known = settings(box.keep(VENDOR), signing_key=box.secret(SIGNER))
    mailer = mailer_with(post, sink, known)
    await post.deliver(mailer, to(LIST, Audience.USERS, key="a.1", attachments=(PATCH,)))
    boundaries = [part.get_boundary() for part in sink.received[0].message.walk()]
    ends = "".join(f"--{boundary}--\n" for boundary in boundaries if boundary)
    text = f"{ends}-----BEGIN PGP SIGNATURE-----\n\n{ends}"
    for address, audience in ((LIST, Audience.USERS), (VENDOR, Audience.VENDORS)):
        one = to(address, audience, key="a.1", text=text, attachments=(PATCH,))
        await post.deliver(mailer_with(post, sink, known), one)

    assert len(boundaries) > len([b for b in boundaries if b]) >= 2
    assert box.gpg.verify(sink.received[1].raw)
    signed, _ = sink.received[1].message.iter_parts()
    assert isinstance(signed, EmailMessage)
    words, _ = signed.iter_parts()
    assert words.get_payload(decode=True).replace(b"\r\n", b"\n") == text.encode()  # type: ignore[union-attr]
    assert box.gpg.open(sink.received[2].raw).text == text
