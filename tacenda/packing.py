"""How many values alike rest in a history: by column, what repeats said once, compressed."""

import base64
import bz2
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import SerializationInfo, SerializerFunctionWrapHandler

MOST_PLAIN = 50
"""So many are written down one after the other, as anything else is."""


class Columns:
    """Packs values of one kind by their fields, and unpacks them."""

    def __init__(self, *names: str) -> None:
        """Take the names of the fields, in the order in which they are packed."""
        self._names = names

    def unpack(self, value: Any) -> Any:
        """Return values as they were; `value` is what `pack` made of them, or they are plain."""
        if not isinstance(value, dict) or "packed" not in value:
            return value
        try:
            columns: list[list[Any]] = []
            for column in json.loads(bz2.decompress(base64.b64decode(value["packed"]))):
                columns.append(_expanded(column, columns))
            return [dict(zip(self._names, row, strict=True)) for row in zip(*columns, strict=True)]
        except Exception:
            raise ValueError("what is packed cannot be read") from None

    def pack(
        self, values: Sequence[Any], plain: SerializerFunctionWrapHandler, info: SerializationInfo
    ) -> Any:
        """Return values as they rest in a history: a few as they are, many packed."""
        if info.mode != "json" or len(values) <= MOST_PLAIN:
            return plain(values)
        columns = [[getattr(value, name) for value in values] for name in self._names]
        shortened = [_shortened(column, columns[:place]) for place, column in enumerate(columns)]
        text = json.dumps(shortened, default=_plain, separators=(",", ":"))
        return {"packed": base64.b64encode(bz2.compress(text.encode())).decode()}


# A list is a column as it is. Of addresses the domains repeat, and the people of a public list
# are named as their addresses are: said once, ten thousand of them take a third of the room.


def _shortened(column: list[Any], earlier: Sequence[list[Any]]) -> Any:
    """Return a column, shorter: all the same, like another, in two at its @, or as places."""
    if column.count(column[0]) == len(column):
        return {"all": column[0], "times": len(column)}
    if column in earlier:
        return {"like": earlier.index(column)}
    if not all(isinstance(value, str) for value in column):
        return column
    if all("@" in value for value in column):
        parts = [value.rpartition("@") for value in column]
        halves = ([part[side] for part in parts] for side in (0, 2))
        return {"at": [_shortened(half, ()) for half in halves]}
    places = {value: place for place, value in enumerate(dict.fromkeys(column))}
    if len(places) > len(column) // 2:
        return column
    return {"of": list(places), "places": [places[value] for value in column]}


def _expanded(column: Any, earlier: Sequence[list[Any]]) -> list[Any]:
    """Return a column as it was before it was shortened."""
    if isinstance(column, list):
        return column
    if "all" in column:
        return [column["all"]] * int(column["times"])
    if "like" in column:
        return earlier[int(column["like"])]
    if "at" in column:
        halves = (_expanded(half, ()) for half in column["at"])
        return ["@".join(parts) for parts in zip(*halves, strict=True)]
    return [column["of"][place] for place in column["places"]]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError
