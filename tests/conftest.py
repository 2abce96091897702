"""What all tests need: options, and that nobody takes a skipped test for one that passed."""

import secrets

import pytest
from hypothesis import settings

from tests import gpg
from tests.e2e import relay

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

FIGURES = ("canary", "chaos")
USUAL_SEED = 100
PROGRAMS = {gpg.INSTALL: "encrypted mail", relay.INSTALL: "a real mail server"}
"""What a test says when a program is missing, and what is not tested without that."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let whoever runs the chaos suite say how long, and repeat a run."""
    group = parser.getgroup("chaos")
    whole = {"type": int, "metavar": "N"}
    group.addoption("--chaos-seed", **whole, help="the seed of the first run; 0 chooses one")
    group.addoption("--chaos-runs", default=1, **whole, help="how many runs (1)")
    group.addoption("--chaos-kills", default=3, **whole, help="kills in each run (3)")


def pytest_configure(config: pytest.Config) -> None:
    """Choose a seed once, for all processes of the tests: they are told what stands here.

    Whoever runs all tests gets the same story each time, and looks for others when they want to.
    """
    if config.option.chaos_seed is None:
        config.option.chaos_seed = USUAL_SEED
    elif config.option.chaos_seed == 0:
        config.option.chaos_seed = secrets.randbelow(10**9)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say which seed it is, before anything can go wrong."""
    if not hasattr(session.config, "workerinput"):
        seed = f"chaos: --chaos-seed {session.config.option.chaos_seed}"
        session.config.get_terminal_writer().line(seed)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested because a program is missing."""
    stats = terminalreporter.stats
    for install, what in PROGRAMS.items():
        left_out = [x for x in stats.get("skipped", []) if install in str(x.longrepr)]
        if left_out:
            terminalreporter.section("NOT TESTED", red=True)
            terminalreporter.line(f"{len(left_out)} tests of {what} did not run: {install}")
    for report in [*stats.get("passed", []), *stats.get("failed", [])]:
        for name, figure in report.user_properties:
            if name in FIGURES:
                terminalreporter.line(str(figure))
