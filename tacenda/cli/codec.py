"""`tacenda codec`: the codec server by itself, and the tokens of those who may read cases."""

import asyncio
import logging
import os
import signal
import socket
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from tacenda import logs
from tacenda.codectable import is_loopback
from tacenda.errors import BadInput, Refused, Unavailable
from tacenda.home import home_folder, recorded, settings_file
from tacenda.render import note, say
from tacenda.settings import Settings, load

if TYPE_CHECKING:
    from tacenda.codecserver.server import CodecServer
    from tacenda.codecserver.tokens import Tokens

WITHIN = 10.0
ANYBODY = (
    "UNSAFE: nobody logs in. Every program and every person on this machine can read every case."
)
IN_THE_CLEAR = (
    "This server listens beyond this machine and speaks no TLS: tokens and cases pass in the "
    "clear unless a proxy that does stands before it. [codec] address is what people see of it."
)


@click.command()
@click.option("--config", metavar="FILE", help="The tacenda.toml to use.")
@click.option("--listen", metavar="HOST:PORT", help="Where to listen; else [codec] listen.")
@click.option("--new-token", metavar="NAME", help="Print a new token of NAME, once, and end.")
@click.option("--revoke", metavar="NAME", help="Forget every token of NAME, and end.")
@click.option("--link", is_flag=True, help="Print a link that logs you in once, and end.")
@click.option("--unsafe-no-login", is_flag=True, help="Let anybody on this machine read all cases.")
@click.pass_context
def codec(
    ctx: click.Context,
    /,
    config: str | None,
    listen: str | None,
    new_token: str | None,
    revoke: str | None,
    link: bool,
    unsafe_no_login: bool,
) -> int:
    """Decode cases for people who may read them, until Ctrl-C.

    It serves the Web UI and the plain `temporal` command. A person is known by a token;
    names that [codec] people does not list (by default the team) get nothing. `tacenda up`
    brings its own.
    """
    if sum(map(bool, (new_token, revoke, link))) > 1:
        raise click.UsageError("--new-token, --revoke and --link exclude each other.")
    if any(find_spec(name) is None for name in ("starlette", "uvicorn")):
        raise Unavailable("The codec server is not installed: pip install 'tacenda[codec]'")
    file = settings_file(config or (ctx.obj or {}).get("config"), os.environ)
    home = home_folder(os.environ)
    if link:
        say(_link(home, load(file) if file else None))
        return 0
    if file is None:
        raise BadInput("There is no tacenda.toml. Name one with --config.")
    settings = _listening_at(listen, load(file))
    if new_token is not None:
        return _issue(_tokens(home, settings), new_token, settings)
    if revoke is not None:
        return _revoke(_tokens(home, settings), revoke)
    server = _server(home, file, settings, nobody_logs_in=unsafe_no_login)
    return asyncio.run(_until_signalled(server))


def _listening_at(listen: str | None, settings: Settings) -> Settings:
    if listen is None:
        return settings
    try:
        table = type(settings.codec).model_validate(
            settings.codec.model_dump() | {"listen": listen}
        )
    except ValueError:
        raise click.BadParameter("is not HOST:PORT.", param_hint="--listen") from None
    return settings.model_copy(update={"codec": table})


def _tokens(home: Path, settings: Settings) -> "Tokens":
    from tacenda.codecserver.server import tokens_file
    from tacenda.codecserver.tokens import Tokens

    return Tokens(settings.codec.tokens or tokens_file(home))


def _issue(tokens: "Tokens", name: str, settings: Settings) -> int:
    if name not in settings.readers():
        raise Refused(
            "Nobody of that name may read cases. Add the name to [codec] people, or to the team."
        )
    say(tokens.issue(name))
    note("This token is shown once. Whoever has it reads every case; hand it over in a safe way.")
    return 0


def _revoke(tokens: "Tokens", name: str) -> int:
    if not tokens.revoke(name):
        raise Refused("There is no token of that name; nothing changed.")
    note("Its tokens are good no more, and neither are the logins with them.")
    return 0


def _server(home: Path, file: Path, settings: Settings, *, nobody_logs_in: bool) -> "CodecServer":
    from tacenda.codec import ServerCodec
    from tacenda.codecserver.people import People
    from tacenda.codecserver.rules import Rules
    from tacenda.codecserver.server import CodecServer
    from tacenda.keystore import location, open_store

    table = settings.codec
    host, port = table.where()
    if nobody_logs_in and not is_loopback(host):
        raise Refused(
            "--unsafe-no-login is only for a loopback address: anybody who reaches the server "
            "reads every case. Mend [codec] listen, or let people log in."
        )
    store = open_store(location(os.environ, file, home))
    sock = _listening(host, port)
    address = table.address or f"http://{_spelt(host)}:{sock.getsockname()[1]}"
    rules = Rules(
        address=address, ui=table.ui, namespace=table.namespace, nobody_logs_in=nobody_logs_in
    )
    people = People(_tokens(home, settings), settings.readers())
    if nobody_logs_in:
        note(ANYBODY)
    elif not is_loopback(host):
        note(IN_THE_CLEAR)
    return CodecServer(ServerCodec(store), people, rules, sock)


def _spelt(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Unavailable(
            f"The codec server cannot listen on {host}:{port} ({reason}). Mend [codec] listen, "
            "or choose with --listen."
        ) from None


async def _until_signalled(server: "CodecServer") -> int:
    from tacenda.codecserver.server import access_log

    logs.set_up(logging.WARNING)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with access_log(logging.StreamHandler(sys.stderr)):
        try:
            await server.start()
            rules = server.rules
            note(f"The codec server answers at {rules.address}, for {' and '.join(rules.ui)}.")
            await stop.wait()
        finally:
            await server.stop()
    return 0


def _link(home: Path, settings: Settings | None) -> str:
    """Ask the codec server of the stack, else that of the settings, for a link."""
    from tacenda.codecserver.server import read_token, token_file

    stack = recorded(home)
    address = stack.codec if stack else None
    if address is None and settings:
        address = settings.codec.address or f"http://{settings.codec.listen}"
    if address is None:
        raise BadInput("No codec server is known. Start one with `tacenda up`.")
    token = read_token(token_file(home))
    parts = urlsplit(address)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.netloc, timeout=WITHIN)
    try:
        connection.request("POST", "/link", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        text = answer.read().decode("ascii", "replace").strip()
    except (OSError, HTTPException):
        raise Unavailable(
            f"The codec server at {address} does not answer. Is it running?"
        ) from None
    finally:
        connection.close()
    if answer.status != 200:
        raise Refused(f"The codec server at {address} gave no link: the token is not good there.")
    return text
