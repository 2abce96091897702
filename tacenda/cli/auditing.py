"""`tacenda record verify --all`: every record where ours lie, and which are not as they were."""

from collections.abc import Iterator
from typing import Any

from tacenda.archive.chain import Broken
from tacenda.archive.keys import TeamKey
from tacenda.archive.record import Record, verified
from tacenda.archive.storage import Records
from tacenda.render import say, say_json


def verify_all(records: Records, trusted: str, key: TeamKey | None, *, as_json: bool) -> int:
    """Say of all records whether they are whole; return 1 where one is not, as the exit code."""
    found = list(_verdicts(records, trusted, key))
    broken = [verdict for verdict in found if not verdict["valid"]]
    if as_json:
        say_json(found)
        return int(bool(broken))
    for verdict in broken:
        say(f"{verdict['case']}: BROKEN. {verdict['why']}")
    whole = len(found) - len(broken)
    say(f"{whole} of {len(found)} records: whole, unchanged, signed by {trusted[:16]}…")
    return int(bool(broken))


def verified_of(case: str, content: bytes, trusted: str, key: TeamKey | None) -> Record:
    """Return the record of a case, checked as `verified` does; that of another is `Broken`."""
    record = verified(content, trusted, key)
    if record.head.case != case:
        raise Broken(f"What lies in its place is the record of {record.head.case}.")
    return record


def _verdicts(records: Records, trusted: str, key: TeamKey | None) -> Iterator[dict[str, Any]]:
    for case in records.cases():
        content = records.read(case)
        if content is None:
            continue  # it was taken away meanwhile
        try:
            verified_of(case, content, trusted, key)
        except Broken as error:
            yield {"case": case, "valid": False, "why": str(error)}
        else:
            yield {"case": case, "valid": True, "why": None}
