"""worker.py as a process: what it says when it cannot start, and how it ends."""

import signal
import subprocess
import sys

import pytest

from tests.e2e.machine import Machine, eventually
from tests.e2e.postoffice import PostOffice
from tests.e2e.programs import ROOT, ended
from tests.e2e.samples import ANY_DAY, TEAM


def test_a_worker_that_is_told_to_end_finishes_its_letter(machine: Machine) -> None:
    """SIGTERM in the middle of a letter: the letter is finished, once, and the exit code is 0."""
    with PostOffice("receipt") as post, post.open():
        machine.settings.write_text(TEAM + ANY_DAY + post.settings)
        with machine.up("--no-worker"):
            case = machine.open(reporter="rita@example.org")
            to = {"TACENDA_MAIL__PORT": str(post.port)}
            with machine.worker(**to) as worker:
                post.wait_until_hanging()
                worker.send_signal(signal.SIGTERM)
                with pytest.raises(subprocess.TimeoutExpired):
                    worker.wait(1)
                post.release()
                stopped = ended(worker)
            with machine.worker(**to):
                machine.insist("ack", case)
                wanted = ["receipt", "acknowledgement"]
                eventually(lambda: post.kinds("rita@example.org"), wanted, "the answer")

    assert stopped.code == 0
    assert "Traceback" not in stopped.err


def test_a_worker_without_settings_says_so(machine: Machine) -> None:
    """Without a tacenda.toml it ends with 2 and one sentence."""
    machine.settings.unlink()

    said = ended(machine.popen(sys.executable, str(ROOT / "worker.py")))

    assert said.code == 2
    assert "tacenda.toml" in said.complaint


def test_a_worker_without_a_server_says_so(machine: Machine) -> None:
    """Where nothing answers it ends with 1 and one sentence that names the address."""
    machine.done("keys", "new")
    worker = machine.popen(sys.executable, str(ROOT / "worker.py"), TEMPORAL_ADDRESS="127.0.0.1:1")

    said = ended(worker)

    assert said.code == 1
    assert "127.0.0.1:1" in said.complaint


def test_a_worker_without_keys_says_so(machine: Machine) -> None:
    """It ends with 1, and one sentence that names the command which makes keys."""
    worker = machine.popen(sys.executable, str(ROOT / "worker.py"), TEMPORAL_ADDRESS="127.0.0.1:1")

    said = ended(worker)

    assert said.code == 1
    assert "tacenda keys new" in said.complaint


def test_a_worker_with_a_signing_key_that_it_cannot_read_says_so(machine: Machine) -> None:
    """It ends with 2 and one sentence, before it has asked any server."""
    machine.settings.write_text(TEAM + ANY_DAY + "[mail]\nsigning_key = 'none.asc'\n")

    said = ended(machine.popen(sys.executable, str(ROOT / "worker.py")))

    assert said.code == 2
    assert "none.asc in [mail] cannot be read" in said.complaint


def test_the_image_knows_whether_its_worker_works(office: Machine, machine: Machine) -> None:
    """What the image of the worker asks of its health says yes beside a worker, and no without."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    last = dockerfile[dockerfile.rindex("HEALTHCHECK") :]
    program = last[last.index('"-c", "') + 7 : last.index('"]')].replace("\\\n", "")
    keys = {"TACENDA_KEYS__STORE": str(office.home / "keys")}
    at = {"TEMPORAL_ADDRESS": office.at["temporal"]}

    healthy = ended(office.popen(sys.executable, "-c", program, **at))
    elsewhere = ended(machine.popen(sys.executable, "-c", program, **at, **keys))
    machine.done("keys", "new")
    stranger = ended(machine.popen(sys.executable, "-c", program, **at))

    assert (healthy.code, elsewhere.code, stranger.code) == (0, 0, 1)
