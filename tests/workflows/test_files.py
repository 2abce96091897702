"""The files of a case: their bytes come back by their hash, and a bad question breaks nothing."""

from typing import Any

import pytest
from temporalio.client import WorkflowQueryFailedError

from tacenda.enclosures import Attachment
from tacenda.models import Kind
from tests.builders import acknowledge, vendor_notice
from tests.workflows.desk import Desk
from tests.workflows.plot import MAILBOXES, begin

PROOF = Attachment.of("proof.bin", bytes(range(256)))
PATCH = Attachment.of("fix.patch", b"--- a\r\n+++ b\n\x00")


async def test_the_files_of_a_report_come_back_by_their_hash(staffed: Desk) -> None:
    """What came with the report is there byte for byte, and what did not is nothing."""
    plot = await begin(staffed, report={"enclosures": (PROOF.enclosure,)}, attachments=(PROOF,))
    (enclosure,) = (await plot.facts()).report.enclosures

    found = await plot.case.file(enclosure.sha256)
    assert found is not None
    assert (found.name, found.content) == ("proof.bin", bytes(range(256)))
    assert await plot.case.file("0" * 64) is None
    assert await plot.case.file("") is None


async def test_the_files_of_a_notice_come_back_by_their_hash(staffed: Desk) -> None:
    """Patches are there from their approval on, and reach the vendors as they were approved."""
    plot = await begin(staffed)
    await plot.do(acknowledge())
    await plot.fixed()
    await plot.do(vendor_notice(attachments=(PATCH,), at=plot.at(1, 16)))
    ((enclosure,),) = [n.attachments for n in (await plot.facts()).notices]
    assert await plot.case.file(enclosure.sha256) == PATCH

    await plot.until(1, 17)
    for vendor in ("one", "two"):
        letter = staffed.mailroom.letter(Kind.VENDOR_NOTICE, MAILBOXES[vendor])
        assert letter.attachments == (PATCH,)


async def test_a_refused_notice_leaves_no_file(staffed: Desk) -> None:
    """The files of an approval that was refused are not kept."""
    plot = await begin(staffed)
    await plot.do(acknowledge())
    past = vendor_notice(attachments=(PATCH,), at=plot.at(-1))
    assert "is past" in await plot.case.refused(past)

    assert await plot.case.file(PATCH.enclosure.sha256) is None


@pytest.mark.parametrize("arguments", [[], [17], [{"sha256": "0"}], ["a", "b"]], ids=str)
async def test_a_bad_question_breaks_nothing(staffed: Desk, arguments: list[Any]) -> None:
    """Who asks for a file in a way that cannot be read is told so, and the case goes on."""
    plot = await begin(staffed, attachments=(PROOF,))
    with pytest.raises(WorkflowQueryFailedError):
        await plot.case.handle.query("file", args=arguments)

    assert await plot.case.file(PROOF.enclosure.sha256) == PROOF
    await plot.do(acknowledge())
    assert (await plot.facts()).lead == "alice"
