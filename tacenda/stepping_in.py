"""The second in line: whom a case asks for when its lead is silent past a limit.

Nobody becomes lead by being asked. The second leads after their own act, and no earlier; until
then the lead is responsible, and one word of theirs ends the question.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from tacenda.act import Act
from tacenda.agenda import STEPPING_IN, Entry
from tacenda.case import Case
from tacenda.chase import chased
from tacenda.fields import stamp
from tacenda.models import Audience, Kind
from tacenda.policy import Policy
from tacenda.rules import RIGHT_DATE
from tacenda.staffing import leading

PROMPT = timedelta(hours=1)
"""How late an escalation may come, so that silence still counts from the limit itself."""


def asks_at(case: Case, policy: Policy, now: datetime) -> datetime | None:
    """Return when somebody else is asked to step in (UTC) if all stay silent, or None.

    That is so long after the last limit that passed unmet and was told. Whoever has acted since
    knows of it, and is taken for silent only at the pace of the last digests. When everybody has
    been asked in vain, a new round begins after the next escalation; while nobody is there to be
    asked, the directory is asked again at that pace.
    """
    if case.rules < RIGHT_DATE or case.closing or case.proposed_lead is None:
        return None
    told = _told(case, policy, now)
    if told is None:
        return None
    silent = _silent_at(case, policy, leading(case), told)
    if case.second_since is None:
        return silent
    if not case.seconds and case.second:
        return silent if told > case.second_since else None
    if not case.seconds:
        return max(silent, case.second_since + policy.reminders.digest_at_least_every)
    return max(silent, _silent_at(case, policy, case.second, case.second_since))


def must_ask(case: Case, now: datetime) -> bool:
    """Whether somebody else must be asked to step in by `now` (UTC)."""
    at = asks_at(case, case.policy, now)
    return at is not None and at <= now


def not_asked(case: Case) -> tuple[str, ...]:
    """Return who is not to be asked: the lead, and whoever has been asked already."""
    return tuple(name for name in (leading(case), *case.seconds) if name)


def stepping_in(case: Case, policy: Policy, now: datetime) -> Iterator[Entry]:
    """Yield the letter to the second in line, and the instant at which another is asked."""
    if case.second_since and _must_write(case):
        to = (Audience.SECOND, Audience.LEAD, Audience.TEAM)
        yield Entry(at=case.second_since, key=_key(case), kind=Kind.STAND_IN, to=to)
    at = asks_at(case, policy, now)
    if at is not None and at > now:
        yield Entry(at=at, key=STEPPING_IN)


def without_digest(
    entries: Iterable[Entry], case: Case, policy: Policy, now: datetime
) -> Iterator[Entry]:
    """Yield `entries` but for a digest that comes while somebody is asked: that letter says it."""
    at = asks_at(case, policy, now)
    is_asking = (at is not None and at <= now < at + PROMPT) or _must_write(case)
    return (e for e in entries if not (is_asking and e.kind is Kind.DIGEST))


def with_second(case: Case, name: str, now: datetime) -> Case:
    """Return `case` with somebody asked to step in at `now` (UTC), or, if unnamed, with nobody.

    Where nobody is left to ask, whoever was asked last goes on hearing of it.
    """
    if not name:
        return case.model_copy(update={"second_since": now, "seconds": ()})
    asked = {"second": name, "second_since": now, "seconds": (*case.seconds, name)}
    return case.model_copy(update=asked)


def with_word(before: Case, after: Case, act: Act) -> Case:
    """Return `after`; where the lead has acted, or another leads now, nobody need step in."""
    if after.second_since is None:
        return after
    is_heard = act.by == leading(before) or leading(after) != leading(before)
    if not is_heard and after.acknowledged == before.acknowledged and not after.closing:
        return after
    return after.model_copy(update={"second": "", "second_since": None, "seconds": ()})


def _must_write(case: Case) -> bool:
    """Whether somebody has been asked, and the letter that says so is not on its way yet."""
    return bool(case.second and case.seconds) and not case.started(_key(case))


def _key(case: Case) -> str:
    return f"{Kind.STAND_IN}.{stamp(case.second_since)}" if case.second_since else ""


def _told(case: Case, policy: Policy, now: datetime) -> datetime | None:
    """Return since when it is known (UTC) that a step waits for somebody, the last of them."""
    escalated = [s for s in case.letters if s.kind is Kind.ESCALATION and case.arrived(s)]
    if not escalated:
        return None
    limits = {step: case.limit(step) for step in chased(case, policy, now)}
    told = (
        limits[step] if limits[step] <= letter.at <= limits[step] + PROMPT else letter.at
        for letter in escalated
        for step in letter.steps
        if step in limits and limits[step] <= now
    )
    return max(told, default=None)


def _silent_at(case: Case, policy: Policy, name: str, since: datetime) -> datetime:
    """Return when somebody counts as silent (UTC) who was told of it at `since`."""
    rules = policy.reminders
    deeds = [deed.at for deed in case.deeds if deed.by == name and deed.at >= since]
    if not deeds:
        return since + rules.second_after
    return max(deeds) + max(rules.second_after, rules.digest_at_least_every)
