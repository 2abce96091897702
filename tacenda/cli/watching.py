"""`tacenda watch`: one case, or all of them, as they change."""

import asyncio
import os
import sys
from shutil import get_terminal_size

import click
from temporalio.client import Client

from tacenda.cli import dialogue, session
from tacenda.cli.completing import case_ids
from tacenda.cli.listing import COLUMNS, find_cases, rows_of
from tacenda.cli.reading import COMING, coming_rows
from tacenda.cli.screen import standing_of
from tacenda.errors import BadInput, Unavailable
from tacenda.render import moment, note, table_of
from tacenda.timeline import plan

PAUSE_SECONDS = 2.0
MOST_COMING = 5


_HOME, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"


@click.command()
@click.argument("case", required=False, shell_complete=case_ids)
@click.option("--all", "everything", is_flag=True, help="All open cases, as without a CASE.")
def watch(case: str | None, everything: bool) -> None:
    """Show the CASE, or all open ones, again whenever something changes. Ctrl-C ends it.

    All of them cost the server one question each time. Without a terminal, what changed follows
    what was there, with the instant before it.
    """
    if case and everything:
        raise BadInput("Name a CASE, or say --all.")
    session.run(_watch(case))


async def _watch(case: str | None) -> None:
    """Draw what there is to see each time it differs; an outage is said once, and outlived."""
    server: Client | None = None
    drawn = complaint = ""
    while True:
        try:
            server = server or await session.client()
            seen = await (_one(server, case) if case else _all(server))
            complaint = ""
        except Unavailable as error:
            if drawn == "":
                raise
            seen = drawn
            if complaint != str(error):
                complaint = str(error)
                note(f"{complaint} Watching goes on.")
        if seen != drawn:
            _draw(seen, is_first=drawn == "")
            drawn = seen
        await asyncio.sleep(PAUSE_SECONDS)


def _draw(seen: str, *, is_first: bool) -> None:
    """Draw over what was there, line by line, so that nothing flickers; a pipe gets it anew."""
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        click.echo(f"{moment(session.now())}\n{seen}")
        return
    if is_first:
        click.clear()
    lines = seen.rstrip("\n").split("\n")[: get_terminal_size().lines - 1]
    drawn = "".join(f"{line}{_CLEAR_LINE}\n" for line in lines)
    click.echo(f"{_HOME}{drawn}{_CLEAR_BELOW}", nl=False)


async def _all(server: Client) -> str:
    rows = rows_of(await find_cases(server, everything=False))
    return table_of(COLUMNS, rows) if rows else "There is no open case."


async def _one(server: Client, case: str) -> str:
    view = await dialogue.ask(server, case)
    now = max(session.now(), view.now)
    coming = plan(view.case, view.case.policy, now)[:MOST_COMING]
    after = table_of(COMING, coming_rows(coming, now)) if coming else "Nothing comes by itself.\n"
    return f"{standing_of(view.case, now)}\n{after}"
