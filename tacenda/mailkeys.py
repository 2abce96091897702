"""The OpenPGP key that a reporter attached to their mail, if one of the files is surely theirs."""

from collections.abc import Iterable
from datetime import datetime

from tacenda.fields import MAX_KEY_BYTES
from tacenda.openpgp import KeyUnusable, PublicKey, public_key

_ARMOR = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
_PLAIN = "Letters to the reporter go out in plain text."

SEVERAL = f"Several OpenPGP keys of the sender are attached, and none is used. {_PLAIN}"
OF_OTHERS = (
    "An OpenPGP key is attached that does not name the address of the sender, and it is not "
    f"used. {_PLAIN}"
)


def key_among(
    files: Iterable[tuple[str, bytes]], address: str | None, at: datetime
) -> tuple[str, str]:
    """Return the key among the files of a mail that names the address of its sender, armored.

    It must be the only one, and one that can be encrypted to `at` (UTC). With it comes a remark
    for whoever opens the mail; without any key in the mail both are empty.
    """
    blocks = [content for _, content in files if content.lstrip().startswith(_ARMOR)]
    if not blocks or address is None:
        return "", ""
    keys, reason = _usable(blocks, at)
    own = {key.fingerprint: key for key in keys if address.casefold() in key.addresses}
    if len(own) > 1:
        return "", SEVERAL
    if not own:
        used = f"An OpenPGP key is attached that {reason}, and it is not used. {_PLAIN}"
        return "", used if reason else OF_OTHERS
    ((fingerprint, key),) = own.items()
    if len(key.armored) > MAX_KEY_BYTES:
        return "", f"The attached OpenPGP key is too large, and it is not used. {_PLAIN}"
    return key.armored.strip(), (
        f"The attached OpenPGP key {fingerprint.upper()} is taken as the reporter's: letters to "
        "them are encrypted. That it is theirs is a claim of the mail."
    )


def _usable(blocks: Iterable[bytes], at: datetime) -> tuple[list[PublicKey], str]:
    """Return the keys that can be used, and why the last of the others cannot."""
    keys, reason = [], ""
    for block in blocks:
        try:
            keys.append(public_key(block, at))
        except KeyUnusable as unusable:
            reason = str(unusable)
    return keys, reason
