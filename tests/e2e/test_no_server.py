"""Without a server, or with another one: one sentence, soon."""

import socket
import time

import pytest

from tests.e2e.machine import ESCAPE, Machine

COMMANDS = ("list", "show case-2026-0000000000", "ack case-2026-0000000000")


def test_no_server_is_known(machine: Machine) -> None:
    """Where no stack was ever started the sentence says how to start or name one."""
    said = machine.tacenda("list")

    assert said.code == 1
    assert "tacenda up" in said.complaint
    assert "TEMPORAL_ADDRESS" in said.complaint


def test_a_server_that_is_down_is_named(machine: Machine) -> None:
    """Every command ends with 1 and one sentence that names the address."""
    report = machine.report()
    words = [*(line.split() for line in COMMANDS), ["open", report, "--received", "now"]]
    machine.environ["TEMPORAL_ADDRESS"] = "127.0.0.1:1"

    for said in machine.at_once(*map(tuple, words)):
        assert said.code == 1
        assert "127.0.0.1:1 does not answer" in said.complaint
        assert ESCAPE not in said.complaint


def test_a_server_that_says_nothing_is_given_up_on(machine: Machine) -> None:
    """Something that takes the connection and never answers is left within 15 seconds or so."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        said = machine.tacenda("list", TEMPORAL_ADDRESS=address)

    assert said.code == 1
    assert f"{address} does not answer" in said.complaint
    assert time.monotonic() - began < 25


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "nonsense", "127.0.0.1:99999", ":"])
def test_an_address_that_is_none_is_named(machine: Machine, address: str) -> None:
    """An address that cannot be one is answered with one sentence, as are all others."""
    said = machine.tacenda("list", TEMPORAL_ADDRESS=address)

    assert said.code in (1, 2)
    assert address in said.complaint


def test_the_environment_wins_over_the_recorded_stack(office: Machine, machine: Machine) -> None:
    """TEMPORAL_ADDRESS is asked even where the home has a stack, and where it has none."""
    case = office.open()

    elsewhere = office.tacenda("list", TEMPORAL_ADDRESS="127.0.0.1:1")
    here = machine.json("list", TEMPORAL_ADDRESS=office.at["temporal"])

    assert elsewhere.code == 1
    assert "127.0.0.1:1" in elsewhere.complaint
    assert case in [listed["id"] for listed in here]


def test_doctor_without_a_server_names_what_starts_one(machine: Machine) -> None:
    """Doctor says what is wrong, exits with 1, and goes on with the other parts."""
    said = machine.tacenda("doctor", TEMPORAL_ADDRESS="127.0.0.1:1")

    assert said.code == 1
    assert "tacenda up" in said.out
    assert "settings" in said.out
    assert said.err == ""
