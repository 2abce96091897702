"""The bare list: a script that lists open cases straight through the SDK.

python bench/bare_list.py HOST:PORT
"""

import asyncio
import os
import sys

from temporalio.client import Client

QUERY = "WorkflowType = 'Disclosure' AND ExecutionStatus != 'Completed'"


async def main(address: str) -> None:
    """Print a line for each workflow: its id and all its search attributes."""
    client = await Client.connect(address)
    async for execution in client.list_workflows(QUERY):
        values = [str(pair.value) for pair in execution.typed_search_attributes]
        print(execution.id, *values, sep="\t")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    sys.stdout.flush()
    # The SDK's native part can abort a process at interpreter exit (sdk-python#300).
    os._exit(0)
