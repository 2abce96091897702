"""What people do in a run of chaos: a random story for each case, and who must hear what of it."""

import hashlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tacenda.acts import Acknowledge, AssignCve, Close, Confirm, Extend, FixLanded, Score
from tacenda.acts import ReportEvent as Event
from tacenda.approvals import ApproveNotice, ApproveRelease
from tacenda.case import Case
from tacenda.errors import Refused
from tacenda.letters import Sent
from tacenda.models import (
    NOTICES,
    Audience,
    Break,
    CloseReason,
    Kind,
    Matter,
    Report,
    Reporter,
    Step,
)
from tests.chaos.town import (
    LISTS,
    MEMBERS,
    ONCALL,
    TEAM,
    USERS,
    VENDORS,
    Town,
    now,
)
from tests.e2e.samples import HIGH

LEAD = "alice"
WHY = "chaos"
LATER = timedelta(days=2)


@dataclass
class Story:
    """A case, and what its people are to hear: letters by kind and address.

    `words` stand in its report or its texts and in those of no other case. `releases` are the
    texts that were approved for the release: the hash of each, since when and for which instant.
    """

    town: Town
    luck: random.Random
    number: int
    case: str = ""
    promised: set[tuple[Kind, str]] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    releases: dict[str, datetime] = field(default_factory=dict)
    planned: datetime | None = None

    @property
    def reporter(self) -> str:
        """Who reported it, and nothing else."""
        return f"reporter-{self.number}@example.org"

    def word(self) -> str:
        """Return a word that no other case says."""
        self.words.append(f"canary{self.luck.randrange(16**12):012x}")
        return self.words[-1]

    def promise(self, kind: Kind, *to: str) -> None:
        """Note down who must get a letter."""
        self.promised |= {(kind, address) for address in to}

    def told(self, *kinds: Kind) -> set[str]:
        """Return who was promised a letter of one of these kinds."""
        return {to for kind, to in self.promised if kind in kinds}

    # What people do.

    async def opened(self, *, hasty: bool = False) -> None:
        """A report comes in."""
        report = Report(
            title=f"Flaw {self.word()}",
            received=now(),
            details=f"Whoever knows {self.word()} takes the service down.",
            reporter=Reporter(email=self.reporter),
        )
        self.case = await self.town.open(report, hasty)
        self.promise(Kind.RECEIPT, self.reporter)
        self.promise(Kind.TEAM_ALERT, TEAM)

    async def taken(self) -> None:
        """Somebody takes the case, and scores it; the fix lands."""
        await self.town.do(self.case, Acknowledge(by=LEAD, team=("bob",)))
        self.promise(Kind.ACKNOWLEDGEMENT, self.reporter)
        self.promise(Kind.FIX_TEAM, MEMBERS["alice"], MEMBERS["bob"])
        if self.luck.random() < 0.5:
            await self.town.do(self.case, Score(by=LEAD, vector=HIGH))
        if self.luck.random() < 0.5:
            await self.town.do(self.case, AssignCve(by=LEAD, cves=(self._cve,)))
        reference = f"https://example.org/fix/{self.number}"
        await self.town.do(self.case, FixLanded(by=LEAD, refs=(reference,)))
        await self.until(lambda case: case.fix is not None, "the fix")

    async def notified(self, audience: Audience, *, moved: bool = False) -> None:
        """A notice is approved and goes to everybody whom it is for.

        It names another date than the last where that has `moved`: who was told hears that.
        """
        self.planned = self.planned or now() + LATER
        if moved:
            self.planned += LATER
            self.promise(Kind.DATE_CHANGE, *self.told(Kind.USER_NOTICE))
        notice = ApproveNotice(
            by=LEAD,
            audience=audience,
            text=f"A release comes. {self.word()}\n",
            planned=self.planned,
            users_told=f"It comes later. {self.word()}\n" if moved else None,
            override=WHY,
        )
        await self.town.do(self.case, notice)
        kind = NOTICES[audience]
        self.promise(kind, *(USERS if audience is Audience.USERS else VENDORS))
        await self.fate_of(kind)
        if moved:
            await self.fate_of(Kind.DATE_CHANGE)

    async def approved(self, wait: timedelta | None) -> None:
        """The release is approved for at once, or for an instant that is still to come."""
        try:
            await self._approve(wait)
        except Refused:
            if wait is None:
                raise
            await self._approve(None)

    async def _approve(self, wait: timedelta | None) -> None:
        text = f"Update now. {self.word()}\n"
        at = now() + wait if wait else None
        self.releases[digest_of(text)] = at or now()
        act = ApproveRelease(
            by=LEAD,
            text=text,
            at=at,
            # Who was told another date hears of this one, unless it is past when they would.
            users_told=f"It comes sooner. {self.word()}\n" if at else None,
            artifacts_confirmed=True,
            override=WHY,
        )
        await self.town.do(self.case, act)

    async def released(self) -> None:
        """The release goes out, to everybody who was told and to the lists."""
        told = self.told(Kind.USER_NOTICE, Kind.VENDOR_NOTICE)
        self.promise(Kind.FINAL_WARNING, *(told & set(VENDORS)))
        self.promise(Kind.RELEASE, *told, *LISTS)
        self.promise(Kind.THANKS, self.reporter)
        self.promise(Kind.RETROSPECTIVE, TEAM)
        await self.fate_of(Kind.RELEASE)
        await self.fate_of(Kind.THANKS)
        await self.fate_of(Kind.RETROSPECTIVE)

    async def closed(self, reason: CloseReason) -> None:
        """The case is closed; who was told of a release that does not come hears that."""
        if reason is CloseReason.COMPLETE:
            cves = (await self.town.view(self.case)).cves
            if cves:
                await self.town.do(self.case, AssignCve(by=LEAD, cves=cves, published=True))
            await self.town.do(self.case, Confirm(by=LEAD, what=Matter.RETROSPECTIVE))
            close = Close(by=LEAD, reason=reason)
        else:
            news = f"It does not come. {self.word()}\n"
            close = Close(by=LEAD, reason=reason, users_told=news, vendors_told=news)
            self.promise(Kind.DATE_CHANGE, *self.told(Kind.USER_NOTICE))
            self.promise(Kind.CLOSING, self.reporter)
        await self.town.do(self.case, close)

    async def did_without(self, step: Step) -> None:
        """Somebody decides that a step is not needed."""
        await self.town.do(self.case, Extend(by=LEAD, step=step, skip=True, why=WHY, override=WHY))

    def keeps_calendars(self) -> None:
        """Limits that were still to come leave calendars when the case is closed."""
        self.promise(Kind.CALENDAR, MEMBERS["alice"], MEMBERS["bob"])

    # Waiting.

    async def until(self, is_so: Callable[[Case], bool], what: str) -> None:
        """Wait until the case is as it should be."""
        await self.town.until(self.case, is_so, what)

    async def fate_of(self, kind: Kind) -> None:
        """Wait until nobody waits for any letter of a kind, and there is one."""

        def is_known(case: Case) -> bool:
            is_under_way = any(letter.kind is kind for letter in case.under_way)
            letters = [letter for letter in case.letters if letter.kind is kind]
            return bool(letters) and not is_under_way and not any(map(waits, letters))

        await self.until(is_known, f"the {kind.label} to reach everybody")

    @property
    def _cve(self) -> str:
        return f"CVE-2026-{10_000 + self.number}"


def waits(letter: Sent) -> bool:
    """Whether somebody still waits for a letter."""
    return bool(letter.pending)


def digest_of(text: str) -> str:
    """Return what identifies a text."""
    return hashlib.sha256(text.encode()).hexdigest()


async def straight(story: Story) -> None:
    """All five steps; the release is approved for an instant, or for at once."""
    await story.opened()
    await story.taken()
    await story.notified(Audience.USERS)
    await story.notified(Audience.VENDORS, moved=story.luck.random() < 0.5)
    await story.approved(story.luck.choice((None, timedelta(seconds=12))))
    await story.released()
    await story.closed(CloseReason.COMPLETE)
    story.keeps_calendars()


async def brought_forward(story: Story) -> None:
    """A release is approved for tomorrow, the vendors are warned, and then it goes at once."""
    await story.opened()
    await story.taken()
    await story.notified(Audience.VENDORS)
    await story.approved(timedelta(hours=20))
    await story.fate_of(Kind.FINAL_WARNING)
    await story.town.do(story.case, ApproveRelease(by=LEAD, hold=WHY))
    await story.approved(None)
    await story.released()
    await story.closed(CloseReason.COMPLETE)


async def leaked(story: Story) -> None:
    """The embargo breaks; a decision is asked for, and it is published without a notice."""
    await story.opened(hasty=story.luck.random() < 0.5)
    await story.taken()
    await story.town.do(story.case, Event(by=LEAD, event=Break.LEAK, why=WHY))
    story.promise(Kind.DECISION, MEMBERS[LEAD], TEAM, ONCALL)
    await story.fate_of(Kind.DECISION)
    await story.approved(None)
    await story.released()
    await story.closed(CloseReason.COMPLETE)


async def silent(story: Story) -> None:
    """Nobody does anything until every limit has passed, and then it is withdrawn."""
    await story.opened(hasty=True)
    await story.until(
        lambda case: case.overdue(now()) == tuple(Step) and escalated(case) == set(Step),
        "the escalation of every step",
    )
    story.promise(Kind.ESCALATION, TEAM, ONCALL)
    await story.fate_of(Kind.ESCALATION)
    await story.closed(CloseReason.WITHDRAWN)


async def extended(story: Story) -> None:
    """A limit is moved, two steps are done without, and the lists alone get the release."""
    await story.opened(hasty=True)
    # The override is for the limit of the release, which is a matter of minutes.
    later = Extend(by=LEAD, step=Step.FIX, until=now() + timedelta(days=30), why=WHY, override=WHY)
    await story.town.do(story.case, later)
    await story.did_without(Step.USER_NOTICE)
    await story.did_without(Step.VENDOR_NOTICE)
    await story.taken()
    await story.approved(timedelta(seconds=5))
    await story.released()
    await story.closed(CloseReason.COMPLETE)


async def called_off(story: Story) -> None:
    """The users are told of a release, and then of none."""
    await story.opened()
    await story.taken()
    await story.notified(Audience.USERS)
    await story.closed(CloseReason.INVALID)
    story.keeps_calendars()


PLOTS: dict[Callable[[Story], Awaitable[None]], int] = {
    straight: 2 * len(USERS) + 3 * len(VENDORS),
    brought_forward: 4 * len(VENDORS),
    leaked: len(LISTS),
    silent: 10,
    extended: len(LISTS),
    called_off: 2 * len(USERS),
}
"""Every plot, and how many letters it takes at the least."""


def escalated(case: Case) -> set[Step]:
    """Return the steps that somebody was told are overdue."""
    letters = [x for x in case.all_letters if x.kind in (Kind.ESCALATION, Kind.DIGEST)]
    return {step for letter in letters for step in letter.steps}
