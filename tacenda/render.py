"""Printing: results on stdout, messages on stderr, text from outside made harmless."""

import json
import os
import sys
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from shutil import get_terminal_size
from typing import Any

import click

PIPE_WIDTH = 200
NARROWEST = 8
MOST_NAMED = 5
GAP = "  "
WHOLE = ("case", "step", "act", "letter", "at", "next limit", "done")


def safe(text: str) -> str:
    """Return `text` without anything that a terminal would obey rather than show."""
    if _is_plain(text):
        return text
    return "".join(c if c in "\n\t" or not _commands(c) else "�" for c in text)


def safe_line(text: str) -> str:
    """Return `text` as one line that is safe, so that it cannot pass for several of ours."""
    return safe(text).replace("\n", " ").replace("\t", " ")


def _is_plain(text: str) -> bool:
    """Whether a look is enough to know that nothing in `text` commands a terminal."""
    return text.isascii() and text.isprintable()


def _commands(character: str) -> bool:
    """Whether it controls a terminal, or is not seen: C0, C1, bidi overrides, zero width."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def say(text: str) -> None:
    """Print one result."""
    click.echo(safe(text))


def warn(text: str) -> None:
    """Print one message that does not stop anything."""
    click.echo(f"Note: {safe(text)}", err=True)


def note(text: str) -> None:
    """Print one message to the person at the terminal."""
    click.echo(safe(text), err=True)


def show_text(text: str) -> None:
    """Show the text that a person is about to approve, between two lines."""
    rule = "-" * 76
    click.echo(f"{rule}\n{safe(text).rstrip()}\n{rule}", err=True)


def say_json(value: Any) -> None:
    """Print one JSON value: instants in RFC 3339 and UTC, keys as they are."""
    click.echo(json_of(value))


def json_of(value: Any) -> str:
    """Return one JSON value; what would command a terminal is escaped, other scripts are not."""
    made = json.dumps(value, default=_plain, ensure_ascii=False, indent=2)
    if _is_plain(made.replace("\n", "")):
        return made
    return "".join(_escaped(c) if c != "\n" and _commands(c) else c for c in made)


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"


def moment(at: datetime | None) -> str:
    """Return an instant for a table, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}Z" if at else "-"


def away(at: datetime, now: datetime) -> str:
    """Return how far an instant is from now, in days or hours: `in 3 d`, `2 h ago`."""
    size = in_short(abs(at - now))
    return f"in {size}" if at > now else f"{size} ago"


def in_short(gap: timedelta) -> str:
    """Return a duration in days, hours or minutes, whole ones: `3 d`."""
    if gap >= timedelta(days=2):
        return f"{gap.days} d"
    if gap >= timedelta(hours=1):
        return f"{int(gap.total_seconds() // 3600)} h"
    return f"{int(gap.total_seconds() // 60)} min"


def names(of: Sequence[str]) -> str:
    """Return several names for a table, or a dash."""
    return ", ".join(of) or "-"


def few_of(of: Sequence[str]) -> str:
    """Return the first of several names for a table, and how many more there are."""
    more = len(of) - MOST_NAMED
    return names(of[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def say_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; overdue things stand out where the terminal can show it."""
    click.echo(table_of(headings, rows), nl=False)


def table_of(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as lines, no wider than the terminal, to be printed with `click.echo`."""
    cells = [[" ".join(safe(cell).split()) for cell in row] for row in (headings, *rows)]
    widths = _widths(headings, cells)
    heading, *lines = (_laid_out(row, widths) for row in cells)
    table = [_styled(heading, bold=True)]
    for row, line in zip(rows, lines, strict=True):
        is_urgent = any(cell.startswith(("overdue", "ALARM")) for cell in row)
        table.append(_styled(line, bold=True, fg="red") if is_urgent else line)
    return "\n".join(table) + "\n"


def _widths(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide each column is: where there is no room, the widest one yields first.

    Ids and instants are copied: they stay whole on the narrowest terminal.
    """
    widths = [max(map(_places, column)) for column in zip(*cells, strict=True)]
    yielding = [n for n, heading in enumerate(headings) if heading not in WHOLE]
    room = get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH
    while (excess := sum(widths) + len(GAP) * (len(widths) - 1) - room) > 0:
        widest = max(yielding, key=widths.__getitem__)
        if widths[widest] <= NARROWEST:
            break
        # At once down to the next one: thousands of names make a cell very wide.
        others = (widths[n] for n in yielding if n != widest)
        down_to = max(NARROWEST, widths[widest] - excess, *others)
        widths[widest] -= max(1, widths[widest] - down_to)
    return widths


def _laid_out(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return one row, each cell wrapped within the width of its column."""
    columns = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
    lines = []
    for parts in zip_longest(*columns, fillvalue=""):
        padded = [part + " " * (w - _places(part)) for part, w in zip(parts, widths, strict=True)]
        lines.append(GAP.join(padded).rstrip())
    return "\n".join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    """Return `text` in lines, broken between words, and within a word that fits no line."""
    if _places(text) <= width:
        return [text]
    lines: list[str] = []
    for word in text.split():
        if lines and _places(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
            continue
        lines.append("")
        for character in word:
            if _places(lines[-1] + character) > width:
                lines.append("")
            lines[-1] += character
    return lines


def _places(text: str) -> int:
    """Return how many places `text` takes on a terminal: East Asian characters take two."""
    if text.isascii():
        return len(text)
    return len(text) + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def _styled(text: str, **style: Any) -> str:
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if is_plain else click.style(text, **style)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)
