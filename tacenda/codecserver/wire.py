"""Payloads as Temporal spells them in JSON: read with suspicion, written plainly."""

import base64
import json
from collections.abc import Sequence
from typing import Any, Protocol

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from temporalio.api.common.v1 import Payload

MAX_BODY = 8 * 1024 * 1024
MAX_PAYLOADS = 10_000
FIELDS = ("metadata", "data", "externalPayloads")


class Codec(Protocol):
    """What opens and seals payloads."""

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads opened."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads sealed."""


class Malformed(Exception):
    """A body is not what Temporal sends. The message is a sentence that quotes nothing of it."""


def read(body: bytes) -> list[Payload]:
    """Return the payloads in the body of a request; raises `Malformed`."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON.") from None
    listed = content.get("payloads") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise Malformed('The body has no list of "payloads".')
    if len(listed) > MAX_PAYLOADS:
        raise Malformed(f"There are more than {MAX_PAYLOADS} payloads. Send fewer at a time.")
    return [_payload(number, one) for number, one in enumerate(listed, 1)]


def write(payloads: Sequence[Payload]) -> bytes:
    """Return the body of an answer."""
    return json.dumps({"payloads": [_spelt(payload) for payload in payloads]}).encode()


def _payload(number: int, one: Any) -> Payload:
    if not isinstance(one, dict):
        raise Malformed(f"Payload {number} is not an object.")
    metadata = {} if one.get("metadata") is None else one["metadata"]
    data = "" if one.get("data") is None else one["data"]
    if not isinstance(metadata, dict) or not all(map(_is_base64, (data, *metadata.values()))):
        raise Malformed(f"Payload {number} has metadata or data that is not base64.")
    known = {name: one[name] for name in FIELDS if name in one}
    try:
        # Half a surrogate in a name makes protobuf fail in a way that no caller should catch.
        json.dumps(known, ensure_ascii=False).encode()
        return ParseDict(known, Payload(), ignore_unknown_fields=True)
    except (ParseError, ValueError, TypeError, RecursionError):
        raise Malformed(f"Payload {number} is not a payload of Temporal's.") from None


def _is_base64(text: Any) -> bool:
    try:
        return isinstance(text, str) and base64.b64decode(text, validate=True) is not None
    except ValueError:
        return False


def _spelt(payload: Payload) -> dict[str, Any]:
    # An empty `data` is left out by protobuf; the Web UI expects it.
    return {"data": "", **MessageToDict(payload)}
