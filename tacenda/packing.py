"""How many values alike rest in a history: by column, and compressed."""

import base64
import json
import zlib
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
            columns = json.loads(zlib.decompress(base64.b64decode(value["packed"])))
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
        packed = zlib.compress(json.dumps(columns, default=_plain).encode(), 9)
        return {"packed": base64.b64encode(packed).decode()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError
