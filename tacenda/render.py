"""Printing: results on stdout, messages on stderr, text from outside made harmless."""

import json
import sys
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

PIPE_WIDTH = 200
WHOLE = ("case", "step", "act", "letter", "at", "next limit", "done")


def safe(text: str) -> str:
    """Return `text` without anything that a terminal would obey rather than show."""
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else "�"
        for c in text
    )


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
    click.echo(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))


def moment(at: datetime | None) -> str:
    """Return an instant for a table, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}Z" if at else "-"


def away(at: datetime, now: datetime) -> str:
    """Return how far an instant is from now, in days or hours: `in 3 d`, `2 h ago`."""
    gap = abs(at - now)
    if gap >= timedelta(days=2):
        size = f"{gap.days} d"
    elif gap >= timedelta(hours=1):
        size = f"{int(gap.total_seconds() // 3600)} h"
    else:
        size = f"{int(gap.total_seconds() // 60)} min"
    return f"in {size}" if at > now else f"{size} ago"


def names(of: Sequence[str]) -> str:
    """Return several names for a table, or a dash."""
    return ", ".join(of) or "-"


def say_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; overdue things stand out where the terminal can show it."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        # Ids and instants are copied: they stay whole on the narrowest terminal.
        table.add_column(heading, no_wrap=heading in WHOLE, overflow="fold")
    for row in rows:
        style = "bold red" if any(c.startswith(("overdue", "ALARM")) for c in row) else ""
        table.add_row(*(Text(safe(cell), style=style) for cell in row))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    console.print(table)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)
