"""A notice to ten thousand people, against plain aiosmtplib that sends one prebuilt message.

Ours is the whole way: a person approves a user notice of a real case, the workflow asks the
directory, one activity sets the headers of each letter and sends it, claims each in the ledger
before and marks it after, and the case records who has it. The bare one is a program that sends
the same bytes to the same addresses over as many kept connections, and remembers nothing.

Timed is the sending: from the start of the activity (the server's clock), or of the bare
program once its imports are done, to the last letter that the sink accepted.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from statistics import median

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from bench import story
from bench.crowd import addresses, as_toml
from bench.csink import CSink, open_csink
from bench.process import cpu_seconds, resident, watched
from bench.rehearsal import Handle, case_of, do, open_case, quiet
from bench.stand import ROOT, Side, open_side, plain_environment, team
from bench.starttls import open_front
from bench.table import Row
from tacenda.approvals import ApproveNotice
from tacenda.models import Audience

CROWD = 10_000
CONNECTIONS = 4
LEAST = 0.6
MOST_EVENTS, MOST_KILOBYTES, MOST_MEGABYTES = 150, 200, 60
TEXT = "A fixed version of lantern is on its way. It will be announced here; be ready.\n" * 26
"""About 2 kB."""

HEADERS = {"Message-ID": f"<{'0' * 40}@example.org>", "X-Kind": "user_notice"}
KNOWN_WITHIN = 120.0


@dataclass(frozen=True)
class Way:
    """Where both sides send: a port, how they connect there, and what they must be told."""

    sink: CSink
    port: int
    security: str
    environ: Mapping[str, str]


@dataclass(frozen=True)
class Effort:
    """What a notice took: the letters a second, CPU (s), and in our case what it left behind."""

    rate: float
    cpu: float
    whole: float = 0.0
    events: int = 0
    kilobytes: float = 0.0
    peak: float = 0.0


async def measure(rounds: int) -> list[Row]:
    """Return the rows of a notice sent in the clear: rate, CPU, history and memory."""
    async with _theatre("none") as theatre:
        idle = await theatre.idle()
        first = await theatre.ours()
        ours, bare = await _in_turn(theatre, rounds)
    peak = max(effort.peak for effort in (first, *ours))
    return [
        _rate_row("fan-out", ours, bare),
        _cpu_row("fan-out", ours, bare),
        Row("fan-out: approval to known in the case", _whole(ours), None, "s"),
        Row("fan-out: events", _events(ours), None, "events", at_most=MOST_EVENTS),
        Row("fan-out: history", _kilobytes(ours), None, "kB", at_most=MOST_KILOBYTES),
        Row("fan-out: memory, first", first.peak - idle, None, "MB", at_most=MOST_MEGABYTES),
        Row("fan-out: memory, worst", peak - idle, None, "MB", at_most=MOST_MEGABYTES),
    ]


async def measure_starttls(rounds: int) -> list[Row]:
    """Return the rows of a notice sent after STARTTLS, as `measure` does for one in the clear."""
    async with _theatre("starttls") as theatre:
        await theatre.ours()
        ours, bare = await _in_turn(theatre, rounds)
    name = "fan-out, STARTTLS"
    return [_rate_row(name, ours, bare), _cpu_row(name, ours, bare)]


async def _in_turn(theatre: "Theatre", rounds: int) -> tuple[list[Effort], list[Effort]]:
    ours: list[Effort] = []
    bare: list[Effort] = []
    for number in range(rounds):
        if number % 2:
            ours.append(await theatre.ours())
            bare.append(await theatre.bare())
        else:
            bare.append(await theatre.bare())
            ours.append(await theatre.ours())
    return ours, bare


class Theatre:
    """Where notices are sent, on either side, over the same way and to the same people."""

    def __init__(self, side: Side, way: Way, folder: Path, crowd: list[str]) -> None:
        """Take our side, the way, and a folder for what the bare program reads."""
        self._side = side
        self._way = way
        self._folder = folder
        self._crowd = len(crowd)
        self._cases = 0
        (folder / "addresses").write_text("\n".join(crowd), encoding="utf-8")
        (folder / "message").write_bytes(_message())

    async def idle(self) -> float:
        """Return what the worker has in memory (MB) with a case that waits for its notice."""
        await self._prepared()
        return resident(self._side.pid)

    async def ours(self) -> Effort:
        """Send a notice of a new case."""
        handle, sink, pid = await self._prepared(), self._way.sink, self._side.pid
        events, kilobytes = await _size(handle)
        async with watched(pid) as memory:
            here, cpu, approved = sink.taken(), cpu_seconds(pid), time.time()
            await do(handle, notice())
            ended = await sink.until(here + self._crowd)
            await known(handle)
            cpu, whole = cpu_seconds(pid) - cpu, time.time() - approved
        events_after, kilobytes_after = await _size(handle)
        began = _began(await handle.fetch_history(), events)
        return Effort(
            rate=self._crowd / (ended - began),
            cpu=cpu,
            whole=whole,
            events=events_after - events,
            kilobytes=kilobytes_after - kilobytes,
            peak=memory.most,
        )

    async def bare(self) -> Effort:
        """Send one prebuilt message."""
        way, here = self._way, self._way.sink.taken()
        words = [str(way.port), way.security, str(CONNECTIONS)]
        files = [str(self._folder / name) for name in ("addresses", "message")]
        running = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "bench.bare_fanout", *words, *files],
            env=plain_environment() | dict(way.environ),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        ended = await way.sink.until(here + self._crowd, while_runs=running)
        said, _ = await running.communicate()
        began, cpu = map(float, said.split())
        return Effort(rate=self._crowd / (ended - began), cpu=cpu)

    async def _prepared(self) -> Handle:
        """Return a new case, whose fix has landed and of which no letter is under way."""
        self._cases += 1
        return await case_with_fix(self._side, f"case-2026-{self._cases:010d}")


async def case_with_fix(side: Side, case: str) -> Handle:
    """Open a case and do what comes before a notice; wait until it is quiet."""
    handle = await open_case(side.client, case)
    for act in story.acts():
        if isinstance(act, ApproveNotice):
            break
        await do(handle, act)
    await quiet(handle)
    return handle


def notice(audience: Audience = Audience.USERS) -> ApproveNotice:
    """Return the approval of a notice of 2 kB."""
    planned = story.announced()
    return ApproveNotice(by=story.LEAD, audience=audience, text=TEXT, planned=planned)


@asynccontextmanager
async def _theatre(security: str) -> AsyncIterator[Theatre]:
    crowd = addresses(CROWD)
    async with _way(security) as way, open_side(settings(way, crowd), way.environ) as side:
        with tempfile.TemporaryDirectory(prefix="tacenda-bench-") as folder:
            yield Theatre(side, way, Path(folder), crowd)


@asynccontextmanager
async def _way(security: str) -> AsyncIterator[Way]:
    async with AsyncExitStack() as parts:
        sink = await parts.enter_async_context(open_csink())
        if security == "none":
            yield Way(sink, sink.port, security, {})
        else:
            front = await parts.enter_async_context(open_front(sink.port))
            yield Way(sink, front.port, security, front.trust())


def settings(way: Way, users: list[str], vendors: str = "") -> str:
    """Return a tacenda.toml with these users on a list, and the sink as the mail server."""
    return "\n".join(
        (
            team(),
            "[lists]",
            f"users = {as_toml(users)}",
            "[mail]",
            'host = "127.0.0.1"',
            f"port = {way.port}",
            f'security = "{way.security}"',
            f"connections = {CONNECTIONS}",
            vendors,
        )
    )


def _message() -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Security <security@example.org>", "users@example.org"
    message["Subject"] = "A security fix is coming"
    for name, value in HEADERS.items():
        message[name] = value
    message.set_content(TEXT)
    return message.as_bytes()


async def _size(handle: Handle) -> tuple[int, float]:
    """Return the events and the kB of a history, as the server counts them."""
    info = (await handle.describe()).raw_description.workflow_execution_info
    return info.history_length, info.history_size_bytes / 1000


async def known(handle: Handle) -> None:
    """Wait until the case knows what became of its notices."""
    async with asyncio.timeout(KNOWN_WITHIN):
        while (await case_of(handle)).under_way:
            await asyncio.sleep(0.1)


def _began(history: WorkflowHistory, before: int) -> float:
    """Return when the first activity after `before` events started (seconds since 1970)."""
    return next(
        event.event_time.ToNanoseconds() / 1e9
        for event in history.events
        if event.event_id > before
        and event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
    )


def _rate_row(name: str, ours: list[Effort], bare: list[Effort]) -> Row:
    rate, bare_rate = (median(effort.rate for effort in efforts) for efforts in (ours, bare))
    return Row(f"{name}: letters a second", rate, bare_rate, "/s", least=LEAST)


def _cpu_row(name: str, ours: list[Effort], bare: list[Effort]) -> Row:
    cpu, bare_cpu = (median(effort.cpu for effort in efforts) for efforts in (ours, bare))
    return Row(f"{name}: CPU", cpu, bare_cpu, "s")


def _whole(efforts: list[Effort]) -> float:
    return median(effort.whole for effort in efforts)


def _events(efforts: list[Effort]) -> float:
    return median(effort.events for effort in efforts)


def _kilobytes(efforts: list[Effort]) -> float:
    return median(effort.kilobytes for effort in efforts)
