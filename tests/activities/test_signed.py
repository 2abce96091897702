"""A public letter is signed by the team, and everybody can see whether it was changed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tacenda.enclosures import Attachment
from tacenda.errors import BadInput
from tacenda.models import Audience, Kind
from tacenda.pgpkeys import Keyring
from tests.activities.keys import (
    LEAD,
    LIST,
    SIGNER,
    VENDOR,
    Box,
    both,
    mailer_with,
    settings,
    to,
)
from tests.activities.post import NOW, Post
from tests.activities.sink import Sink
from tests.activities.test_envelope import TEXTS
from tests.gpg import NotVerified

RELEASE = Kind.RELEASE


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_gpg_verifies_what_arrived(text: str, sink: Sink, post: Post, full_box: Box) -> None:
    """GnuPG vouches for the very bytes that came over SMTP, and they are the approved text."""
    known = settings(signing_key=full_box.known(SIGNER, "key"))
    one = to(LIST, Audience.RELEASE, kind=RELEASE, text=text)
    await post.deliver(mailer_with(post, sink, known), one)

    [received] = sink.received
    assert full_box.gpg.verify(received.raw) == full_box.gpg.fingerprint(SIGNER)
    first, _ = received.message.iter_parts()
    content = first.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().replace("\r\n", "\n") == text.replace("\r\n", "\n")


@pytest.mark.parametrize("kind", ["rsa", "ecc"])
async def test_the_hash_is_named_as_it_is(kind: str, sink: Sink, post: Post, box: Box) -> None:
    """Micalg is the hash of the signature, which gpg reports as number 8 or 10."""
    known = settings(signing_key=box.secret(SIGNER, kind=kind))
    await post.deliver(mailer_with(post, sink, known), to(LIST, Audience.USERS))

    [received] = sink.received
    box.gpg.verify(received.raw)
    number = box.gpg.said.partition("VALIDSIG ")[2].split()[7]
    assert received.message.get_param("micalg") == {"8": "pgp-sha256", "10": "pgp-sha512"}[number]


async def test_changed_bytes_do_not_verify(sink: Sink, post: Post, box: Box) -> None:
    """One letter of the text changed on the way is seen."""
    known = settings(signing_key=box.secret(SIGNER))
    files = (Attachment.of("a.patch", b"+1\n"),)
    one = to(LIST, Audience.RELEASE, kind=RELEASE, attachments=files)
    await post.deliver(mailer_with(post, sink, known), one)

    [received] = sink.received
    box.gpg.verify(received.raw)
    with pytest.raises(NotVerified, match="BADSIG"):
        box.gpg.verify(received.raw.replace(b"approved text", b"improved text"))


async def test_only_public_letters_are_signed_in_the_open(sink: Sink, post: Post, box: Box) -> None:
    """Lists get signed letters, also among those who were told; others without a key do not."""
    known = settings(signing_key=box.secret(SIGNER))
    one = both(
        to(LIST, Audience.USERS),
        to(LIST, Audience.TOLD),
        to(VENDOR, Audience.TOLD),
        to(LEAD, Audience.LEAD),
    )
    await post.deliver(mailer_with(post, sink, known), one)

    kinds = [received.message.get_content_type() for received in sink.received]
    assert kinds == ["multipart/signed", "text/plain", "text/plain"]
    assert sink.reached == [LIST, VENDOR, LEAD]


async def test_a_key_that_expired_lets_the_letter_out_and_says_so(
    sink: Sink, post: Post, box: Box
) -> None:
    """A release keeps its date without a signature, and the lead hears that it has none."""
    known = settings(signing_key=box.secret(SIGNER, valid="10d"))
    mailer = mailer_with(post, sink, known)
    late = datetime.now(UTC) + timedelta(days=11)
    mailer._sealing._clock = lambda: late
    delivery = await post.deliver(mailer, to(LIST, Audience.RELEASE, kind=RELEASE))

    assert len(delivery.delivered) == 1
    assert sink.received[0].message.get_content_type() == "text/plain"
    (trouble,) = delivery.troubles
    assert "release went out without our signature: the key expired on 20" in trouble
    for one in (to(LEAD, Audience.LEAD, key="alarm.1", kind=Kind.ALARM), to(VENDOR, key="a.1")):
        assert (await post.deliver(mailer, one)).troubles == ()


def test_a_key_that_was_revoked_does_not_stop_the_worker(box: Box) -> None:
    """After an outage a worker starts all the same: unsigned letters are better than none."""
    key = box.secret(SIGNER)
    box.gpg.revoke(box.gpg.fingerprint(SIGNER))
    key.write_text(box.gpg.secret(SIGNER))
    keyring = Keyring(settings(signing_key=key), NOW)

    assert keyring.signing(NOW) is None
    assert keyring.unsigned(NOW) == "is revoked"


def test_a_wrong_key_is_refused_with_one_sentence(box: Box, tmp_path: Path) -> None:
    """A worker does not start with a key that others can read, or that does not unlock."""
    key = box.secret(SIGNER, passphrase="canary words")
    public = box.keep(VENDOR)
    public.chmod(0o600)
    for path, passphrase, said in (
        (key, "", "passphrase is wrong or missing"),
        (key, "canary mistake", "passphrase is wrong or missing"),
        (public, "", "holds no secret key"),
        (tmp_path / "none", "", "cannot be read: No such file or directory"),
    ):
        with pytest.raises(BadInput, match=said) as refused:
            Keyring(settings(signing_key=path, signing_passphrase=passphrase), NOW)
        assert "canary" not in str(refused.value)

    key.chmod(0o604)
    with pytest.raises(BadInput, match="every user of the machine; chmod 600 it"):
        Keyring(settings(signing_key=key, signing_passphrase="canary words"), NOW)
    assert "canary" not in repr(settings(signing_key=key, signing_passphrase="canary words"))
