"""The codec server on a real socket, and its command: what is no request at all, and no server."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tacenda.cli import codec, run
from tacenda.codecserver.people import People
from tacenda.codecserver.rules import Rules
from tacenda.codecserver.server import CodecServer
from tacenda.codecserver.tokens import Tokens
from tacenda.local import ports
from tests.unit.asgi import Mirror

GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40) + b"\r\n\r\n",
    b"POST /decode HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    b"POST /decode HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /decode HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"POST /decode HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    """The port of a codec server that nobody has a token for."""
    sock = ports.listen(0)
    number: int = sock.getsockname()[1]
    people = People(Tokens(tmp_path / "tokens"), [])
    rules = Rules(address=f"http://127.0.0.1:{number}", ui=(), namespace="default")
    server = CodecServer(Mirror(), people, rules, sock)
    await server.start()
    yield number
    await server.stop()


async def said(port: int, request: bytes) -> bytes:
    """Send bytes, and return all that comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        writer.write_eof()
        async with asyncio.timeout(30):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("request_", GARBAGE, ids=range(len(GARBAGE)))
async def test_what_is_no_request_is_refused(
    port: int, request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever comes, it is a 4xx or nothing; no traceback, and the next one is answered."""
    answer = await said(port, request_)
    page = b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    after = await said(port, page)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert b"Traceback" not in answer
    assert "Traceback" not in caplog.text
    assert after.startswith(b"HTTP/1.1 200")


def test_without_its_extra_it_says_how_to_install_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the web server is not installed, one sentence has the command."""
    assert importlib.util.find_spec("starlette")
    monkeypatch.setattr(codec, "find_spec", lambda _name: None)

    assert run(["codec"]) == 1
    said = capsys.readouterr()
    assert said.err == (
        "tacenda: The codec server is not installed: pip install 'tacenda[codec]'\n"
    )


def test_one_thing_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    """Issuing and revoking in one command is bad usage."""
    assert run(["codec", "--new-token", "alice", "--revoke", "alice"]) == 2
    assert "exclude each other" in capsys.readouterr().err
