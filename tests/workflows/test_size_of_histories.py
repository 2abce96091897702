"""The history of a case stays small, for every worker that takes it up reads all of it."""

from datetime import timedelta

from tacenda.models import CloseReason
from tests.builders import (
    a_report,
    acknowledge,
    assign_cve,
    close,
    held_retrospective,
    published,
    release,
    score,
    user_notice,
    vendor_notice,
)
from tests.workflows.desk import Desk

MOST_EVENTS = 200
MOST_BYTES = 300_000


async def test_a_finished_case_with_twelve_letters_is_small(desk: Desk) -> None:
    """Under 200 events and 300 kB, encrypted, from a report over sixteen days to its record."""
    async with desk.worker():
        case = await desk.open(a_report(received=await desk.now()))
        await desk.wait(minutes=5)
        await case.act(acknowledge(team=("bob",)))
        await case.act(score())
        await case.act(assign_cve())
        await desk.wait(days=3)
        await case.fixed()
        at = await desk.now() + timedelta(days=10)
        await case.act(user_notice(planned=at))
        await desk.wait(days=2)
        await case.act(vendor_notice())
        await desk.wait(hours=1)
        await case.act(release(at, override="it is a Friday"))
        await desk.wait(days=9, hours=22)
        await case.act(published())
        await case.act(held_retrospective())
        await case.act(close(CloseReason.COMPLETE))
        await case.handle.result()
        history = await case.handle.fetch_history()

    letters = desk.mailroom.letters
    size = sum(event.ByteSize() for event in history.events)

    assert len(letters) >= 12
    assert len(history.events) < MOST_EVENTS, letters
    assert size < MOST_BYTES
