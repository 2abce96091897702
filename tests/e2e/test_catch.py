"""The mail catcher as a program of its own, as its image runs it."""

import json
import re
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tacenda.local.maildir import Maildir
from tests.e2e.programs import ROOT, Said, ended, limited, scrubbed

MODULE = ("-m", "tacenda.local.catch")
ANYWHERE = ("--smtp", "127.0.0.1:0", "--page", "127.0.0.1:0")
LETTER = b"Subject: A letter\r\n\r\nHello.\r\n"
# The program as it is, but for where it looks whether there is a network, and how often.
LOOKING = """
import sys
from pathlib import Path
from tacenda.local import catch
catch.ROUTES, catch.LOOK_EVERY = Path(sys.argv.pop(1)), 0.01
catch.catch()
"""


def start(*words: str) -> "subprocess.Popen[bytes]":
    """Start Python with `words`."""
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env=scrubbed(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


class Running:
    """A catcher that says that it is ready."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        assert process.stdout
        with limited(process):
            self.said = process.stdout.readline().decode()
        found = re.search(r"to \S+:(\d+) are .* Page: \S+:(\d+)$", self.said)
        assert found, self.said
        self.smtp, self.page = (int(port) for port in found.groups())

    def send(self) -> None:
        """Send a letter, as the worker would."""
        with smtplib.SMTP("127.0.0.1", self.smtp, "localhost", timeout=30) as client:
            client.sendmail("security@example.org", ["one@example.org"], LETTER)

    def shown(self) -> list[str]:
        """Return the subjects on the page."""
        connection = HTTPConnection("127.0.0.1", self.page, timeout=30)
        with closing(connection):
            connection.request("GET", "/letters.json")
            return [letter["subject"] for letter in json.load(connection.getresponse())]

    def stop(self, number: int) -> Said:
        """Send a signal, and return how the program ended."""
        self._process.send_signal(number)
        return ended(self._process)


@contextmanager
def running(*words: str) -> Iterator[Running]:
    """A catcher, ended whatever happens."""
    with start(*words) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def healthy(catcher: Running) -> bool:
    """Ask as the image's health check does, but at the ports of this catcher."""
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    (check,) = re.findall(r"HEALTHCHECK .* CMD (\[.*smtplib.*\])$", image, flags=re.MULTILINE)
    _, *words = json.loads(check)
    ports = {"2525": str(catcher.smtp), "8025": str(catcher.page)}
    return ended(start(*(re.sub("2525|8025", lambda m: ports[m[0]], w) for w in words))).code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_letter_is_caught_shown_and_kept(number: int, tmp_path: Path) -> None:
    """What came over SMTP is on the page and in the Maildir, also after an end and a new start."""
    folder = tmp_path / "mail"
    with running(*MODULE, *ANYWHERE, "--mail", str(folder)) as catcher:
        catcher.send()
        shown = catcher.shown()
        said = catcher.stop(number)
    with running(*MODULE, *ANYWHERE, "--mail", str(folder)) as catcher:
        shown_again = catcher.shown()

    assert shown == shown_again == ["A letter"]
    assert [letter.to for letter in Maildir(folder).letters()] == ["one@example.org"]
    assert (said.code, said.out, said.err) == (0, "", "")


def test_the_health_check_of_the_image_tells_the_truth(tmp_path: Path) -> None:
    """It says yes while letters can be brought and read, no afterwards, and leaves no letter."""
    with running(*MODULE, *ANYWHERE, "--mail", str(tmp_path / "mail")) as catcher:
        before = healthy(catcher)
        shown = catcher.shown()
        catcher.stop(signal.SIGTERM)
        after = healthy(catcher)

    assert (before, shown, after) == (True, [], False)


def test_it_leaves_with_the_network_that_it_was_lent(tmp_path: Path) -> None:
    """When only loopback is left it ends with 1, for whoever starts it again."""
    routes = tmp_path / "route"
    routes.write_text("Iface\tDestination\neth0\t00000000\n")
    words = (str(routes), *ANYWHERE, "--mail", str(tmp_path / "mail"), "--leave-with-network")
    with running("-c", LOOKING, *words) as catcher:
        shown = catcher.shown()
        routes.write_text("Iface\tDestination\n")
        said = catcher.stop(0)

    assert shown == []
    assert said.code == 1
    assert said.complaint == "catcher: The network has gone. Start the catcher again."


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    """Where it cannot listen it says in a sentence which option to mend, and ends with 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        page = f"127.0.0.1:{taken.getsockname()[1]}"
        where = ("--smtp", "127.0.0.1:0", "--page", page, "--mail", str(tmp_path / "mail"))
        said = ended(start(*MODULE, *where))

    assert said.code == 1
    assert re.fullmatch(r"catcher: The catcher cannot listen: .*\. Mend --page\.", said.complaint)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """Where nothing can be kept, nothing is caught: it says so in a sentence, and ends with 1."""
    folder = tmp_path / "missing" / "mail"
    said = ended(start(*MODULE, *ANYWHERE, "--mail", str(folder)))

    assert said.code == 1
    assert said.complaint.startswith(f"catcher: No letters can be kept in {folder} (No such file")


@pytest.mark.parametrize("where", ["2525", ":2525", "127.0.0.1:", "127.0.0.1:99999", "a:²"])
def test_an_address_has_a_host_and_a_port(where: str, tmp_path: Path) -> None:
    """Anything else is bad usage, and nothing is started."""
    said = ended(start(*MODULE, "--smtp", where, "--mail", str(tmp_path / "mail")))

    assert said.code == 2
    assert "is not HOST:PORT." in said.err
    assert not (tmp_path / "mail").exists()
