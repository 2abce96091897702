"""What must be true after whatever was killed: every letter is there, under one identity."""

import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

from tests.e2e.machine import Letter, Machine, eventually
from tests.e2e.running import runs, wait_for

REPORTER = "rita@example.org"
OTHER = "otto@example.org"
BEFORE = {
    ("receipt", REPORTER),
    ("team_alert", "team@example.org"),
    ("acknowledgement", REPORTER),
    ("fix_team", "bob@example.org"),
    ("vendor_notice", "one@vendors.example.org"),
    ("vendor_notice", "two@vendors.example.org"),
}
RELEASE = {
    ("final_warning", "one@vendors.example.org"),
    ("final_warning", "two@vendors.example.org"),
    ("release", "one@vendors.example.org"),
    ("release", "two@vendors.example.org"),
    ("release", "three@vendors.example.org"),
    ("release", "announce@example.org"),
    ("release", "oss@example.org"),
    ("thanks", REPORTER),
    ("retrospective", "team@example.org"),
}
ANSWERED = {("receipt", OTHER), ("acknowledgement", OTHER)}
"""What the reporter of another case has got when that was taken."""

Letters = Callable[[], Iterable[Letter]]


def wait_for_letters(letters: Letters, wanted: set[tuple[str, str]]) -> None:
    """Wait until every wanted letter, a kind and an address, has been delivered."""
    eventually(
        lambda: wanted - {(letter.kind, letter.to) for letter in letters()},
        set(),
        "the letters that are missing",
    )


def ready_to_release(machine: Machine, letters: Letters) -> tuple[str, tuple[str, ...]]:
    """Carry a case to where the vendors know; return its id and the act that publishes it."""
    case = machine.open(reporter=REPORTER)
    machine.insist("ack", case, "--team", "bob")
    machine.done("fixed", case, "--ref", "https://example.org/1")
    machine.insist("notify", case, "vendors")
    wait_for_letters(letters, BEFORE)
    return case, ("release", case, "--confirm-artifacts", "--override", "now or never")


def rewritten(letters: Letters) -> list[tuple[str, str, str]]:
    """Return what came to somebody twice, of one case, without being the same letter."""
    once = {(x.kind, x.to, case_in(x.subject), x.message_id) for x in letters()}
    times = Counter((kind, to, case) for kind, to, case, _ in once)
    return [letter for letter, number in times.items() if number > 1]


def case_in(subject: str) -> str:
    """Return the case that a subject names; a public letter names none."""
    found = re.search(r"case-[0-9a-z-]+", subject)
    return found[0] if found else ""


def repeated(letters: Letters) -> int:
    """Return how many letters came once more."""
    everything = list(letters())
    return len(everything) - len({letter.message_id for letter in everything})


def power_cut(pids: Iterable[int | None]) -> None:
    """Kill every process of a stack, at once."""
    living = [pid for pid in pids if pid]
    for pid in living:
        kill(pid)
    wait_for(lambda: not any(map(runs, living)), "the end of the stack")


def kill(pid: int) -> None:
    """End a process as a power cut would, unless it has ended with its parent."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
