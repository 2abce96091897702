"""How values become payloads, for the client, the worker, the tests and the replayer alike."""

import dataclasses
from collections.abc import Sequence
from copy import copy
from typing import Any, Self

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.common import RawValue
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverter,
    PayloadConverter,
    SerializationContext,
)
from temporalio.exceptions import ApplicationError

from tacenda.codec import CaseCodec, KeysAtHand
from tacenda.keystore.store import KeyStore
from tacenda.seals import NOT_OPENED, is_unreadable


class RawUntilTyped(PydanticPayloadConverter):
    """A pydantic converter that leaves payloads alone which nobody has a type for.

    A signal that came with the wrong number of arguments, or in a format that is not
    ours, then reaches its handler, which records it, instead of being dropped unseen. One
    that could not be trusted stays raw whatever it should have been: an error here would
    fail the task of a case again and again.
    """

    def from_payloads(
        self, payloads: Sequence[Payload], type_hints: list[type] | None = None
    ) -> list[Any]:
        """Return the values of `payloads`, or the raw payloads where types are not known."""
        if type_hints is None or any(is_unreadable(payload) for payload in payloads):
            return [RawValue(payload) for payload in payloads]
        return super().from_payloads(payloads, type_hints)


class EncodedFailures(DefaultFailureConverter):
    """Failures whose message and stack trace are payloads, and so encrypted as those are."""

    def __init__(self) -> None:
        """Encode what a failure says."""
        super().__init__(encode_common_attributes=True)
        self._in_the_clear = DefaultFailureConverter()

    def to_failure(
        self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure
    ) -> None:
        """Write the error; one of a case that was never opened stays in the clear.

        Somebody may have started it without a key, and then nothing could be encrypted.
        """
        if isinstance(exception, ApplicationError) and exception.type == NOT_OPENED:
            self._in_the_clear.to_failure(exception, payload_converter, failure)
        else:
            super().to_failure(exception, payload_converter, failure)

    def from_failure(self, failure: Failure, payload_converter: PayloadConverter) -> BaseException:
        """Return the error; what it says comes from the payload, where that can be trusted.

        The library reads that payload without a type, which our converter leaves raw.
        """
        try:
            return self._read(failure, payload_converter)
        except Exception:  # somebody's own failure; an error here would fail the task for ever
            return ApplicationError("The failure cannot be read.", type="Unreadable")

    def _read(self, failure: Failure, payload_converter: PayloadConverter) -> BaseException:
        if not failure.HasField("encoded_attributes"):
            return super().from_failure(failure, payload_converter)
        plain = Failure()
        plain.CopyFrom(failure)
        said = _said(failure.encoded_attributes, payload_converter)
        plain.ClearField("encoded_attributes")
        plain.message = said.get("message", "")
        plain.stack_trace = said.get("stack_trace", "")
        return super().from_failure(plain, payload_converter)


def _said(attributes: Payload, payload_converter: PayloadConverter) -> dict[str, str]:
    try:
        said = payload_converter.from_payload(attributes, dict[str, str])
    except Exception:  # somebody's failure, in whatever form
        return {}
    return said if isinstance(said, dict) else {}


@dataclasses.dataclass(frozen=True)
class Sealing(DataConverter):
    """A converter whose codec is that of the case in hand.

    The library makes a whole new converter for each payload of a command, with all that it
    is made of; only the codec differs.
    """

    def with_context(self, context: SerializationContext) -> Self:
        """Return the same converter, with the codec for the case of `context`."""
        assert isinstance(self.payload_codec, CaseCodec)
        codec = self.payload_codec.with_context(context)
        if codec == self.payload_codec:
            return self
        other = copy(self)
        object.__setattr__(other, "payload_codec", codec)
        return other


PLAIN = dataclasses.replace(
    DataConverter.default,
    payload_converter_class=RawUntilTyped,
    failure_converter_class=EncodedFailures,
)
"""Without encryption: for what was written before there was any, and for tests that compare."""


def encrypting(store: KeyStore) -> DataConverter:
    """Return the converter that encrypts with the keys of `store`."""
    return Sealing(
        payload_converter_class=PLAIN.payload_converter_class,
        payload_codec=CaseCodec(KeysAtHand(store)),
        failure_converter_class=PLAIN.failure_converter_class,
    )
