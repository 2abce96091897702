"""Small builders of reports, cases and acts, and a stand-in for the workflow.

Every instant is in UTC. The default report came in on a Monday morning, so that its
limits fall on working days and `slot(n)` is a good release instant.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tacenda.acts import (
    Acknowledge,
    Act,
    ApproveNotice,
    ApproveRelease,
    AssignCve,
    Close,
    Event,
    Extend,
    FixLanded,
    LeadProposed,
    LetterHeld,
    LetterSent,
    LetterStarted,
    Score,
)
from tacenda.agenda import Entry
from tacenda.case import Case
from tacenda.lifecycle import apply, check, hash_of, open_case
from tacenda.models import (
    Audience,
    CloseReason,
    Kind,
    Recipient,
    Report,
    Reporter,
    Sent,
    Step,
)
from tacenda.policy import Calendar, Limits, Policy, ReleaseRules, Reminders
from tacenda.timeline import lapsed, plan

RECEIVED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday; three weeks later is a Monday too, and no clock changes matter in UTC."""

HIGH = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
LOW = "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:L/I:N/A:N"
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
        calendar=Calendar(holidays=tuple(holidays)),
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


def fixed(ref: str = "https://example.org/pull/1", by: str = "alice") -> FixLanded:
    """Return the signal that the fix has landed."""
    return FixLanded(by=by, refs=(ref,), versions=("1.2.3",))


def mitigated(how: str = "Switch the feature off.", by: str = "alice") -> FixLanded:
    """Return the signal that a mitigation is known, and no fix yet."""
    return FixLanded(by=by, mitigation=how)


def notice(audience: Audience, text: str = "A notice.", **values: Any) -> ApproveNotice:
    """Return the approval of a notice to `audience`."""
    return ApproveNotice(**{"by": "alice", "audience": audience, "text": text, **values})


def user_notice(text: str = "A fix is coming.", **values: Any) -> ApproveNotice:
    """Return the approval of a user notice that names the 15th day as release date."""
    return notice(Audience.USERS, text, **{"planned": slot(15), **values})


def vendor_notice(text: str = "The patch is attached.", **values: Any) -> ApproveNotice:
    """Return the approval of a vendor notice."""
    return notice(Audience.VENDORS, text, **values)


def release(at: datetime | None = None, text: str = "Please update.", **values: Any) -> Any:
    """Return the approval of a release whose artifacts are confirmed."""
    return ApproveRelease(
        **{"by": "alice", "text": text, "at": at, "artifacts_confirmed": True, **values}
    )


def hold(reason: str = "the build is broken", by: str = "alice") -> ApproveRelease:
    """Return the act that stops an approved release."""
    return ApproveRelease(by=by, hold=reason)


def extend(step: Step, until: datetime, why: str = "agreed", by: str = "alice") -> Extend:
    """Return the act that moves the limit of a step."""
    return Extend(by=by, step=step, until=until, why=why)


def skip(step: Step, why: str = "not needed", by: str = "alice") -> Extend:
    """Return the act of doing without a step."""
    return Extend(by=by, step=step, skip=True, why=why)


def close(reason: CloseReason = CloseReason.INVALID, **values: Any) -> Close:
    """Return the act of closing the case."""
    return Close(**{"by": "alice", "reason": reason, **values})


def mailboxes(entry: Entry, case: Case) -> tuple[Recipient, ...]:
    """Return who gets a letter: one mailbox for each audience, and everybody told before."""
    told = {Audience.TOLD_VENDORS: (Audience.VENDORS,), Audience.TOLD: tuple(Audience)}
    boxes: list[Recipient] = []
    for audience in entry.to:
        if audience in told:
            boxes += case.told(*told[audience])
        else:
            address = f"{audience.value.replace('_', '-')}@example.org"
            boxes.append(Recipient(name=audience, address=address, audience=audience))
    return tuple(boxes)


def started(entry: Entry, now: datetime) -> LetterStarted:
    """Return that the letter of `entry` is on its way."""
    assert entry.kind is not None
    letter = Sent(key=entry.key, kind=entry.kind, at=now, steps=entry.steps, covers=entry.covers)
    return LetterStarted(letter=letter)


def due(case: Case, now: datetime) -> tuple[Entry, ...]:
    """Return the letters of the plan whose instant has come."""
    entries = plan(case, case.policy, now)
    return tuple(entry for entry in entries if entry.kind is not None and entry.at <= now)


def planned(case: Case, now: datetime, kind: Kind) -> tuple[Entry, ...]:
    """Return the letters of one kind in the plan."""
    return tuple(entry for entry in plan(case, case.policy, now) if entry.kind is kind)


class Story:
    """A case with a clock and a post office: what the workflow does, without Temporal.

    `refusing` are kinds of letters that every mailbox refuses; `stuck` are kinds that stay
    on their way because the mail server is down.
    """

    def __init__(self, case: Case | None = None, now: datetime | None = None) -> None:
        """Open the case and let the letters of its opening leave."""
        self.case = case or a_case()
        self.now = now or self.case.opened
        self.begun: list[tuple[datetime, Entry]] = []
        self.refusing: set[Kind] = set()
        self.stuck: set[Kind] = set()
        self.watch: Callable[[Entry], None] = lambda entry: None
        self.settle()

    def do(self, *acts: Act) -> "Story":
        """Let a person do each act now; a refusal is raised."""
        for act in acts:
            check(self.case, act, self.now)
            self.happen(act)
        return self

    def happen(self, event: Event) -> None:
        """Let `event` happen now, and what is due because of it."""
        self.case = apply(self.case, event, self.now)
        self.settle()

    def wait(self, until: datetime) -> "Story":
        """Let the time pass; every limit and letter on the way has its effect."""
        while self.now < until:
            coming = [e.at for e in plan(self.case, self.case.policy, self.now) if e.at > self.now]
            self.now = min([*coming, until])
            self.settle()
        return self

    def outage(self, until: datetime) -> "Story":
        """Let the time pass while nothing runs, then start again."""
        self.now = until
        self.settle()
        return self

    def settle(self) -> None:
        """Hold what is too late, and send whatever is due, until nothing is."""
        for _ in range(10):
            late = lapsed(self.case, self.case.policy, self.now)
            if late:
                self.case = apply(
                    self.case, LetterHeld(key=late.key, reason="it is too late"), self.now
                )
            letters = due(self.case, self.now)
            if not letters:
                return
            for entry in letters:
                self._send(entry)
        raise AssertionError("the letters that are due never come to an end")

    def _send(self, entry: Entry) -> None:
        self.watch(entry)
        self.begun.append((self.now, entry))
        start = started(entry, self.now)
        boxes = mailboxes(entry, self.case)
        self.case = apply(self.case, start, self.now)
        if entry.kind in self.stuck:
            return
        reached = () if entry.kind in self.refusing else boxes
        text = self.case.approved_text(entry.key)
        fate = {
            "delivered": reached,
            "failed": () if reached else boxes,
            "sha256": hash_of(text) if text else "",
        }
        letter = start.letter.model_copy(update=fate)
        self.case = apply(self.case, LetterSent(letter=letter), self.now)

    def sent(self, *kinds: Kind) -> list[tuple[datetime, Entry]]:
        """Return when letters of these kinds were begun, and which."""
        return [(at, entry) for at, entry in self.begun if entry.kind in kinds]

    def times(self, kind: Kind, step: Step | None = None) -> list[datetime]:
        """Return when letters of `kind` were begun, about `step` where one is given."""
        return [at for at, e in self.sent(kind) if step is None or step in e.steps]
