"""A browser, or a program, that asks an ASGI application, and what it was answered."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Scope
from temporalio.api.common.v1 import Payload

from tacenda.codec import Undecodable


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def cookie(self) -> str:
        """The cookie that is set, as a browser shows it."""
        return self.headers["set-cookie"].partition(";")[0]

    @property
    def payloads(self) -> list[Any]:
        found: list[Any] = json.loads(self.content)["payloads"]
        return found


async def ask(
    app: ASGIApp,
    method: str,
    path: str,
    body: bytes | Sequence[bytes] = b"",
    **headers: str | None,
) -> Answer:
    """Ask once; a header that is None is not sent, an underscore stands for a hyphen."""
    given: dict[str, str | None] = {"host": "127.0.0.1:8081", **headers}
    chunks = [body] if isinstance(body, bytes) else list(body)
    said: list[Message] = []
    where, _, query = path.partition("?")
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": where,
        "raw_path": where.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [
            (name.replace("_", "-").lower().encode(), value.encode("latin-1"))
            for name, value in given.items()
            if value is not None
        ],
        "server": ("127.0.0.1", 8081),
        "client": ("127.0.0.1", 5),
    }

    async def receive() -> Message:
        if not chunks:
            return {"type": "http.disconnect"}
        chunk = chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

    async def send(message: Message) -> None:
        said.append(message)

    await app(scope, receive, send)
    start, *rest = said
    return Answer(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(message.get("body", b"") for message in rest),
    )


class Mirror:
    """A codec that turns data around, opens no damaged payload, and fails when told to."""

    def __init__(self) -> None:
        self.fails: Exception | None = None

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        if self.fails:
            raise self.fails
        return [self._opened(payload) for payload in payloads]

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        if self.fails:
            raise self.fails
        return [
            Payload(metadata={"encoding": b"mirrored"}, data=payload.SerializeToString()[::-1])
            for payload in payloads
        ]

    def _opened(self, payload: Payload) -> Payload:
        if payload.metadata["encoding"] == b"damaged":
            raise Undecodable("No key opens that payload.")
        if payload.metadata["encoding"] != b"mirrored":
            return payload
        return Payload.FromString(payload.data[::-1])


def spelt(encoding: str, data: bytes) -> dict[str, Any]:
    """Return a payload as Temporal spells it in JSON."""
    metadata = {"encoding": base64.b64encode(encoding.encode()).decode()}
    return {"metadata": metadata, "data": base64.b64encode(data).decode()}


def body(*payloads: Any) -> bytes:
    """Return the body of a request."""
    return json.dumps({"payloads": payloads}).encode()
