"""The keys that the settings name: whose they are, in which file, and whether they can be used."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from tacenda.errors import BadInput
from tacenda.openpgp import (
    LARGEST_KEY,
    KeyStale,
    KeyUnusable,
    PublicKey,
    SigningKey,
    public_key,
    signing_key,
)
from tacenda.settings import Settings
from tacenda.tables import Mail

_OTHERS = 0o007


class Holder(NamedTuple):
    """Whose key it is, in words and by address; its file, and where that is named."""

    name: str
    address: str
    file: Path | None
    setting: str
    required: bool = False


def holders(settings: Settings) -> Iterator[Holder]:
    """Yield everybody whose key is named, and who must have one."""
    for vendor in settings.vendors:
        if vendor.key or vendor.key_required:
            yield Holder(
                vendor.name, vendor.email, vendor.key, "[[vendors]] key", vendor.key_required
            )
    for member in settings.team.members:
        if member.key:
            yield Holder(member.name, member.email, member.key, "[[team.members]] key")
    if settings.team.key:
        yield Holder("the team", settings.team.address, settings.team.key, "[team] key")


def key_of(holder: Holder, now: datetime) -> PublicKey:
    """Return the key of a holder as its file is now. Raises `KeyUnusable`."""
    if holder.file is None:
        raise KeyUnusable("is required and not named")
    return public_key(_content(holder.file), now)


def signing_key_of(mail: Mail, now: datetime) -> SigningKey | None:
    """Return the key that letters are signed with, if there is to be one.

    Raises `KeyUnusable`.
    """
    if mail.signing_key is None:
        return None
    content = _content(mail.signing_key, is_secret=True)
    try:
        passphrase = mail.passphrase()
    except BadInput:
        raise KeyUnusable("cannot be unlocked: its signing_passphrase_file is unreadable") from None
    return signing_key(content, passphrase, now)


def _content(file: Path, *, is_secret: bool = False) -> bytes:
    try:
        with file.open("rb") as source:
            if is_secret and os.fstat(source.fileno()).st_mode & _OTHERS:
                raise KeyUnusable("can be read by every user of the machine; chmod 600 it")
            return source.read(LARGEST_KEY + 1)
    except OSError as error:
        raise KeyUnusable(f"cannot be read: {error.strerror}") from None


class Keyring:
    """The keys of everybody a letter can go to, and the one that letters are signed with."""

    def __init__(self, settings: Settings, now: datetime) -> None:
        """Unlock the signing key; the others are read when they are needed.

        Raises `BadInput` when the signing key is misconfigured. One that has expired or was
        revoked keeps no letter back.
        """
        self._holders: dict[str, Holder] = {}
        for holder in holders(settings):
            known = self._holders.get(holder.address.casefold())
            if known is None or known.file is None:
                required = holder.required or (known is not None and known.required)
                self._holders[holder.address.casefold()] = holder._replace(required=required)
        lists = (*settings.lists.users, *settings.lists.release)
        self._lists = {address.casefold() for address in lists}
        self._signing, self._stale = _unlocked(settings.mail, now)

    def holder(self, address: str) -> Holder | None:
        """Return whose key a letter to `address` is encrypted to, if anybody's."""
        return self._holders.get(address.casefold())

    def is_list(self, address: str) -> bool:
        """Whether it is the address of a public list."""
        return address.casefold() in self._lists

    def signing(self, now: datetime) -> SigningKey | None:
        """Return the key that letters are signed with, as long as it can sign."""
        return None if self.unsigned(now) else self._signing

    def unsigned(self, now: datetime) -> str:
        """Return why nothing is signed although it should be, to follow `the key`."""
        ends = self._signing.expires if self._signing else None
        return f"expired on {ends:%Y-%m-%d}" if ends and ends <= now else self._stale


def _unlocked(mail: Mail, now: datetime) -> tuple[SigningKey | None, str]:
    try:
        return signing_key_of(mail, now), ""
    except KeyStale as stale:
        return None, str(stale)
    except KeyUnusable as reason:
        raise BadInput(f"The signing_key {mail.signing_key} in [mail] {reason}.") from None
