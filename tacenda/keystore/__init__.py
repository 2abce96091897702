"""Where the keys are kept: a folder, or a PostgreSQL database that several hosts share.

Whoever opens, carries or reads cases needs the same store. It is worth as much as the cases
themselves: keep it apart from the backups of Temporal's database.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from tacenda.beside import is_database, place_beside, tables_in
from tacenda.errors import BadInput
from tacenda.keystore.store import KeyStore, NoKeys, Shredded, Stored

__all__ = ["KeyStore", "NoKeys", "Shredded", "Stored", "location", "make_store", "open_store"]

VARIABLE = "TACENDA_KEYS__STORE"


def location(environ: Mapping[str, str], settings_file: Path | None, home: Path) -> str:
    """Return where the keys are: TACENDA_KEYS__STORE, `[keys] store`, else `keys` in the home."""
    if named := environ.get(VARIABLE) or _in_settings(settings_file):
        return named
    return str(home / "keys")


def open_store(where: str | Path) -> KeyStore:
    """Return the store at `where`; raises `NoKeys` where there is none yet."""
    store = _store(where)
    store.ring()
    return store


def make_store(where: str | Path) -> tuple[KeyStore, bool]:
    """Return the store at `where`, and whether it was made just now."""
    store = _store(where)
    return store, store.make()


def _store(where: str | Path) -> KeyStore:
    # Each kind is imported where it is used: psycopg is an extra, and slow to import.
    if is_database(str(where)):
        from tacenda.keystore.database import Database

        return Database(str(where))
    from tacenda.keystore.folder import Folder

    return Folder(Path(where).expanduser())


def _in_settings(file: Path | None) -> str | None:
    """Return `[keys] store`, a relative folder taken from that of the settings file.

    The file is not validated here: every command needs the keys, few need the settings.
    """
    if file is None:
        return None
    try:
        table = tables_in(file.read_text(encoding="utf-8")).get("keys", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise BadInput(
            f"The settings file {file} cannot be read. `tacenda doctor` says why."
        ) from None
    named = table.get("store") if isinstance(table, dict) else None
    if not isinstance(named, str) or not named:
        return None
    return place_beside(file, named)
