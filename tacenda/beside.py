"""What lies beside the settings: the files that they name, and secrets, which they never hold."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from tacenda.errors import BadInput

_Table = TypeVar("_Table", bound=BaseModel)
_DATABASE = ("postgresql://", "postgres://")
_SECRETS = {"password": "password", "signing_passphrase": "passphrase"}


@lru_cache(maxsize=1)
def tables_in(text: str) -> dict[str, Any]:
    """Return the tables that a settings file holds; ten thousand vendors are not read twice.

    Raises `TOMLDecodeError`. Nobody changes what is returned.
    """
    return tomllib.loads(text)


def beside(settings_file: Path, table: _Table) -> _Table:
    """Return `table` with its relative paths taken from the folder of the settings file."""
    named = {name: value for name, value in table if isinstance(value, Path)}
    if not named:
        return table
    folder = settings_file.parent
    return table.model_copy(update={name: folder / value for name, value in named.items()})


def is_database(where: str) -> bool:
    """Whether a place is a database, and not a path."""
    return where.startswith(_DATABASE)


def place_beside(settings_file: Path, named: str) -> str:
    """Return a place that the settings name: a path from their folder, a database as it is."""
    if not named or is_database(named):
        return named
    return str(settings_file.parent / Path(named).expanduser())


def refuse_secrets(settings_file: Path, table: dict[str, Any]) -> None:
    """Raise `BadInput` where a secret stands in the settings file itself."""
    mail = table.get("mail")
    for key, what in _SECRETS.items():
        if isinstance(mail, dict) and key in mail:
            raise BadInput(
                f"{settings_file} holds a {what}. Put it into TACENDA_MAIL__{key.upper()}, or into "
                f"a file that [mail] {key}_file names."
            )


def secret_in(file: Path, key: str) -> str:
    """Return the secret in the file that [mail] names under `key`, without its line end.

    Raises `BadInput` when it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"The {key} {file} in [mail] cannot be read.") from None
