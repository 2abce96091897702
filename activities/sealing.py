"""How each recipient gets a letter: encrypted, signed, as it is, or not at all.

Where a key is known and cannot be used, nothing leaves in plain. The team itself is told that
a letter waits, in words that say nothing of it: silence would be worse.
"""

import shlex
from collections.abc import Callable
from datetime import datetime

from activities.envelope import Envelope, Stationery
from tacenda.errands import Letter
from tacenda.letters import Recipient
from tacenda.models import Audience, Kind
from tacenda.openpgp import KeyUnusable, PublicKey, SigningKey, public_key
from tacenda.pgpkeys import Holder, Keyring, key_of

TEAM = frozenset(
    {
        Audience.LEAD,
        Audience.NEXT_LEAD,
        Audience.FORMER_LEAD,
        Audience.FIX_TEAM,
        Audience.TEAM,
        Audience.ESCALATION,
    }
)
_TO_ONE_VENDOR = (Kind.VENDOR_NOTICE, Kind.CORRECTION)


class Withheld(Exception):
    """A letter is not sent to somebody; its message says why, and what to do, to the lead."""


class Sealing:
    """Puts letters into their envelopes."""

    def __init__(self, keyring: Keyring | None, clock: Callable[[], datetime]) -> None:
        """Take the keys, and a clock (UTC) to judge them by."""
        self._clock = clock
        self._keyring = keyring

    def envelope(self, stationery: Stationery, recipient: Recipient) -> Envelope:
        """Return the letter to `recipient` as it may leave now.

        Raises `Withheld` when it may not, and what `Stationery.to` raises.
        """
        letter = stationery.letter
        try:
            key = self._key(letter, recipient)
            return stationery.to(recipient, key, is_public=self._is_public(recipient))
        except KeyUnusable as reason:
            if recipient.audience in TEAM:
                return _stub(stationery, str(reason)).to(recipient)
            raise Withheld(self._sentence(letter, recipient, str(reason))) from None

    def signing(self) -> SigningKey | None:
        """Return the key that letters are signed with now, if there is one."""
        return self._keyring.signing(self._clock()) if self._keyring else None

    def unsigned(self, letter: Letter) -> tuple[str, ...]:
        """Return what is to be said where a letter lacks the signature it should have.

        Letters to the team say nothing of it: each would beget another.
        """
        reason = self._keyring.unsigned(self._clock()) if self._keyring else ""
        if not reason or not any(self._should_be_signed(letter, r) for r in letter.recipients):
            return ()
        return (
            f"The {letter.kind.label} went out without our signature: the key {reason} that "
            "[mail] signing_key names. Put a current one there, and restart the worker.",
        )

    def _key(self, letter: Letter, recipient: Recipient) -> PublicKey | None:
        if _is_to_reporter(letter, recipient):
            return public_key(letter.reporter_key.encode(), self._clock())
        holder = self._holder(recipient)
        return key_of(holder, self._clock()) if holder else None

    def _holder(self, recipient: Recipient) -> Holder | None:
        return self._keyring.holder(recipient.address) if self._keyring else None

    def _is_public(self, recipient: Recipient) -> bool:
        if recipient.audience in (Audience.USERS, Audience.RELEASE):
            return True
        is_list = self._keyring is not None and self._keyring.is_list(recipient.address)
        return recipient.audience is Audience.TOLD and is_list

    def _should_be_signed(self, letter: Letter, recipient: Recipient) -> bool:
        return recipient.audience not in TEAM and (
            self._is_public(recipient)
            or _is_to_reporter(letter, recipient)
            or self._holder(recipient) is not None
        )

    def _sentence(self, letter: Letter, recipient: Recipient, reason: str) -> str:
        """Say who has not got a letter, why, and what to do; it quotes nothing."""
        holder = self._holder(recipient)
        if holder is None or _is_to_reporter(letter, recipient):
            return (
                f"The reporter did not get the letter ({letter.kind.label}): the OpenPGP key of "
                f"the report {reason}. Reach them another way."
            )
        mend = f"Put a current key where {holder.setting} names it in tacenda.toml"
        if holder.file is None:
            mend = f"Name it under {holder.setting} in tacenda.toml, restart the worker"
        return (
            f"{holder.name} did not get the letter ({letter.kind.label}): its OpenPGP key "
            f"{reason}. {mend}, then {_again(letter, holder)}"
        )


def _is_to_reporter(letter: Letter, recipient: Recipient) -> bool:
    return bool(letter.reporter_key) and recipient.audience is Audience.REPORTER


def _again(letter: Letter, holder: Holder) -> str:
    if letter.kind in _TO_ONE_VENDOR:
        name = shlex.quote(holder.name)
        return f"tacenda notify {letter.facts.case_id} vendors --to {name}"
    return "reach them another way: this letter is not sent again."


def _stub(stationery: Stationery, reason: str) -> Stationery:
    """Return the letter that says to a member that one waits, and nothing of what it says."""
    letter = stationery.letter
    case = letter.facts.case_id
    text = (
        f"A letter of {case} waits for you ({letter.kind.label}). It was not sent, because your\n"
        f"OpenPGP key {reason}.\n\n"
        f"Read the case:     tacenda show {case}\n"
        "Mend the key:      tacenda doctor says which one, and how.\n"
    )
    facts = letter.facts.model_copy(update={"calendar": ()})
    bare = letter.model_copy(update={"attachments": (), "facts": facts})
    return Stationery(bare, stationery.sender, case, text)
