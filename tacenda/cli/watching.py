"""`tacenda watch`: one case, or all of them, as they change."""

import asyncio

import click
from temporalio.client import Client

from tacenda.cli import dialogue, session
from tacenda.cli.listing import COLUMNS, find_cases, rows_of
from tacenda.cli.reading import COMING, coming_rows
from tacenda.cli.showing import standing_of
from tacenda.errors import Unavailable
from tacenda.render import note, table_of
from tacenda.timeline import plan

PAUSE_SECONDS = 2.0
MOST_COMING = 5


@click.command()
@click.argument("case", required=False)
def watch(case: str | None) -> None:
    """Show the CASE, or all open ones, again whenever something changes. Ctrl-C ends it."""
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
            click.clear()
            click.echo(seen)
            drawn = seen
        await asyncio.sleep(PAUSE_SECONDS)


async def _all(server: Client) -> str:
    rows = rows_of(await find_cases(server, everything=False))
    return table_of(COLUMNS, rows) if rows else "There is no open case."


async def _one(server: Client, case: str) -> str:
    view = await dialogue.ask(server, case)
    now = max(session.now(), view.now)
    coming = plan(view.case, view.case.policy, now)[:MOST_COMING]
    after = table_of(COMING, coming_rows(coming, now)) if coming else "Nothing comes by itself.\n"
    return f"{standing_of(view.case, now)}\n{after}"
