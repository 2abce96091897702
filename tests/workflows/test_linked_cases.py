"""Cases that are released together, on one desk: their news travel by the worker, and arrive."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from temporalio.service import RPCError

from tacenda.case import Case
from tacenda.contract import Opening
from tacenda.drafts import draft_of
from tacenda.link_acts import LinkedNews
from tacenda.models import CloseReason, Kind, State, Step
from tacenda.tidings import link_of
from tests.builders import (
    FIRST,
    acknowledge,
    assign_cve,
    close,
    leak,
    link_to,
    part,
    release,
    reopen,
    score,
    user_notice,
    vendor_notice,
)
from tests.unit.linkedcases import FOLLOWER, LEADING, THIRD
from tests.workflows.desk import CaseDesk, Desk, open_desk
from tests.workflows.plot import Plot, a_monday, begin

MANY = {LEADING: "Rita", FOLLOWER: "Bert", THIRD: "Cora"}
TITLES = {
    LEADING: "The importer leaves its folder",
    FOLLOWER: "The exporter follows a link",
    THIRD: "A name ends the parser",
}


async def several(desk: Desk, *names: str) -> dict[str, Plot]:
    """Open some cases on one Monday, each taken and fixed; all but the first follow that one."""
    start = await a_monday(desk)
    plots: dict[str, Plot] = {}
    for name in names:
        who = MANY[name]
        report = {
            "received": start,
            "title": TITLES[name],
            "reporter": {"name": who, "email": f"{who.lower()}@example.org"},
        }
        plots[name] = await begin(desk, start=start, case_id=name, report=report)
        await plots[name].do(acknowledge(), score(), assign_cve(f"CVE-2026-{len(plots):05d}"))
        await plots[name].fixed(refs=(f"https://example.org/fix/{len(plots)}",), versions=("2.7",))
    for name in names[1:]:
        await plots[name].do(link_to(names[0]))
    await settled(*plots.values())
    return plots


async def settled(*plots: Plot) -> None:
    """Wait until none of some cases has anything to do, nor to tell another."""
    for _ in range(3):
        for plot in plots:
            await plot.settle()


async def until(plots: dict[str, Plot], day: float, hour: int = 9) -> None:
    """Let time pass for all."""
    for plot in plots.values():
        await plot.until(day, hour)
    await settled(*plots.values())


async def comes_true(case: CaseDesk, what: Callable[[Case], Any]) -> Case:
    """Wait until something holds of a case."""
    async with asyncio.timeout(60):
        while not what(facts := await case.case()):
            await asyncio.sleep(0.05)
    return facts


async def test_three_flaws_have_one_announcement(staffed: Desk) -> None:
    """Each recipient has it once, each reporter is thanked, and each case is released."""
    plots = await several(staffed, LEADING, FOLLOWER, THIRD)
    leading = plots[LEADING]
    at = leading.at(3, 16)
    await leading.do(user_notice(planned=at), vendor_notice())
    text = draft_of(await leading.facts(), Kind.RELEASE, await staffed.now()).body
    await leading.do(release(at, text))
    await until(plots, 4)

    mailroom = staffed.mailroom
    assert sorted(mailroom.to(Kind.RELEASE)) == [
        "announce@example.org",
        "one@example.org",
        "oss@example.org",
        "two@example.org",
    ]
    assert mailroom.to(Kind.USER_NOTICE) == ["announce@example.org"]
    assert sorted(mailroom.to(Kind.THANKS)) == [
        "bert@example.org",
        "cora@example.org",
        "rita@example.org",
    ]
    announced = mailroom.letter(Kind.RELEASE, "oss@example.org").text or ""
    for number, title in enumerate(TITLES.values(), 1):
        assert f"CVE-2026-{number:05d}" in announced
        assert title in announced
    cases = [await plot.facts() for plot in plots.values()]
    assert {case.state for case in cases} == {State.RELEASED}
    assert len({case.released for case in cases}) == 1


async def test_news_survive_a_worker_that_dies_between_two_cases(desk: Desk) -> None:
    """One has been told to follow, and the other has not heard: the next worker tells it."""
    async with desk.worker(forgets=True):
        plots = await several(desk, LEADING, FOLLOWER)
        await plots[FOLLOWER].do(part())
        await settled(*plots.values())
    case = plots[FOLLOWER].case
    # Nobody is there: the act is stored, and done when somebody comes.
    acting = asyncio.create_task(case.act(link_to(LEADING)))
    await asyncio.sleep(0.5)
    assert not acting.done()
    async with desk.worker(forgets=True):
        await acting
        leading = await comes_true(plots[LEADING].case, lambda case: case.links)
        follower = await comes_true(case, lambda case: case.leading)

    assert leading.links[0].case == FOLLOWER
    assert follower.follows == LEADING


async def test_news_that_cannot_be_told_are_told_later(desk: Desk) -> None:
    """The activity is tried until it works, and then tells only what holds by then."""
    async with desk.worker(forgets=True):
        plots = await several(desk, LEADING, FOLLOWER)
    desk.deaf = True
    async with desk.worker(forgets=True):
        await plots[FOLLOWER].case.act(assign_cve("CVE-2026-00007"))
        await plots[FOLLOWER].case.act(assign_cve("CVE-2026-00008"))
        await comes_true(plots[FOLLOWER].case, lambda case: desk.unheard > 0)
        assert "CVE-2026-00007" not in (await plots[LEADING].facts()).links[0].cves
    desk.deaf = False
    async with desk.worker(forgets=True):
        leading = await comes_true(
            plots[LEADING].case, lambda case: "CVE-2026-00008" in case.links[0].cves
        )

    assert leading.links[0].cves == ("CVE-2026-00002", "CVE-2026-00007", "CVE-2026-00008")


async def test_a_new_fact_voids_the_approval_in_the_other_case(staffed: Desk) -> None:
    """The release that would have said too little does not go out; the lead hears why (rule 11)."""
    plots = await several(staffed, LEADING, FOLLOWER)
    leading = plots[LEADING]
    await leading.do(release(leading.at(2, 16)))
    await plots[FOLLOWER].do(assign_cve("CVE-2026-77777"))
    await until(plots, 3)

    assert staffed.mailroom.to(Kind.RELEASE) == []
    assert any("is void because the facts of" in what for what in await leading.troubles())


async def test_a_leak_in_one_is_decided_in_both(staffed: Desk) -> None:
    """Rule 25: the leads of both are asked, until somebody decides where they are released."""
    plots = await several(staffed, LEADING, FOLLOWER)
    await plots[FOLLOWER].do(leak())
    await settled(*plots.values())

    assert (await plots[LEADING].facts()).asked
    assert len(staffed.mailroom.to(Kind.DECISION)) == 2 * len({"alice", "team", "oncall"})
    await plots[LEADING].do(leak(hold_on=True))
    await settled(*plots.values())
    assert (await plots[FOLLOWER].facts()).asked is None


async def test_a_leading_case_that_closes_tells_the_others_before_it_ends(staffed: Desk) -> None:
    """Its workflow ends once they know; they stand alone."""
    plots = await several(staffed, LEADING, FOLLOWER, THIRD)
    await plots[LEADING].case.act(close(CloseReason.WITHDRAWN))
    await plots[LEADING].ended()
    await settled(plots[FOLLOWER], plots[THIRD])

    for name in (FOLLOWER, THIRD):
        assert (await plots[name].facts()).follows == ""
        assert any("stands alone" in what for what in await plots[name].troubles())


async def test_who_cannot_be_reached_takes_no_part(staffed: Desk) -> None:
    """A case that is not there, or closed: the one that would follow hears it, and goes on."""
    plots = await several(staffed, FOLLOWER)
    await plots[FOLLOWER].do(link_to(FIRST))
    await settled(*plots.values())

    case = await plots[FOLLOWER].facts()
    assert case.follows == ""
    assert any("there is no such case" in what for what in await plots[FOLLOWER].troubles())


async def test_a_case_that_is_not_linked_has_no_say(staffed: Desk) -> None:
    """What another case tells of itself changes nothing where it leads nothing."""
    plots = await several(staffed, LEADING, FOLLOWER)
    follower = await plots[FOLLOWER].facts()
    news = LinkedNews(by=FOLLOWER, at=await staffed.now(), leading={"case": FOLLOWER})

    assert "does not follow" in await plots[LEADING].case.refused(news)
    assert (await plots[LEADING].facts()).links[0].model_copy(update={"at": None}) == link_of(
        follower
    )


async def test_a_duplicate_ends_and_the_first_case_hears_of_it(staffed: Desk) -> None:
    """The lead of the first gets a letter; the reporter of the second hears nothing of it."""
    plots = await several(staffed, LEADING)
    plots |= await several(staffed, FOLLOWER)
    await plots[FOLLOWER].case.act(close(CloseReason.DUPLICATE, duplicate_of=LEADING))
    await plots[FOLLOWER].ended()
    await settled(plots[LEADING])

    assert (await plots[LEADING].facts()).duplicates == (FOLLOWER,)
    assert "alice@example.org" in staffed.mailroom.to(Kind.ALARM)
    last = staffed.mailroom.letter(Kind.CLOSING, "bert@example.org")
    assert LEADING not in last.model_dump_json()


async def test_a_case_that_is_reopened_follows_again(staffed: Desk) -> None:
    """It was closed while it followed; taken up in the same life, the other case hears both."""
    plots = await several(staffed, LEADING, FOLLOWER)
    await plots[FOLLOWER].case.act(close(CloseReason.INVALID))
    await plots[FOLLOWER].ended()
    await settled(plots[LEADING])
    assert (await plots[LEADING].facts()).links == ()

    closed = await plots[FOLLOWER].facts()
    opening = Opening(report=closed.report, policy=closed.policy, closed=closed, reopening=reopen())
    await staffed.start(opening, FOLLOWER)
    await comes_true(plots[LEADING].case, lambda case: case.links)


async def test_the_limit_of_one_that_follows_counts() -> None:
    """The earliest limit of all escalates in the leading case as well.

    Both cases act at one instant, and this server fails a task that cancels a timer which is just
    due ("invalid history builder state"): then it is played again, on another one.
    """
    for is_last in (False, False, True):
        try:
            async with open_desk() as desk, desk.worker():
                return await _limits_count(desk)
        except RPCError:
            if is_last:
                raise
    return None


async def _limits_count(staffed: Desk) -> None:
    plots = await several(staffed, LEADING)
    start: datetime = plots[LEADING].start
    early = {"received": plots[LEADING].at(-5), "title": "An older flaw"}
    older = await begin(staffed, start=start, case_id=THIRD, report=early)
    await older.do(acknowledge(), link_to(LEADING))
    await older.fixed()
    await settled(older, *plots.values())
    limit = (await older.facts()).limit(Step.RELEASE)

    assert (await plots[LEADING].facts()).limit(Step.RELEASE) == limit == plots[LEADING].at(16)
    await until(plots | {THIRD: older}, 16, 10)
    late = [
        letter.facts.case_id
        for letter, _ in staffed.mailroom.letters
        if letter.kind is Kind.ESCALATION and Step.RELEASE.label in letter.facts.about
    ]
    assert {*late} == {LEADING, THIRD}
