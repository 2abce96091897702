"""Cases that the server has forgotten, as their records have them."""

from collections.abc import Iterable, Iterator
from typing import Any

from tacenda.cli import session
from tacenda.errors import TacendaError
from tacenda.render import warn


def from_records() -> Iterator[dict[str, Any]]:
    """Yield the cases on record as `list` shows cases; places that fail are warned of."""
    from tacenda.archive.keeping import heads

    try:
        for head in heads(session.record_location()):
            yield {
                "id": head.case,
                "state": head.state.value,
                "band": head.band.value if head.band else None,
                "next_limit": None,
                "overdue": [],
                "lead": None,
                "alarm": None,
            }
    except TacendaError as error:
        warn(f"The cases on record are not listed. {error}")


def not_over(open_cases: Iterable[dict[str, Any]]) -> list[str]:
    """Return which cases are closed, and still open in Temporal until they are on record."""
    return [c["id"] for c in open_cases if c["state"] == "closed" and not c["alarm"]]
