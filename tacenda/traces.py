"""Where an error came from, and of which kinds it is, without a word of what it says.

The text of an error may quote what it choked on, and a line of source what it was about.
"""

import re
import traceback
from collections.abc import Iterator
from pathlib import PurePath
from types import TracebackType

MOST_KINDS = 8
MOST_PLACES = 12
_ROOT = PurePath(__file__).parent.parent
_PACKAGES = ("site-packages", "dist-packages")
_TYPE = re.compile(r"[A-Za-z]\w{0,60}", re.ASCII)


def kinds_of(error: BaseException) -> str:
    """Return the kind of `error`, then of what caused it: `ActivityError < TimeoutError`."""
    return " < ".join(_kind(one) for one in _chain(error))


def where_of(error: BaseException) -> str:
    """Return the innermost places of `error`, and of what it was first raised from."""
    places = [_places(one.__traceback__) for one in _chain(error)]
    return " | ".join(place for place in places if place) or "unknown"


def where_of_code(path: str, line: int | None, function: str | None = None) -> str:
    """Return a place in the code as `tacenda/case.py:12 limit`."""
    place = f"{_short(path)}:{line or 0}"
    return f"{place} {function}" if function else place


def _kind(error: BaseException) -> str:
    name = type(error).__name__
    # An ApplicationError of Temporal carries a type of its own, which is in the clear anyway.
    is_temporal = type(error).__module__.startswith("temporalio.")
    own = getattr(error, "type", None) if is_temporal else None
    return f"{name}({own})" if isinstance(own, str) and _TYPE.fullmatch(own) else name


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting and len(seen) < MOST_KINDS:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        if one.__cause__:
            waiting.append(one.__cause__)
        elif one.__context__ and not one.__suppress_context__:
            waiting.append(one.__context__)


def _places(trace: TracebackType | None) -> str:
    """Return the places of one traceback, the innermost first."""
    frames = [
        where_of_code(frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(trace)
    ]
    return ", ".join(frames[: -MOST_PLACES - 1 : -1])


def _short(path: str) -> str:
    """Return a path from where the packages lie, or its last two parts."""
    pure = PurePath(path)
    for folder in _PACKAGES:
        if folder in pure.parts:
            return "/".join(pure.parts[pure.parts.index(folder) + 1 :])
    if pure.is_relative_to(_ROOT):
        return str(pure.relative_to(_ROOT))
    return "/".join(pure.parts[-2:])
