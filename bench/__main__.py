"""`python -m bench`: one table of ratios, all of them measured in this one run."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable

import click

from bench import (
    board,
    commands,
    encryption,
    fanout,
    letters,
    life,
    planning,
    sleeping,
    table,
    told,
)

MEASURES: dict[str, Callable[[int], Awaitable[list[table.Row]]]] = {
    "life": life.measure,
    "encryption": encryption.measure,
    "letters": letters.measure,
    "fanout": fanout.measure,
    "starttls": fanout.measure_starttls,
    "told": told.measure,
    "sleeping": sleeping.measure,
    "plan": planning.measure,
    "help": commands.measure_help,
    "list": commands.measure_list,
    "board": board.measure,
    "imports": commands.measure_imports,
}


@click.command()
@click.argument("names", metavar="[ROW]...", nargs=-1, type=click.Choice(list(MEASURES)))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="Plain values instead of the table.")
def bench(names: tuple[str, ...], rounds: int, as_json: bool) -> None:
    """Measure each ROW, or all of them: life, encryption, letters, plan, help, list, imports.

    Medians over the rounds, in which both sides take turns. The exit code is 0 whether an
    aim is met or not: this is no test.
    """
    machine = table.machine()
    rows = asyncio.run(_measure(names or tuple(MEASURES), rounds))
    if as_json:
        values = {"machine": machine, "rounds": rounds, "rows": [row.values() for row in rows]}
        click.echo(json.dumps(values, indent=2))
        return
    click.echo("\n".join(table.lines(rows)))
    click.echo("\n" + "\n".join(f"{name}: {value}" for name, value in machine.items()))
    click.echo(f"rounds: {rounds}")


async def _measure(names: tuple[str, ...], rounds: int) -> list[table.Row]:
    """Measure with a folder of compiled modules of its own, whatever the environment says.

    Otherwise an installation that was never compiled would be compiled in every process.
    """
    rows = []
    with tempfile.TemporaryDirectory(prefix="tacenda-bench-") as compiled:
        os.environ["PYTHONPYCACHEPREFIX"] = compiled
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        for name in names:
            click.echo(f"Measuring {name} ...", err=True)
            rows += await MEASURES[name](rounds)
    return rows


if __name__ == "__main__":
    code: str | int | None = 0
    try:
        bench()
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    # The SDK's native part can abort a process at interpreter exit (sdk-python#300).
    os._exit(code if isinstance(code, int) else 1)
