"""The tables of `tacenda.toml` about running it: who is called, who looks, where records lie."""

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import SecretStr, model_validator

from tacenda.beside import secret_in
from tacenda.codectable import is_loopback
from tacenda.fields import FilledLine, Line, Typed
from tacenda.importance import CALLING
from tacenda.models import Kind


class Webhook(Typed):
    """Where what calls for a person is posted as well, signed with a secret: mail may be down.

    `url` is https, or http to a loopback address. The secret comes from the environment, or from
    the file that `secret_file` names.
    """

    url: Line = ""
    kinds: tuple[Kind, ...] = CALLING
    secret: SecretStr = SecretStr("")
    secret_file: Path | None = None

    @model_validator(mode="after")
    def _safe(self) -> Self:
        parts = urlsplit(self.url)
        is_near = parts.scheme == "http" and is_loopback(parts.hostname or "")
        if self.url and not (parts.hostname and (parts.scheme == "https" or is_near)):
            raise ValueError("url must begin https://, or http:// to a loopback address")
        if self.url and parts.password:
            raise ValueError("url holds a password; sign with secret_file instead")
        if self.url and not (self.secret_file or self.secret.get_secret_value()):
            raise ValueError("needs a secret to sign with: secret_file, or TACENDA_WEBHOOK__SECRET")
        return self

    def key(self) -> bytes:
        """Return the secret; raises `BadInput` when the file that holds it cannot be read."""
        if self.secret_file:
            return secret_in(self.secret_file, "secret_file", "webhook").encode()
        return self.secret.get_secret_value().encode()


class Metrics(Typed):
    """Where the worker says how it is, for Prometheus and for health checks; empty: nowhere.

    Only to this machine, unless `anywhere` says that others may ask: it asks nobody who they are.
    """

    listen: Line = ""
    anywhere: bool = False

    @model_validator(mode="after")
    def _near(self) -> Self:
        host, _, port = self.listen.rpartition(":")
        if self.listen and not (host and port.isdecimal() and 0 < int(port) < 65536):
            raise ValueError('listen must be an address with its port, as in "127.0.0.1:9464"')
        if self.listen and not is_loopback(host) and not self.anywhere:
            raise ValueError("listen reaches beyond this machine; say so: anywhere = true")
        return self


class Traces(Typed):
    """Where spans of a worker go: an OpenTelemetry collector over HTTP; empty: nowhere."""

    endpoint: Line = ""

    @model_validator(mode="after")
    def _is_an_address(self) -> Self:
        parts = urlsplit(self.endpoint)
        if self.endpoint and not (parts.scheme in ("http", "https") and parts.hostname):
            raise ValueError('endpoint must be an address, as in "http://127.0.0.1:4318"')
        return self


class RecordsTable(Typed):
    """Where the records of cases lie: a folder, or a URL that fsspec knows."""

    store: str = ""


class Pager(Typed):
    """How the lead hears that mail itself is the trouble: a program, told one line on its input."""

    command: tuple[FilledLine, ...] = ()
