"""The page on which a worker says how it is: metrics for Prometheus, and two health checks.

It asks nobody who they are, and says nothing of any case. `/healthz`: the worker's loop turns.
`/readyz`: the server answers it and its ledger can be written. `/metrics`: numbers.
"""

import asyncio
import logging
import socket
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from tacenda.attributes import OVERDUE, STATE
from tacenda.exposition import Survey
from tacenda.views import Filter

SURVEY_EVERY = 60.0
STALE = timedelta(minutes=5)
MOST_HEAD_BYTES = 8192
WITHIN_SECONDS = 5.0

log = logging.getLogger(__name__)

Page = Callable[[], Awaitable[tuple[int, str]]]
"""Makes a page: its status, and its text."""


class Surveyor:
    """Counts the open cases now and then, from what the server lists; no case is asked."""

    def __init__(self, client: Client) -> None:
        """Take the client of the worker."""
        self._client = client
        self.last: Survey | None = None

    async def watch(self) -> None:
        """Count for ever; while the server does not answer, the last count grows old."""
        while True:
            with suppress(RPCError):
                self.last = await self.survey()
            await asyncio.sleep(SURVEY_EVERY)

    async def survey(self) -> Survey:
        """Count once; raises `RPCError`."""
        states: Counter[str] = Counter()
        overdue: Counter[str] = Counter()
        async for case in self._client.list_workflows(Filter().query, page_size=1000):
            attributes = case.typed_search_attributes
            states[attributes.get(STATE) or "acknowledge"] += 1
            overdue.update(attributes.get(OVERDUE) or ())
        return Survey(at=datetime.now(UTC), states=states, overdue=overdue)

    @property
    def is_fresh(self) -> bool:
        """Whether the server has answered of late."""
        return self.last is not None and datetime.now(UTC) - self.last.at < STALE


class Monitor:
    """Serves pages over HTTP/1.1: one request a connection, and GET alone."""

    def __init__(self, listen: str, pages: Mapping[str, Page]) -> None:
        """Take the address with its port, and the pages by their paths."""
        self._host, _, port = listen.rpartition(":")
        self._port = int(port)
        self._pages = pages
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; raises `OSError` where the address cannot be used."""
        self._server = await asyncio.start_server(
            self._answer, self._host.strip("[]"), self._port, limit=MOST_HEAD_BYTES
        )

    async def stop(self) -> None:
        """Listen no more."""
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(WITHIN_SECONDS):
                status, text = await self._page(await reader.readuntil(b"\r\n\r\n"))
                writer.write(_response(status, text))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked is gone, or is no browser
        finally:
            writer.close()

    async def _page(self, head: bytes) -> tuple[int, str]:
        method, _, rest = head.split(b"\r\n", 1)[0].partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0].decode("ascii", "replace")
        if method != b"GET":
            return 405, "GET alone\n"
        page = self._pages.get(path)
        if page is None:
            return 404, "there is /metrics, /healthz and /readyz\n"
        try:
            return await page()
        except Exception as error:  # a page that breaks must not take the worker along
            log.error("the page %s could not be made: %s", path, type(error).__name__)
            return 500, "this page is broken; the log has the kind of error\n"


def free_port() -> int:
    """Return a port of this machine that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fetched(native: str) -> str:
    """Return the metrics that the native part of the SDK serves; nothing where it does not."""
    try:
        with urllib.request.urlopen(f"http://{native}/metrics", timeout=WITHIN_SECONDS) as page:
            text: bytes = page.read()
            return text.decode("utf-8", "replace")
    except OSError:
        return ""


_REASONS = {
    200: "OK",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def _response(status: int, text: str) -> bytes:
    body = text.encode()
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\n"
        "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
