"""`tacenda history`: who did what to a case, when and why."""

import click

from tacenda.chronicle import chronicle
from tacenda.cli import dialogue, session
from tacenda.cli.options import as_json, case_argument
from tacenda.render import moment, say_json, say_table


@click.command()
@case_argument
@as_json
def history(case: str, as_json: bool) -> None:
    """Tell what happened to the CASE, the oldest first: who did what, when and why."""
    view = dialogue.view(case)
    lines = chronicle(view.case, max(session.now(), view.now))
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
