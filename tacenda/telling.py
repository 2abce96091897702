"""Who is told when, if the release goes out at an instant."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.case import Case
from tacenda.fields import Value, moment
from tacenda.grounds import Grounds, warned_at
from tacenda.letters import Notice
from tacenda.models import Audience, Kind, Step
from tacenda.slotwords import listed, span


class Telling(Value):
    """One letter of the plan: what it is, and when it leaves (UTC; None: at once).

    `latest` is the last instant at which it still comes in time. `done`: it has left.
    """

    what: str
    at: datetime | None
    latest: datetime | None = None
    note: str = ""
    done: bool = False


def tellings(grounds: Grounds, at: datetime) -> tuple[Telling, ...]:
    """Return who is told when, for a release at `at` (UTC), in the order of time."""
    found = (*_users(grounds, at), *_vendors(grounds, at), Telling(what="release", at=at))
    return tuple(sorted(found, key=lambda telling: telling.at or grounds.now))


def _users(grounds: Grounds, at: datetime) -> Iterator[Telling]:
    case, what = grounds.case, Kind.USER_NOTICE.label
    if case.is_without(Step.USER_NOTICE):
        return
    if told := case.done_at(Step.USER_NOTICE):
        yield Telling(what=what, at=told, done=True, note="has gone out")
        return
    if waiting := case.waiting(Kind.USER_NOTICE, Audience.USERS):
        yield _approved(grounds, waiting)
        return
    since = grounds.now if case.fix is not None else grounds.ready
    note = "" if case.fix is not None else "when there is a fix, or a mitigation"
    if case.fix is None and grounds.fix_at is None:
        note = "once a mitigation is known"
    limit = case.limit(Step.USER_NOTICE)
    yield _between(grounds, what, note, since=since, latest=at, limit=limit)


def _vendors(grounds: Grounds, at: datetime) -> Iterator[Telling]:
    case, rules, what = grounds.case, grounds.case.policy.release, Kind.VENDOR_NOTICE.label
    if grounds.told_at is None:
        return
    since = grounds.told_at
    if grounds.told:
        waiting = case.waiting(Kind.VENDOR_NOTICE, Audience.VENDORS)
        is_coming = waiting is not None and case.done_at(Step.VENDOR_NOTICE) is None
        yield (
            _approved(grounds, waiting)
            if waiting and is_coming
            else Telling(what=what, at=since, done=True, note="has gone out")
        )
    else:
        if rules.vendors_earliest:
            # A policy can have them told so late that their period would not be kept.
            needed = max(rules.vendors_earliest, rules.vendor_notice, rules.final_warning)
            since = max(since, at - needed)
        note = "when there is a fix" if since == grounds.fix_at else ""
        later = _keep_shorter(case, since, at)
        latest = max(since, at - rules.vendor_notice)
        limit = case.limit(Step.VENDOR_NOTICE)
        note = "; ".join(filter(None, (note, later)))
        yield _between(grounds, what, note, since=since, latest=latest, limit=limit)
    warning = max(at - rules.final_warning, since)
    if warned := warned_at(case):
        yield Telling(what="final warning", at=warned, done=True, note="has gone out")
        return
    yield Telling(what="final warning", at=None if warning <= grounds.now else warning)


def _between(
    grounds: Grounds, what: str, note: str, *, since: datetime, latest: datetime, limit: datetime
) -> Telling:
    """Return a letter that leaves from `since` on, and is best out by its limit (UTC)."""
    if grounds.case.policy.anchor == "receipt":
        if limit < since:
            note = "; ".join(filter(None, (note, f"after its limit, {moment(limit)}")))
        else:
            latest = min(latest, limit)
    at = None if since <= grounds.now else since
    return Telling(what=what, at=at, latest=latest, note=note)


def _approved(grounds: Grounds, waiting: Notice) -> Telling:
    at = max(waiting.send_at, waiting.approved)
    return Telling(
        what=waiting.kind.label, at=None if at <= grounds.now else at, note="is approved"
    )


def _keep_shorter(case: Case, since: datetime, at: datetime) -> str:
    """Say which vendors are told later by themselves, for they keep no embargo for so long."""
    later = [
        f"{vendor.name} {span(vendor.max_embargo)} before the release"
        for vendor in case.vendors
        if vendor.max_embargo and at - vendor.max_embargo > since
    ]
    return listed(later)
