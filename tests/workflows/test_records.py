"""A case goes on record when it ends, whatever the place of the records is up to."""

from temporalio.api.sdk.v1 import WorkflowMetadata

from tacenda.archive.keys import TeamKey
from tacenda.archive.record import Record, verified
from tacenda.models import CloseReason, Kind
from tests.builders import a_report, acknowledge, close, held_retrospective, release
from tests.workflows.desk import CaseDesk, Desk


async def test_a_released_case_is_on_record_in_the_clear(desk: Desk) -> None:
    """Who did what, who has which letter: all of it stands in a file that anybody can check."""
    async with desk.worker():
        case = await opened(desk)
        await case.act(acknowledge())
        await case.fixed()
        await case.act(release(override="it is small"))
        await desk.wait(days=2)
        await case.act(held_retrospective())
        await case.act(close(CloseReason.COMPLETE))
        await case.handle.result()

    record = on_record(desk, case)
    assert record.entries is not None
    letters = {e.facts["kind"] for e in record.entries if e.what == "letter"}

    assert not record.head.sealed
    assert record.head.reason is CloseReason.COMPLETE
    assert {"receipt", "acknowledgement", "release", "thanks"} <= letters
    assert next(e.facts["what"] for e in record.entries if e.what == "act") == "acknowledge"
    assert desk.records.tries == 1


async def test_what_was_not_released_is_sealed(desk: Desk) -> None:
    """A case that ends without a release keeps its secrets on record as well."""
    async with desk.worker():
        case = await opened(desk, title="canary title", details="canary details")
        await case.act(acknowledge())
        await case.act(close(CloseReason.INVALID))
        await case.handle.result()

    assert b"canary" not in desk.records.files[case.handle.id]
    assert b"alice" not in desk.records.files[case.handle.id]
    assert on_record(desk, case).entries is not None
    assert verified(desk.records.files[case.handle.id], key(desk).public).entries is None


async def test_a_record_that_cannot_be_written_is_tried_on_and_told(desk: Desk) -> None:
    """The workflow stays open and says so until it is written, and the lead hears of it once."""
    desk.records.full = True
    async with desk.worker():
        case = await opened(desk)
        await case.act(acknowledge())
        await case.act(close(CloseReason.INVALID))
        await desk.wait(hours=3)
        is_over_too_early, meanwhile = await case.is_over(), await details(case)
        desk.records.full = False
        await case.handle.result()
        afterwards = await details(case)

    assert not is_over_too_early
    assert "NOT ON RECORD YET" in meanwhile
    assert "NOT ON RECORD YET" not in afterwards
    assert desk.records.tries > 10
    assert desk.mailroom.kinds("alice@example.org").count(Kind.ALARM) == 1
    assert on_record(desk, case).head.state.value == "closed"


async def details(case: CaseDesk) -> str:
    """Return the current details of a case, as the Web UI asks for them."""
    told = await case.handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    return str(told.current_details)


async def opened(desk: Desk, **report: str) -> CaseDesk:
    """Open a case that came in just now."""
    return await desk.open(a_report(received=await desk.now(), **report))


def key(desk: Desk) -> TeamKey:
    """Return the key that records of a desk are signed with."""
    return TeamKey.of(desk.store.ring())


def on_record(desk: Desk, case: CaseDesk) -> Record:
    """Return the record of a case, checked."""
    return verified(desk.records.files[case.handle.id], key(desk).public, key(desk))
