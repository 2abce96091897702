"""A page served on a socket inside a program that does other things too."""

import asyncio
import contextlib
from collections.abc import Iterator
from socket import socket

import uvicorn
from starlette.types import ASGIApp


class Served:
    """An application on a socket that is bound already."""

    def __init__(self, app: ASGIApp, sock: socket, name: str) -> None:
        """Take both; nothing is served yet."""
        self._socket = sock
        self._name = name
        self._server = _Server(_configuration(app))
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve, from when this returns."""
        self._serving = asyncio.create_task(
            self._server.serve(sockets=[self._socket]), name=self._name
        )
        while not self._server.started and not self._serving.done():
            await asyncio.sleep(0.01)
        if self._serving.done():
            await self._serving

    async def stop(self) -> None:
        """Serve nothing more."""
        self._server.should_exit = True
        if self._serving:
            await asyncio.gather(self._serving, return_exceptions=True)
        self._socket.close()


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _configuration(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        http="h11",
        ws="none",
        timeout_graceful_shutdown=1,
    )
