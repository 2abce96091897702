"""Letters that call for a person: troubles, a break of the embargo, a hand-over, open ends."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tacenda.agenda import Entry
from tacenda.case import Case
from tacenda.fields import stamp
from tacenda.letters import Sent
from tacenda.models import Audience, Break, Kind, Matter
from tacenda.policy import Policy
from tacenda.promises import is_over
from tacenda.rules import RIGHT_DATE, SEALED_CASE, WHOLE_CASE

ALARM_PAUSE = timedelta(hours=1)
SOON = timedelta(minutes=5)
DECISION_PAUSE = timedelta(hours=1)
"""How often a decision is asked for while the embargo is broken."""

UNHEARD = timedelta(days=3)
UNHEARD_PAUSE = timedelta(hours=6)
"""How often nobody is asked who has let so much time pass: they read no letter an hour any more."""


def alarms(case: Case) -> Iterator[Entry]:
    """Yield one letter for all the troubles not told yet, at most one in an hour.

    What a stranger cannot cause is told sooner: nobody delays it by making noise.
    Whoever closes a case has seen what it was in trouble for until then. While mail itself is
    the trouble they wait, and come as one letter when it flows again.
    """
    if case.stopped and case.stopped.by.is_of_mail:
        return
    letters = [letter for letter in case.all_letters if letter.kind is Kind.ALARM]
    told = max((alarm.covers for alarm in letters), default=0)
    closed = case.closing.at if case.closing and case.rules >= WHOLE_CASE else None
    untold = [
        trouble
        for trouble in case.troubles
        if trouble.number > told and (closed is None or trouble.at >= closed)
    ]
    if not untold:
        return
    real = [t for t in untold if not t.noise] if case.rules >= SEALED_CASE else []
    pause = SOON if real else ALARM_PAUSE
    at = max([(real or untold)[0].at, *(alarm.at + pause for alarm in letters)])
    yield Entry(
        at=at,
        key=f"{Kind.ALARM}.{told + 1}",
        kind=Kind.ALARM,
        to=(Audience.LEAD, Audience.TEAM),
        covers=untold[-1].number,
    )


def calls(case: Case, policy: Policy) -> Iterator[Entry]:
    """Yield the letters that ask until somebody answers."""
    if case.rules < WHOLE_CASE:
        return
    if case.asked and not is_over(case):
        yield from _asks_to_decide(case, case.asked)
    if case.handing_to and case.handed:
        pause = policy.reminders.digest_every
        both = (Audience.NEXT_LEAD, Audience.LEAD)
        yield _again(case, Kind.HANDOVER, case.handed, pause, *both)
    if case.released:
        first = case.released + _first_look(case, policy)
        pause = policy.reminders.digest_at_least_every
        both = (Audience.LEAD, Audience.TEAM)
        yield _again(case, Kind.OPEN_ENDS, case.released, pause, *both, first=first)


def _asks_to_decide(case: Case, asked: datetime) -> Iterator[Entry]:
    """Yield the next call for a decision (rule 25 of the facts): to more people the second time.

    Where every limit is now, the escalation of that moment is the first call. While one is on
    its way there is no other: mail may have stopped for a night.
    """
    everybody = (Audience.LEAD, Audience.TEAM, Audience.ESCALATION)
    if case.rules < RIGHT_DATE:
        yield _again(case, Kind.DECISION, asked, DECISION_PAUSE, *everybody)
        return
    if any(letter.kind is Kind.DECISION for letter in case.under_way):
        return
    before = [s for s in case.letters if s.kind is Kind.DECISION and s.since >= asked]
    first = asked + DECISION_PAUSE if case.broken is Break.PUBLIC else asked
    last = max((s.at for s in before), default=None)
    pause = UNHEARD_PAUSE if last and last - asked >= UNHEARD else DECISION_PAUSE
    at = last + pause if last else first
    while case.started(key := f"{Kind.DECISION}.{stamp(at)}"):
        at += timedelta(seconds=1)
    others = (Audience.NEXT_LEAD,) if case.handing_to else ()
    team = (Audience.FIX_TEAM,) if before else ()
    to = (*everybody, *others, *team)
    yield Entry(at=at, key=key, kind=Kind.DECISION, to=to, every=pause)


def unpublished(case: Case) -> tuple[str, ...]:
    """Return the CVE ids whose records nobody has confirmed to be public."""
    return tuple(cve for cve in case.cves if cve not in case.published_cves)


def is_answered(case: Case) -> bool:
    """Whether the reporter has heard of the release, or there never was anybody to write to."""
    nobody = case.reporter is None and not case.lost_reporter
    if nobody or Matter.REPORTER in case.confirmed:
        return True
    has_it = (letter for letter in case.letters if case.arrived(letter))
    return any(_tells_of_the_release(case, letter) for letter in has_it)


def _tells_of_the_release(case: Case, letter: Sent) -> bool:
    is_later = case.released is not None and letter.since >= case.released
    return letter.kind is Kind.THANKS or (letter.kind is Kind.REPORTER_UPDATE and is_later)


def _first_look(case: Case, policy: Policy) -> timedelta:
    """Return how long after the release open ends are named; a CVE record is due in days."""
    pause = policy.reminders.digest_every
    return policy.release.retrospective + pause * (1 if unpublished(case) else 2)


def _again(
    case: Case,
    kind: Kind,
    since: datetime,
    pause: timedelta,
    *to: Audience,
    first: datetime | None = None,
) -> Entry:
    """Return the next of the letters that come from `since` (UTC) on, or `first`, a pause apart."""
    letters = [s.since for s in case.all_letters if s.kind is kind and s.since >= since]
    at = max(letters) + pause if letters else first or since
    return Entry(at=at, key=f"{kind}.{stamp(at)}", kind=kind, to=to, every=pause)
