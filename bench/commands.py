"""What a person waits for on the command line: help, a list, and the imports of each command.

Every figure is of a fresh process, ours and the bare one in turn, in the same interpreter
and environment. `list` shows 100 open cases of a running stack.
"""

import asyncio
import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from bench.rehearsal import open_case
from bench.stand import ROOT, Stand, open_stand, plain_environment
from bench.table import Row
from tacenda.attributes import NEXT_LIMIT
from tacenda.cli import COMMANDS
from tacenda.local.server import find_binary

CASES = 100
MOST = 1.5
IMPORT = (
    "import time; began = time.perf_counter(); import {module}; print(time.perf_counter() - began)"
)


async def measure_help(rounds: int) -> list[Row]:
    """Return the row of `tacenda --help`, beside an interpreter that imports click."""
    words = {"ours": [tacenda(), "--help"], "bare": [sys.executable, "-c", "import click"]}
    took = in_turn(rounds, {name: run(command) for name, command in words.items()})
    return [Row("tacenda --help / import click", took["ours"], took["bare"], "ms", most=MOST)]


async def measure_imports(rounds: int) -> list[Row]:
    """Return a row for the module of each command: its imports, beside that of click."""
    modules: dict[str, list[str]] = {}
    for command, (path, _) in COMMANDS.items():
        modules.setdefault(path.partition(":")[0], []).append(command)
    took = in_turn(rounds, {module: _import_of(module) for module in ("click", *modules)})
    return [
        Row(f"import for {', '.join(commands)} / click", took[module], took["click"], "ms")
        for module, commands in modules.items()
    ]


async def measure_list(rounds: int) -> list[Row]:
    """Return the rows of `tacenda list`: beside a bare script, and the CLI of Temporal."""
    async with open_stand() as stand:
        await _open_cases(stand)
        environ = plain_environment() | {"TACENDA_HOME": str(stand.home)}
        limit = str(CASES)
        temporal = [str(find_binary(os.environ)), "workflow", "list", "--limit", limit]
        words = {
            "ours": [tacenda(), "list"],
            "bare": [sys.executable, str(ROOT / "bench" / "bare_list.py"), stand.address],
            "temporal": [*temporal, "--address", stand.address],
        }
        programs = {name: run(command, environ) for name, command in words.items()}
        took = await asyncio.to_thread(in_turn, rounds, programs)
    what = f"tacenda list, {CASES} cases"
    return [
        Row(f"{what} / bare script", took["ours"], took["bare"], "ms", most=MOST),
        Row(f"{what} / temporal workflow list", took["ours"], took["temporal"], "ms"),
    ]


def in_turn(rounds: int, programs: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """Run all programs in turn, every round in the other order; return medians (ms).

    One more round comes first and does not count: it fills the caches.
    """
    took: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(rounds + 1):
        for name in programs if number % 2 else reversed(list(programs)):
            seconds = programs[name]()
            if number:
                took[name].append(1000 * seconds)
    return {name: median(times) for name, times in took.items()}


def run(words: Sequence[str], environ: Mapping[str, str] | None = None) -> Callable[[], float]:
    """Return what runs a program to its end and returns how long it took, in seconds."""

    def timed() -> float:
        began = time.perf_counter()
        subprocess.run(words, check=True, env=environ or plain_environment(), capture_output=True)
        return time.perf_counter() - began

    return timed


def _import_of(module: str) -> Callable[[], float]:
    """Return what imports a module in a fresh interpreter, which says how long it took."""
    words = [sys.executable, "-c", IMPORT.format(module=module)]

    def run() -> float:
        said = subprocess.run(
            words, check=True, env=plain_environment(), capture_output=True, text=True
        )
        return float(said.stdout)

    return run


def tacenda() -> str:
    """Return the `tacenda` program beside the interpreter."""
    return str(Path(sysconfig.get_path("scripts")) / "tacenda")


async def _open_cases(stand: Stand) -> None:
    """Open the cases, and wait until the server lists them with their limits."""
    for number in range(CASES):
        await open_case(stand.client, f"case-2026-{number:010d}")
    listed = 0
    while listed < CASES:
        await asyncio.sleep(0.2)
        listed = (await stand.client.count_workflows(f"{NEXT_LIMIT.name} IS NOT NULL")).count
    await stand.sink.until(CASES)
