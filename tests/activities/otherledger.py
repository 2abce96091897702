"""`python -m tests.activities.otherledger WHERE`: a ledger that is told what to do, line by line.

Beside its methods it knows `race`, which sends what it can claim of many letters, and `limit`,
which makes any longer file impossible, as a full disk does.
"""

import asyncio
import json
import resource
import sys
from pathlib import Path
from typing import Any

from activities.ledger.claims import Claim, Ledger, LedgerDown
from activities.ledger.opening import ledger_at
from tests.activities.ledgers import SECRET


async def serve(where: str) -> None:
    """Do what the lines on stdin say until they end."""
    ledger = ledger_at(where, Path("/nowhere"), SECRET)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        name, arguments, named = json.loads(line)
        try:
            answer = await _do(ledger, name, arguments, named)
        except LedgerDown as error:
            answer = f"LedgerDown: {error}"
        print(json.dumps(answer), flush=True)


async def _do(ledger: Ledger, name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
    if name == "limit":
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (arguments[0] or hard, hard))
        return None
    if name == "race":
        return await _race(ledger, *arguments)
    answer = await getattr(ledger, name)(*arguments, **named)
    return [claim.value for claim in answer] if isinstance(answer, list) else answer


async def _race(ledger: Ledger, case: str, ids: list[str], chunk: int) -> list[str]:
    """Claim letters chunk by chunk until each is delivered; return those that were sent here."""
    sent: list[str] = []
    open_ = list(ids)
    while open_:
        answers: list[Claim] = []
        for start in range(0, len(open_), chunk):
            some = open_[start : start + chunk]
            claims = await ledger.claim(case, some)
            ours = [name for name, claim in zip(some, claims, strict=True) if claim is Claim.OURS]
            sent += ours
            for name in ours:
                await ledger.mark(name, delivered=True)
            answers += claims
        both = zip(open_, answers, strict=True)
        open_ = [name for name, answer in both if answer is Claim.TAKEN]
    return sent


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
