"""Opaque ids: a keyed hash of the report, so that the same report has the same id.

Ids stay in the clear everywhere. Without the key nobody can tell from an id whether it
belongs to a report that they hold.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tacenda.errors import BadInput
from tacenda.models import Report

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_CHARACTERS = 10  # 5 bits each: 50 bits
_KEY_BYTES = 32
KEY_VARIABLE = "TACENDA_ID_KEY"


def digest_of(report: Report, key: bytes) -> str:
    """Return the keyed hash of what `report` says, in hexadecimal.

    When it was received is no part of it: a report is the same however late it is opened.
    """
    content = report.model_dump_json(exclude=_no_part(report))
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()


def _no_part(report: Report) -> dict[str, Any]:
    """Return what does not tell reports apart: the receipt, the key that answers are encrypted
    to, which files were small enough, and what whoever took it in marked secret.

    What only a mail has is left out elsewhere: a report as TOML keeps the id it always had.
    """
    unused = {name: True for name in ("message_id", "enclosures") if not getattr(report, name)}
    how_to_write = {"reporter": {"key": True}} if report.reporter else {}
    files = {"enclosures": {"__all__": {"kept"}}}
    return {"received": True, "secret": True, **files, **how_to_write, **unused}


def case_id(report: Report, key: bytes, year: int, attempt: int = 0) -> str:
    """Return the id of the case of `report`, like `case-2026-7k3q9xm4tp`.

    `year` is the year that the report itself names. Where another report holds that id
    already, `attempt` counts on to the next one.
    """
    content = f"{digest_of(report, key)}:{attempt}"
    number = int.from_bytes(hmac.digest(key, content.encode(), "sha256"))
    letters = ""
    for _ in range(_CHARACTERS):
        number, index = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[index]
    return f"case-{year}-{letters}"


def id_key(home: Path, environ: Mapping[str, str]) -> bytes:
    """Return the key of the ids: TACENDA_ID_KEY, else the one in `home`, made if missing.

    Those who open cases on one server share it, or one report may open two cases.
    """
    if given := environ.get(KEY_VARIABLE):
        return _from_hex(given, KEY_VARIABLE)
    path = home / "id.key"
    try:
        if not path.exists():
            _make_key(path)
        return _from_hex(path.read_text(encoding="ascii"), str(path))
    except OSError as error:
        raise BadInput(f"The id key {path} cannot be used: {error.strerror}.") from None


def _make_key(path: Path) -> None:
    """Write a new key, complete before it has its name: nobody ever reads half of one."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(_KEY_BYTES))
    with suppress(FileExistsError):
        os.link(partial, path)
    partial.unlink()


def _from_hex(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) < _KEY_BYTES:
        raise BadInput(f"{where} must hold {2 * _KEY_BYTES} hexadecimal digits.")
    return key
