"""Drafts of the letters that a person approves, from the facts of a case."""

from datetime import datetime
from pathlib import Path

from tacenda.agenda import Entry
from tacenda.approvals import ApproveNotice
from tacenda.approving import with_invitation
from tacenda.askings import askings
from tacenda.bouncing import living
from tacenda.case import Case
from tacenda.facts import facts_of
from tacenda.fates import happened
from tacenda.filings import Duty
from tacenda.happenings import VendorsFound
from tacenda.inviting import answer_by, invitations
from tacenda.letters import Recipient
from tacenda.models import Audience, CloseReason, Closing, Kind
from tacenda.notices import Draft, render
from tacenda.parties import embargo_end, standings
from tacenda.planning import date_for
from tacenda.presence import Availability
from tacenda.promises import told_a_date, told_otherwise
from tacenda.regulator import next_report
from tacenda.vendors import Party

_ON_DUTIES = (Kind.REGULATOR_REPORT, Kind.DUTY_REMINDER, Kind.DUTY_OVERDUE)

News = dict[Audience, Draft]
"""What those get who were told another release date, or of a release that does not come."""


def draft_of(
    case: Case,
    kind: Kind,
    now: datetime,
    templates: Path | None = None,
    *,
    files: tuple[str, ...] = (),
    again: bool = False,
) -> Draft:
    """Return the letter of `kind` as it would be at `now` (UTC), with `files` attached.

    `again`: those it is for have had one before.
    """
    entry = _asking(case, kind, now) if kind in (Kind.INVITATION, Kind.VENDOR_REMINDER) else None
    if kind in _ON_DUTIES:
        entry = Entry(at=now, key=kind.value, kind=kind, duty=next_report(case))
    known = facts_of(case, now, entry).model_copy(update={"files": files, "again": again})
    return render(kind, known, templates)


def report_draft(case: Case, duty: Duty, now: datetime, templates: Path | None = None) -> Draft:
    """Return the draft of a report to the regulator as it would be at `now` (UTC)."""
    entry = Entry(at=now, key=duty.value, kind=Kind.REGULATOR_REPORT, duty=duty)
    file = f"_{duty}.txt"
    return render(Kind.REGULATOR_REPORT, facts_of(case, now, entry), templates, file=file)


def invitations_by(
    case: Case,
    act: ApproveNotice,
    vendors: tuple[Party, ...],
    now: datetime,
    templates: Path | None = None,
) -> list[tuple[tuple[Recipient, ...], Draft]]:
    """Return who of `vendors` is invited by an act at `now` (UTC), and the letter that they get."""
    wanted = with_invitation(case, act, now)
    supposed = happened(wanted, VendorsFound(vendors=vendors, asking=askings(wanted)), now)
    return [
        (whom, render(Kind.INVITATION, facts_of(supposed, now, entry), templates))
        for entry in invitations(supposed, standings(supposed), now)
        if (whom := living(supposed, entry.whom))
    ]


def _asking(case: Case, kind: Kind, now: datetime) -> Entry:
    """Return what a letter that asks vendors for their word would name as date and as deadline."""
    end = embargo_end(case)
    return Entry(
        at=now, key=kind.value, kind=kind, planned=end, answer_by=answer_by(case, now, end)
    )


def closing_draft(
    case: Case, reason: CloseReason, now: datetime, templates: Path | None = None
) -> Draft:
    """Return the last letter to the reporter of a case that is closed for `reason`."""
    return draft_of(_closed(case, reason, now), Kind.CLOSING, now, templates)


def news_of_date(
    case: Case, planned: datetime | None, now: datetime, templates: Path | None = None
) -> News:
    """Return what those hear who were told another release date than `planned` (UTC)."""
    if planned is None or planned <= now or case.released:
        return {}
    supposed = case.model_copy(update={"planned": planned})
    return _news(supposed, told_otherwise(case, planned), now, templates)


def news_of_closing(
    case: Case, reason: CloseReason, now: datetime, templates: Path | None = None
) -> News:
    """Return what those hear who were told of a release, when the case closes without one."""
    if case.released:
        return {}
    told = told_a_date(case, Audience.USERS, Audience.VENDORS)
    return _news(_closed(case, reason, now), told, now, templates)


def planned_for(case: Case, now: datetime, people: Availability | None = None) -> datetime:
    """Return the release date (UTC) that a notice names when nobody gives another.

    It is the one already planned, else the one that the plan proposes for the `people` there
    are; of a case that is public or over, the next good one.
    """
    if case.planned and case.planned > now:
        return case.planned
    calendar, rules = case.policy.calendar, case.policy.release
    earliest = now + max(rules.vendor_notice, rules.final_warning)
    return date_for(case, now, people) or calendar.next_slot(earliest)


def _closed(case: Case, reason: CloseReason, now: datetime) -> Case:
    closing = Closing(reason=reason, at=now, by=case.lead)
    return case.model_copy(update={"closing": closing})


def _news(case: Case, told: tuple[Recipient, ...], now: datetime, templates: Path | None) -> News:
    drafts: News = {}
    for audience in (Audience.USERS, Audience.VENDORS):
        if whom := tuple(r for r in told if r.audience is audience):
            kind = Kind.DATE_CHANGE
            entry = Entry(at=now, key=kind.value, kind=kind, to=(Audience.TOLD,), whom=whom)
            drafts[audience] = render(kind, facts_of(case, now, entry), templates)
    return drafts
