"""The worker of the bare ones: `python -m bench.bare_worker HOST:PORT SMTP_PORT`."""

import asyncio
import os
import signal
import sys

from temporalio.client import Client
from temporalio.worker import Worker

from bench.bare import TASK_QUEUE, BareLetters, BareLife, BareMailer


async def serve(address: str, smtp_port: int) -> None:
    """Work until SIGTERM, with the settings that the SDK comes with."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await Client.connect(address)
    mailer = BareMailer(smtp_port)
    async with Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[BareLife, BareLetters],
        activities=[mailer.send, mailer.nothing],
    ):
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
    sys.stdout.flush()
    sys.stderr.flush()
    # The SDK's native part can abort a process at interpreter exit (sdk-python#300).
    os._exit(0)
