"""What somebody can send who reaches the Temporal server and has no key of ours."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.converter import (
    DataConverter,
    WorkflowSerializationContext,
)

from tacenda.codec import CaseCodec
from tacenda.converter import PLAIN, encrypting
from tacenda.keystore import make_store
from tests.builders import a_report
from tests.workflows.desk import CaseDesk, Desk


@dataclass(frozen=True)
class Forger:
    """Makes payloads for a case in every form that must not be trusted."""

    client: Client
    case: str
    folder: Path

    @property
    def converter(self) -> DataConverter:
        """The converter of somebody of ours, for this case."""
        context = WorkflowSerializationContext(self.client.namespace, self.case)
        return self.client.data_converter.with_context(context)

    async def plain(self, value: Any) -> Payload:
        """Return what the plain Temporal CLI sends."""
        [payload] = await PLAIN.encode([value])
        return payload

    async def foreign(self, value: Any) -> Payload:
        """Return what another codec made."""
        return Payload(metadata={"encoding": b"binary/zlib"}, data=b"x\x9c")

    async def corrupt(self, value: Any) -> Payload:
        """Return a real ciphertext with one bit changed."""
        [payload] = await self.converter.encode([value])
        payload.data = payload.data[:-1] + bytes([payload.data[-1] ^ 1])
        return payload

    async def made_up(self, value: Any) -> Payload:
        """Return a ciphertext under a key whose id nobody certified."""
        [payload] = await self.converter.encode([value])
        payload.metadata["encryption-key-id"] = f"{self.case}.{'0' * 16}.{'a' * 16}".encode()
        return payload

    async def other_ring(self, value: Any) -> Payload:
        """Return a ciphertext that is right in every way, with the keys of somebody else."""
        store, _ = make_store(self.folder / "foreign")
        store.admit(self.case)
        context = WorkflowSerializationContext(self.client.namespace, self.case)
        [payload] = await encrypting(store).with_context(context).encode([value])
        return payload

    async def of_another_case(self, value: Any) -> Payload:
        """Return the payload of another case of ours, copied."""
        codec = self.client.data_converter.payload_codec
        assert isinstance(codec, CaseCodec)
        codec.keys.store.admit("case-2026-another000")
        context = WorkflowSerializationContext(self.client.namespace, "case-2026-another000")
        [payload] = await self.client.data_converter.with_context(context).encode([value])
        return payload

    async def by_the_door(self, value: Any) -> Payload:
        """Return what the codec server makes of a value."""
        [payload] = await self.client.data_converter.encode([value])
        return payload


FORMS = ("plain", "foreign", "corrupt", "made_up", "other_ring", "of_another_case")
"""Every form that is refused everywhere, always alike."""


def stranger(desk: Desk, converter: DataConverter = PLAIN) -> Client:
    """Return a client that reaches the server and encrypts with no key of ours."""
    return Client(desk.client.service_client, data_converter=converter)


async def forged(desk: Desk, case: str, form: str, value: Any, folder: Path) -> RawValue:
    """Return `value` as a payload in one of the forms that are not to be trusted."""
    forger = Forger(desk.client, case, folder)
    return RawValue(await getattr(forger, form)(value))


async def a_case(desk: Desk) -> CaseDesk:
    """Open a case whose report has just come in."""
    return await desk.open(a_report(received=await desk.now()))
