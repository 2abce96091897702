"""The table `[codec]` of the settings: where the codec server listens, and for whom."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from tacenda.fields import FilledLine, Line, Typed

UI = "http://127.0.0.1:8233"


def _is_where(listen: str) -> str:
    host, _, port = listen.rpartition(":")
    if not (host and port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ValueError("is not HOST:PORT")
    return listen


def _is_origin(origin: str) -> str:
    try:
        parts = urlsplit(origin)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        raise ValueError("is not an address of the form https://HOST:PORT") from None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    if parts.scheme not in ("http", "https") or f"{parts.scheme}://{host}{port}" != origin:
        raise ValueError("is not an address of the form https://HOST:PORT, without a path")
    return origin


Where = Annotated[Line, AfterValidator(_is_where)]
Origin = Annotated[Line, AfterValidator(_is_origin)]


class CodecTable(Typed):
    """The codec server; a name that is not among `people` gets nothing decoded.

    `address` is where browsers reach it, if that is not where it listens: behind a proxy.
    Without `people` the members of the team are meant.
    """

    listen: Where = "127.0.0.1:8081"
    address: Origin | None = None
    ui: tuple[Origin, ...] = (UI,)
    namespace: FilledLine = "default"
    people: tuple[FilledLine, ...] | None = None
    tokens: Path | None = None

    def where(self) -> tuple[str, int]:
        """Return the host and the port to listen on."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine reach `host`."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
