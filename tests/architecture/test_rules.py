"""Each rule of the process that can be checked by a machine is named by a test that shows it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
NAMED = re.compile(r"\brules? (\d+(?:(?:, | and |, and | to )\d+)*)", re.IGNORECASE)

SHOWN = (2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 14, 15, 16, 17, 18, 21, 22, 23, 24, 25, 26, 30)
"""The rules of section 4 of the facts of the process that a test shows by now."""


def docstrings(path: Path) -> Iterator[str]:
    """Yield what the tests in a file say that they show; methods of state machines as well."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield " ".join((ast.get_docstring(node) or "").split())


def rules_in(text: str) -> set[int]:
    """Return the numbers of the rules that a text names."""
    found: set[int] = set()
    for match in NAMED.finditer(text):
        first, *others = re.split(r"(, and|, | and | to )", match[1])
        found.add(int(first))
        for word, number in zip(others[::2], others[1::2], strict=True):
            is_span = word.strip() == "to"
            found |= set(range(max(found), int(number) + 1)) if is_span else {int(number)}
    return found


def named() -> dict[int, list[str]]:
    """Return for each rule the files with a test that names it."""
    files: dict[int, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for text in docstrings(path):
            for rule in rules_in(text):
                files.setdefault(rule, []).append(path.name)
    return files


@pytest.mark.parametrize("rule", SHOWN)
def test_a_rule_is_named_by_a_test_that_shows_it(rule: int) -> None:
    """Whoever asks how rule 22 is held finds the test by its number."""
    assert named().get(rule), f"no test names rule {rule}"


def test_no_test_names_a_rule_that_there_is_not() -> None:
    """There are thirty of them."""
    assert set(named()) <= set(range(1, 31))


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("It waits (rule 16).", {16}),
        ("Rules 3 and 25: never.", {3, 25}),
        ("They hold (rules 4 to 6, 14).", {4, 5, 6, 14}),
        ("By the first rules nothing is sent.", set()),
    ],
)
def test_rules_are_found_however_they_are_named(text: str, rules: set[int]) -> None:
    """One, several, and a span of them."""
    assert rules_in(text) == rules
