"""What `tacenda doctor` says of the workers: whether one runs, of which version, by which clock."""

from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from tacenda import __version__
from tacenda.checks import Finding
from tacenda.connect import task_queue
from tacenda.pollers import has_worker, last_calls, server_time

SKEW = timedelta(seconds=30)
"""How far the clocks of the server and of this machine may be apart."""


def name_of(pid: int, host: str) -> str:
    """Return the name of a worker of this version, by which `doctor` knows that."""
    return f"tacenda-{__version__}/{pid}@{host}"


async def check_workers(server: Client) -> list[Finding]:
    """Return what is to be said of the workers with the keys of `server`; raises `RPCError`."""
    names = set(await last_calls(server, task_queue(server)))
    there = await server_time(server)
    return [
        await _one_runs(server),
        *_versions(names),
        *_clock(there, datetime.now(UTC)),
    ]


async def _one_runs(server: Client) -> Finding:
    if await has_worker(server):
        return Finding(part="worker", status="ok", says="A worker carries the cases.")
    return Finding(
        part="worker",
        status="alarm",
        says="No worker has these keys: limits still run, but nothing is sent and no act is "
        "answered.",
        mend="`tacenda up`, or python worker.py beside your own server. If one runs, it has other "
        "keys: name the same store for both ([keys] store in tacenda.toml).",
    )


def _versions(names: set[str]) -> list[Finding]:
    """Name workers of another version: a case may come to any of them."""
    versions = {name.partition("/")[0].removeprefix("tacenda-") for name in names if "/" in name}
    others = sorted(versions - {__version__})
    if not others:
        return []
    return [
        Finding(
            part="worker",
            status="warning",
            says=f"Workers of {', '.join(others)} ask for work too, and this is {__version__}.",
            mend="Restart them with one version; until then a case may be told by either.",
        )
    ]


def _clock(there: datetime | None, here: datetime) -> list[Finding]:
    """Say whether the server's clock is that of this machine: else limits pass early, or late."""
    if there is None:
        return []
    if abs(there - here) <= SKEW:
        return [Finding(part="clock", status="ok", says="The server's clock is right.")]
    way = "ahead of" if there > here else "behind"
    return [
        Finding(
            part="clock",
            status="warning",
            says=f"The server's clock is {abs(there - here).total_seconds():.0f} seconds {way} "
            "that of this machine.",
            mend="Let both keep time by NTP.",
        )
    ]
