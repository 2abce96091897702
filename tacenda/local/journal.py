"""The log of the stack itself: what the libraries in its process warn of, in a file."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIBRARIES = ("mail.log", "uvicorn.error", "tacenda", "temporalio", "asyncio")


@contextmanager
def journal(path: Path) -> Iterator[None]:
    """Write warnings to `path` instead of to the terminal, where people read."""
    handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    loggers = [logging.getLogger(name) for name in LIBRARIES]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()
