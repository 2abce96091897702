"""What lies beside the settings: the files that they name, and secrets, which they never hold."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from tacenda.errors import BadInput

_Table = TypeVar("_Table", bound=BaseModel)
_DATABASE = ("postgresql://", "postgres://")
_SECRETS = {
    ("mail", "password"): "password",
    ("mail", "signing_passphrase"): "passphrase",
    ("webhook", "secret"): "secret",
}
"""What no settings file holds: the table and the key, and what it is."""


def beside(settings_file: Path, table: _Table) -> _Table:
    """Return `table` with its relative paths taken from the folder of the settings file."""
    named = {name: value for name, value in table if isinstance(value, Path)}
    if not named:
        return table
    folder = settings_file.parent
    return table.model_copy(update={name: folder / value for name, value in named.items()})


def program_beside(settings_file: Path, command: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command whose program, where it is named by a path, is taken from their folder."""
    if not command or "/" not in command[0]:
        return command
    return place_beside(settings_file, command[0]), *command[1:]


def table_in(settings_file: Path) -> dict[str, Any]:
    """Return what stands in the settings file, as yet unchecked.

    Raises `BadInput`, which says where it is wrong, when it cannot be read.
    """
    try:
        return _tables_in(settings_file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"The settings file {settings_file} cannot be read: {error}.") from None


@lru_cache(maxsize=1)
def _tables_in(text: str) -> dict[str, Any]:
    """Return the tables of a text that nobody changes: ten thousand vendors are not read twice."""
    return tomllib.loads(text)


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
    for (name, key), what in _SECRETS.items():
        some = table.get(name)
        if isinstance(some, dict) and key in some:
            raise BadInput(
                f"{settings_file} holds a {what}. Put it into "
                f"TACENDA_{name.upper()}__{key.upper()}, or into a file that [{name}] {key}_file "
                "names."
            )


def secret_in(file: Path, key: str, table: str = "mail") -> str:
    """Return the secret in the file that a table names under `key`, without its line end.

    Raises `BadInput` when it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"The {key} {file} in [{table}] cannot be read.") from None
