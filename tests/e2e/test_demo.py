"""`tacenda demo`: the whole story on a stack of its own, and nothing left behind."""

import secrets
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from pathlib import Path

import pytest

from tests.e2e.machine import Machine
from tests.e2e.postoffice import PostOffice
from tests.e2e.programs import ESCAPE, SCRIPTS, ended, limited
from tests.e2e.running import wait_for

STORY = {
    "receipt": "we have your report",
    "team_alert": "new report",
    "acknowledgement": "your report is in hand",
    "fix_team": "you are on this case",
    "calendar": "limits for your calendar",
    "reminder": "user notice needed by",
    "user_notice": "Security release scheduled",
    "vendor_notice": "security release planned",
    "final_warning": "final warning",
    "release": "[Security Advisory]",
    "thanks": "thank you",
    "retrospective": "retrospective",
}


@pytest.fixture
def mark(machine: Machine) -> str:
    """A word in the environment of the demo, and of everything that it starts."""
    word = secrets.token_hex(8)
    temporary = machine.folder / "tmp"
    temporary.mkdir()
    machine.environ |= {"DEMO_MARK": word, "TMPDIR": str(temporary)}
    return word


def left_behind(machine: Machine, mark: str) -> list[str]:
    """Return the folders and processes that the demo has left."""
    names = [path.name for path in (machine.folder / "tmp").iterdir()]
    return names + processes(mark)


def processes(mark: str) -> list[str]:
    """Return the command lines of the processes that have the mark in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"DEMO_MARK={mark}".encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it ended, or is somebody else's
            continue
    return found


def test_the_demo_shows_every_letter_and_leaves_nothing(machine: Machine, mark: str) -> None:
    """It exits with 0; the user's own server, settings and mail host are never touched."""
    with PostOffice() as post, post.open():
        own = machine.settings.read_text() + post.settings
        for place in (machine.settings, machine.folder / "tacenda.toml"):
            place.write_text(own)
        relay = {"TACENDA_MAIL__HOST": "127.0.0.1", "TACENDA_MAIL__PORT": str(post.port)}
        elsewhere = {"TEMPORAL_ADDRESS": "127.0.0.1:1", "TEMPORAL_API_KEY": "secret"}
        said = machine.tacenda("demo", **relay, TACENDA_MAIL__SECURITY="none", **elsewhere)

    assert said.code == 0
    subjects = [line for line in said.out.splitlines() if line.strip().startswith("Subject:")]
    for kind, words in STORY.items():
        assert any(words in subject for subject in subjects), kind
    assert "The case is closed" in said.out
    assert ESCAPE not in said.out + said.err
    assert "Traceback" not in said.err
    assert post.connections == 0
    assert not (machine.home / "stack.json").exists()
    assert left_behind(machine, mark) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_demo_that_is_kept_can_be_looked_at(machine: Machine, mark: str) -> None:
    """By the line that it prints, in another terminal: a case that is over, and one with a next."""
    demo = machine.popen(SCRIPTS / "tacenda", "demo", "--keep")
    assert demo.stdout
    assert demo.stderr
    with ThreadPoolExecutor() as pool, demo, limited(demo):
        pool.submit(demo.stdout.read)
        said = "".join(takewhile(lambda x: "Ctrl-C" not in x, map(bytes.decode, demo.stderr)))
        (home,) = (machine.folder / "tmp").iterdir()
        at = {"TACENDA_HOME": str(home)}
        shown = machine.json("show", "case-demo-open", **at)
        listed = machine.json("list", "--all", **at)
        demo.send_signal(signal.SIGINT)

    assert f"export TACENDA_HOME={home}; tacenda show case-demo-open" in said
    assert (shown["state"], shown["lead"]) == ("fix", "alice")
    states = {case["id"]: case["state"] for case in listed}
    assert states == {"case-demo": "closed", "case-demo-open": "fix"}
    assert demo.returncode == 130
    assert left_behind(machine, mark) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, None)])
def test_a_demo_that_is_broken_off_leaves_nothing(
    machine: Machine, mark: str, number: signal.Signals, code: int | None
) -> None:
    """Ctrl-C or SIGTERM in the middle of it stops the stack and removes its folder."""
    demo = machine.popen(SCRIPTS / "tacenda", "demo")
    wait_for(lambda: any("worker.py" in line for line in processes(mark)), "the worker")
    demo.send_signal(number)
    said = ended(demo)
    wait_for(lambda: not processes(mark), "the end of the processes")

    assert said.code not in (0, 1)
    assert code is None or said.code == code
    assert "Traceback" not in said.err
    assert left_behind(machine, mark) == []
