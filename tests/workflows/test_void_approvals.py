"""What an act answers to its author, beside that it was accepted."""

from datetime import timedelta

from tests.builders import LOW, a_report, acknowledge, release, score
from tests.workflows.desk import Desk
from tests.workflows.plot import a_monday


async def test_who_makes_an_approval_void_is_told_in_the_answer(desk: Desk) -> None:
    """A score that voids an approved release says so to whoever gave it, and not only by mail."""
    async with desk.worker():
        monday = await a_monday(desk)
        case = await desk.open(a_report(received=monday))
        await case.act(acknowledge())
        await case.act(score())
        await case.fixed()
        at = monday + timedelta(days=8, hours=6)
        await case.act(release(at, override="the vendors know"))
        answer = await case.act(score(LOW))

    assert [said for said in answer.warnings if "release is void now" in said]
