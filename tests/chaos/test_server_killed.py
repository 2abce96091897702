"""kill -9 of the server, and of everything: what is on disk is enough to go on."""

from tests.chaos.aftermath import (
    ANSWERED,
    BEFORE,
    OTHER,
    RELEASE,
    kill,
    power_cut,
    ready_to_release,
    repeated,
    rewritten,
    wait_for_letters,
)
from tests.e2e.machine import Machine, RealUp
from tests.e2e.running import wait_for

EVERYTHING = BEFORE | RELEASE | ANSWERED


def killing(up: RealUp) -> None:
    """Kill the server, and wait until the stack has started another."""
    server = up.pid("server")
    kill(server)
    wait_for(lambda: up.renewed("server", server), "a new server")


def test_a_server_is_killed_in_the_middle_of_a_story(machine: Machine) -> None:
    """The stack starts it again; acts are repeated until they are answered, and done once."""
    with machine.up() as up:
        other = machine.open(reporter=OTHER)
        killing(up)
        machine.insist("ack", other)
        case, release = ready_to_release(machine, machine.letters)
        machine.done(*release)
        killing(up)
        wait_for_letters(machine.letters, EVERYTHING)
        machine.insist("confirm", case, "retrospective")
        machine.insist("close", case, "--as", "complete")
        shown = machine.json("show", case)

    assert shown["state"] == "closed"
    assert [letter["kind"] for letter in shown["letters"]].count("release") == 1
    assert rewritten(machine.letters) == []
    assert repeated(machine.letters) <= 4


def test_everything_is_killed_at_once(machine: Machine) -> None:
    """After a power cut `up` goes on with every case, under the same addresses."""
    with machine.up() as up:
        case, release = ready_to_release(machine, machine.letters)
        other = machine.open(reporter=OTHER)
        machine.at_once(release, ("ack", other))
        before = up.endpoints
        power_cut(up.pids().values())
    with machine.up() as up:
        after = up.endpoints
        machine.insist("ack", other)
        machine.insist(*release)
        wait_for_letters(machine.letters, EVERYTHING)
        shown = machine.json("show", case)
        doctor = machine.tacenda("doctor")

    assert after == before
    assert shown["state"] == "released"
    assert [letter["kind"] for letter in shown["letters"]].count("release") == 1
    assert doctor.code == 0
    assert rewritten(machine.letters) == []
    assert repeated(machine.letters) <= 4
