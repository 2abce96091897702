"""The bare fan-out: `python -m bench.bare_fanout PORT SECURITY CONNECTIONS ADDRESSES MESSAGE`.

One prebuilt message to every address in a file, over kept connections of plain aiosmtplib.
It prints the instant at which it begins, in seconds since 1970, and the CPU seconds it then took.
"""

import asyncio
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from aiosmtplib import SMTP

SENDER = "bare@example.org"


async def main(port: int, security: str, connections: int, to: list[str], message: bytes) -> None:
    """Send it to all of them; each connection takes the next address that is left."""
    left = iter(to)
    context = ssl.create_default_context() if security == "starttls" else None
    began, cpu = time.time(), time.process_time()
    await asyncio.gather(*(_send(port, context, left, message) for _ in range(connections)))
    print(began, time.process_time() - cpu)


async def _send(
    port: int, context: ssl.SSLContext | None, left: Iterator[str], message: bytes
) -> None:
    async with SMTP(
        hostname="127.0.0.1", port=port, start_tls=context is not None, tls_context=context
    ) as smtp:
        for address in left:
            await smtp.sendmail(SENDER, [address], message)


if __name__ == "__main__":
    asyncio.run(
        main(
            int(sys.argv[1]),
            sys.argv[2],
            int(sys.argv[3]),
            Path(sys.argv[4]).read_text(encoding="utf-8").split(),
            Path(sys.argv[5]).read_bytes(),
        )
    )
