"""Letters through a real mail server that is not ours, with STARTTLS and a password."""

from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.canary.post import Indiscreet
from tests.e2e.machine import Machine, eventually
from tests.e2e.relay import PASSWORD, PUT_OFF, REFUSED, Relay, relay
from tests.e2e.running import wait_for
from tests.e2e.samples import ANY_DAY, SHORT, TEAM

REPORTER, READER, BOUNCED = "rita@example.org", "reader@example.org", "bounced@example.org"
USERS = TEAM.replace('["announce@example.org"]', str([READER, REFUSED, PUT_OFF, BOUNCED]))


@pytest.fixture
def next_hop() -> Iterator[Indiscreet]:
    """Where the relay's letters arrive, and one of them does not."""
    post = Indiscreet({BOUNCED: 550})
    with post, post.open():
        yield post


@pytest.fixture
def exim(next_hop: Indiscreet) -> Iterator[Relay]:
    """The real mail server."""
    with relay(next_hop.port) as server:
        yield server


@pytest.fixture
def machine(tmp_path: Path, exim: Relay) -> Machine:
    """A machine that sends through it, knows its password, and trusts its certificate."""
    machine = Machine(tmp_path / "machine", USERS + ANY_DAY + SHORT + exim.settings)
    machine.environ |= {"SSL_CERT_FILE": str(exim.authority)}
    (machine.home / "relay.password").write_text(f"{PASSWORD}\n")
    return machine


def test_letters_travel_through_a_real_relay(
    machine: Machine, exim: Relay, next_hop: Indiscreet
) -> None:
    """Encrypted and with the password; who is refused fails, and who is put off gets it later."""
    with machine.up():
        case = machine.open(reporter=REPORTER)
        machine.done("ack", case)
        machine.done("fixed", case, "--ref", "https://example.org/1")
        machine.done("notify", case, "users")
        wait_for(lambda: next_hop.got("user_notice", READER), "the notice")
        wait_for(lambda: "temporarily rejected RCPT" in exim.log, "somebody to be put off")
        before = next_hop.got("user_notice", PUT_OFF)
        exim.get_to_know()
        wait_for(lambda: next_hop.got("user_notice", PUT_OFF), "the notice that was put off")
        wait_for(lambda: notice_of(machine, case, delivered=3), "the record of it")
        shown = notice_of(machine, case, delivered=3)

    # The relay's own word for ESMTP with TLS and authentication.
    ways = {str(message_from_bytes(x.raw, policy=default)["Received"]) for x in next_hop.mail}
    assert all("with esmtpsa" in way for way in ways)
    assert not before
    assert shown["failed"] == 1
    assert next_hop.got("acknowledgement", REPORTER)
    assert not next_hop.got("user_notice", REFUSED)
    came = [mail.to for mail in next_hop.mail if mail.kind == "user_notice"]
    assert sorted(came) == sorted([READER, PUT_OFF])


def test_a_real_bounce(machine: Machine, exim: Relay, next_hop: Indiscreet) -> None:
    """What the next hop refuses comes back as a delivery status notification of that letter."""
    exim.get_to_know()
    with machine.up():
        case = machine.open(reporter=REPORTER)
        machine.done("ack", case)
        machine.done("fixed", case, "--ref", "https://example.org/1")
        machine.done("notify", case, "users")
        eventually(lambda: len(exim.bounces), 1, "the bounce")

    bounce = message_from_bytes(exim.bounces[0].read_bytes(), policy=default)
    types = [part.get_content_type() for part in bounce.walk()]
    assert bounce.get_content_type() == "multipart/report"
    assert "message/delivery-status" in types
    assert BOUNCED.encode() in exim.bounces[0].read_bytes()


def test_a_real_relay_that_does_not_know_the_password(
    machine: Machine, exim: Relay, next_hop: Indiscreet
) -> None:
    """No letter leaves, and `doctor` says which settings to look at."""
    (machine.home / "relay.password").write_text("wrong\n")
    with machine.up():
        case = machine.open(reporter=REPORTER)
        wait_for(lambda: "535" in exim.log, "a refusal")
        shown = machine.json("show", case)
        doctor = machine.tacenda("doctor")

    assert next_hop.mail == []
    assert [letter for letter in shown["letters"] if letter["delivered"]] == []
    assert doctor.code == 1
    assert "password" in doctor.out + doctor.err


def notice_of(machine: Machine, case: str, *, delivered: int) -> dict[str, int]:
    """Return the user notice as the case shows it, once so many have it."""
    letters = machine.json("show", case)["letters"]
    found = [x for x in letters if x["kind"] == "user_notice" and x["delivered"] == delivered]
    return dict(found[0]) if found else {}
