"""Small builders of reports, cases and acts.

Every instant is in UTC. The default report came in on a Monday morning, so that its
limits fall on working days and `slot(n)` is a good release instant.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tacenda.acts import (
    Acknowledge,
    AssignCve,
    Close,
    Confirm,
    Extend,
    FixLanded,
    HandOff,
    ReportEvent,
    Score,
)
from tacenda.adopting import AdoptPolicy
from tacenda.approvals import ApproveNotice, ApproveRelease
from tacenda.bounced import Bounced
from tacenda.bounces import BounceKind, Returned
from tacenda.cadence_acts import Decide
from tacenda.case import Case
from tacenda.decisions import Choice
from tacenda.enclosures import Attachment
from tacenda.filing import FileReport
from tacenda.filings import Duty
from tacenda.happenings import LeadProposed
from tacenda.lifecycle import apply, open_case
from tacenda.link_acts import LinkCase
from tacenda.models import (
    Audience,
    Break,
    CloseReason,
    Kind,
    Matter,
    Report,
    Reporter,
    Step,
    Word,
)
from tacenda.policy import (
    Calendar,
    Limits,
    Policy,
    Regulator,
    ReleaseRules,
    Reminders,
    VendorRules,
)
from tacenda.vendor_acts import VendorReply

RECEIVED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday; three weeks later is a Monday too, and no clock changes matter in UTC."""

HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
LOW = "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:L/I:N/A:N"
"""2.7, that of CVE-2024-3177; the one above is 7.5."""
MEDIUM = "CVSS:3.0/AV:N/AC:H/PR:H/UI:R/S:U/C:H/I:H/A:H"
"""6.4, that of CVE-2019-11246: it takes a user."""
FIRST = "case-2026-f1rst00000"
"""A case that is not there: whoever tells it anything hears so."""
PUBLISHING = (Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.RELEASE)


def after(days: float = 0, **span: float) -> datetime:
    """Return the instant that lies so long after the receipt of the default report."""
    return RECEIVED + timedelta(days=days, **span)


def slot(days: int) -> datetime:
    """Return 16:00 UTC, the preferred hour, so many days after the receipt."""
    return after(days).replace(hour=16)


def a_report(**values: Any) -> Report:
    """Return a report that came in on `RECEIVED`, with other `values` where given."""
    reporter = Reporter(name="Rita", email="rita@example.org", credit="by name")
    defaults = {"title": "A bug", "received": RECEIVED, "reporter": reporter}
    return Report.model_validate({**defaults, **values})


def a_policy(holidays: Iterable[date] = (), approvals: int = 1, **sections: Any) -> Policy:
    """Return the default profile, with single values or whole sections of it changed."""
    return Policy(
        limits=sections.get("limits", Limits()),
        reminders=sections.get("reminders", Reminders()),
        release=sections.get("release", ReleaseRules(approvals=approvals)),
        vendors=sections.get("vendors", VendorRules()),
        regulator=sections.get("regulator", Regulator()),
        calendar=sections.get("calendar", Calendar(holidays=tuple(holidays))),
        anchor=sections.get("anchor", "receipt"),
        without=sections.get("without", ()),
    )


def a_case(*, policy: Policy | None = None, opened: datetime | None = None, **report: Any) -> Case:
    """Return a case as it is just after its opening: a lead is proposed, nobody has acted."""
    incoming = a_report(**report)
    now = opened or incoming.received
    case = open_case("case-2026-7k3q9xm4tp", incoming, policy or a_policy(), now)
    return apply(case, LeadProposed(name="alice"), now)


def acknowledge(by: str = "alice", **values: Any) -> Acknowledge:
    """Return the act of taking the case."""
    return Acknowledge(by=by, **values)


def score(vector: str = HIGH, by: str = "alice") -> Score:
    """Return the act of scoring the case."""
    return Score(by=by, vector=vector)


def assign_cve(*cves: str, by: str = "alice") -> AssignCve:
    """Return the act of assigning CVE ids."""
    return AssignCve(by=by, cves=cves or ("CVE-2026-12345",))


def fixed(ref: str = "https://example.org/pull/1", by: str = "alice", **values: Any) -> FixLanded:
    """Return the signal that the fix has landed."""
    return FixLanded(**{"by": by, "refs": (ref,), "versions": ("1.2.3",), **values})


def mitigated(how: str = "Switch the feature off.", by: str = "alice") -> FixLanded:
    """Return the signal that a mitigation is known, and no fix yet."""
    return FixLanded(by=by, mitigation=how)


def notice(audience: Audience, text: str | None = "A notice.", **values: Any) -> ApproveNotice:
    """Return the approval of a notice to `audience`."""
    return ApproveNotice(**{"by": "alice", "audience": audience, "text": text, **values})


def user_notice(text: str = "A fix is coming.", **values: Any) -> ApproveNotice:
    """Return the approval of a user notice that names the 15th day as release date."""
    return notice(Audience.USERS, text, **{"planned": slot(15), **values})


def vendor_notice(text: str = "The patch is attached.", **values: Any) -> ApproveNotice:
    """Return the approval of a vendor notice."""
    return notice(Audience.VENDORS, text, **values)


def invite(*to: str, **values: Any) -> ApproveNotice:
    """Return the act of inviting vendors to the embargo: all who were not asked, or these."""
    return ApproveNotice(
        **{"by": "alice", "audience": Audience.VENDORS, "invite": True, "to": to, **values}
    )


def replied(vendor: str, word: Word = Word.ACCEPTED, **values: Any) -> VendorReply:
    """Return what a vendor answered, as a person writes it down."""
    return VendorReply(**{"by": "alice", "vendor": vendor, "word": word, **values})


def release(
    at: datetime | None = None, text: str | None = "Please update.", **values: Any
) -> ApproveRelease:
    """Return the approval of a release whose artifacts are confirmed."""
    return ApproveRelease(
        **{"by": "alice", "text": text, "at": at, "artifacts_confirmed": True, **values}
    )


def told_elsewhere(audience: Audience, where: str = "by telephone", **values: Any) -> ApproveNotice:
    """Return the record of a notice that people got some other way."""
    return ApproveNotice(**{"by": "alice", "audience": audience, "elsewhere": where, **values})


def attached(*names: str, content: bytes = b"--- a\n+++ b\n") -> tuple[Attachment, ...]:
    """Return files of these names, as an approval carries them."""
    return tuple(Attachment.of(name, content) for name in names)


def hold(reason: str = "the build is broken", by: str = "alice") -> ApproveRelease:
    """Return the act that stops an approved release."""
    return ApproveRelease(by=by, hold=reason)


def extend(step: Step, until: datetime, why: str = "agreed", by: str = "alice") -> Extend:
    """Return the act that moves the limit of a step."""
    return Extend(by=by, step=step, until=until, why=why)


def adopt(policy: Policy, why: str = "as we work now", by: str = "alice") -> AdoptPolicy:
    """Return the act that moves a case to another policy."""
    return AdoptPolicy(by=by, policy=policy, why=why)


def skip(step: Step, why: str = "not needed", by: str = "alice", override: str = "") -> Extend:
    """Return the act of doing without a step."""
    return Extend(by=by, step=step, skip=True, why=why, override=override)


def decide(choice: Choice, why: str = "holidays", by: str = "alice", **values: Any) -> Decide:
    """Return the act of making a choice that the severity leaves; a slow-down was discussed."""
    if choice is Choice.SLOW_DOWN:
        values = {"discussion": "https://chat.example.org/7", **values}
    return Decide(by=by, choice=choice, why=why, **values)


def undecide(choice: Choice, reason: str = "it was wrong", by: str = "alice") -> Decide:
    """Return the act of taking such a choice back."""
    return Decide(by=by, choice=choice, withdraw=reason)


def withdrawn(reason: str = "it breaks uploads", by: str = "alice") -> FixLanded:
    """Return the signal that the fix is taken back."""
    return FixLanded(by=by, withdraw=reason)


def published(*cves: str, by: str = "alice") -> AssignCve:
    """Return the confirmation that CVE records are public."""
    return AssignCve(by=by, cves=cves or ("CVE-2026-12345",), published=True)


def hand_off(to: str = "bob", by: str = "alice", why: str = "on holiday") -> HandOff:
    """Return the act of handing the case over, or of taking it over."""
    return HandOff(by=by, to=to, why=why)


def leak(why: str = "a post on a forum", by: str = "alice", **values: Any) -> ReportEvent:
    """Return the act of saying that the embargo leaked."""
    return ReportEvent(**{"by": by, "event": Break.LEAK, "why": why, **values})


def public(why: str = "it is in the news", by: str = "alice") -> ReportEvent:
    """Return the act of saying that the case is public."""
    return ReportEvent(by=by, event=Break.PUBLIC, why=why)


def exploited(why: str = "a customer saw it", by: str = "alice", **values: Any) -> ReportEvent:
    """Return the act of saying that the flaw is being exploited."""
    return ReportEvent(**{"by": by, "event": Break.EXPLOITED, "why": why, **values})


def file_report(
    duty: Duty = Duty.EARLY_WARNING, ref: str = "SRP-1", by: str = "alice", **values: Any
) -> FileReport:
    """Return the act of writing down that a report was filed with the regulator."""
    return FileReport(**{"by": by, "duty": duty, "ref": ref, **values})


def not_required(
    duty: Duty, why: str = "it is not ours to report", by: str = "alice"
) -> FileReport:
    """Return the act of writing down that a report is not required."""
    return FileReport(by=by, duty=duty, not_required=why)


def bounced(address: str, letter: str, status: str = "5.1.1", by: str = "alice") -> Bounced:
    """Return the record that a letter came back: hard for 5.1.1, else soft, delayed for 4.0.0."""
    kinds = {"5.1.1": BounceKind.HARD, "4.0.0": BounceKind.DELAYED}
    kind = kinds.get(status, BounceKind.SOFT)
    returned = Returned(letter=letter, address=address, kind=kind, status=status)
    return Bounced(by=by, returned=(returned,))


def works_again(address: str, reason: str = "they say so", by: str = "alice") -> Bounced:
    """Return the act that takes an address up again."""
    return Bounced(by=by, address=address, withdraw=reason)


def confirm_reporter(by: str = "alice") -> Confirm:
    """Return the confirmation that the reporter knows of the release."""
    return Confirm(by=by, what=Matter.REPORTER, ref="a call")


def held_retrospective(by: str = "alice") -> Confirm:
    """Return the confirmation that the retrospective has been held."""
    return Confirm(by=by, what=Matter.RETROSPECTIVE, ref="https://example.org/minutes")


def credit(name: str = "Rita", by: str = "alice") -> Confirm:
    """Return the confirmation of how the reporter is named."""
    return Confirm(by=by, what=Matter.CREDIT, credit=name)


def reopen(reason: str = "it can be reproduced", by: str = "alice") -> Close:
    """Return the act of taking a closed case up again."""
    return Close(by=by, reopen=reason)


def close(reason: CloseReason = CloseReason.INVALID, **values: Any) -> Close:
    """Return the act of closing the case; a duplicate is one of `FIRST`, if of no other."""
    of = {"duplicate_of": FIRST} if reason is CloseReason.DUPLICATE else {}
    return Close(**{"by": "alice", "reason": reason, **of, **values})


def link_to(leading: str, why: str = "one release", by: str = "alice", **values: Any) -> LinkCase:
    """Return the act of letting the case follow another."""
    return LinkCase(by=by, to=leading, why=why, **values)


def part(why: str = "it needs more time", by: str = "alice", **values: Any) -> LinkCase:
    """Return the act of releasing a case by itself again."""
    return LinkCase(by=by, part=True, why=why, **values)
