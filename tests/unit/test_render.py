"""Tables: what stays whole, what is wrapped, what stands out."""

import io
import unicodedata
from collections.abc import Callable

import click
import pytest

from tacenda.render import table_of

HEADINGS = ("case", "state", "next limit", "overdue")
LATE = (
    "case-2026-7k3q9xm4tp",
    "vendor notice",
    "2026-11-21 10:00Z",
    "overdue: fix, user notice",
)
EARLY = ("case-2026-aaaaaaaaaa", "fix", "2026-12-24 10:00Z", "-")
RED, BOLD = "\x1b[31m", "\x1b[1m"

Terminal = Callable[[int], None]


class Screen(io.StringIO):
    """An output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stdout a terminal of so many columns."""

    def of(columns: int) -> None:
        monkeypatch.setattr("sys.stdout", Screen())
        monkeypatch.setenv("COLUMNS", str(columns))

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return of


def places(line: str) -> int:
    """Return how many places a line takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def test_a_table_has_a_line_for_each_row() -> None:
    """On a pipe nothing is wrapped that fits a long line, and no line ends in blanks."""
    assert click.unstyle(table_of(HEADINGS, [LATE, EARLY])).splitlines() == [
        "case                  state          next limit         overdue",
        "case-2026-7k3q9xm4tp  vendor notice  2026-11-21 10:00Z  overdue: fix, user notice",
        "case-2026-aaaaaaaaaa  fix            2026-12-24 10:00Z  -",
    ]


@pytest.mark.parametrize("columns", [100, 80, 72, 60, 40, 20])
def test_ids_and_instants_stay_whole(columns: int, terminal: Terminal) -> None:
    """They are copied, so they stay whole on the narrowest terminal; the rest is wrapped."""
    terminal(columns)
    lines = click.unstyle(table_of(HEADINGS, [LATE, EARLY])).splitlines()

    assert any(LATE[0] in line and LATE[2] in line for line in lines)
    assert columns < 60 or max(map(len, lines)) <= columns


def test_a_long_cell_is_wrapped_between_words(terminal: Terminal) -> None:
    """Nothing of it is lost, and a word that fits no line is broken."""
    terminal(30)
    reason, url = "the vendor asked for two more days", f"https://example.org/{'x' * 40}"
    said = table_of(["at", "why"], [["10:00Z", reason], ["11:00Z", url]])
    cells = [line[8:] for line in click.unstyle(said).splitlines()[1:]]

    assert " ".join(cells[:2]) == reason
    assert "".join(cells[2:]) == url
    assert all(len(cell) <= 22 for cell in cells)


def test_wide_characters_count_for_the_places_they_take(terminal: Terminal) -> None:
    """Columns stay straight beside names of another script."""
    terminal(40)
    said = table_of(
        ["who", "what"], [["佐藤", "修正"], ["alice", "修正を公開する日を三日延ばした" * 2]]
    )
    heading, first, *rest = click.unstyle(said).splitlines()

    assert heading.index("what") == 7
    assert first == "佐藤   修正"
    assert all(places(line) <= 40 for line in rest)


def test_what_is_overdue_stands_out(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """An overdue row and an alarm are bold and red, unless NO_COLOR asks for plain text."""
    terminal(100)
    alarm = ("case-1", "ALARM: terminated in fix", "-", "-")
    heading, late, early, dead = table_of(HEADINGS, [LATE, EARLY, alarm]).splitlines()

    assert BOLD in heading
    assert RED in late
    assert RED in dead
    assert early == click.unstyle(early)
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patched:
            patched.setenv(name, value)
            assert "\x1b" not in table_of(HEADINGS, [LATE])


def test_a_cell_cannot_command_the_terminal() -> None:
    """What came from outside is shown and not obeyed, and breaks no row."""
    said = table_of(["who", "why"], [["mallory\x1b[2J", "a\nb\0c"]])

    assert click.unstyle(said).splitlines()[1] == "mallory�[2J  a b�c"
