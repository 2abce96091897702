"""One way to the Temporal server, for the CLI, the worker and the tests: encrypted."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from temporalio.client import Client
from temporalio.common import HeaderCodecBehavior
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime

from tacenda.attributes import TASK_QUEUE
from tacenda.codec import CaseCodec
from tacenda.converter import PLAIN, encrypting
from tacenda.errors import BadInput, NoServer
from tacenda.keys import Ring, is_scope
from tacenda.keystore import KeyStore, Shredded, location, open_store

ANSWER_WITHIN_SECONDS = 10.0
UNSAFE_PLAINTEXT = "TACENDA_UNSAFE_PLAINTEXT"
"""Set to 1, nothing is encrypted. It is there so that a test can show what would be seen."""


def converter_for(
    environ: Mapping[str, str], settings_file: Path | None, home: Path
) -> DataConverter:
    """Return the converter to use: it encrypts with the keys that everybody here shares.

    Raises `NoKeys` where there are none.
    """
    if environ.get(UNSAFE_PLAINTEXT) == "1":
        return PLAIN
    return encrypting(open_store(location(environ, settings_file, home)))


async def connect(
    converter: Callable[[], DataConverter],
    recorded_address: str | None = None,
    runtime: Runtime | None = None,
) -> Client:
    """Return a client: by TEMPORAL_* or a temporal.toml profile, else the recorded stack.

    The converter is asked for once a server is known: who has neither a server nor keys
    should hear of `tacenda up`, which brings both. Raises what it raises, `NoServer` when no
    server is known or the one that is does not answer, and `BadInput` when Temporal's own
    configuration cannot be read.
    """
    try:
        config: dict[str, Any] = dict(ClientConfig.load_client_connect_config())
    except (RuntimeError, ValueError, OSError) as error:
        raise BadInput(f"Temporal's configuration cannot be read: {error}.") from None
    address = config.pop("target_host", None) or recorded_address
    if address is None:
        raise NoServer(
            "No Temporal server is known. Start one with `tacenda up`, or name yours in "
            "TEMPORAL_ADDRESS."
        )
    if "://" in address:
        raise BadInput(f"{address} is no address of a Temporal server: write HOST:PORT alone.")
    return await client_at(address, converter(), **config, runtime=runtime)


async def client_at(address: str, converter: DataConverter, **config: Any) -> Client:
    """Return a client of the server at `address`; raise `NoServer` when it does not answer."""
    try:
        return await asyncio.wait_for(
            Client.connect(
                address,
                **config,
                data_converter=converter,
                header_codec_behavior=HeaderCodecBehavior.CODEC,
            ),
            ANSWER_WITHIN_SECONDS,
        )
    except (RuntimeError, ValueError, OSError):  # a timeout is an OSError
        raise NoServer(
            f"The Temporal server at {address} does not answer. Start it (`tacenda up`), or "
            "name another in TEMPORAL_ADDRESS."
        ) from None


async def admit(client: Client, case: str) -> None:
    """See that `case` has a key before anything of it is sent.

    Raises `Shredded` where it had one that is gone for good.
    """
    if codec := _codec(client):
        await asyncio.to_thread(codec.keys.store.admit, case)


async def refuse_shredded(client: Client, case: str) -> None:
    """Raise `Shredded` where nothing can read `case` any more; no worker could say so."""
    if (codec := _codec(client)) and is_scope(case):
        stored = await asyncio.to_thread(codec.keys.store.of, case)
        if stored.shredded:
            raise Shredded.on(case, stored.shredded)


def task_queue(client: Client) -> str:
    """Return where cases with the keys of `client` are carried.

    Each key store has a queue of its own: a worker with other keys would not be able to tell
    the cases of this one from forged ones, so it never gets to see them.
    """
    codec = _codec(client)
    return queue_of(codec.keys.store if codec else None)


def queue_of(store: KeyStore | None) -> str:
    """Return the task queue of the cases with the keys in `store`; None: not encrypted."""
    return f"{TASK_QUEUE}-{store.ring().hidden(TASK_QUEUE)[:8]}" if store else TASK_QUEUE


def hidden(client: Client, text: str) -> str:
    """Return what stands for `text` where it would be in the clear, as in the id of an act.

    A plain hash would let anybody test a guess: there are few CVE ids, and many computers.
    """
    codec = _codec(client)
    return codec.keys.store.ring().hidden(text) if codec else text


def secret_for(client: Client, what: str) -> bytes:
    """Return a secret that all share who have the keys of `client`; empty where there are none."""
    ring = ring_of(client)
    return ring.secret_for(what) if ring else b""


def ring_of(client: Client) -> Ring | None:
    """Return the ring of those who have the keys of `client`; None where there are none."""
    codec = _codec(client)
    return codec.keys.store.ring() if codec else None


def _codec(client: Client) -> CaseCodec | None:
    codec = client.data_converter.payload_codec
    assert codec is None or isinstance(codec, CaseCodec)
    return codec
