"""The codec: opened is what was encrypted for this case, and everything else is one refusal."""

import random
from pathlib import Path

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    SerializationContext,
    WorkflowSerializationContext,
)
from temporalio.exceptions import ApplicationError

from tacenda.codec import CaseCodec, KeyMissing, KeysAtHand, ServerCodec, Undecodable
from tacenda.converter import PLAIN, encrypting
from tacenda.keystore import KeyStore, make_store
from tacenda.seals import NOT_OPENED, SEAL, came_by_the_door, is_unreadable, seal_of

CASE, OTHER = "case-2026-7k3q9xm4tp", "case-2026-another000"
CANARY = b"the flaw is in the importer"
SEED = 20261125


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    """Return a store with the keys of two cases."""
    store, _ = make_store(tmp_path / "keys")
    store.admit(CASE)
    store.admit(OTHER)
    return store


@pytest.fixture
def codec(store: KeyStore) -> CaseCodec:
    """Return the codec of everybody here."""
    return CaseCodec(KeysAtHand(store))


def at_the_door(case: str = CASE) -> SerializationContext:
    """Return the context of what callers send to a case."""
    return WorkflowSerializationContext("default", case)


def inside(case: str = CASE) -> SerializationContext:
    """Return the context of what a case and its activities tell each other."""
    return ActivitySerializationContext("default", "1", "deliver", "q", case, "Disclosure", False)


def a_payload(data: bytes = CANARY) -> Payload:
    """Return a payload as the converter makes one."""
    return Payload(metadata={"encoding": b"json/plain"}, data=data)


async def sealed(codec: CaseCodec, context: SerializationContext | None = None) -> Payload:
    """Return a payload encrypted for the case of a context."""
    [payload] = await codec.with_context(context or at_the_door()).encode([a_payload()])
    return payload


async def opened(codec: CaseCodec, payload: Payload, context: SerializationContext) -> Payload:
    """Return what the codec of a context makes of a payload."""
    [found] = await codec.with_context(context).decode([payload])
    return found


@pytest.mark.parametrize("context", [at_the_door(), inside()], ids=["door", "inside"])
async def test_what_was_encrypted_for_a_case_comes_back(
    codec: CaseCodec, context: SerializationContext
) -> None:
    """A payload comes back whole in its case, and shows nothing on the way."""
    payload = await sealed(codec, context)
    assert CANARY not in payload.SerializeToString()
    assert payload.metadata["encoding"] == b"binary/encrypted"

    found = await opened(codec, payload, context)
    assert (found.data, found.metadata["encoding"]) == (CANARY, b"json/plain")


async def test_the_same_twice_is_not_the_same(codec: CaseCodec) -> None:
    """Two payloads with the same content cannot be told to be alike."""
    first, second = await sealed(codec), await sealed(codec)
    assert first.data != second.data
    one, two = [await opened(codec, p, at_the_door()) for p in (first, second)]
    assert seal_of(one) != seal_of(two)


@pytest.mark.parametrize("context", [at_the_door(OTHER), inside(OTHER)], ids=["door", "inside"])
async def test_a_payload_of_another_case_is_not_opened(
    codec: CaseCodec, context: SerializationContext
) -> None:
    """A payload that was copied into another case is unreadable there."""
    assert is_unreadable(await opened(codec, await sealed(codec), context))


async def test_the_codec_server_encrypts_for_the_door_alone(
    codec: CaseCodec, store: KeyStore
) -> None:
    """What the codec server encrypted is taken from callers, and never from an activity."""
    [payload] = await ServerCodec(store).encode([a_payload()])
    found = await opened(codec, payload, at_the_door())

    assert (found.data, came_by_the_door(found)) == (CANARY, True)
    assert not came_by_the_door(await opened(codec, await sealed(codec), at_the_door()))
    assert is_unreadable(await opened(codec, payload, inside()))


async def test_a_workflow_of_that_name_gets_no_key_of_the_door(codec: CaseCodec) -> None:
    """A workflow that somebody starts under the name of the door has no key at all."""
    with pytest.raises(KeyMissing):
        await codec.with_context(at_the_door("~inbound")).encode([a_payload()])


async def test_a_seal_cannot_be_brought_along(codec: CaseCodec) -> None:
    """Whatever stands in a payload as its seal, the codec's own takes the place."""
    forged = a_payload()
    forged.metadata[SEAL] = b"door:forged"
    [payload] = await codec.with_context(at_the_door()).encode([forged])
    assert seal_of(await opened(codec, payload, at_the_door())).startswith(b"case:")


async def test_an_old_key_still_opens(codec: CaseCodec, store: KeyStore) -> None:
    """After a rotation old payloads are read as before, and new ones name the new key."""
    before = await sealed(codec)
    new = store.rotate(CASE)
    fresh = CaseCodec(KeysAtHand(store))
    after = await sealed(fresh)

    assert after.metadata["encryption-key-id"].decode() == new.id
    for payload in (before, after):
        for one in (codec, fresh):
            assert (await opened(one, payload, at_the_door())).data == CANARY


async def test_a_shredded_case_is_never_read_again(store: KeyStore) -> None:
    """Once its keys are shredded nothing opens the payload, and the reason is said."""
    payload = await sealed(CaseCodec(KeysAtHand(store)))
    store.shred(CASE)
    with pytest.raises(KeyMissing, match="were shredded"):
        await opened(CaseCodec(KeysAtHand(store)), payload, at_the_door())
    with pytest.raises(Undecodable, match="were shredded"):
        await ServerCodec(store).decode([payload])


async def test_a_key_that_is_still_to_come_is_waited_for(store: KeyStore, tmp_path: Path) -> None:
    """A certified key that is not here is an error, which is tried again, and no refusal."""
    payload = await sealed(CaseCodec(KeysAtHand(store)))
    file = tmp_path / "keys" / f"{CASE}.keys.json"
    content = file.read_bytes()
    file.unlink()
    late = CaseCodec(KeysAtHand(store))
    with pytest.raises(KeyMissing, match="no such key"):
        await opened(late, payload, at_the_door())
    file.write_bytes(content)
    assert (await opened(late, payload, at_the_door())).data == CANARY


async def test_no_error_quotes_a_payload(store: KeyStore, tmp_path: Path) -> None:
    """What the codec complains of names no content and no key."""
    secret = store.of(CASE).keys[0].secret
    payload = await sealed(CaseCodec(KeysAtHand(store)))
    (tmp_path / "keys" / f"{CASE}.keys.json").unlink()
    for attempt in (CaseCodec(KeysAtHand(store)).with_context(at_the_door()), ServerCodec(store)):
        with pytest.raises((KeyMissing, Undecodable)) as caught:
            await attempt.decode([payload])
        assert CANARY.decode() not in str(caught.value)
        assert secret.hex() not in repr(caught.value)


def mutated(payload: Payload, chance: random.Random) -> Payload:
    """Return a payload with something of it changed: a bit, its end, its key, its format."""
    changed = Payload()
    changed.CopyFrom(payload)
    data = bytearray(changed.data)
    match chance.randrange(6):
        case 0:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 1:
            del data[chance.randrange(len(data)) :]
        case 2:
            data += chance.randbytes(chance.randrange(1, 40))
        case 3:
            name = bytearray(changed.metadata["encryption-key-id"])
            name[chance.randrange(len(name))] ^= 1 << chance.randrange(7)
            changed.metadata["encryption-key-id"] = bytes(name)
        case 4:
            data = bytearray(chance.randbytes(chance.randrange(200)))
        case 5:
            changed.metadata["encoding"] = chance.randbytes(chance.randrange(20))
    changed.data = bytes(data)
    return changed


async def test_ten_thousand_forgeries_are_refused_alike(codec: CaseCodec, store: KeyStore) -> None:
    """Random bytes and changed ciphertexts are all the same unreadable payload, and no error."""
    chance = random.Random(SEED)
    real = await sealed(codec)
    mine, server = codec.with_context(at_the_door()), ServerCodec(store)
    found: set[bytes] = set()
    for number in range(10_000):
        if number % 2:
            forged = mutated(real, chance)
        else:
            metadata = {"encoding": b"binary/encrypted"} if number % 4 else {}
            forged = Payload(metadata=metadata, data=chance.randbytes(chance.randrange(300)))
        if forged == real:
            continue
        [answer] = await mine.decode([forged])
        found.add(answer.SerializeToString())
        if forged.metadata.get("encoding") == b"binary/encrypted":
            with pytest.raises(Undecodable):
                await server.decode([forged])
    assert len(found) == 1
    assert is_unreadable(Payload.FromString(found.pop()))


@given(data=st.binary(max_size=200), metadata=st.dictionaries(st.text(max_size=20), st.binary()))
async def test_any_payload_comes_back_as_it_was(
    data: bytes, metadata: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever a payload holds, encrypting and opening gives it back."""
    store, _ = make_store(tmp_path_factory.getbasetemp() / "round")
    store.admit(CASE)
    codec = CaseCodec(KeysAtHand(store)).with_context(at_the_door())
    payload = Payload(metadata=metadata, data=data)
    [found] = await codec.decode(await codec.encode([payload]))
    payload.metadata.pop(SEAL, None)
    del found.metadata[SEAL]
    assert found == payload


# Failures.


async def through(converter: DataConverter, error: Exception) -> tuple[Failure, BaseException]:
    """Return a failure as the server sees it, and the error that it becomes again."""
    failure = Failure()
    await converter.encode_failure(error, failure)
    seen = Failure()
    seen.CopyFrom(failure)
    return seen, await converter.decode_failure(failure)


def shows(message: Message, text: str) -> bool:
    """Whether a message holds a text anywhere in the clear."""
    return text.encode() in message.SerializeToString()


async def test_a_failure_shows_its_type_and_nothing_else(store: KeyStore) -> None:
    """Message, details, cause and stack trace are encrypted; they come back for who has the key."""
    converter = encrypting(store).with_context(at_the_door())
    error = ApplicationError("the canary sings", {"of": "the canary"}, type="Refused")
    error.__cause__ = ValueError("a canary below")
    failure, again = await through(converter, error)

    assert not shows(failure, "canary")
    assert shows(failure, "Refused")
    assert isinstance(again, ApplicationError)
    assert again.message == "the canary sings"
    assert "a canary below" in str(again.__cause__)


async def test_a_forged_failure_says_nothing(store: KeyStore) -> None:
    """A failure that was not encrypted for the case becomes an error without its words."""
    converter = encrypting(store).with_context(at_the_door())
    other = encrypting(store).with_context(at_the_door(OTHER))
    failure = Failure()
    await other.encode_failure(ApplicationError("the canary sings"), failure)
    again = await converter.decode_failure(failure)
    assert "canary" not in str(again)


async def test_a_case_that_never_opened_fails_in_the_clear(store: KeyStore) -> None:
    """Without a key in the store nothing could be encrypted: that one failure needs none."""
    converter = encrypting(store).with_context(at_the_door("case-2026-keyless000"))
    failure, again = await through(converter, ApplicationError("no case", type=NOT_OPENED))
    assert shows(failure, "no case")
    assert "no case" in str(again)


async def test_without_a_codec_values_are_as_they_were() -> None:
    """The plain converter, for what was saved before there were keys, changes nothing."""
    [payload] = await PLAIN.encode([{"a": 1}])
    assert (payload.data, payload.metadata["encoding"]) == (b'{"a":1}', b"json/plain")
