"""One way to the Temporal server, for the CLI, the worker, the tests and the replayer."""

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime

from tacenda.errors import BadInput, NoServer

ANSWER_WITHIN = timedelta(seconds=10)


class RawUntilTyped(PydanticPayloadConverter):
    """A pydantic converter that leaves payloads alone which nobody has a type for.

    A signal that came with the wrong number of arguments, or in a format that is not
    ours, then reaches its handler, which records it, instead of being dropped unseen.
    """

    def from_payloads(
        self, payloads: Sequence[Payload], type_hints: list[type] | None = None
    ) -> list[Any]:
        """Return the values of `payloads`, or the raw payloads where types are not known."""
        if type_hints is None:
            return [RawValue(payload) for payload in payloads]
        return super().from_payloads(payloads, type_hints)


DATA_CONVERTER = dataclasses.replace(DataConverter.default, payload_converter_class=RawUntilTyped)


async def connect(recorded_address: str | None = None, runtime: Runtime | None = None) -> Client:
    """Return a client: by TEMPORAL_* or a temporal.toml profile, else the recorded stack.

    Raises `NoServer` when no server is known or the one that is does not answer, and
    `BadInput` when Temporal's own configuration cannot be read.
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
    return await client_at(address, **config, runtime=runtime)


async def client_at(address: str, **config: Any) -> Client:
    """Return a client of the server at `address`; raise `NoServer` when it does not answer."""
    try:
        return await asyncio.wait_for(
            Client.connect(address, **config, data_converter=DATA_CONVERTER),
            ANSWER_WITHIN.total_seconds(),
        )
    except (RuntimeError, ValueError, OSError):  # a timeout is an OSError
        raise NoServer(
            f"The Temporal server at {address} does not answer. Start it (`tacenda up`), or "
            "name another in TEMPORAL_ADDRESS."
        ) from None
