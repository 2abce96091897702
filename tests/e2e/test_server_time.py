"""What time it is on the server, which `doctor` holds against the clock here."""

from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from tacenda.pollers import server_time
from tests.e2e.machine import Machine

MOST_TRIES = 30
ROUNDED = timedelta(milliseconds=1)


async def test_the_server_tells_its_time(office: Machine) -> None:
    """It lies between the instant in which it was asked and that of the answer."""
    client = await Client.connect(office.at["temporal"])
    for _ in range(MOST_TRIES):
        before = datetime.now(UTC)
        at = await server_time(client)
        after = datetime.now(UTC)
        if at is not None:
            break

    assert at is not None
    assert before - ROUNDED <= at <= after + ROUNDED
