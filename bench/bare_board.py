"""The bare side of the board: a page and a count, all cases counted, one case asked.

python bench/bare_board.py HOST:PORT page|all|CASE
"""

import asyncio
import os
import sys
from collections import Counter

from temporalio.client import Client
from temporalio.common import RawValue

QUERY = "WorkflowType = 'Disclosure'"
OPEN = f"{QUERY} AND ExecutionStatus != 'Completed'"
PAGE = 100


async def main(address: str, what: str) -> None:
    """Print a page of open cases and how many there are, all by their status, or an answer."""
    client = await Client.connect(address)
    if what == "page":
        async for execution in client.list_workflows(OPEN, limit=PAGE, page_size=PAGE):
            values = [str(pair.value) for pair in execution.typed_search_attributes]
            print(execution.id, *values, sep="\t")
        print((await client.count_workflows(OPEN)).count)
    elif what == "all":
        found = client.list_workflows(QUERY, page_size=1000)
        print(Counter([execution.status async for execution in found]))
    else:
        answer = await client.get_workflow_handle(what).query("view", result_type=RawValue)
        print(len(answer.payload.data))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
    sys.stdout.flush()
    # The SDK's native part can abort a process at interpreter exit (sdk-python#300).
    os._exit(0)
