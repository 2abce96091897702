"""Outages: mail that is down for a while, and an instant that everything slept through."""

import time
from datetime import UTC, datetime, timedelta

from tests.chaos.aftermath import REPORTER, power_cut, repeated, wait_for_letters
from tests.e2e.machine import Machine, eventually
from tests.e2e.postoffice import PostOffice
from tests.e2e.running import wait_for
from tests.e2e.samples import ANY_DAY, SHORT, TEAM

GRACE = timedelta(seconds=2)

WAITING = {
    ("receipt", REPORTER),
    ("team_alert", "team@example.org"),
    ("acknowledgement", REPORTER),
    ("fix_team", "bob@example.org"),
}


def test_letters_wait_until_the_mail_server_is_back(machine: Machine) -> None:
    """While its port is closed people act all the same; then every letter arrives, once."""
    with PostOffice() as post:
        machine.settings.write_text(TEAM + ANY_DAY + SHORT + post.settings)
        with machine.up():
            case = machine.open(reporter=REPORTER)
            acknowledged, doctor = machine.at_once(("ack", case, "--team", "bob"), ("doctor",))
            down = machine.json("show", case)
            with post.open():
                wait_for_letters(lambda: post.letters, WAITING)
                wait_for(lambda: len(machine.json("show", case)["letters"]) == 4, "the receipts")

    assert acknowledged.code == 0
    assert down["state"] == "fix"
    assert down["letters"] == []
    assert doctor.code == 1
    assert f"127.0.0.1:{post.port}" in doctor.out
    assert repeated(lambda: post.letters) == 0


def test_a_letter_is_put_off_while_the_mail_server_breaks_off(machine: Machine) -> None:
    """A server that takes connections and drops them loses no letter either."""
    with PostOffice("receipt") as post:
        machine.settings.write_text(TEAM + ANY_DAY + SHORT + post.settings)
        with machine.up():
            with post.open():
                case = machine.open(reporter=REPORTER)
                post.wait_until_hanging()
                # Cut off before its answer is read, the other letter would rightly come twice too.
                eventually(
                    lambda: [x["kind"] for x in machine.json("show", case)["letters"]],
                    ["team_alert"],
                    "the alert, which is not in the way of the receipt",
                )
            post.release()
            with post.open():
                wait_for(lambda: post.kinds(REPORTER) == ["receipt"] * 2, "the receipt, again")

    assert repeated(lambda: post.letters) == 1


def test_a_release_that_everything_slept_through_is_held(machine: Machine) -> None:
    """Rule 3: what was down across an approved release publishes nothing; it asks a person."""
    machine.settings.write_text(TEAM + ANY_DAY + SHORT + 'grace = "PT2S"\n')
    with machine.up() as up:
        case = machine.open(reporter=REPORTER)
        machine.done("ack", case)
        machine.done("fixed", case, "--ref", "https://example.org/1")
        for step in ("user_notice", "vendor_notice"):
            why = ("--reason", "nobody to tell", "--override", "nobody is on the list")
            machine.done("extend", case, step, "--skip", *why)
        # Long enough for one command on a machine that is very busy.
        at = datetime.now(UTC) + timedelta(seconds=30)
        machine.done("release", case, "--at", at.isoformat(), "--confirm-artifacts")
        power_cut(up.pids().values())
        assert datetime.now(UTC) < at, "this machine is too slow for the story"

    while datetime.now(UTC) < at + GRACE + timedelta(seconds=1):
        time.sleep(0.2)
    with machine.up():
        wait_for(lambda: machine.letters("team@example.org", "alarm"), "the alarm")
        held = machine.json("show", case)
        before = machine.letters(kind="release")
        [alarm] = machine.letters("team@example.org", "alarm")
        machine.done("release", case, "--confirm-artifacts")
        wait_for(lambda: machine.kinds(REPORTER)[-1] == "thanks", "the thanks")
        shown = machine.json("show", case)

    assert before == []
    assert held["state"] == "release"
    assert f"tacenda release {case}".encode() in b" ".join(alarm.body.split())
    assert shown["state"] == "released"
    assert sorted(x.to for x in machine.letters(kind="release")) == [
        "announce@example.org",
        "oss@example.org",
    ]
