"""How people read the cases of a stack: its codec server, and the token of its owner."""

import getpass
import shlex
from collections.abc import Mapping
from pathlib import Path
from socket import socket

from tacenda.codec import ServerCodec
from tacenda.codecserver.people import People
from tacenda.codecserver.rules import Rules
from tacenda.codecserver.server import CodecServer, give_token, token_file, tokens_file
from tacenda.codecserver.tokens import Tokens
from tacenda.home import Endpoints
from tacenda.keystore import location, open_store
from tacenda.local.server import NAMESPACE
from tacenda.settings import load


def codec_server(
    home: Path,
    settings_file: Path,
    environ: Mapping[str, str],
    at: Endpoints,
    sock: socket,
) -> CodecServer:
    """Return the codec server of the stack in `home`; its owner has a token."""
    assert at.codec is not None
    settings = load(settings_file)
    store = open_store(location(environ, settings_file, home))
    tokens = Tokens(settings.codec.tokens or tokens_file(home))
    owner = _owner()
    give_token(token_file(home), tokens, owner)
    people = People(tokens, (*settings.readers(), owner))
    rules = Rules(address=at.codec, ui=(at.ui,), namespace=NAMESPACE)
    return CodecServer(ServerCodec(store), people, rules, sock)


def exports(home: Path, at: Endpoints) -> str:
    """Return the line for a shell that makes the plain `temporal` command read cases."""
    token = shlex.quote(str(token_file(home)))
    return (
        f"export TEMPORAL_ADDRESS={at.temporal} TEMPORAL_CODEC_ENDPOINT={at.codec} "
        f'TEMPORAL_CODEC_AUTH="Bearer $(cat {token})"'
    )


def _owner() -> str:
    """Return the name of whoever runs the stack, as the system knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "owner"
