"""A worker whose workflow and activity fail with a secret: `python -m tests.e2e.leaking`.

The words are the set-up of the logs (`ours` or `usual`), the address of a server, a workflow
id and the secret.
"""

import asyncio
import logging
import os
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from tacenda import logs

FAILING_FOR = 2.0


@activity.defn
async def spill(secret: str) -> None:
    """Log the secret, and fail with it."""
    activity.logger.warning("the activity knows %s", secret)
    raise RuntimeError(f"the activity choked on {secret}")


@workflow.defn
class Leaking:
    """A workflow whose every task fails."""

    @workflow.run
    async def run(self, secret: str) -> None:
        """Log the secret, and fail with it, and because of it."""
        workflow.logger.warning(f"the workflow knows {secret}")
        try:
            await workflow.execute_activity(
                spill,
                secret,
                start_to_close_timeout=timedelta(seconds=20),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except Exception as error:
            raise ValueError(f"the workflow choked on {secret}") from error


async def main(set_up: str, address: str, name: str, secret: str) -> None:
    """Run the workflow until its tasks have failed for a while."""
    runtime = None
    if set_up == "ours":
        logs.set_up()
        runtime = logs.runtime()
    else:
        logging.basicConfig(level=logging.INFO)
    client = await Client.connect(address, runtime=runtime)
    async with Worker(
        client,
        task_queue=name,
        workflows=[Leaking],
        activities=[spill],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        handle = await client.start_workflow(Leaking.run, secret, id=name, task_queue=name)
        while not [
            event
            async for event in handle.fetch_history_events()
            if event.HasField("workflow_task_failed_event_attributes")
        ]:
            await asyncio.sleep(0.1)
        await asyncio.sleep(FAILING_FOR)
        await handle.terminate()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
    sys.stdout.flush()
    sys.stderr.flush()
    # The SDK's native part can abort a process at interpreter exit (sdk-python#300).
    os._exit(0)
