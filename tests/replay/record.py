"""Record the histories that replay against every later version of the workflow.

    uv run python -m tests.replay.record

One history a story, in a folder named after the version that wrote it. A folder that is
there is never written again: a history that no longer replays is a change of workflow
code that wants `workflow.patched`.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client, WorkflowUpdateFailedError

from tacenda import __version__, contract
from tacenda.acts import MarkSecret
from tacenda.converter import PLAIN
from tacenda.decisions import Choice
from tacenda.enclosures import Attachment
from tacenda.models import Audience, CloseReason, Step, Stop, Word
from tacenda.policy import Calendar, Policy
from tacenda.profiles import KUBERNETES_CURRENT
from tests.builders import (
    LOW,
    a_report,
    acknowledge,
    adopt,
    assign_cve,
    bounced,
    close,
    decide,
    exploited,
    extend,
    file_report,
    fixed,
    hand_off,
    held_retrospective,
    hold,
    invite,
    leak,
    link_to,
    notice,
    public,
    published,
    release,
    replied,
    score,
    skip,
    user_notice,
    vendor_notice,
    withdrawn,
    works_again,
)
from tests.workflows.desk import WITH_THREE, CaseDesk, Desk, open_desk

KEYS = "keys"
CASE = "case-2026-0000000000"
FOLDER = Path(__file__).parent / "histories" / __version__
ANY_DAY = Policy(calendar=Calendar(release_days=("mon", "tue", "wed", "thu", "fri", "sat", "sun")))


async def straight(desk: Desk, case: CaseDesk) -> None:
    """Every step, in order, to the close."""
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
    await case.act(release(at))
    await desk.wait(days=10)
    await case.act(published())
    await case.act(held_retrospective())
    await case.act(close(CloseReason.COMPLETE))


async def silence(desk: Desk, case: CaseDesk) -> None:
    """Nobody acts for 40 days."""
    await desk.wait(days=40)
    await case.act(close(CloseReason.WITHDRAWN))


async def trouble(desk: Desk, case: CaseDesk) -> None:
    """Bad signals, a cancellation, refused letters, a held release, moved and skipped steps."""
    desk.mailroom.refuses = {"rita@example.org"}
    await case.handle.signal("fix_landed", 17)
    await case.handle.signal("nonsense", "x")
    await case.handle.cancel()
    await case.act(acknowledge(by="bob"))
    await case.fixed()
    limit = (await case.case()).limit(Step.USER_NOTICE)
    await case.act(extend(Step.USER_NOTICE, limit + timedelta(days=2)))
    await desk.wait(minutes=7)
    await case.act(skip(Step.VENDOR_NOTICE, override="a small list"))
    await case.act(release(await desk.now() + timedelta(days=3)))
    await case.act(hold())
    await desk.wait(days=10)
    await case.act(release())
    await desk.wait(days=2)
    await case.act(close(CloseReason.COMPLETE, override="the retrospective is next week"))


async def open_still(desk: Desk, case: CaseDesk) -> None:
    """A case in the middle of its life, with a release approved and limits ahead."""
    await case.act(acknowledge())
    await case.fixed()
    await desk.wait(days=1)
    await case.act(release(await desk.now() + timedelta(days=9)))


async def hard(desk: Desk, case: CaseDesk) -> None:
    """A hand-over, a leak, a fix withdrawn after the vendors had it, a moved date, a correction."""
    await case.act(acknowledge(team=("bob",)))
    await case.act(hand_off("bob"))
    await desk.wait(days=2)
    await case.act(acknowledge("bob"))
    await case.fixed()
    at = await desk.now() + timedelta(days=9)
    await case.act(user_notice(planned=at))
    await case.act(vendor_notice(planned=at, attachments=(Attachment.of("a.patch", b"--- a"),)))
    await desk.wait(hours=1)
    await case.act(release(at))
    await desk.wait(hours=1)
    await case.handle.signal(contract.FIX_LANDED, withdrawn())
    await case.act(leak())
    await desk.wait(hours=3)
    await case.act(leak(hold_on=True))
    await case.fixed(refs=("https://example.org/fix/2",))
    await case.act(vendor_notice("The second patch.", planned=at))
    await desk.wait(hours=1)
    await case.act(release(at + timedelta(days=2)))
    await desk.wait(days=14)
    await case.act(notice(Audience.USERS, "The fixed version is another."))
    await desk.wait(days=12)
    await case.act(held_retrospective())
    await case.act(close(CloseReason.COMPLETE))


async def adopted(desk: Desk, case: CaseDesk) -> None:
    """What was told elsewhere, then public, then closed with people who were told."""
    elsewhere = {"elsewhere": "the old tracker"}
    await case.act(acknowledge(**elsewhere))
    await case.act(user_notice(planned=await desk.now() + timedelta(days=8), **elsewhere))
    await desk.wait(days=1)
    await case.act(hand_off("bob", by="bob"))
    await case.act(public())
    await desk.wait(days=1)
    await case.act(close(CloseReason.NOT_OURS))


async def sealed(desk: Desk, case: CaseDesk) -> None:
    """What strangers sent, secret words, and a key that was changed meanwhile."""
    stranger = Client(desk.client.service_client, data_converter=PLAIN)
    forger = stranger.get_workflow_handle(case.handle.id)
    await forger.signal(contract.FIX_LANDED, fixed())
    await case.act(acknowledge())
    with suppress(WorkflowUpdateFailedError):
        await forger.execute_update("score", score())
    desk.store.rotate(case.handle.id)
    await case.act(score())
    await case.act(MarkSecret(by="alice", words=("Blue Lantern",)))
    await case.fixed()
    spoken = user_notice("Blue Lantern ends.", planned=await desk.now() + timedelta(days=9))
    await case.refused(spoken)
    await case.act(spoken.model_copy(update={"override": "it is on the poster already"}))
    await desk.wait(days=1)
    await case.act(close(CloseReason.WITHDRAWN))


async def passes(desk: Desk, case: CaseDesk) -> None:
    """Mail that is put off, given up, stopped and overtaken, a letter that came back."""
    room = desk.mailroom
    room.puts_off, room.pause = {"two@example.org", "oncall@example.org"}, timedelta(hours=2)
    await case.act(acknowledge(team=("bob",)))
    await case.fixed()
    await case.act(user_notice(planned=await desk.now() + timedelta(days=15)))
    await case.act(vendor_notice())
    await desk.wait(hours=3)
    await case.act(bounced("one@example.org", "vendor_notice.1"))
    await desk.wait(days=6)
    room.is_open, room.stop = False, Stop.REJECTED
    await case.act(vendor_notice("Once more.", to=("Two",)))
    await desk.wait(hours=1)
    room.is_open, room.puts_off = True, {"two@example.org"}
    await desk.wait(hours=3)
    await case.act(works_again("one@example.org"))
    await case.act(release(override="it cannot wait"))
    await desk.wait(days=2)
    await case.act(held_retrospective())
    await case.act(close(CloseReason.COMPLETE))


async def parties(desk: Desk, case: CaseDesk) -> None:
    """A vendor that is asked, accepts, is asked anew and says nothing; one that declines."""
    first = await desk.now() + timedelta(days=10)
    await case.act(invite("Three", planned=first))
    await case.act(acknowledge())
    await case.act(skip(Step.USER_NOTICE))
    await desk.wait(hours=1)
    await case.act(replied("Three"))
    await case.fixed()
    await case.act(vendor_notice(planned=first))
    await desk.wait(days=1)
    await case.act(replied("One", Word.READY))
    await case.act(replied("Two", Word.DECLINED))
    await case.act(release(first + timedelta(days=5)))
    await desk.wait(days=16)
    await case.act(held_retrospective())
    await case.act(close(CloseReason.COMPLETE))


async def bent(desk: Desk, case: CaseDesk) -> None:
    """A cadence that severity bends and a re-score straightens, another policy, the regulator."""
    await case.act(acknowledge(team=("bob",)))
    await case.act(score(LOW))
    until = await desk.now() + timedelta(days=40)
    await case.act(decide(Choice.SLOW_DOWN, until=until))
    await case.act(decide(Choice.SKIP_VENDORS))
    await desk.wait(days=2)
    await case.act(score())
    await case.act(exploited(aware=await desk.now() - timedelta(hours=22)))
    await desk.wait(hours=3)
    await case.act(file_report())
    await case.act(exploited(hold_on=True))
    await case.fixed()
    current = KUBERNETES_CURRENT.model_copy(update={"calendar": ANY_DAY.calendar})
    await case.act(adopt(current))
    at = await desk.now() + timedelta(days=9)
    await case.act(vendor_notice(planned=at))
    await desk.wait(days=3)
    await case.act(leak())
    await desk.wait(hours=2)
    await case.act(release(at - timedelta(days=3), override="it leaked"))
    await desk.wait(days=20)
    await case.act(close(CloseReason.COMPLETE, override="the regulator knows the rest"))


async def together(desk: Desk, case: CaseDesk) -> None:
    """Two flaws in one release: what the case that leads hears of the other, and tells it."""
    other = await desk.open(a_report(received=await desk.now(), title="Another bug"), ANY_DAY)
    for each in (case, other):
        await each.act(acknowledge())
        await each.fixed()
    await other.act(link_to(case.handle.id))
    await desk.wait(hours=1)
    at = await desk.now() + timedelta(days=9)
    await case.act(user_notice(planned=at))
    await other.act(assign_cve())
    await desk.wait(hours=1)
    await case.act(release(at))
    await desk.wait(days=12)
    await other.act(close(CloseReason.COMPLETE, override="a bundle"))
    await case.act(close(CloseReason.COMPLETE, override="a bundle"))


async def late(desk: Desk, case: CaseDesk) -> None:
    """A report that nobody saw for sixteen days, and nobody acts on for a week."""
    await desk.wait(days=2)
    await case.act(acknowledge())
    await desk.wait(days=5)
    await case.act(close(CloseReason.INVALID))


STORIES: list[Callable[[Desk, CaseDesk], Awaitable[None]]] = [
    straight,
    silence,
    trouble,
    open_still,
    hard,
    adopted,
    sealed,
    passes,
    parties,
    bent,
    together,
    late,
]
BEFORE: dict[object, timedelta] = {late: timedelta(days=16)}
"""How long before a case is opened its report came, where that is not the same."""


async def record(story: Callable[[Desk, CaseDesk], Awaitable[None]]) -> str:
    """Play one story and return its history as JSON."""
    async with open_desk(FOLDER / KEYS) as desk, desk.worker(other=WITH_THREE):
        received = await desk.now() - BEFORE.get(story, timedelta(0))
        case = await desk.open(a_report(received=received), ANY_DAY)
        await desk.wait(minutes=5)
        await story(desk, case)
        if (await case.case()).closing:
            await case.handle.result()
        return (await case.handle.fetch_history()).to_json()


async def main() -> None:
    """Record every story whose history is not there yet."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for story in STORIES:
        file = FOLDER / f"{story.__name__}.json"
        if not file.exists():
            file.write_text(await record(story), encoding="utf-8")
            print(file.name)


if __name__ == "__main__":
    asyncio.run(main())
    sys.stdout.flush()
    os._exit(0)
