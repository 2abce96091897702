"""One table of figures: ours, the bare one beside it, and what we aim at."""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tacenda.local.server import find_binary

HEADINGS = ("what", "ours", "bare", "ratio", "aim", "met")
NONE = "-"


@dataclass(frozen=True)
class Row:
    """One thing measured on both sides, in `unit`.

    `most` is the largest ratio that we aim at, `least` the smallest, where more is better;
    `at_most` is an aim for our own figure instead.
    """

    what: str
    ours: float
    bare: float | None
    unit: str
    most: float | None = None
    at_most: float | None = None
    least: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours by the bare one."""
        return self.ours / self.bare if self.bare else None

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None where there is none."""
        if self.at_most is not None:
            return self.ours <= self.at_most
        if self.most is not None and self.ratio is not None:
            return self.ratio <= self.most
        if self.least is not None and self.ratio is not None:
            return self.ratio >= self.least
        return None

    def cells(self) -> tuple[str, ...]:
        """Return the row as it is printed."""
        return (
            self.what,
            _figure(self.ours, self.unit),
            NONE if self.bare is None else _figure(self.bare, self.unit),
            NONE if self.ratio is None else f"{self.ratio:.2f}",
            self._aim(),
            {True: "yes", False: "over" if self.least is None else "under", None: NONE}[self.met],
        )

    def _aim(self) -> str:
        if self.at_most is not None:
            return f"<= {_figure(self.at_most, self.unit)}"
        if self.least is not None:
            return f">= {self.least:g}"
        return NONE if self.most is None else f"<= {self.most:g}"

    def values(self) -> dict[str, Any]:
        """Return the row as plain values, for JSON."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def _figure(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}" if value >= 100 or value == int(value) else f"{value:.1f} {unit}"


def lines(rows: Sequence[Row]) -> list[str]:
    """Return the table, with bars, so that it can be pasted into Markdown as it is."""
    cells = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    ruler = tuple("-" * width for width in widths)
    return [_barred(line, widths) for line in (HEADINGS, ruler, *cells[1:])]


def _barred(line: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
    return f"| {' | '.join(padded)} |"


def machine() -> dict[str, str]:
    """Return what the figures depend on: never the name of the host, nor a path."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "temporalio": version("temporalio"),
        "temporal": _server_version(),
        "tacenda": version("tacenda"),
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def _processor() -> str:
    """Return the model of the processor, as Linux names it, else the best there is."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"


def _server_version() -> str:
    """Return the versions that the `temporal` program states: its own and its server's."""
    stated = subprocess.run(
        [str(find_binary(os.environ)), "--version"], capture_output=True, text=True, check=True
    )
    return stated.stdout.strip().removeprefix("temporal version ")
