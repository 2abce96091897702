"""What somebody could look at who has no key: each as bytes, under a name."""

import json
import urllib.request
from collections import defaultdict
from pathlib import Path
from typing import Any

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.workflowservice.v1 import (
    DescribeScheduleRequest,
    DescribeTaskQueueRequest,
    DescribeWorkflowExecutionRequest,
    ListSchedulesRequest,
    ListWorkflowExecutionsRequest,
)
from temporalio.client import Client

from tacenda.archive.record import head_of
from tacenda.models import Step
from tests.canary.clerk import Clerk, run
from tests.e2e.machine import RealUp

NAMESPACE = "default"
UNRELEASED = "the records of what is not released"
DATABASE = ("temporal.db", "temporal.db-wal", "temporal.db-shm")


class Surfaces:
    """Everything that was looked at, by name; what is looked at again is added."""

    def __init__(self, clerk: Clerk) -> None:
        self._clerk = clerk
        self.seen: defaultdict[str, bytearray] = defaultdict(bytearray)

    def add(self, name: str, *parts: bytes) -> None:
        """Add what was seen; a surface without anything on it is one all the same."""
        for part in parts or (b"",):
            self.seen[name] += part + b"\n"

    def look_at_files(self, when: str) -> None:
        """Read every file of the home but the settings, which name their people."""
        home = self._clerk.machine.home
        for path in sorted(p for p in home.rglob("*") if p.is_file()):
            name = path.relative_to(home)
            if str(name) in DATABASE:
                self.add(f"{name}, {when}", path.read_bytes())
            elif path.parent.name == "logs":
                self.add(f"log: {path.stem}", path.read_bytes())
            elif name.parts[0] == "ledger":
                self.add("the send ledger", str(name).encode(), path.read_bytes())
            elif name.parts[0] == "records":
                self._look_at_record(path)
            elif path.suffix != ".toml":
                self.add("all other files of the home", str(name).encode(), path.read_bytes())

    def _look_at_record(self, path: Path) -> None:
        """Read a record, unless the case was released: then it lies open, and says so."""
        content = path.read_bytes()
        outline = head_of(content.split(b"\n", 1)[0]).outline
        assert outline is not None
        if outline.steps[Step.RELEASE].done is None:
            self.add(UNRELEASED, content)

    def look_at_processes(self, up: RealUp) -> None:
        """Read the command lines of the stack, the server and the worker."""
        pids = {up.process.pid, *(pid for pid in up.pids().values() if pid)}
        for pid in pids:
            self.add("process arguments", Path(f"/proc/{pid}/cmdline").read_bytes())

    def look_at_server(self, *cases: str) -> None:
        """Ask the server everything that it tells somebody without a key."""
        run(self._ask(cases))
        at = self._clerk.machine.at
        pages = (
            f"http://{at['http']}/api/v1/namespaces/{NAMESPACE}",
            f"{at['ui']}/api/v1/namespaces/{NAMESPACE}",
        )
        for case in cases:
            for page in pages:
                for what in ("/workflows", f"/workflows/{case}", f"/workflows/{case}/history"):
                    self.add("HTTP API", fetched(page + what))
        self.add("metrics", fetched(f"http://{at['metrics']}/metrics"))

    async def _ask(self, cases: tuple[str, ...]) -> None:
        client = await self._clerk.bare()
        server = client.workflow_service
        listed = await server.list_workflow_executions(
            ListWorkflowExecutionsRequest(namespace=NAMESPACE)
        )
        self.add("visibility: list, memos, search attributes", *both(listed))
        schedules = await server.list_schedules(ListSchedulesRequest(namespace=NAMESPACE))
        self.add("schedules and their notes", *both(schedules))
        for schedule in schedules.schedules:
            request = DescribeScheduleRequest(namespace=NAMESPACE, schedule_id=schedule.schedule_id)
            self.add("schedules and their notes", *both(await server.describe_schedule(request)))
        for case in cases:
            request_ = DescribeWorkflowExecutionRequest(
                namespace=NAMESPACE, execution=WorkflowExecution(workflow_id=case)
            )
            described = await server.describe_workflow_execution(request_)
            self.add("descriptions, with what is pending and failed", *both(described))
            queue = DescribeTaskQueueRequest(namespace=NAMESPACE, report_stats=True)
            queue.task_queue.name = described.execution_config.task_queue.name
            self.add("task queue", *both(await server.describe_task_queue(queue)))
            for history in await histories(client, case):
                self.add("history: events, failures, summaries, ids", *history)
                self.add("update ids, signal and activity names", ids_in(history[-1]))

    @property
    def size(self) -> int:
        """How many bytes were looked at."""
        return sum(map(len, self.seen.values()))


def both(message: Message) -> tuple[bytes, bytes]:
    """Return a message as the wire has it, and as JSON."""
    from google.protobuf.json_format import MessageToJson

    return message.SerializeToString(), MessageToJson(message).encode()


async def histories(client: Client, case: str) -> list[tuple[bytes, bytes]]:
    """Return the history of every run of a case, raw."""
    found = []
    async for execution in client.list_workflows(f"WorkflowId = '{case}'"):
        handle = client.get_workflow_handle(case, run_id=execution.run_id)
        history = await handle.fetch_history()
        events = b"".join(event.SerializeToString() for event in history.events)
        found.append((events, history.to_json().encode()))
    return found


def ids_in(history: bytes) -> bytes:
    """Return what names things in a history: ids and names, with no payload."""
    names: list[str] = []

    def walk(node: Any, key: str = "") -> None:
        if isinstance(node, dict):
            for name, value in node.items():
                walk(value, name)
        elif isinstance(node, list):
            for value in node:
                walk(value, key)
        elif key.lower().endswith(("id", "name", "identity", "type", "reason")):
            names.append(f"{key}={node}")

    walk(json.loads(history))
    return "\n".join(names).encode()


def payloads_in(history: bytes) -> list[Payload]:
    """Return every payload of a history."""
    from google.protobuf.json_format import ParseDict

    found: list[Payload] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "metadata" in node and set(node) <= {"metadata", "data", "externalPayloads"}:
                found.append(ParseDict(node, Payload(), ignore_unknown_fields=True))
            else:
                for value in node.values():
                    walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(json.loads(history))
    return found


def fetched(page: str) -> bytes:
    """Return what a page answers to anybody."""
    with urllib.request.urlopen(page, timeout=30) as answer:
        body: bytes = answer.read()
    return body
