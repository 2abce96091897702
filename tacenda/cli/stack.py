"""`tacenda up`: the embedded stack in the foreground, until Ctrl-C."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from tacenda.home import home_folder, settings_file
from tacenda.render import note, safe

if TYPE_CHECKING:
    from tacenda.local.stack import Stack

STOPPED = 0
INTERRUPTED = 130
PORT = click.IntRange(1, 65535)


@click.command()
@click.option("--config", metavar="FILE", help="The tacenda.toml to use.")
@click.option("--port", "temporal", type=PORT, help="The port of Temporal.")
@click.option("--ui-port", "ui", type=PORT, help="The port of the Web UI.")
@click.option("--codec-port", "codec", type=PORT, help="The port of the codec server.")
@click.option("--smtp-port", "smtp", type=PORT, help="The port of the mail catcher.")
@click.option("--mail-port", "mail", type=PORT, help="The port of the page with the letters.")
@click.option("--no-worker", is_flag=True, help="Start no worker; you run worker.py yourself.")
@click.option("--json", "as_json", is_flag=True, help="When ready, one line of JSON.")
@click.pass_context
def up(
    ctx: click.Context, /, config: str | None, no_worker: bool, as_json: bool, **asked: int | None
) -> None:
    """Run Temporal with its Web UI, codec server, mail catcher and worker, until Ctrl-C.

    Everything listens on this machine alone and is kept in TACENDA_HOME: started again, it
    goes on where it stopped, under the same ports.
    """
    from tacenda.local.stack import Stack

    given = config or (ctx.obj or {}).get("config")
    progress = _tell if sys.stderr.isatty() else _say_nothing
    stack = Stack(
        home_folder(os.environ),
        settings_file=settings_file(given, os.environ),
        asked_ports={name: port for name, port in asked.items() if port is not None},
        with_worker=not no_worker,
        notify=_tell,
        progress=progress,
    )
    ctx.exit(asyncio.run(_until_signalled(stack, as_json, progress)))


def _tell(line: str) -> None:
    note(line)


def _say_nothing(_line: str) -> None:
    pass


async def _until_signalled(stack: "Stack", as_json: bool, progress: Callable[[str], None]) -> int:
    """Run `stack` until a signal, and return the exit code; a second signal hurries."""
    caught: list[int] = []
    running = asyncio.ensure_future(_run(stack, as_json))

    def on_signal(number: int) -> None:
        if caught:
            stack.kill()
        else:
            progress("Stopping; Ctrl-C again does not wait.")
            running.cancel()
        caught.append(number)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal, number)
    try:
        await running
    except asyncio.CancelledError:
        if not caught:
            raise
    return INTERRUPTED if caught[0] == signal.SIGINT else STOPPED


async def _run(stack: "Stack", as_json: bool) -> None:
    async with stack:
        click.echo(_line(stack) if as_json else _block(stack))
        await asyncio.Event().wait()


def _line(stack: "Stack") -> str:
    return json.dumps(stack.endpoints.model_dump(mode="json"))


def _block(stack: "Stack") -> str:
    at = stack.endpoints
    caught = "caught here, none leaves this machine"
    letters = caught if stack.catches_mail else f"none is caught: sent through {stack.relay}"
    rows = {
        "Web UI": at.ui,
        "Codec": f"{at.codec}  (decodes cases in the Web UI for whoever logs in)",
        "Letters": f"{at.mail}  ({letters})",
        "Temporal": at.temporal,
        "SMTP": at.smtp,
        "Home": str(at.home),
        "Settings": str(stack.settings_file),
    }
    lines = [f"  {name:<10}{value}" for name, value in rows.items()]
    return safe(
        "\n".join(
            (
                "Tacenda is up. Ctrl-C stops it; the cases stay.",
                "",
                *lines,
                "",
                "To read cases in the Web UI, log in with this link. It works once, for ten",
                "minutes; `tacenda codec --link` makes another. Its page says what to click in the",
                "Web UI, once in each browser: spectacles, own setting, cross-origin credentials.",
                f"  {stack.login_link()}",
                "For the plain `temporal` command:",
                f"  {stack.exports()}",
            )
        )
    )
