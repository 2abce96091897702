"""What of a release is ready and what is not, for whoever must decide about it in a hurry."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tacenda.case import Case
from tacenda.fields import moment
from tacenda.models import DAY, Audience, Kind, Step
from tacenda.parties import standings
from tacenda.releases import OF_WHAT_COMES, is_approved, standing_release

_SOON = timedelta(hours=2)


def ready(case: Case) -> tuple[str, ...]:
    """Return what is there already, one line each; none quotes the report."""
    return tuple(_ready(case))


def _ready(case: Case) -> Iterator[str]:
    if case.fix and case.fix.is_landed:
        yield "the fix: " + ", ".join((*case.fix.versions, *case.fix.refs))
    if case.fix and case.fix.mitigation:
        yield "what helps users until they have the fix"
    if case.severity:
        yield f"the score: {case.severity.score} {case.severity.band}"
    if case.cves:
        yield f"the CVE ids: {', '.join(case.cves)}"
    for audience, who in ((Audience.USERS, "users"), (Audience.VENDORS, "vendors")):
        if told := case.told(audience):
            yield f"the notice to the {who}, in {_mailboxes(len(told))}"
    release = standing_release(case)
    if release and is_approved(release, case.policy):
        yield f"a release, approved for {moment(release.send_at)}"


def missing(case: Case) -> tuple[str, ...]:
    """Return what is not there, one line each, with the command that supplies it."""
    return tuple(_missing(case))


def _missing(case: Case) -> Iterator[str]:
    if not (case.fix and case.fix.is_landed):
        yield "no fix has landed"
        if not (case.fix and case.fix.mitigation):
            yield f'nothing helps meanwhile: tacenda fixed {case.id} --mitigation "HOW"'
    if case.severity is None:
        yield f"no score: tacenda score {case.id} VECTOR"
    if not case.cves:
        yield f"no CVE id: tacenda cve {case.id} CVE-ID"
    waiting = sum(len(s.pending) for s in case.all_letters if s.kind in OF_WHAT_COMES)
    if waiting:
        yield f"a notice for {_mailboxes(waiting)}; with a release they get that instead"
    if not case.told(Audience.VENDORS) and Step.VENDOR_NOTICE not in case.skipped:
        known = sum(not s.left for s in standings(case).values())
        yield "no vendor has been told" + (f", of {known} that are known" if known else "")
    yield from _unapproved(case)


def _unapproved(case: Case) -> Iterator[str]:
    """Yield what a release lacks in approvals."""
    waiting = tuple(case.all_waiting(Kind.RELEASE))
    if not waiting:
        yield "no release is approved"
    for release in waiting:
        if not is_approved(release, case.policy):
            who = " and ".join(release.approvers)
            yield f"a second approval of the release that {who} approved: {_seconded(case)}"


def _mailboxes(count: int) -> str:
    return "1 mailbox" if count == 1 else f"{count} mailboxes"


def _seconded(case: Case) -> str:
    return f"tacenda release {case.id} --confirm-artifacts"


def sooner(case: Case, now: datetime) -> datetime:
    """Return the next usual hour of a release (UTC) after `now`, on whatever day that is."""
    at = case.policy.calendar.release_at
    today = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today >= now + _SOON else today + DAY
