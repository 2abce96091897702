"""kill -9 of the worker: the next one goes on, and every letter has been delivered."""

from tests.chaos.aftermath import (
    ANSWERED,
    BEFORE,
    OTHER,
    RELEASE,
    kill,
    ready_to_release,
    repeated,
    rewritten,
    wait_for_letters,
)
from tests.e2e.machine import Machine
from tests.e2e.postoffice import PostOffice
from tests.e2e.running import wait_for
from tests.e2e.samples import ANY_DAY, SHORT, TEAM


def test_a_worker_is_killed_with_a_letter_in_its_hand(machine: Machine) -> None:
    """The mail server has the release and did not say so: it comes again, as the same letter.

    Another case is taken in that moment; whatever it still needs comes from the next worker.
    """
    with PostOffice("release") as post, post.open():
        machine.settings.write_text(TEAM + ANY_DAY + SHORT + post.settings)
        with machine.up() as up:
            case, release = ready_to_release(machine, lambda: post.letters)
            other = machine.open(reporter=OTHER)
            machine.done(*release)
            post.wait_until_hanging()
            machine.done("ack", other)
            worker = up.pid("worker")
            kill(worker)
            wait_for(lambda: up.renewed("worker", worker), "a new worker")
            wait_for_letters(lambda: post.letters, BEFORE | RELEASE | ANSWERED)
            machine.done("confirm", case, "retrospective")
            machine.done("close", case, "--as", "complete")

    assert rewritten(lambda: post.letters) == []
    assert repeated(lambda: post.letters) in (1, 2, 3)
    assert len([x for x in post.letters if x.kind == "release"]) == 6
