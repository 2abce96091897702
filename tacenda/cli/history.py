"""`tacenda history`: who did what to a case, when and why."""

import click

from tacenda.chronicle import Happened, chronicle
from tacenda.cli import dialogue, session
from tacenda.cli.options import as_json, case_argument
from tacenda.cli.serverhistory import happened_on_server
from tacenda.errors import NoWorker
from tacenda.render import moment, say_json, say_table, warn


@click.command()
@case_argument
@as_json
def history(case: str, as_json: bool) -> None:
    """Tell what happened to the CASE, the oldest first: who did what, when and why.

    Without a worker it tells what the server has: acts, letters that were begun, limits reached.
    """
    lines = session.run(_lines(case))
    if as_json:
        say_json([line.model_dump() for line in lines])
        return
    say_table(
        ["at", "who", "what", "why"],
        [
            [
                moment(line.at),
                line.who,
                f"{line.what}: {line.detail}" if line.detail else line.what,
                line.why + (f" (overrode {', '.join(line.overrode)})" if line.overrode else ""),
            ]
            for line in lines
        ],
    )


async def _lines(case: str) -> tuple[Happened, ...]:
    server = await session.client()
    try:
        view = await dialogue.ask(server, case)
    except NoWorker:
        warn("No worker answers. This is what the server has; what came of letters it cannot say.")
        return await happened_on_server(server, case)
    return chronicle(view.case, max(session.now(), view.now))
