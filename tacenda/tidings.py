"""What a case has to tell those that it is linked to: all that holds, and nothing else."""

from datetime import datetime
from typing import Any

from tacenda.case import Case
from tacenda.facts import credited
from tacenda.link_acts import LinkedNews
from tacenda.linkage import was_led
from tacenda.links import SHARED, Ending, Leading, Link
from tacenda.models import Step
from tacenda.rules import RIGHT_DATE


def news(case: Case, at: datetime) -> dict[str, LinkedNews]:
    """Return what each linked case must know of `case`, as it is `at` that instant (UTC)."""
    if case.rules < RIGHT_DATE:
        return {}
    told: dict[str, LinkedNews] = {}
    for left in case.left:
        told[left.case] = _news(case, at, ending=Ending.PARTED)
    is_off = case.closing is not None and case.released is None
    if case.follows:
        told[case.follows] = _of_follower(case, at, is_off=is_off)
    for link in case.links:
        ending = {"ending": Ending.CLOSED} if is_off else {"leading": leading_of(case, link)}
        told[link.case] = _news(case, at, **ending)
    if case.closing and case.closing.duplicate_of:
        told[case.closing.duplicate_of] = _news(case, at, duplicate=True)  # which parts them too
    return told


def _of_follower(case: Case, at: datetime, *, is_off: bool) -> LinkedNews:
    if is_off:
        return _news(case, at, ending=Ending.CLOSED)
    if case.released and not was_led(case):
        return _news(case, at, ending=Ending.RELEASED)
    return _news(case, at, link=link_of(case))


def _news(case: Case, at: datetime, **said: Any) -> LinkedNews:
    return LinkedNews(by=case.id, at=at, **said)


def link_of(case: Case) -> Link:
    """Return what the case that `case` follows must know of it."""
    report = case.report
    return Link(
        **_breaks_of(case),
        linked=case.linked,
        title=report.title,
        component=report.component,
        versions=report.versions,
        cves=case.cves,
        severity=case.severity,
        fix=case.fix,
        unfixed=Step.FIX in case.skipped and not (case.fix and case.fix.is_landed),
        credited=credited(case),
        marked=tuple(dict.fromkeys((*report.secret, *case.secrets))),
        limit=case.limit(Step.RELEASE),
        revision=case.revision,
    )


def leading_of(case: Case, link: Link) -> Leading:
    """Return what the case of `link`, which follows `case`, must know of it."""
    is_open = tuple(case.open_steps())
    users, vendors, released = (case.done_at(step) for step in SHARED)
    return Leading(
        **_breaks_of(case),
        linked=link.linked,
        planned=case.planned,
        limits={step: case.limit(step) for step in SHARED if step in is_open},
        without=tuple(step for step in SHARED if case.is_without(step)),
        users=users,
        vendors=vendors,
        released=released,
    )


def _breaks_of(case: Case) -> dict[str, Any]:
    return {
        "case": case.id,
        "leaked": case.leaked,
        "exploited": case.exploited,
        "public": case.public_since,
        "undecided": case.asked is not None and case.released is None,
    }
