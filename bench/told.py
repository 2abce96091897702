"""Who has been told what: `show` and `vendors` for a case with ten thousand recipients.

Every figure is of a fresh process: the program, its imports, the question to the case, and the
answer printed. Nobody keeps a secret among ten thousand vendors; it is as many all the same.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.commands import in_turn, run, tacenda
from bench.crowd import addresses
from bench.csink import open_csink
from bench.fanout import CROWD, Way, case_with_fix, known, notice, settings
from bench.rehearsal import do
from bench.stand import Side, open_side
from bench.table import Row
from tacenda.cli import COMMANDS
from tacenda.models import Audience

MOST = 2000
CASE = "case-2026-0000000001"
WORDS = (["show", CASE], ["show", CASE, "--json"], ["vendors", CASE], ["vendors", CASE, "--json"])


async def measure(rounds: int) -> list[Row]:
    """Return a row for each way to ask."""
    async with _told() as side:
        programs = {
            " ".join(words).replace(CASE, "CASE"): run([tacenda(), *words], side.environment())
            for words in WORDS
            if words[0] in COMMANDS
        }
        took = await asyncio.to_thread(in_turn, rounds, programs)
    return [
        Row(f"tacenda {words}, 10,000 told", milliseconds, None, "ms", at_most=MOST)
        for words, milliseconds in took.items()
    ]


@asynccontextmanager
async def _told() -> AsyncIterator[Side]:
    """Run our side with a case of which as many vendors have been told."""
    async with open_csink() as sink:
        way = Way(sink, sink.port, "none", {})
        vendors = "\n".join(_vendor(address) for address in addresses(CROWD))
        async with open_side(settings(way, ["users@example.org"], vendors)) as side:
            handle = await case_with_fix(side, CASE)
            here = sink.taken()
            await do(handle, notice(Audience.VENDORS))
            await sink.until(here + CROWD)
            await known(handle)
            yield side


def _vendor(address: str) -> str:
    return "\n".join(
        (
            "[[vendors]]",
            f'name = "Distributor {address.replace("@", " of ")}"',
            f'email = "{address}"',
            'embargo = "standing"',
        )
    )
