"""Payloads encrypted with the key of their case (AES-256-GCM), and what cannot be trusted refused.

A payload is opened only for the case that its key is for. Whatever else comes in, plain,
foreign, damaged, or copied from another case, is replaced by one and the same unreadable
payload, so that a case can refuse it and live on. Only a key that is certified and not here
is an error: the task is tried again then, until the key has come.
"""

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from tacenda.errors import TacendaError, Unavailable
from tacenda.keys import INBOUND, Key
from tacenda.keystore.store import KeyStore, Shredded, Stored
from tacenda.seals import ENCRYPTED, SEAL, UNREADABLE, is_encrypted

log = logging.getLogger(__name__)

CIPHER = b"AES-256-GCM"
FRESH_SECONDS = 5.0
_NONCE_BYTES = 12
_FORMAT = b"tacenda 1\n"


class KeyMissing(Unavailable):
    """A key that must exist is not in this store, or not yet."""


class Undecodable(TacendaError):
    """No key of this store opens the payload."""


@dataclass
class _Known:
    """What was read of a scope, and when (monotonic seconds)."""

    stored: Stored
    read: float


@dataclass(eq=False)
class KeysAtHand:
    """The keys in use, remembered: a rotation or a shredding is noticed within seconds."""

    store: KeyStore
    _known: dict[str, _Known] = field(default_factory=dict, repr=False)

    async def newest(self, scope: str) -> Key:
        """Return the key to encrypt with. Raises `KeyMissing` where there is none."""
        stored = await self._look_up(scope)
        if not stored.keys:
            raise _missing(scope, stored)
        return stored.keys[-1]

    async def key(self, scope: str, key_id: str) -> Key:
        """Return the key of that certified id. Raises `KeyMissing` where it is not here."""
        for fresh in (False, True):
            stored = await self._look_up(scope, fresh=fresh)
            for key in stored.keys:
                if key.id == key_id:
                    return key
        raise _missing(scope, stored)

    async def _look_up(self, scope: str, *, fresh: bool = False) -> Stored:
        known, now = self._known.get(scope), time.monotonic()
        if known and not fresh and now - known.read < FRESH_SECONDS:
            return known.stored
        try:
            stored = await asyncio.to_thread(self.store.of, scope)
        except TacendaError:
            if known is None or not known.stored.keys:
                raise
            log.warning("the key store does not answer; the keys read before are used")
            stored = known.stored
        if stored.keys:
            self._known[scope] = _Known(stored, now)
        else:
            self._known.pop(scope, None)
        return stored


@dataclass(frozen=True)
class CaseCodec(PayloadCodec, WithSerializationContext):
    """Encrypts for the case of the context, and opens for that case only.

    `at_the_door` is where callers send things in: what the codec server encrypted is
    accepted there, and nowhere else. Without a context, as for headers, it is the codec
    server's: it encrypts for the door.
    """

    keys: KeysAtHand
    scope: str = INBOUND
    at_the_door: bool = True

    def with_context(self, context: SerializationContext) -> Self:
        """Return the codec for the case of `context`."""
        match context:
            case WorkflowSerializationContext(workflow_id=case):
                return self._for(case, at_the_door=True)
            case ActivitySerializationContext(workflow_id=str(case)):
                return self._for(case, at_the_door=False)
        return self

    def _for(self, case: str, *, at_the_door: bool) -> Self:
        # A workflow could be started under the very name of the door; it has no key then.
        scope = case if case != INBOUND else f"{INBOUND} "
        return type(self)(self.keys, scope, at_the_door)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads encrypted. Raises `KeyMissing` where the case has no key."""
        key = await self.keys.newest(self.scope)
        return [_seal(key, payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads opened, or unreadable ones in the place of what is not ours.

        Raises `KeyMissing` where a key of this case is still to come.
        """
        return [await self._decode(payload) for payload in payloads]

    async def _decode(self, payload: Payload) -> Payload:
        try:
            scope = _scope_of(payload, self.keys.store)
            if scope != self.scope and not (scope == INBOUND and self.at_the_door):
                raise Undecodable("The payload is of another case.")
            return await _opened(self.keys, scope, payload)
        except Undecodable:
            return Payload(metadata={"encoding": UNREADABLE})


class ServerCodec:
    """The codec of the codec server, which knows no case: it reads with any key in the store."""

    def __init__(self, store: KeyStore) -> None:
        """Take the store."""
        self._door = CaseCodec(KeysAtHand(store))
        self._keys = self._door.keys

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads opened; one that is plain stays as it is.

        Raises `Undecodable` for one that no key of the store opens.
        """
        return [await self._decode(payload) for payload in payloads]

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads encrypted for the door of any case."""
        return await self._door.encode(payloads)

    async def _decode(self, payload: Payload) -> Payload:
        if not is_encrypted(payload):
            return payload
        scope = _scope_of(payload, self._keys.store)
        try:
            opened = await _opened(self._keys, scope, payload)
        except KeyMissing as missing:
            raise Undecodable(str(missing)) from None
        del opened.metadata[SEAL]
        return opened


def _scope_of(payload: Payload, store: KeyStore) -> str:
    """Return the scope of the key that a payload names. Raises `Undecodable` if none of ours."""
    if is_encrypted(payload):
        key_id = payload.metadata.get("encryption-key-id", b"").decode("ascii", "replace")
        if scope := store.ring().scope_of(key_id):
            return scope
    raise Undecodable("The payload was encrypted with no key of this store.")


def _seal(key: Key, payload: Payload) -> Payload:
    # Imported late: commands that only list cases encrypt nothing.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, key_id = os.urandom(_NONCE_BYTES), key.id.encode()
    content = AESGCM(key.secret).encrypt(nonce, payload.SerializeToString(), _FORMAT + key_id)
    metadata = {
        "encoding": ENCRYPTED,
        "encryption-cipher": CIPHER,
        "encryption-key-id": key_id,
    }
    return Payload(metadata=metadata, data=nonce + content)


async def _opened(keys: KeysAtHand, scope: str, payload: Payload) -> Payload:
    """Return what a payload holds, with the seal it came under beside it.

    The seal is written here, over whatever stood there: nobody outside can set it.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key_id = payload.metadata["encryption-key-id"]
    key = await keys.key(scope, key_id.decode("ascii"))
    nonce, content = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
    try:
        inner = AESGCM(key.secret).decrypt(nonce, content, _FORMAT + key_id)
        opened = Payload.FromString(inner)
    except (InvalidTag, ValueError, DecodeError):
        raise Undecodable("The payload was damaged, or changed by somebody.") from None
    place = b"door" if scope == INBOUND else b"case"
    opened.metadata[SEAL] = place + b":" + nonce.hex().encode()
    return opened


def _missing(scope: str, stored: Stored) -> TacendaError:
    if stored.shredded:
        return KeyMissing(str(Shredded.on(scope, stored.shredded)))
    whose = "what comes through the codec server" if scope == INBOUND else scope
    return KeyMissing(
        f"The key store has no such key for {whose}. Use the store that it was made in "
        "([keys] store in tacenda.toml, or TACENDA_KEYS__STORE)."
    )
