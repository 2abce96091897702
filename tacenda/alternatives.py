"""What else a release date could be: what each would break, and what a person would type."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.case import Case
from tacenda.fields import Value, moment
from tacenda.grounds import Constraint, Grounds
from tacenda.letters import Notice
from tacenda.models import DAY, Step
from tacenda.promises import told_otherwise
from tacenda.slots import (
    Candidate,
    Finding,
    Findings,
    least_before,
    least_inside,
    next_good,
)

MOST = 2
_GUARDED = frozenset(
    (
        Constraint.HOLIDAY,
        Constraint.RELEASE_DAYS,
        Constraint.VENDOR_NOTICE,
        Constraint.VENDORS_EMBARGO,
    )
)
"""What a guard of the release refuses, unless it is overridden with a reason."""


class Alternative(Value):
    """Another instant (UTC), what publishing then would break, and the commands it would take."""

    at: datetime
    breaks: Findings
    commands: tuple[str, ...]


def instead_of(
    grounds: Grounds,
    at: datetime,
    better: Candidate | None = None,
    release: Notice | None = None,
) -> tuple[Alternative, ...]:
    """Return two alternatives to `at` (UTC): a `better` one or an earlier one, and the next ones.

    `release` is the approval that another date would take the place of.
    """
    first = better or least_before(grounds, at)
    found = [first] if first and first.at != at else []
    last = at
    while len(found) < MOST and (later := next_good(grounds, last)):
        last = later.at
        if all(candidate.at != later.at for candidate in found):
            found.append(later)
    return tuple(_alternative(grounds, candidate, release) for candidate in found)


def where_none(grounds: Grounds) -> tuple[Alternative, ...]:
    """Return what can be done where nothing satisfies everything.

    It is the first good instant after what ends too early; and the last one inside that breaks
    the least, or where it is past, one that is sooner.
    """
    after = next_good(grounds, grounds.now)
    inside = least_inside(grounds, grounds.ceiling)
    if inside is None and after:
        inside = least_before(grounds, after.at) or next_good(grounds, after.at)
    if after is None and inside is None:  # a calendar by which nothing is ever released
        inside = least_before(grounds, grounds.floor.at + 7 * DAY)
    found = [candidate for candidate in (after, inside) if candidate]
    return tuple(_alternative(grounds, candidate, None) for candidate in found)


def hear_of_it(case: Case, at: datetime) -> Iterator[Finding]:
    """Yield that some were told another date than `at` (UTC), and hear of it, if there are any."""
    others = told_otherwise(case, at) if case.planned else ()
    if others and case.planned:
        who = "1 recipient was" if len(others) == 1 else f"{len(others)} recipients were"
        yield Finding(
            constraint=Constraint.ANNOUNCED,
            sentence=f"{who} told another date, {moment(case.planned)}, and would hear of this one "
            "at once.",
        )


def _alternative(grounds: Grounds, candidate: Candidate, release: Notice | None) -> Alternative:
    return Alternative(
        at=candidate.at,
        breaks=(*candidate.findings, *hear_of_it(grounds.case, candidate.at)),
        commands=commands_for(grounds, candidate.at, candidate.findings, release),
    )


def commands_for(
    grounds: Grounds, at: datetime, findings: tuple[Finding, ...], release: Notice | None = None
) -> tuple[str, ...]:
    """Return what a person types for a release at `at` (UTC), in order."""
    return tuple(_commands(grounds, at, {f.constraint for f in findings}, release))


def typed(at: datetime) -> str:
    """Return an instant (UTC) as it is typed."""
    return f"{at:%Y-%m-%dT%H:%MZ}"


def _commands(
    grounds: Grounds, at: datetime, broken: set[Constraint], release: Notice | None
) -> Iterator[str]:
    case = grounds.case
    if release and release.send_at != at:
        yield f"tacenda release {case.id} --hold REASON"
    if Constraint.FIX in broken:
        yield f"tacenda extend {case.id} fix --skip --reason WHY"
    if broken & {Constraint.LIMIT, Constraint.LONGEST_EMBARGO}:
        override = " --override REASON" if Constraint.LONGEST_EMBARGO in broken else ""
        until = f"--until {typed(at)} --reason WHY{override}"
        yield f"tacenda extend {case.id} release {until}"
    if Constraint.LEAD in broken:
        yield f"tacenda handoff {case.id} --to {grounds.heir(at)} --reason WHY"
    if broken & _GUARDED:
        yield f"tacenda release {case.id} --at {typed(at)} --override REASON"
    else:
        yield _naming(case, at)


def _naming(case: Case, at: datetime) -> str:
    """Return the command that names the date first to those outside, or publishes then."""
    for step, audience in ((Step.USER_NOTICE, "users"), (Step.VENDOR_NOTICE, "vendors")):
        if step in case.open_steps():
            return f"tacenda notify {case.id} {audience} --planned {typed(at)}"
    return f"tacenda release {case.id} --at {typed(at)}"
