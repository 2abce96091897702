"""What `tacenda doctor` says of the place where records lie."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tacenda.archive.storage import records_at
from tacenda.checks import Finding
from tacenda.errors import TacendaError


def check_records(where: str) -> Iterator[Finding]:
    """Yield what is to be said of the records at a folder or a URL; nothing is written there."""
    try:
        count = sum(1 for _ in records_at(where).first_lines())
    except TacendaError as error:
        yield Finding(part="records", status="alarm", says=str(error))
        return
    if "://" in where:
        says = f"{_of(count)} on record at {where}; whether more can be written, the first "
        yield Finding(part="records", status="ok", says=f"{says}that ends will show.")
        return
    folder = Path(where).expanduser()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        yield Finding(
            part="records",
            status="alarm",
            says=f"Nothing can be written to {there}: cases that end stay open in Temporal.",
            mend=f"chmod u+wx {there}, or name another place in [records] store.",
        )
    elif there == folder and folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(
            part="records",
            status="warning",
            says=f"Others can read the records in {folder}.",
            mend=f"chmod -R go= {folder}",
        )
    else:
        yield Finding(part="records", status="ok", says=f"{_of(count)} on record in {folder}.")


def _of(count: int) -> str:
    return "1 case is" if count == 1 else f"{count} cases are"
