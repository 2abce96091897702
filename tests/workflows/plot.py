"""A plot: one case, its calendar from a Monday morning on, and the whole of its post."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from tacenda.act import Act
from tacenda.askings import must_look_up
from tacenda.case import Case
from tacenda.inviting import fallen_silent
from tacenda.models import Kind
from tacenda.policy import Policy
from tacenda.sharing import waits_for_consent
from tacenda.staffing import must_ask_hours
from tacenda.stepping_in import must_ask
from tacenda.timeline import lapsed, plan
from tests.builders import (
    a_report,
    acknowledge,
    assign_cve,
    release,
    score,
    user_notice,
    vendor_notice,
)
from tests.workflows.desk import CaseDesk, Desk

MAILBOXES = {
    "reporter": "rita@example.org",
    "team": "team@example.org",
    "oncall": "oncall@example.org",
    "alice": "alice@example.org",
    "bob": "bob@example.org",
    "users": "announce@example.org",
    "oss": "oss@example.org",
    "one": "one@example.org",
    "two": "two@example.org",
    "three": "three@example.org",
}
"""Everybody who could get a letter; `oss` is a list that hears of releases alone."""


def whole_post(
    *,
    reporter: str,
    team: str,
    oncall: str,
    alice: str,
    bob: str,
    users: str,
    oss: str,
    one: str,
    two: str,
    three: str,
    **others: str,
) -> dict[str, list[str]]:
    """Return the post in which each mailbox got letters of just these kinds, in this order."""
    named = {**locals(), **others}
    del named["others"]
    return {
        MAILBOXES.get(name, f"{name}@example.org"): kinds.split()
        for name, kinds in named.items()
        if kinds
    }


class Plot:
    """One case whose report came in on a Monday at nine (UTC), which is its day 0."""

    def __init__(self, desk: Desk, case: CaseDesk, start: datetime) -> None:
        """Take the desk, the case on it, and the Monday."""
        self.desk = desk
        self.case = case
        self.start = start

    def at(self, day: float, hour: int = 9, minute: int = 0) -> datetime:
        """Return an instant (UTC) of a day of the case; day 4 is a Friday."""
        return (self.start + timedelta(days=day)).replace(hour=hour, minute=minute)

    async def until(self, day: float, hour: int = 9, minute: int = 0) -> "Plot":
        """Let time pass until then, and whatever is due by then leave."""
        await self.desk.until(self.at(day, hour, minute))
        await self.settle()
        return self

    async def do(self, *acts: Act) -> "Plot":
        """Let people act, one after the other, and the letters leave that follow."""
        for act in acts:
            await self.case.act(act)
            await self.settle()
        return self

    async def fixed(self, **values: Any) -> "Plot":
        """Let the fix land, as the signal that it is."""
        await self.case.fixed(**values)
        await self.settle()
        return self

    async def facts(self) -> Case:
        """Return the case as it is now."""
        return await self.case.case()

    async def troubles(self) -> list[str]:
        """Return what the lead was told by alarms, in order."""
        return [trouble.what for trouble in (await self.facts()).troubles]

    async def settle(self) -> None:
        """Wait until nothing is on its way, and nothing is left to do at this instant."""
        async with asyncio.timeout(60):
            while await self.case.tasks() or not _is_quiet(
                await self.facts(), await self.desk.now()
            ):
                await asyncio.sleep(0.02)

    async def ended(self) -> None:
        """Wait until the workflow has ended: to ask for its result would move the clock."""
        async with asyncio.timeout(60):
            while not await self.case.is_over():
                await asyncio.sleep(0.02)

    def post(self) -> dict[str, list[str]]:
        """Return the whole post, by mailbox."""
        return self.desk.mailroom.post()

    def when(self, kind: Kind) -> list[str]:
        """Return when each letter of a kind was put on its way, as day, hour and minute."""
        begun = {x.key: x.facts.now for x, _ in self.desk.mailroom.letters if x.kind is kind}
        midnight = self.start.replace(hour=0)
        return [f"day {(at - midnight).days} {at:%H:%M}" for at in sorted(begun.values())]


def _is_quiet(case: Case, now: datetime) -> bool:
    return not (
        case.proposed_lead is None
        or case.under_way
        or lapsed(case, case.policy, now)
        or must_look_up(case)
        or fallen_silent(case, now)
        or (case.hours is None and must_ask_hours(case, now))
        or must_ask(case, now)
        or any(entry.kind and entry.at <= now for entry in plan(case, case.policy, now))
        or any(
            n.recipients is None
            for n in case.notices
            if case.waiting(n.kind) is n and not waits_for_consent(case, n, now)
        )
    )


async def a_monday(desk: Desk) -> datetime:
    """Let time pass until the next Monday at nine (UTC), and return that instant."""
    now = await desk.now()
    nine = now.replace(hour=9, minute=0, second=0, microsecond=0)
    monday = nine + timedelta(days=-nine.weekday() % 7)
    if monday < now:
        monday += timedelta(days=7)
    await desk.until(monday)
    return monday


async def begin(
    desk: Desk,
    *,
    ago: timedelta = timedelta(),
    policy: Policy | None = None,
    report: dict[str, Any] | None = None,
    start: datetime | None = None,
    **opening: Any,
) -> Plot:
    """Open a case on a Monday at nine, whose report came in then or some time `ago`.

    One that is opened with others has the Monday of theirs as its `start`.
    """
    start = start or await a_monday(desk)
    incoming = a_report(**{"received": start - ago, **(report or {})})
    plot = Plot(desk, await desk.open(incoming, policy, **opening), start)
    await plot.settle()
    return plot


async def under_way(desk: Desk) -> Plot:
    """Begin a case that a person takes, and whose fix lands on day 2."""
    plot = await begin(desk)
    await plot.do(acknowledge(team=("bob",)), score(), assign_cve())
    await plot.until(2)
    return await plot.fixed()


async def announced(desk: Desk, day: float) -> Plot:
    """Begin a case whose release is announced on day 3, for 16:00 on `day`, and approved."""
    plot = await under_way(desk)
    await plot.until(3)
    at = plot.at(day, 16)
    return await plot.do(user_notice(planned=at), vendor_notice(), release(at))
