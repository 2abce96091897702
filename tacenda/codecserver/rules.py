"""What the codec server asks of every request before it looks at what is in it."""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

access = logging.getLogger("tacenda.codecserver.access")
log = logging.getLogger(__name__)

BODY_SECONDS = 30.0
LOOPBACK_NAMES = ("127.0.0.1", "localhost")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Not no-referrer, with which a browser calls the origin of our own form "null".
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Refusal(Exception):
    """A request that is not answered: the status, and a sentence that quotes nothing of it."""

    def __init__(self, status: int, sentence: str) -> None:
        """Take both."""
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@dataclass(frozen=True)
class Rules:
    """Where the server is reached, from which pages, and for which namespace."""

    address: str
    ui: Collection[str]
    namespace: str
    nobody_logs_in: bool = False

    @property
    def is_secure(self) -> bool:
        """Whether browsers come over TLS."""
        return self.address.startswith("https://")

    @property
    def cookie(self) -> str:
        """Return the name of the session cookie: cookies know hosts, but no ports."""
        port = urlsplit(self.address).port
        return f"tacenda-codec-{port}" if port else "tacenda-codec"

    def check_host(self, host: str) -> None:
        """Refuse any other name of this host: a web site could have bound its own to it."""
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            name = None
        if name not in (urlsplit(self.address).hostname, *LOOPBACK_NAMES):
            raise Refusal(400, "This server is not known under that name.")

    def check_origin(self, request: Request) -> None:
        """Refuse a page that is not the Web UI."""
        origin = request.headers.get("origin")
        if origin is not None and origin not in self.ui:
            raise Refusal(403, "This page may not ask here. [codec] ui names those that may.")

    def check_own(self, request: Request) -> None:
        """Refuse a form that is not ours."""
        host = request.headers["host"]
        if request.headers.get("origin") not in (f"http://{host}", f"https://{host}"):
            raise Refusal(403, "Log in and out on the page of this server.")

    def check_namespace(self, request: Request) -> None:
        """Refuse to serve another namespace."""
        namespace = request.headers.get("x-namespace")
        if namespace is None:
            raise Refusal(400, "The header X-Namespace is missing.")
        if namespace != self.namespace:
            raise Refusal(403, "This server does not serve that namespace ([codec] namespace).")

    def shared(self, request: Request) -> dict[str, str]:
        """Return the headers that let the Web UI read an answer, and no other page."""
        origin = request.headers.get("origin")
        if origin is None or origin not in self.ui:
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
        }

    def preflight(self, request: Request) -> Response:
        """Answer what a browser asks before the Web UI may."""
        if request.headers.get("origin") not in self.ui:
            sentence = "This page may not ask here. [codec] ui names those that may.\n"
            return PlainTextResponse(sentence, 403, headers=self.shared(request))
        headers = {
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "content-type,x-namespace,authorization",
            "Access-Control-Max-Age": "600",
        }
        if request.headers.get("access-control-request-private-network") == "true":
            headers["Access-Control-Allow-Private-Network"] = "true"
        return Response(status_code=204, headers=self.shared(request) | headers)


async def body_of(request: Request, limit: int) -> bytes:
    """Return the body of a request; refuse one that is too large, too slow or cut off."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise Refusal(413, f"The body is larger than {limit:,} bytes.")
    except TimeoutError:
        raise Refusal(408, "The body did not come in time.") from None
    except ClientDisconnect:
        raise Refusal(400, "The body was cut off.") from None
    return bytes(body)


def write_down(name: str | None, action: str, payloads: int, status: int) -> None:
    """Write a line to the access log: who did what, how much of it, and whether it worked."""
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    refused = " refused" if status >= 400 else ""
    access.info("%s %s %s%s payloads=%d status=%d", at, name or "-", action, refused, payloads,
                status)  # fmt: skip


class Guarded:
    """The security headers on every answer; a refused host; and no traceback, whatever happens."""

    def __init__(self, inner: ASGIApp, rules: Rules) -> None:
        """Stand before an application."""
        self._inner = inner
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        try:
            self._rules.check_host(Request(scope).headers.get("host", ""))
            await self._inner(scope, receive, guarded)
        except Refusal as refusal:
            write_down(None, "request", 0, refusal.status)
            await sentence(refusal)(scope, receive, guarded)
        except Exception as error:
            # Neither its message nor its traceback: they may quote what was decoded.
            log.error("a request failed: %s", type(error))


def sentence(refusal: Refusal, headers: dict[str, str] | None = None) -> Response:
    """Return a refusal as an answer."""
    return PlainTextResponse(f"{refusal.sentence}\n", refusal.status, headers=headers)
