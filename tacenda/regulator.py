"""The letters about the reports that are owed to the regulator; none of them goes there.

Each report has a draft for the team once it is the next one due, a reminder at the last moment
that leaves room, and an escalation at its limit, again and again until somebody has filed it.
"""

from collections.abc import Iterator
from datetime import datetime

from tacenda.act import Act
from tacenda.agenda import Entry
from tacenda.case import Case
from tacenda.chase import ADOPTING
from tacenda.duties import duty_done, duty_limit, duty_limits, remedied
from tacenda.fields import stamp
from tacenda.filings import REPORTS, Duty
from tacenda.letters import Sent
from tacenda.models import Audience, Kind
from tacenda.policy import Policy, Reminders
from tacenda.turning import with_turn

_TEAM = (Audience.LEAD, Audience.TEAM)
_EVERYBODY = (*_TEAM, Audience.ESCALATION)


def regulator_letters(case: Case, policy: Policy, now: datetime) -> Iterator[Entry]:
    """Yield the letters about the reports that are still to be filed.

    What is past comes to one letter for each: whoever hears that a limit has passed needs no
    reminder of it, and no letter that says when it will.
    """
    for duty, limit in duty_limits(case):
        begins = _begins(case, duty)
        if limit > now and begins < limit:
            yield from _draft(case, duty, limit, begins)
            yield from _reminders(case, policy.reminders, duty, limit, max(begins, now))
        yield _overdue(case, policy.reminders, duty, limit)


def next_report(case: Case) -> Duty | None:
    """Return the report that is to be filed next, or None."""
    return next((duty for duty, _ in duty_limits(case)), None)


def _begins(case: Case, duty: Duty) -> datetime:
    """Return when a report becomes the next one due (UTC).

    One comes after the other: when the one before was filed, or its limit has passed, so that
    nobody reads three drafts in the hour in which one is wanted.
    """
    since = case.exploited
    assert since is not None
    if duty is Duty.FINAL_REPORT:
        since = max(since, remedied(case) or since)
    number = REPORTS.index(duty)
    if number == 0:
        return since
    before = REPORTS[number - 1]
    filing = case.filings.get(before)
    settled = filing.at if filing else duty_limit(case, before)
    return max(since, settled or since)


def _draft(case: Case, duty: Duty, limit: datetime, begins: datetime) -> Iterator[Entry]:
    key = _draft_key(duty, limit)
    if not case.started(key):
        yield Entry(at=begins, key=key, kind=Kind.REGULATOR_REPORT, duty=duty, to=_TEAM)


def _draft_key(duty: Duty, limit: datetime) -> str:
    return f"{Kind.REGULATOR_REPORT}.{duty}.{stamp(limit)}"


def _reminders(
    case: Case, reminders: Reminders, duty: Duty, limit: datetime, begins: datetime
) -> Iterator[Entry]:
    """Yield the reminders that come after the draft; those past collapse to the last."""
    key = _draft_key(duty, limit)
    told = next((letter.since for letter in case.all_letters if letter.key == key), begins)
    rungs = sorted(limit - before for before in reminders.before)
    later = [at for at in rungs if at > told]
    sent = [letter.since for letter in _letters(case, Kind.DUTY_REMINDER, duty)]
    past = [at for at in later if at <= begins]
    for at in (*past[-1:], *later[len(past) :]):
        if not any(since >= at for since in sent):
            name = f"{Kind.DUTY_REMINDER}.{duty}.{stamp(at)}"
            yield Entry(at=at, key=name, kind=Kind.DUTY_REMINDER, duty=duty, to=_TEAM)


def _overdue(case: Case, reminders: Reminders, duty: Duty, limit: datetime) -> Entry:
    """Return the escalation at a limit, or the next one after it; the pauses double, as digests'.

    Whoever adopts or reopens a case has an hour to say what was filed.
    """
    letters = _letters(case, Kind.DUTY_OVERDUE, duty)
    told = [letter.since for letter in letters if letter.since >= limit]
    pause, longest = reminders.digest_every, reminders.digest_at_least_every
    for _ in told[1:]:
        pause = min(2 * pause, max(longest, reminders.digest_every))
    begun = case.reopened or (case.opened if case.adopted else None)
    at = max(
        max(told) + pause if told else limit,
        begun + ADOPTING if begun else limit,
    )
    every = min(2 * pause, max(longest, reminders.digest_every)) if told else pause
    return Entry(
        at=at,
        key=f"{Kind.DUTY_OVERDUE}.{duty}.{stamp(at)}",
        kind=Kind.DUTY_OVERDUE,
        duty=duty,
        to=_EVERYBODY,
        every=every,
    )


def _letters(case: Case, kind: Kind, duty: Duty) -> list[Sent]:
    prefix = f"{kind}.{duty}."
    return [letter for letter in case.all_letters if letter.key.startswith(prefix)]


def with_report_moved(before: Case, after: Case, now: datetime, act: Act) -> Case:
    """Return `after` with it on record that the limit of the final report is another, or gone.

    Those who were told the old one hear it: a fix that is withdrawn takes its limit with it.
    """
    duty = Duty.FINAL_REPORT
    old, new = duty_limit(before, duty), duty_limit(after, duty)
    is_told = any(_letters(before, kind, duty) for kind in (Kind.REGULATOR_REPORT,))
    if old is None or old == new or not is_told or duty_done(after, duty):
        return after
    what = f"another limit for the {duty.label}" if new else f"no limit for the {duty.label} yet"
    return with_turn(before, after, now, by=act.by, what=what, why=act.why)
