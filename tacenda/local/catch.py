"""The mail catcher by itself: `python -m tacenda.local.catch`, until SIGTERM or Ctrl-C.

For a stack of containers; `tacenda up` brings its own. The page asks nobody who they are: let
it listen beyond the loopback interface only where a container engine publishes it on that.
"""

import asyncio
import logging
import signal
import socket
import sys
from pathlib import Path

import click

from tacenda import logs
from tacenda.errors import TacendaError, Unavailable
from tacenda.local.catcher import Catcher
from tacenda.local.maildir import Maildir
from tacenda.render import note, say

LOOK_EVERY = 10.0
# A heading, then a line for each way to other hosts.
ROUTES = Path("/proc/net/route")

Where = tuple[str, int]


def _where(_ctx: click.Context, _option: click.Parameter, value: str) -> Where:
    """Read HOST:PORT; port 0 is one that is free."""
    host, _, port = value.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and int(port) <= 65535):
        raise click.BadParameter(f"{value!r} is not HOST:PORT.")
    return host, int(port)


@click.command()
@click.option(
    "--smtp",
    metavar="HOST:PORT",
    callback=_where,
    default="127.0.0.1:2525",
    help="Where letters come in.",
)
@click.option(
    "--page",
    metavar="HOST:PORT",
    callback=_where,
    default="127.0.0.1:8025",
    help="Where they are shown.",
)
@click.option("--mail", metavar="DIR", type=Path, required=True, help="The Maildir to keep them.")
@click.option(
    "--leave-with-network",
    is_flag=True,
    help="End with 1 once there is no way to other hosts: the network was another container's.",
)
def catch(smtp: Where, page: Where, mail: Path, leave_with_network: bool) -> None:
    """Catch letters, show them on a page, and send none of them, until SIGTERM or Ctrl-C."""
    logs.set_up(logging.WARNING)
    try:
        asyncio.run(serve(smtp, page, mail, leave_with_network=leave_with_network))
    except TacendaError as error:
        note(f"catcher: {error}")
        sys.exit(error.exit_code)


async def serve(smtp: Where, page: Where, mail: Path, *, leave_with_network: bool) -> None:
    """Catch and show letters until a signal; raises `Unavailable` where that cannot be."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with _listening(smtp, "--smtp") as letters, _listening(page, "--page") as readers:
        catcher = Catcher(_maildir(mail), letters, readers)
        try:
            await catcher.start()
            say(f"Letters to {_name(letters)} are caught in {mail}. Page: {_name(readers)}")
            while not await _set_within(LOOK_EVERY, stop):
                if leave_with_network and not _has_network():
                    raise Unavailable("The network has gone. Start the catcher again.")
        finally:
            await catcher.stop()


def _maildir(folder: Path) -> Maildir:
    try:
        return Maildir(folder)
    except OSError as error:
        raise Unavailable(
            f"No letters can be kept in {folder} ({error.strerror}). Name another with --mail."
        ) from None


def _listening(where: Where, option: str) -> socket.socket:
    try:
        return socket.create_server(where)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Unavailable(f"The catcher cannot listen: {reason}. Mend {option}.") from None


def _name(sock: socket.socket) -> str:
    host, port = sock.getsockname()
    return f"{host}:{port}"


def _has_network() -> bool:
    """Whether there is a way to other hosts.

    When the container that a network came from ends, loopback is all that is left, and it
    stays so when that container runs again (moby/moby#24935).
    """
    return len(ROUTES.read_text(encoding="ascii").splitlines()) > 1


async def _set_within(seconds: float, event: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


if __name__ == "__main__":
    catch()
