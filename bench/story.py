"""The life of a case that is measured: one that goes well, from its report to its close.

The limits are those of the process, 24 hours to 21 days, and their timers run; people act
before any of them passes. The final warning and the release wait for timers that do fire,
a fraction of a second after the approval.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tacenda.act import Act
from tacenda.acts import Acknowledge, AssignCve, Close, FixLanded, Score
from tacenda.approvals import ApproveNotice, ApproveRelease
from tacenda.contract import Opening
from tacenda.models import Audience, CloseReason, Report, Reporter
from tacenda.policy import Calendar, Policy, ReleaseRules

LEAD = "alice"
WHY = "bench"
ANNOUNCED = timedelta(days=15)
RELEASE_IN = timedelta(seconds=1)
WARNING = timedelta(seconds=0.5)
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:H/A:L"
TEXT = "A fixed version is on its way, and will be announced here. Please be ready then.\n" * 12
POLICY = Policy(
    release=ReleaseRules(final_warning=WARNING, vendor_notice=timedelta(seconds=0.1)),
    calendar=Calendar(release_days=("mon", "tue", "wed", "thu", "fri", "sat", "sun")),
)


def opening() -> Opening:
    """Return what a case starts from: a report that comes in now."""
    report = Report(
        title="The importer writes outside its folder",
        received=datetime.now(UTC),
        component="lantern-importer",
        versions="2.0 to 2.6",
        details="A name in an uploaded archive can climb out of the work folder.\n" * 5,
        reporter=Reporter(name="Mira Sample", email="mira@example.org", credit="credit by name"),
    )
    return Opening(report=report, policy=POLICY)


def acts() -> Iterator[Act]:
    """Yield what people do with the case; each act is made when its turn comes."""
    yield Acknowledge(by=LEAD, team=("bob",))
    yield Score(by=LEAD, vector=VECTOR)
    yield AssignCve(by=LEAD, cves=("CVE-2026-99999",))
    yield FixLanded(by="ci", refs=("https://git.example.org/pull/512",), versions=("2.6.1",))
    yield ApproveNotice(by=LEAD, audience=Audience.USERS, text=TEXT, planned=announced())
    yield update(1)
    yield ApproveNotice(by=LEAD, audience=Audience.VENDORS, text=TEXT)
    at = datetime.now(UTC) + RELEASE_IN
    yield ApproveRelease(by=LEAD, text=TEXT, at=at, artifacts_confirmed=True, override=WHY)
    yield Close(by=LEAD, reason=CloseReason.COMPLETE, override=WHY)


def announced() -> datetime:
    """Return the release date that a notice names (UTC)."""
    return datetime.now(UTC) + ANNOUNCED


def update(number: int) -> ApproveNotice:
    """Return the approval of one more letter to the reporter."""
    return ApproveNotice(by=LEAD, audience=Audience.REPORTER, text=update_text(number))


def update_text(number: int) -> str:
    """Return what that letter says."""
    return f"Update {number}.\n{TEXT}"
