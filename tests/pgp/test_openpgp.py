"""Keys as gpg makes and renews them, and as somebody might forge them."""

from datetime import UTC, datetime, timedelta

import pytest
from pysequoia.packet import PacketPile

from tacenda.openpgp import KeyStale, KeyUnusable, public_key, signing_key
from tests.activities.keys import LEAD, VENDOR, Box
from tests.gpg import LONG_AGO

NOW = datetime.now(UTC)


def half_expired(box: Box) -> str:
    """Make a key of which the part that encrypts has expired; return its fingerprint."""
    fingerprint = box.gpg.make(VENDOR, encrypts=False, since=LONG_AGO)
    when = ("--faked-system-time", LONG_AGO)
    box.gpg.run(*when, "--quick-add-key", fingerprint, "cv25519", "encr", "30d")
    return fingerprint


@pytest.mark.parametrize("kind", ["rsa", "ecc"])
def test_a_key_is_read_armored_or_not(kind: str, box: Box) -> None:
    """Both forms that gpg exports are the same key, with its address and no end."""
    fingerprint = box.gpg.make(VENDOR, kind=kind)
    keys = [public_key(box.gpg.run(*how, "--export", VENDOR), NOW) for how in ((), ("--armor",))]

    assert [key.fingerprint.upper() for key in keys] == [fingerprint] * 2
    assert all(key.expires is None and key.addresses == {VENDOR} for key in keys)


def test_a_part_that_was_extended_counts_again(box: Box) -> None:
    """The latest signature of the owner says how long a subkey is good."""
    fingerprint = half_expired(box)
    listed = box.gpg.run("--with-colons", "--with-subkey-fingerprint", "--list-keys", VENDOR)
    subkey = [line for line in listed.decode().splitlines() if line.startswith("fpr")][1]
    old = box.gpg.run("--export", fingerprint)
    box.gpg.run("--quick-set-expire", fingerprint, "1y", subkey.split(":")[9])
    new = box.gpg.run("--export", fingerprint)
    both = [*PacketPile.from_bytes(old), [*PacketPile.from_bytes(new)][-1]]

    for content in (new, b"".join(map(bytes, both))):
        ends = public_key(content, NOW).expires
        assert ends is not None
        assert timedelta(days=360) < ends - NOW < timedelta(days=370)


def test_a_signature_of_somebody_else_extends_nothing(box: Box) -> None:
    """A subkey that has expired stays so, whatever was glued to the key afterwards."""
    expired = box.gpg.run("--export", half_expired(box))
    foreign = [*PacketPile.from_bytes(box.gpg.run("--export", box.gpg.make(LEAD)))][-1]

    with pytest.raises(KeyUnusable):
        public_key(expired + bytes(foreign), NOW)


def test_a_signature_that_was_changed_extends_nothing(box: Box) -> None:
    """Nor does one in the owner's name that the owner did not make."""
    packets = [bytes(p) for p in PacketPile.from_bytes(box.gpg.run("--export", half_expired(box)))]
    days_30 = (30 * 24 * 3600).to_bytes(4, "big")
    assert days_30 in packets[-1]
    forged = packets[-1].replace(days_30, (9000 * 24 * 3600).to_bytes(4, "big"))

    for end in ([forged], [packets[-1], forged]):
        with pytest.raises(KeyUnusable):
            public_key(b"".join([*packets[:-1], *end]), NOW)


def test_a_key_that_is_shortened_ends_sooner(box: Box) -> None:
    """The sooner of the ends counts: of the whole, and of the part that encrypts."""
    fingerprint = box.gpg.make(VENDOR, valid="2y")
    box.gpg.run("--quick-set-expire", fingerprint, "10d")
    content = box.gpg.run("--export", fingerprint)
    ends = public_key(content, NOW).expires

    assert ends is not None
    assert ends - NOW < timedelta(days=11)
    with pytest.raises(KeyStale, match="expired on"):
        public_key(content, NOW + timedelta(days=11))


def test_algorithms_that_are_broken_are_refused(box: Box) -> None:
    """A key that vouches for itself with SHA-1 vouches for nothing."""
    how = ("--cert-digest-algo", "SHA1")
    box.gpg.run(*how, "--quick-gen-key", f"Old <{VENDOR}>", "rsa2048", "sign,encr,cert", "never")

    with pytest.raises(KeyUnusable, match="too weak to rely on"):
        public_key(box.gpg.run("--export", VENDOR), NOW)


def test_no_representation_shows_a_key(box: Box) -> None:
    """What is logged by accident names the fingerprint and no key material."""
    key = public_key(box.gpg.run("--export", box.gpg.make(VENDOR)), NOW)

    assert key.fingerprint in repr(key)
    assert "BEGIN" not in repr(key)


@pytest.mark.parametrize("passphrase", ["", "some words"])
def test_a_signing_subkey_is_enough(passphrase: str, box: Box) -> None:
    """The primary key can stay away from the machine that sends."""
    gpg = box.gpg
    words = ("--quick-gen-key", f"Us <{VENDOR}>", "ed25519", "cert", "never")
    gpg.run(*words, passphrase=passphrase)
    primary = gpg.fingerprint(VENDOR)
    gpg.run("--quick-add-key", primary, "ed25519", "sign", "1y", passphrase=passphrase)
    content = gpg.run("--export-secret-subkeys", primary, passphrase=passphrase)
    key = signing_key(content, passphrase, NOW)
    path = box.folder / "signature"
    path.write_bytes(key.sign(b"A text.\r\n")[0])
    gpg.run("--verify", str(path), "-", given=b"A text.\r\n")

    assert f" {primary}\n" in gpg.said.replace("\r", "")
    assert key.expires is not None
