"""Without a server, or with another one: one sentence, soon."""

import socket
import time

from tests.e2e.machine import Machine
from tests.e2e.programs import ESCAPE


def test_a_server_that_is_down_is_named(machine: Machine) -> None:
    """Commands end with 1 and one sentence, and nothing of the SDK shows through."""
    machine.done("keys", "new")
    machine.environ["TEMPORAL_ADDRESS"] = "127.0.0.1:1"
    report = machine.report()

    for said in machine.at_once(("list",), ("open", report, "--received", "now")):
        assert said.code == 1
        assert "127.0.0.1:1 does not answer" in said.complaint
        assert ESCAPE not in said.complaint


def test_a_server_that_says_nothing_is_given_up_on(machine: Machine) -> None:
    """Something that takes the connection and never answers is left within 15 seconds or so."""
    machine.done("keys", "new")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        said = machine.tacenda("list", TEMPORAL_ADDRESS=address)

    assert said.code == 1
    assert f"{address} does not answer" in said.complaint
    assert time.monotonic() - began < 240


def test_the_environment_wins_over_the_recorded_stack(office: Machine, machine: Machine) -> None:
    """TEMPORAL_ADDRESS is asked even where the home has a stack, and where it has none."""
    case = office.open()

    elsewhere = office.tacenda("list", TEMPORAL_ADDRESS="127.0.0.1:1")
    shared = {"TACENDA_KEYS__STORE": str(office.home / "keys")}
    here = machine.json("list", TEMPORAL_ADDRESS=office.at["temporal"], **shared)

    assert elsewhere.code == 1
    assert "127.0.0.1:1" in elsewhere.complaint
    assert case in [listed["id"] for listed in here]
