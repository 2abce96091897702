"""The ports of the embedded stack: chosen once, then kept."""

import secrets
import socket
from collections.abc import Container, Mapping

from pydantic import ValidationError

from tacenda.errors import BadInput, Unavailable
from tacenda.fields import Value
from tacenda.home import Record

LOOPBACK = "127.0.0.1"
# Below the range that systems take the ports of outgoing connections from, so that a port
# is still free when the stack comes back.
FRESH = range(20_000, 30_000)
OPTIONS = {
    "temporal": "--port",
    "ui": "--ui-port",
    "codec": "--codec-port",
    "smtp": "--smtp-port",
    "mail": "--mail-port",
}


class Ports(Value):
    """One port for each thing that listens."""

    temporal: int
    ui: int
    http: int
    metrics: int
    smtp: int
    mail: int
    codec: int = 0


def ports_of(record: Record) -> Ports | None:
    """Return the ports that `record` tells of, or None where it is not legible."""
    # A stack of before there was a codec server tells of none.
    told = {name: (getattr(record, name) or "0").rpartition(":")[2] for name in Ports.model_fields}
    try:
        return Ports.model_validate(told)
    except ValidationError:
        return None


def choose(asked: Mapping[str, int], before: Ports | None) -> Ports:
    """Return the ports to use: those asked for, else those of before, else free ones.

    Raises `BadInput` for one port asked for twice, `Unavailable` for one that is taken.
    """
    if len(set(asked.values())) < len(asked):
        raise BadInput("Two parts were given the same port. Give each its own.")
    chosen = dict(asked)
    for name in Ports.model_fields:
        port = chosen.get(name) or _kept(name, before, chosen.values())
        if port and (objection := objection_to(port)):
            if name in OPTIONS:
                raise Unavailable(_taken(name, port, objection))
            port = None
        chosen[name] = port or _fresh(chosen.values())
    return Ports(**chosen)


def objection_to(port: int) -> str | None:
    """Say why nothing can listen on `port` of the loopback interface now, or None."""
    try:
        listen(port).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def listen(port: int) -> socket.socket:
    """Return a socket that is bound to `port` on the loopback interface only."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((LOOPBACK, port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock


def _kept(name: str, before: Ports | None, others: Container[int]) -> int | None:
    port: int | None = getattr(before, name) if before else None
    return None if port in others else port


def _fresh(others: Container[int]) -> int:
    for _ in range(len(FRESH)):
        port = secrets.choice(FRESH)
        if port not in others and objection_to(port) is None:
            return port
    raise Unavailable(f"There is no free port from {FRESH.start} to {FRESH.stop - 1}.")


def _taken(name: str, port: int, objection: str) -> str:
    return (
        f"Port {port} cannot be used ({objection}). Stop what listens there, or choose "
        f"another with {OPTIONS[name]}."
    )
