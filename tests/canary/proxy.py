"""A forward proxy on loopback for plain HTTP that writes down what a browser asks of whom."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LIMIT = 1 << 26


@dataclass
class Recorder:
    """What went through by host and port, as bytes: requests, and answers that are no program."""

    port: int = 0
    requests: dict[str, bytearray] = field(default_factory=dict)
    answers: dict[str, bytearray] = field(default_factory=dict)
    _busy: set[asyncio.Task[None] | None] = field(default_factory=set, repr=False)
    _open: set[asyncio.StreamWriter] = field(default_factory=set, repr=False)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one request on and its answer back; a connection is for one request."""
        self._busy.add(asyncio.current_task())
        self._open.add(writer)
        # Somebody hung up, or the proxy is done while an answer is still waited for.
        with suppress(OSError, ValueError, EOFError, asyncio.CancelledError):
            await self._pass_on(reader, writer)
        writer.close()

    async def hang_up(self) -> None:
        """Let go of every connection."""
        for task in self._busy:
            if task:
                task.cancel()
        for writer in self._open:
            writer.transport.abort()
        await asyncio.sleep(0.2)  # transports are let go of in the next rounds of the loop

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, address, _ = first.split(" ")
        headers = {n.lower(): v.strip() for n, _, v in (x.partition(":") for x in lines if x)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        url = urlsplit(address)
        self.requests.setdefault(url.netloc, bytearray()).extend(head.encode("latin-1") + body)
        if method == "CONNECT" or url.hostname not in ("127.0.0.1", "localhost"):
            return  # what a browser asks of its maker stays here
        path = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        # Nothing compressed: what we keep must be legible.
        kept = {n: v for n, v in headers.items() if n not in ("proxy-connection", "connection")}
        kept |= {"connection": "close", "accept-encoding": "identity"}
        told = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
        theirs, ours = await asyncio.open_connection(url.hostname, url.port or 80, limit=LIMIT)
        ours.write(f"{method} {path} HTTP/1.1\r\n{told}\r\n".encode("latin-1") + body)
        self._open.add(ours)
        is_program = url.path.startswith("/_app/")
        answers = self.answers.setdefault(url.netloc, bytearray())
        while chunk := await theirs.read(1 << 16):
            answers.extend(b"" if is_program else chunk)
            writer.write(chunk)
            await writer.drain()
        ours.close()


@contextmanager
def recording() -> Iterator[Recorder]:
    """A proxy that runs until the end of the block."""
    recorder, loop, ready = Recorder(), asyncio.new_event_loop(), threading.Event()

    async def listen() -> asyncio.Server:
        server = await asyncio.start_server(recorder.serve, "127.0.0.1", 0, limit=LIMIT)
        recorder.port = server.sockets[0].getsockname()[1]
        return server

    def run() -> None:
        server = loop.run_until_complete(listen())
        ready.set()
        loop.run_forever()
        server.close()
        loop.run_until_complete(recorder.hang_up())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(30)
    try:
        yield recorder
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
