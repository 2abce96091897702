"""Who asks the server for work, and what time it is there.

A server tells its time to nobody; it says when somebody asked it for work last.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    PollWorkflowTaskQueueRequest,
)
from temporalio.client import Client

from tacenda.attributes import TASK_QUEUE
from tacenda.connect import ANSWER_WITHIN_SECONDS, task_queue

# A worker asks at least once a minute; the server goes on listing one that has ended.
POLLS_WITHIN = timedelta(seconds=90)
CLOCK_QUEUE = f"{TASK_QUEUE}-clock"
"""A task queue without tasks, in which only those ask who want to know the time."""
TOLD_WITHIN_SECONDS = 2.0


async def has_worker(client: Client) -> bool:
    """Whether a worker with the keys of `client` asks for work.

    Raises `RPCError` where the server does not answer.
    """
    return bool(await _workers(client))


async def hosts_of_workers(client: Client) -> set[str]:
    """Return on which hosts workers with the keys of `client` run, as far as they say so.

    Raises `RPCError` where the server does not answer.
    """
    names = [name.rpartition("@") for name in await _workers(client)]
    return {host for _, at, host in names if at}


async def last_calls(client: Client, queue: str) -> dict[str, datetime]:
    """Return when workers asked for work in `queue` last, by the server's clock (UTC).

    By their names, such as `tacenda-0.6.0/PID@HOST`. Raises `RPCError` where the server does not
    answer.
    """
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        ),
        timeout=timedelta(seconds=ANSWER_WITHIN_SECONDS),
    )
    return {p.identity: p.last_access_time.ToDatetime(UTC) for p in described.pollers}


async def server_time(client: Client) -> datetime | None:
    """Return what time it is by the server's clock (UTC); None where it does not say.

    It asks for work itself, where there is none. Raises `RPCError` where the server does not
    answer.
    """
    name = f"{CLOCK_QUEUE}/{token_hex(8)}"
    asking = asyncio.ensure_future(
        client.workflow_service.poll_workflow_task_queue(
            PollWorkflowTaskQueueRequest(
                namespace=client.namespace,
                task_queue=TaskQueue(name=CLOCK_QUEUE),
                identity=name,
            ),
            timeout=timedelta(seconds=ANSWER_WITHIN_SECONDS),
        )
    )
    try:
        async with asyncio.timeout(TOLD_WITHIN_SECONDS):
            while not asking.done():
                if at := (await last_calls(client, CLOCK_QUEUE)).get(name):
                    return at
                await asyncio.sleep(0.01)
            asking.result()
    except TimeoutError:
        pass
    finally:
        asking.cancel()
    return None


async def _workers(client: Client) -> list[str]:
    """Return the names under which workers have asked for work lately."""
    now = await server_time(client) or datetime.now(UTC)
    calls = await last_calls(client, task_queue(client))
    return [name for name, at in calls.items() if at > now - POLLS_WITHIN]
