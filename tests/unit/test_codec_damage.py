"""The codec server over real keys: what is damaged, foreign or shredded hides nothing else."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload

from tacenda.codec import CaseCodec, KeysAtHand, ServerCodec
from tacenda.keystore import KeyStore, make_store
from tests.unit.asgi import body, spelt
from tests.unit.test_codecserver import PLAIN, Server

CASE, OTHER = "case-2026-aaaaaaaaaa", "case-2026-bbbbbbbbbb"
INSIDE = Payload(metadata={"encoding": b"json/plain"}, data=base64.b64decode(PLAIN["data"]))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> KeyStore:
    """A store with the keys of two cases."""
    store, _ = make_store(tmp_path_factory.mktemp("keys") / "keys")
    for case in (CASE, OTHER):
        store.admit(case)
    return store


@pytest.fixture(scope="module")
def server(store: KeyStore, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A codec server over that store."""
    return Server(tmp_path_factory.mktemp("codec"), codec=ServerCodec(store))


def sealed(store: KeyStore, case: str) -> dict[str, Any]:
    """Return a payload of a case, as Temporal keeps it."""
    (payload,) = asyncio.run(CaseCodec(KeysAtHand(store), case).encode([INSIDE]))
    metadata = {name: base64.b64encode(value).decode() for name, value in payload.metadata.items()}
    return {"metadata": metadata, "data": base64.b64encode(payload.data).decode()}


def decoded(server: Server, *payloads: Any) -> list[Any]:
    """Return what the server makes of payloads."""
    answer = asyncio.run(server.post("/decode", body(*payloads)))
    assert answer.status == 200, answer.text
    return answer.payloads


def test_any_case_is_read_and_what_is_sent_in_is_encrypted(server: Server, store: KeyStore) -> None:
    """The server reads with every key; what it encrypts it can read, and is not legible."""
    (sent,) = asyncio.run(server.post("/encode", body(PLAIN))).payloads

    assert decoded(server, sealed(store, CASE), sealed(store, OTHER), sent, PLAIN) == [PLAIN] * 4
    assert sent["data"] != PLAIN["data"]


@given(
    at=st.integers(0, 10_000),
    cut=st.integers(0, 40),
    key_id=st.none() | st.binary(max_size=40),
    junk=st.binary(max_size=40),
)
def test_a_damaged_payload_stays_as_it_is(
    server: Server, store: KeyStore, at: int, cut: int, key_id: bytes | None, junk: bytes
) -> None:
    """Cut, changed, or under a key that nobody has: it comes back, and its neighbours opened."""
    good = sealed(store, CASE)
    data = bytearray(base64.b64decode(good["data"]))
    data[at % len(data)] ^= 1
    changed = {**good, "data": base64.b64encode(bytes(data)).decode()}
    short = {**good, "data": base64.b64encode(bytes(data[:cut])).decode()}
    foreign = {**good["metadata"], "encryption-key-id": base64.b64encode(key_id or b"").decode()}
    if key_id is None:
        del foreign["encryption-key-id"]
    alien = {**good, "metadata": foreign}
    noise = spelt("binary/encrypted", junk)

    assert decoded(server, good, changed, short, alien, noise, good) == [
        PLAIN,
        changed,
        short,
        alien,
        noise,
        PLAIN,
    ]


def test_a_shredded_case_hides_no_other(tmp_path: Path) -> None:
    """Once its key is gone its payloads stay ciphertext; those of other cases are shown."""
    store, _ = make_store(tmp_path / "keys")
    for case in (CASE, OTHER):
        store.admit(case)
    gone, stays = sealed(store, CASE), sealed(store, OTHER)
    store.shred(CASE)
    server = Server(tmp_path, codec=ServerCodec(store))

    assert decoded(server, gone, stays) == [gone, PLAIN]
