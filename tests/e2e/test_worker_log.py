"""The log of a worker, of its SDK and of the SDK's native part, while everything fails."""

import re
import sys

import pytest

from tests.e2e.machine import Machine
from tests.e2e.programs import ROOT, Said, ended

SECRET = "overflow-in-the-parser"


def failing(office: Machine, set_up: str, case: str) -> Said:
    """Return what a worker printed whose workflow and activity fail with the secret."""
    words = ("-m", "tests.e2e.leaking", set_up, office.at["temporal"], case, SECRET)
    said = ended(office.popen(sys.executable, *words, PYTHONPATH=str(ROOT)))
    assert said.code == 0, said.err
    return said


def test_failures_of_workflow_and_activity_are_logged_without_their_text(office: Machine) -> None:
    """Kinds, places, case and attempt are there; nothing of the text, on stdout or stderr."""
    case = "case-2026-0000000001"

    said = failing(office, "ours", case)

    assert SECRET not in said.out + said.err
    assert said.out == ""
    assert re.search(
        rf'case={case} .*activity=spill attempt=1 says="the activity knows \*', said.err
    )
    assert re.search(
        rf"case={case} .* error=RuntimeError trace=\"tests/e2e/leaking.py:\d+ spill", said.err
    )
    assert 'error="ValueError < ActivityError < ApplicationError(RuntimeError)"' in said.err
    assert re.search('from=temporalio.core .*says="Failing workflow task"', said.err)
    assert all(line.startswith("at=20") for line in said.err.splitlines())


@pytest.mark.parametrize("stream", ["out", "err"])
def test_the_usual_set_up_would_tell_all(stream: str, office: Machine) -> None:
    """Both Python's logging and the native part print the text; so the test above can fail."""
    said = failing(office, "usual", f"case-2026-000000000{len(stream)}x")

    assert SECRET in getattr(said, stream)
