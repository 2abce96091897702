"""What `tacenda doctor` says of the OpenPGP keys: which cannot be used, and which soon cannot."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tacenda.checks import Finding
from tacenda.openpgp import KeyUnusable
from tacenda.pgpkeys import Holder, holders, key_of, signing_key_of
from tacenda.settings import Settings
from tacenda.tables import Mail

SOON = timedelta(days=30)
_ASK = "Ask them for a key that lasts longer, and put it there in time."


def check_keys(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Yield what is to be said at `now` (UTC) of each key that the settings name."""
    for holder in holders(settings):
        yield _of_holder(holder, now)
    if settings.mail.signing_key:
        yield _of_signing(settings.mail, now)


def first_end(settings: Settings, now: datetime) -> datetime | None:
    """Return when (UTC) the first key of the settings expires; one that is unusable has, now."""
    ends = []
    for holder in holders(settings):
        try:
            ends.append(key_of(holder, now).expires)
        except KeyUnusable:
            ends.append(now)
    try:
        signing = signing_key_of(settings.mail, now) if settings.mail.signing_key else None
        ends.append(signing.expires if signing else None)
    except KeyUnusable:
        ends.append(now)
    return min((end for end in ends if end), default=None)


def _of_holder(holder: Holder, now: datetime) -> Finding:
    named = f"The OpenPGP key of {holder.name}"
    try:
        key = key_of(holder, now)
    except KeyUnusable as reason:
        return Finding(
            part="keys",
            status="alarm",
            says=f"{named} {reason}, so nothing of a letter is sent to them.",
            mend=_mend(holder),
        )
    return _by_its_end(named, key.expires, now, _ASK)


def _mend(holder: Holder) -> str:
    if holder.file is None:
        return f"Name it under {holder.setting} in tacenda.toml, and restart the worker."
    return f"Put a current public key into {holder.file}, which {holder.setting} names."


def _of_signing(mail: Mail, now: datetime) -> Finding:
    named = "The key that letters are signed with"
    try:
        key = signing_key_of(mail, now)
    except KeyUnusable as reason:
        return Finding(
            part="keys",
            status="alarm",
            says=f"{named} {reason}: letters go out without a signature, or no worker starts.",
            mend="Mend [mail] signing_key, and restart the worker.",
        )
    mend = (
        "Extend it (gpg --quick-set-expire), export it again, restart the worker, and publish it."
    )
    return _by_its_end(named, key.expires if key else None, now, mend)


def _by_its_end(named: str, ends: datetime | None, now: datetime, mend: str) -> Finding:
    """Return that a key is well, or that it will not be for long."""
    if ends is None:
        return Finding(part="keys", status="ok", says=f"{named} can be used, and does not expire.")
    day = f"{ends:%Y-%m-%d}"
    if ends - now > SOON:
        return Finding(part="keys", status="ok", says=f"{named} can be used until {day}.")
    return Finding(part="keys", status="warning", says=f"{named} expires on {day}.", mend=mend)
