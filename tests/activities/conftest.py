"""Fixtures: a mail server, a certificate, and attempts to deliver a letter."""

import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import psycopg
import pytest

from activities.ledger.database import DatabaseLedger
from activities.ledger.file import FileLedger
from tests import postgres
from tests.activities.keys import SIGNER, VENDOR, Box
from tests.activities.ledgers import LEASE, SECRET, Clock, Open
from tests.activities.post import Post
from tests.activities.sink import Sink
from tests.gpg import a_gpg

_NUMBERS = count()


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """Run one PostgreSQL server for all tests of a process."""
    with postgres.server() as address:
        yield address


@pytest.fixture
def ledger_address(database_server: str) -> str:
    """Return the address of a database with nothing in it."""
    name = f"ledger_{next(_NUMBERS)}"
    with psycopg.connect(f"{database_server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{database_server}/{name}"


@pytest.fixture(params=["file", "database"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where a ledger could be that nobody has opened."""
    if request.param == "file":
        return str(tmp_path / "ledger" / "letters.db")
    address: str = request.getfixturevalue("ledger_address")
    return address


@pytest.fixture
def clock() -> Clock:
    """Return the clock of the ledgers in this process."""
    return Clock()


@pytest.fixture
async def opened(where: str, clock: Clock) -> AsyncIterator[Open]:
    """Open the ledger once more, as another worker would."""
    async with AsyncExitStack() as stack:

        def another() -> FileLedger | DatabaseLedger:
            ledger: FileLedger | DatabaseLedger
            if where.startswith("postgresql:"):
                ledger = DatabaseLedger(where, SECRET, lease=LEASE, clock=clock)
            else:
                ledger = FileLedger(Path(where), SECRET, lease=LEASE, clock=clock)
            stack.push_async_callback(ledger.close)
            return ledger

        yield another


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    """A mail server without TLS that takes everything."""
    async with Sink().running() as running:
        yield running


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """Mailers, and attempts of theirs to deliver."""
    async with AsyncExitStack() as stack:
        yield Post(stack)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    openssl = shutil.which("openssl")
    assert openssl, "these tests need the openssl command"
    options = {
        "-days": "2",
        "-subj": "/CN=127.0.0.1",
        "-addext": "subjectAltName=IP:127.0.0.1",
        "-newkey": "ec",
        "-pkeyopt": "ec_paramgen_curve:prime256v1",
        "-keyout": str(key),
        "-out": str(certificate),
    }
    words = [word for option in options.items() for word in option]
    subprocess.run([openssl, "req", "-x509", "-nodes", *words], check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def server_tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    """The server's side of TLS, with the self-signed certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture(scope="session")
def full_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A box that many tests share: it has the key of the vendor, and one to sign with."""
    with a_gpg() as gpg:
        full = Box(gpg, tmp_path_factory.mktemp("keys"))
        full.keep(VENDOR)
        full.secret(SIGNER)
        yield full


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """An empty folder for keys, and a gpg that makes them."""
    with a_gpg() as gpg:
        yield Box(gpg, tmp_path)
