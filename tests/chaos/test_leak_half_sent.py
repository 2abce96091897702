"""It leaks while a notice is half sent, is published, and the worker is killed in that moment."""

from tests.chaos.aftermath import (
    REPORTER,
    kill,
    repeated,
    rewritten,
    wait_for_letters,
)
from tests.e2e.machine import Machine
from tests.e2e.postoffice import PostOffice
from tests.e2e.running import wait_for
from tests.e2e.samples import ANY_DAY, SHORT, TEAM

VENDORS = ("one@vendors.example.org", "two@vendors.example.org")
OUT = {("release", to) for to in (*VENDORS, "announce@example.org", "oss@example.org")}
DECIDED = {("decision", "oncall@example.org"), ("plan_change", "bob@example.org")}


def test_a_worker_is_killed_between_the_leak_and_the_release(machine: Machine) -> None:
    """Everybody gets one release, also the vendor whose notice nobody knows to have come.

    No vendor gets a notice of what is to come after it.
    """
    with PostOffice("vendor_notice") as post, post.open():
        machine.settings.write_text(TEAM + ANY_DAY + SHORT + post.settings)
        with machine.up() as up:
            case = machine.open(reporter=REPORTER)
            machine.insist("ack", case, "--team", "bob")
            machine.done("fixed", case, "--ref", "https://example.org/1")
            machine.insist("notify", case, "vendors")
            post.wait_until_hanging()
            machine.done("leak", case, "--reason", "a post on a forum")
            machine.done("release", case, "--confirm-artifacts", "--override", "it leaked")
            worker = up.pid("worker")
            kill(worker)
            wait_for(lambda: up.renewed("worker", worker), "a new worker")
            wait_for_letters(lambda: post.letters, OUT | DECIDED | {("thanks", REPORTER)})
            state = machine.json("show", case)["state"]

    assert state == "released"
    assert rewritten(lambda: post.letters) == []
    assert repeated(lambda: post.letters) <= 3
    for vendor in VENDORS:
        kinds = post.kinds(vendor)
        # One that the kill cut off comes again, as itself.
        to_them = (letter for letter in post.letters if letter.to == vendor)
        assert len({each.message_id for each in to_them if each.kind == "release"}) == 1
        assert "vendor_notice" not in kinds[kinds.index("release") :]
