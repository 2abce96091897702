"""OpenPGP keys: reading them, and judging whether they can be used at an instant.

The library encrypts to keys that have expired, so what has expired is left out here. What is
said of a key follows `its OpenPGP key` in a sentence, and quotes nothing of it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr
from functools import cached_property

from pysequoia import ArmorKind, Cert, PySigner, Sig, SignatureMode, Tsk, armor, encrypt, sign
from pysequoia.packet import KeyFlags, Packet, PacketPile, SignatureType, Tag

LARGEST_KEY = 1024 * 1024
_ARMOR = b"-----BEGIN PGP "
_SELF_SIGNATURES = (
    SignatureType.DirectKey,
    SignatureType.GenericCertification,
    SignatureType.PersonaCertification,
    SignatureType.CasualCertification,
    SignatureType.PositiveCertification,
)


class KeyUnusable(Exception):
    """A key cannot be used; its message says why, to follow `the key` in a sentence."""


class KeyStale(KeyUnusable):
    """A key could be used once: it has expired, or is revoked."""


@dataclass(frozen=True)
class PublicKey:
    """A key that can be encrypted to, until when, and the addresses that it names."""

    fingerprint: str
    expires: datetime | None
    addresses: frozenset[str]
    certificate: Cert = field(repr=False)

    @property
    def armored(self) -> str:
        """The key as text."""
        return armor(bytes(self.certificate), ArmorKind.PublicKey)

    def encrypt(self, content: bytes, signing: "SigningKey | None" = None) -> bytes:
        """Return `content` for the holder alone, signed where there is a key to sign with.

        Raises `KeyUnusable`.
        """
        signer = signing.signer if signing else None
        try:
            return encrypt(bytes=content, recipients=[self.certificate], signer=signer)
        except Exception:  # its text may hold anything
            raise KeyUnusable("cannot be encrypted to") from None


@dataclass(frozen=True)
class SigningKey:
    """A key that can sign, and until when."""

    fingerprint: str
    expires: datetime | None
    signer: PySigner = field(repr=False)

    def sign(self, content: bytes) -> tuple[bytes, str]:
        """Return a detached signature, and the name of the hash that it is made with."""
        try:
            signature = sign(self.signer, content, mode=SignatureMode.DETACHED)
        except Exception as error:  # its text may hold anything
            raise RuntimeError(f"a letter cannot be signed ({type(error).__name__})") from None
        algorithm = str(Sig.from_bytes(signature).hash_algorithm).rpartition(".")[2]
        return signature, algorithm.lower()


def public_key(content: bytes, now: datetime) -> PublicKey:
    """Return the one public key in `content`, armored or not.

    Raises `KeyUnusable` when nothing can be encrypted to it at `now` (UTC).
    """
    packets = _packets(content)
    if any(packet.tag == Tag.SecretKey for packet in packets):
        raise KeyUnusable("is a secret key; only the public one belongs here")
    certificate = _certificate(packets)
    ends = _alive_until(certificate, now)
    parts = [*_parts(packets)]
    latest = _latest(parts, _encrypts)
    fresh = _certificate(_without_expired(parts, now))
    key = PublicKey(
        fingerprint=certificate.fingerprint,
        expires=_sooner(ends, latest),
        addresses=_addresses(certificate),
        certificate=fresh,
    )
    try:
        key.encrypt(b"")
    except KeyUnusable:
        _say_if_expired(latest, now, "encrypts")
        raise KeyUnusable("cannot encrypt") from None
    return key


def signing_key(content: bytes, passphrase: str, now: datetime) -> SigningKey:
    """Return the one secret key in `content`, ready to sign.

    Raises `KeyUnusable` when it cannot sign at `now` (UTC), and then `KeyStale` when it
    has expired or is revoked.
    """
    packets = _packets(content)
    if not any(packet.tag == Tag.SecretKey for packet in packets):
        raise KeyUnusable("holds no secret key")
    certificate = _certificate(packets)
    ends = _alive_until(certificate, now)
    parts = [*_parts(packets)]
    latest = _latest(parts, _signs)
    _say_if_expired(latest, now, "signs")
    try:
        fresh = Tsk.from_packets([*_without_expired(parts, now)])
        signer = fresh.signer(passphrase or None)
        sign(signer, b"", mode=SignatureMode.DETACHED)
    except Exception:  # its text may hold anything
        raise KeyUnusable(
            "cannot sign: its passphrase is wrong or missing, or no part of it signs"
        ) from None
    return SigningKey(certificate.fingerprint, _sooner(ends, latest), signer)


def _packets(content: bytes) -> list[Packet]:
    if len(content) > LARGEST_KEY:
        raise KeyUnusable("cannot be read: it is larger than any key")
    try:
        packets = [*PacketPile.from_bytes(content)]
    except Exception:
        packets = []
    keys = [p for p in packets if p.tag in (Tag.PublicKey, Tag.SecretKey)]
    # Of several armored blocks the library reads the first, and says nothing of the others.
    if len(keys) > 1 or content.count(_ARMOR) > 1:
        raise KeyUnusable("is not one key: there are several in one file")
    if not keys:
        raise KeyUnusable("cannot be read: it is no OpenPGP key")
    return packets


def _certificate(packets: Iterable[Packet]) -> Cert:
    try:
        return Cert.from_packets([*packets])
    except Exception:
        raise KeyUnusable("cannot be read: it is broken") from None


def _alive_until(certificate: Cert, now: datetime) -> datetime | None:
    """Return when the key as a whole expires (UTC), unless it is dead already."""
    try:
        is_revoked, ends = certificate.is_revoked, certificate.expiration
    except Exception:
        raise KeyUnusable("is not valid, or made with algorithms too weak to rely on") from None
    if is_revoked:
        raise KeyStale("is revoked")
    if ends is not None and ends <= now:
        raise KeyStale(f"expired on {ends:%Y-%m-%d}")
    return ends


@dataclass(frozen=True)
class _Part:
    """The primary key with its names, or a subkey: its packets, its end, what it is for."""

    packets: tuple[Packet, ...]
    is_primary: bool

    @property
    def relied_on(self) -> Iterator[Packet]:
        """The packets without bindings that have been replaced.

        Nobody has verified the binding that we read. Where it is the only one, the library
        does: it will not use a subkey that the primary key did not sign for.
        """
        for packet in self.packets:
            if packet.signature_type != SignatureType.SubkeyBinding or packet is self._binding:
                yield packet

    @cached_property
    def _binding(self) -> Packet | None:
        """The latest signature that says what the part is for, and how long."""
        kinds = _SELF_SIGNATURES if self.is_primary else (SignatureType.SubkeyBinding,)
        dated = [(p.signature_created, p) for p in self.packets if p.signature_type in kinds]
        own = [(created, p) for created, p in dated if created]
        return max(own, key=lambda pair: pair[0])[1] if own else None

    @property
    def ends(self) -> datetime | None:
        """When a subkey expires (UTC); of the primary key the library knows."""
        created, binding = self.packets[0].key_created, self._binding
        if self.is_primary or not created or not binding or not binding.key_validity_period:
            return None
        return created + binding.key_validity_period

    @property
    def flags(self) -> KeyFlags | None:
        """What it is for; nothing where it is revoked."""
        is_revoked = any(p.signature_type == SignatureType.SubkeyRevocation for p in self.packets)
        return self._binding.key_flags if self._binding and not is_revoked else None


def _parts(packets: Iterable[Packet]) -> Iterator[_Part]:
    gathered: list[Packet] = []
    is_primary = True
    for packet in packets:
        if packet.tag in (Tag.PublicSubkey, Tag.SecretSubkey):
            yield _Part(tuple(gathered), is_primary)
            gathered, is_primary = [], False
        gathered.append(packet)
    yield _Part(tuple(gathered), is_primary)


def _without_expired(parts: Iterable[_Part], now: datetime) -> Iterator[Packet]:
    """Yield the packets of all parts but the subkeys that have expired."""
    for part in parts:
        if part.ends is None or part.ends > now:
            yield from part.relied_on


def _encrypts(flags: KeyFlags) -> bool:
    return flags.transport_encryption or flags.storage_encryption


def _signs(flags: KeyFlags) -> bool:
    return flags.signing


def _latest(parts: Iterable[_Part], can: Callable[[KeyFlags], bool]) -> datetime | None:
    """Return when the last part that can do it expires (UTC); None where one never does."""
    ends = [part.ends for part in parts if part.flags and can(part.flags)]
    return None if None in ends else max((end for end in ends if end), default=None)


def _say_if_expired(latest: datetime | None, now: datetime, does: str) -> None:
    if latest is not None and latest <= now:
        raise KeyStale(f"expired on {latest:%Y-%m-%d} (the part of it that {does})")


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((end for end in (one, other) if end), default=None)


def _addresses(certificate: Cert) -> frozenset[str]:
    """Return the addresses in the names of the key that are not revoked, casefolded."""
    found = (parseaddr(str(name))[1] for name in certificate.user_ids)
    return frozenset(address.casefold() for address in found if address)
