"""The log of the stack itself: what goes wrong in its process, in a file."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tacenda import logs


@contextmanager
def journal(path: Path) -> Iterator[None]:
    """Write warnings to `path` instead of to the terminal, where people read."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logs.OneLine())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with logs.hooked():
            yield
    finally:
        root.removeHandler(handler)
        handler.close()
