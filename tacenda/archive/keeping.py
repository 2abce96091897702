"""A case goes on record: once for what it is, and anew when that has changed."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from tacenda.archive.chain import Broken
from tacenda.archive.keys import TeamKey
from tacenda.archive.record import Head, head_of, record_of
from tacenda.archive.storage import Records, records_at
from tacenda.beside import place_beside, table_in
from tacenda.case import Case

VARIABLE = "TACENDA_RECORDS__STORE"


def keep(records: Records, case: Case, now: datetime, key: TeamKey) -> bool:
    """Write the record of a case as it is at `now` (UTC), and say whether that was new.

    What is on record already is left alone. A record that takes the place of another names the
    hash of it. Raises `NotStored`.
    """
    before = records.read(case.id)
    if before is not None and before == record_of(case, now, key, _replaced_by(before)):
        return False
    replaces = "" if before is None else hashlib.sha256(before).hexdigest()
    records.write(case.id, record_of(case, now, key, replaces))
    return True


def place_of_records(environ: Mapping[str, str], settings_file: Path | None, home: Path) -> str:
    """Return where records lie: TACENDA_RECORDS__STORE, `[records] store`, else in the home."""
    named = environ.get(VARIABLE, "")
    if not named and settings_file is not None:
        table = table_in(settings_file).get("records", {})
        store = table.get("store") if isinstance(table, dict) else None
        named = store if isinstance(store, str) else ""
        named = named if "://" in named else place_beside(settings_file, named)
    return named or str(home / "records")


def heads(where: str) -> Iterator[Head]:
    """Yield what lists and figures need of each record, unchecked; what is none is left out.

    Raises `NotStored`, and `BadInput` where the place cannot be used at all.
    """
    for line in records_at(where).first_lines():
        try:
            yield head_of(line)
        except Broken:
            continue


def _replaced_by(record: bytes) -> str:
    try:
        return head_of(record.split(b"\n", 1)[0]).replaces
    except Broken:
        return ""
