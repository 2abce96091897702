"""One door to the terminal and one to the log: what goes through them is made harmless."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SOURCES = [
    ROOT / "worker.py",
    *sorted((ROOT / "tacenda").rglob("*.py")),
    *sorted((ROOT / "workflows").rglob("*.py")),
    *sorted((ROOT / "activities").rglob("*.py")),
]
# Each of these prints what `render` made safe, or sentences of its own.
PRINTING = {
    "tacenda/render.py",
    "tacenda/cli/__init__.py",
    "tacenda/cli/demo.py",
    "tacenda/cli/screen.py",
    "tacenda/cli/stack.py",
    "tacenda/cli/watching.py",
    "worker.py",
}
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def calls(path: Path) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield each call in a file: what it is called on, the name, and the call."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield ast.unparse(node.func.value), node.func.attr, node
            elif isinstance(node.func, ast.Name):
                yield "", node.func.id, node


def name_of(path: Path) -> str:
    """Return the path of a file in the checkout."""
    return path.relative_to(ROOT).as_posix()


def test_only_a_few_modules_print() -> None:
    """All others go through `render`, which lets no control character pass."""
    printing = {
        name_of(path)
        for path in SOURCES
        for on, name, _ in calls(path)
        if name in ("echo", "secho") or (on, name) == ("", "print")
    }
    assert printing <= PRINTING


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_what_is_logged_is_a_literal(path: Path) -> None:
    """A message made up from data is withheld by the formatter, so it would say nothing."""
    logged = [
        call
        for on, name, call in calls(path)
        if name in LEVELS and (on in ("log", "logger") or on.endswith((".logger", ")")))
    ]
    for call in logged:
        message = call.args[0]
        assert isinstance(message, ast.Constant), f"{name_of(path)}:{call.lineno}"
        assert isinstance(message.value, str)


def test_nobody_sets_up_a_log_of_their_own() -> None:
    """A formatter of Python's own prints arguments, and errors with their text and source."""
    own = {
        name_of(path)
        for path in SOURCES
        for _, name, _ in calls(path)
        if name in ("basicConfig", "dictConfig", "Formatter", "print_exc", "format_exc")
    }
    assert own == set()
