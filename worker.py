"""The worker: settings, then a client, then the workflow and its activities until SIGTERM."""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.archive import Archivist
from activities.directory import Directory
from activities.ledger.claims import Ledger, LedgerDown
from activities.ledger.opening import HIDDEN_WITH, ledger_at
from activities.ledger.rows import LEASE_SECONDS
from activities.links import Messenger
from activities.mail import Mailer
from activities.outbox import Outbox
from activities.pager import Caller
from activities.smtp import answer_to_text_within
from activities.webhook import Hook
from tacenda import __version__, logs
from tacenda.archive.keeping import place_of_records
from tacenda.archive.keys import TeamKey
from tacenda.archive.storage import records_at
from tacenda.attributes import LEAD, WORKFLOW
from tacenda.connect import connect, converter_for, ring_of, secret_for, task_queue
from tacenda.errors import BadInput, TacendaError
from tacenda.exposition import families, text_of
from tacenda.home import home_folder, recorded, settings_file
from tacenda.monitor import Monitor, Surveyor, fetched, free_port
from tacenda.pgpchecks import first_end
from tacenda.pgpkeys import Keyring
from tacenda.render import safe
from tacenda.settings import Settings, load
from tacenda.workerchecks import name_of
from workflows.disclosure import Disclosure
from workflows.runner import CarefulRunner

if TYPE_CHECKING:
    from activities.spans import Spans

MAX_CACHED_CASES = 6
"""So many cases stay in memory, some 1.5 MB each; another is replayed when something happens."""

MOST_TASKS_AT_ONCE = 4
"""One thread each, and what it leaves in memory; more of them would only wait for each other."""

MOST_ERRANDS = 500
"""So many letters may wait for the mail server at once, and still one that is pressing begins."""

DRAIN_WITHIN = timedelta(seconds=10)


def worker_for(
    client: Client,
    settings: Settings,
    mailer: Mailer,
    caller: Caller,
    archivist: Archivist,
    *,
    interceptors: Sequence[Interceptor] = (),
) -> Worker:
    """Return the worker that carries cases on `client`.

    It sends by `mailer`, pages by `caller`, and what has ended goes on record by `archivist`.
    """
    directory = Directory(settings, lambda name: _count_open(client, name))
    return Worker(
        client,
        task_queue=task_queue(client),
        workflows=[Disclosure],
        activities=[
            mailer.deliver,
            caller.page,
            caller.close_books,
            directory.recipients,
            directory.vendors,
            directory.propose_lead,
            directory.hours,
            Messenger(client).tell_linked,
            archivist.keep_record,
            archivist.ask_and_keep_record,
        ],
        interceptors=interceptors,
        workflow_runner=CarefulRunner(),
        identity=name_of(os.getpid(), socket.gethostname()),
        max_concurrent_activities=MOST_ERRANDS,
        max_cached_workflows=MAX_CACHED_CASES,
        max_concurrent_workflow_tasks=MOST_TASKS_AT_ONCE,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        max_heartbeat_throttle_interval=timedelta(milliseconds=500),
        default_heartbeat_throttle_interval=timedelta(milliseconds=500),
        graceful_shutdown_timeout=DRAIN_WITHIN,
    )


async def serve() -> None:
    """Carry cases until SIGTERM or Ctrl-C, then finish what is in hand and return."""
    path = settings_file(None, os.environ)
    if path is None:
        raise BadInput("There is no tacenda.toml. Name one in TACENDA_CONFIG.")
    settings = load(path)
    keyring = Keyring(settings, datetime.now(UTC))
    home = home_folder(os.environ)
    stack = recorded(home)
    native = f"127.0.0.1:{free_port()}" if settings.metrics.listen else ""
    client = await connect(
        lambda: converter_for(os.environ, path, home),
        stack.temporal if stack else None,
        logs.runtime(metrics=native),
    )
    if client.data_converter.payload_codec is None:
        logging.getLogger(__name__).warning("TACENDA_UNSAFE_PLAINTEXT is set: nothing is encrypted")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    ledger = _ledger(settings, client, home)
    ui = os.environ.get("TACENDA_UI") or (stack.ui if stack else "")
    hook = Hook(settings.webhook, ledger, f"{ui}/namespaces/{client.namespace}" if ui else "")
    outbox = Outbox()
    mailer = Mailer(
        settings.mail, settings.sender(), ledger, keyring=keyring, call=hook.call, outbox=outbox
    )
    caller = Caller(settings.pager, ledger, also=hook.page if settings.webhook.url else None)
    records = records_at(place_of_records(os.environ, path, home))
    ring = ring_of(client)
    archivist = Archivist(client, records, TeamKey.of(ring) if ring else None, caller.close_books)
    spans = _spans(settings)
    interceptors = (spans,) if spans else ()
    try:
        async with (
            worker_for(client, settings, mailer, caller, archivist, interceptors=interceptors),
            _monitored(settings, client, ledger, outbox, native),
        ):
            logging.getLogger(__name__).info("the worker is up")
            await stop.wait()
    finally:
        if spans:
            await asyncio.to_thread(spans.close)
        await hook.close()
        await mailer.close()


def _spans(settings: Settings) -> "Spans | None":
    """Return what leaves spans of the errands, where `[traces] endpoint` names a collector."""
    if not settings.traces.endpoint:
        return None
    try:
        from activities.spans import spans_to

        return spans_to(settings.traces.endpoint)
    except ImportError:
        raise BadInput(
            "[traces] endpoint needs OpenTelemetry: pip install 'tacenda[otel]'. Or leave it out."
        ) from None


@asynccontextmanager
async def _monitored(
    settings: Settings, client: Client, ledger: Ledger, outbox: Outbox, native: str
) -> AsyncIterator[None]:
    """Serve metrics and health where `[metrics] listen` says; `native` is where the SDK's are."""
    if not settings.metrics.listen:
        yield
        return
    surveyor = Surveyor(client)

    async def metrics() -> tuple[int, str]:
        now = datetime.now(UTC)
        keys_end, of_sdk = await asyncio.gather(
            asyncio.to_thread(first_end, settings, now), asyncio.to_thread(fetched, native)
        )
        oldest = outbox.oldest(now)
        ours = families(surveyor.last, outbox.fates, oldest, keys_end, __version__)
        return 200, text_of(ours) + of_sdk

    async def healthz() -> tuple[int, str]:
        return 200, "ok\n"

    async def readyz() -> tuple[int, str]:
        if not surveyor.is_fresh:
            return 503, "the Temporal server has not answered for minutes\n"
        try:
            await ledger.is_first("readyz", 0.0)
        except LedgerDown:
            return 503, "the send ledger cannot be written\n"
        return 200, "ok\n"

    pages = {"/metrics": metrics, "/healthz": healthz, "/readyz": readyz}
    monitor = Monitor(settings.metrics.listen, pages)
    try:
        await monitor.start()
    except OSError as error:
        raise BadInput(
            f"[metrics] listen cannot be used ({type(error).__name__}): name another port."
        ) from None
    watching = asyncio.create_task(surveyor.watch())
    try:
        yield
    finally:
        watching.cancel()
        await monitor.stop()


def _ledger(settings: Settings, client: Client, home: Path) -> Ledger:
    """Return the ledger of all workers; no claim ends while the mail server may still answer."""
    longest = settings.mail.timeout + answer_to_text_within(settings.mail)
    lease = LEASE_SECONDS + longest
    return ledger_at(settings.mail.ledger, home, secret_for(client, HIDDEN_WITH), lease=lease)


async def _count_open(client: Client, name: str) -> int:
    """Count the open cases that `name` leads."""
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    query = f"WorkflowType = '{WORKFLOW}' AND ExecutionStatus = 'Running'"
    return (await client.count_workflows(f"{query} AND {LEAD.name} = '{quoted}'")).count


def main() -> int:
    """Run the worker; the exit code says how it ended."""
    logs.set_up()
    try:
        asyncio.run(serve())
    except TacendaError as error:
        print(f"worker: {safe(str(error))}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The SDK's native part can abort a process at interpreter exit (sdk-python#300).
    os._exit(code)
