"""The plan of 10,000 random cases: how long each takes, once the calendar is loaded.

Cases, calendars and absences are drawn from a fixed seed; each case is planned once in a round, so
that nothing is remembered from one to the next. The holidays are those of three countries.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median, quantiles

from bench.table import Row
from tacenda.calendardates import calendar_of
from tacenda.case import Case
from tacenda.decisions import Choice, Decision
from tacenda.letters import Recipient, Sent
from tacenda.models import DAY, Audience, Fix, Kind, Report, Step
from tacenda.planning import propose
from tacenda.policy import Calendar, Limits, Policy, ReleaseRules
from tacenda.presence import Availability
from tacenda.severity import severity_of
from tacenda.tables import CalendarTable
from tacenda.vendors import Party

CASES = 10_000
SEED = 6
YEAR = 2026
MOST_MS = 1.0
VECTORS = (
    "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:L/I:N/A:N",
    "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:L",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
)
Asked = tuple[Case, datetime, Availability]


async def measure(rounds: int) -> list[Row]:
    """Return the rows of a plan: the median case, and the slowest of a hundred."""
    return await asyncio.to_thread(_measure, rounds)


def _measure(rounds: int) -> list[Row]:
    draw = random.Random(SEED)
    table = CalendarTable(holidays=("US-CA", "DE-BY", "JP"), releases="second tuesday")
    calendar = calendar_of(table, YEAR)
    medians, slow = [], []
    for number in range(rounds + 1):
        took = _timed([_case(draw, calendar, n) for n in range(CASES)])
        if number:  # the first one warms up
            medians.append(median(took))
            slow.append(quantiles(took, n=100)[-1])
    what = f"plan of a case, {CASES} random ones"
    return [
        Row(f"{what}: median", median(medians), None, "ms", at_most=MOST_MS),
        Row(f"{what}: slowest of 100", median(slow), None, "ms"),
    ]


def _timed(asked: Sequence[Asked]) -> list[float]:
    """Return how long the plan of each case took, in milliseconds."""
    took = []
    for case, now, people in asked:
        began = time.perf_counter()
        propose(case, now, people)
        took.append(1000 * (time.perf_counter() - began))
    return took


def _case(draw: random.Random, calendar: Calendar, number: int) -> Asked:
    """Draw a case somewhere in its life, an instant, and who of the team is away."""
    received = datetime(YEAR, 1, 1, tzinfo=UTC) + timedelta(minutes=draw.randrange(525_600))
    now = received + timedelta(hours=draw.randrange(24 * 24))
    vendors = tuple(_vendor(draw, n) for n in range(draw.randrange(12)))
    told = draw.random() < 0.3 and bool(vendors)
    has_fix = told or draw.random() < 0.5
    is_joining = draw.random() < 0.3
    case = Case(
        id=f"case-{YEAR}-{number:010d}",
        report=Report(title="A bug", received=received, public=draw.random() < 0.03),
        policy=_policy(draw, calendar),
        opened=received,
        rules=5,
        severity=severity_of(draw.choice(VECTORS)) if draw.random() < 0.8 else None,
        fix=Fix(refs=("https://example.org/1",), landed=received, by="ci") if has_fix else None,
        planned=now + draw.randrange(20) * DAY if draw.random() < 0.2 else None,
        skipped=(Step.USER_NOTICE,) if draw.random() < 0.2 else (),
        vendors=vendors,
        letters=(_notice(draw, received, now, vendors),) if told else (),
        decisions={Choice.NEXT_RELEASE: Decision(at=now, by="alice", why="agreed")}
        if is_joining
        else {},
    )
    away = {name: _absences(draw) for name in ("alice", "bob", "carol", "dan")}
    return case, now, Availability(lead="alice", members=away)


def _policy(draw: random.Random, calendar: Calendar) -> Policy:
    if draw.random() < 0.5:
        return Policy(calendar=calendar)
    rules = ReleaseRules(vendor_notice=7 * DAY, vendors_earliest=28 * DAY)
    limits = Limits(release=draw.randrange(14, 91) * DAY)
    without = (Step.USER_NOTICE,)
    return Policy(
        anchor="publication", without=without, release=rules, limits=limits, calendar=calendar
    )


def _vendor(draw: random.Random, number: int) -> Party:
    longest = draw.choice([None, None, 7 * DAY, 14 * DAY])
    address = f"security@vendor{number}.example.org"
    return Party(name=f"Vendor {number}", address=address, standing=True, max_embargo=longest)


def _notice(
    draw: random.Random, received: datetime, now: datetime, vendors: tuple[Party, ...]
) -> Sent:
    at = received + (now - received) * draw.random()
    to = tuple(
        Recipient(name=v.name, address=v.address, audience=Audience.VENDORS) for v in vendors
    )
    return Sent(key="vendor_notice.1", kind=Kind.VENDOR_NOTICE, at=at, delivered=to)


def _absences(draw: random.Random) -> tuple[tuple[date, date], ...]:
    starts = (date(YEAR, 1, 1) + draw.randrange(365) * DAY for _ in range(draw.randrange(4)))
    return tuple((start, start + draw.randrange(21) * DAY) for start in starts)
