"""The team's key: it signs records, and seals those of what is not released.

Both secrets come from the ring of the key store, which everybody has who carries cases, and
outlive the keys of a single case. Third parties check a record with the public half alone.
"""

import base64
import hmac
import zlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tacenda.errors import BadInput
from tacenda.keys import Ring

_SIGNED_AS = b"tacenda record\n"
_NONCE_BYTES = 12
_KEY_DIGITS = 64


@dataclass(frozen=True)
class TeamKey:
    """What signs and seals; `public` is the half that anybody may have, in hexadecimal."""

    signing: Ed25519PrivateKey = field(repr=False)
    sealing: bytes = field(repr=False)

    @classmethod
    def of(cls, ring: Ring) -> "TeamKey":
        """Return the key of those who share a ring."""
        secret = ring.secret_for("the signature of records")
        signing = Ed25519PrivateKey.from_private_bytes(secret)
        return cls(signing, ring.secret_for("the seal of records"))

    @property
    def public(self) -> str:
        """The public half, in hexadecimal."""
        raw = self.signing.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return raw.hex()

    def sign(self, digest: str) -> str:
        """Return the signature of a record by the hash of its last line."""
        return base64.b64encode(self.signing.sign(_SIGNED_AS + digest.encode())).decode()

    def seal(self, text: bytes, case: str) -> str:
        """Return a text encrypted, bound to the case; the same text gives the same."""
        # Derived from the text: sealing the same again must not make another record of it.
        nonce = hmac.digest(self.sealing, b"nonce\n" + text, "sha256")[:_NONCE_BYTES]
        box = AESGCM(self.sealing).encrypt(nonce, zlib.compress(text, 9), case.encode())
        return base64.b64encode(nonce + box).decode()

    def open(self, sealed: str, case: str) -> bytes:
        """Return what was sealed for a case; raises `BadInput` where it was not, or not by us."""
        try:
            box = base64.b64decode(sealed, validate=True)
            nonce, text = box[:_NONCE_BYTES], box[_NONCE_BYTES:]
            return zlib.decompress(AESGCM(self.sealing).decrypt(nonce, text, case.encode()))
        except (ValueError, InvalidTag, zlib.error):
            raise BadInput(
                "The record was sealed with another key than that of your key store. Name the "
                "store in [keys] store, or in TACENDA_KEYS__STORE."
            ) from None


def is_signed(digest: str, signature: str, public: str) -> bool:
    """Whether a signature is that of a public key, in hexadecimal, for a hash."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(base64.b64decode(signature, validate=True), _SIGNED_AS + digest.encode())
    except (ValueError, InvalidSignature):
        return False
    return True


def public_key(text: str) -> str:
    """Return a public key that somebody named; raises `BadInput` where it cannot be one."""
    key = text.strip().lower()
    if len(key) != _KEY_DIGITS or any(digit not in "0123456789abcdef" for digit in key):
        raise BadInput(
            "A public key is 64 hexadecimal digits, or a file that holds them, as "
            "tacenda record key prints them."
        )
    return key
