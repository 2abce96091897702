"""What the whole of the tests needs: that nobody takes a skipped test for one that passed."""

import pytest

from tests.gpg import INSTALL


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested because a program is missing."""
    skipped = terminalreporter.stats.get("skipped", [])
    if left_out := [report for report in skipped if INSTALL in str(report.longrepr)]:
        terminalreporter.section("NOT TESTED", red=True)
        terminalreporter.line(f"{len(left_out)} tests of encrypted mail did not run: {INSTALL}")
    for report in terminalreporter.stats.get("passed", []):
        for name, figure in report.user_properties:
            if name == "canary":
                terminalreporter.line(str(figure))
