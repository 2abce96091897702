"""What encryption costs: the life of a case with it, and without.

Two stacks as `tacenda up` brings them, on one machine and in one run, with the same driver;
they differ in the unsafe switch that leaves everything in the clear.
"""

from bench.life import Account, Theatre
from bench.rehearsal import rehearse
from bench.stand import Stand, open_stand
from bench.table import Row

MOST = 1.15


async def measure(rounds: int) -> list[Row]:
    """Return the rows of encryption; a round is four lives on each side."""
    async with open_stand() as sealed, open_stand(encrypted=False) as plain:
        ours, bare = await _account(sealed), await _account(plain)
        for number in range(rounds):
            for account in (ours, bare) if number % 2 else (bare, ours):
                await account.charge()
    return [
        Row("encrypted / in the clear: time", ours.milliseconds, bare.milliseconds, "ms", MOST),
        Row("encrypted / in the clear: CPU", ours.cpu, bare.cpu, "ms"),
        Row("encrypted / in the clear: size", ours.kilobytes, bare.kilobytes, "kB"),
    ]


async def _account(stand: Stand) -> Account:
    """Return the account of one side, after a life that warms it up."""
    theatre = Theatre(stand, await rehearse(stand))
    await theatre.ours()
    return Account(stand.pid, theatre.ours)
