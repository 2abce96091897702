"""The public face of the workflow: its names, payloads, ids and search attributes.

The CLI and the workflow both know this module and not each other. Everything named here
stays in the clear in the Temporal server, so nothing here says what a case is about.
"""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from tacenda.act import Act
from tacenda.acts import (
    Acknowledge,
    AssignCve,
    Close,
    Confirm,
    Extend,
    HandOff,
    MarkSecret,
    ReportEvent,
    Score,
)
from tacenda.adopting import AdoptPolicy
from tacenda.answering import is_known
from tacenda.approvals import ApproveNotice, ApproveRelease
from tacenda.attributes import BAND, LEAD, NEXT_LIMIT, OVERDUE, STATE, STEP_TIMES, WORKFLOW
from tacenda.bounced import Bounced
from tacenda.cadence_acts import Decide
from tacenda.case import Case
from tacenda.duties import duty_limits, overdue_duties
from tacenda.enclosures import Attachment, Attachments
from tacenda.fields import Instant, Line, Typed, Value
from tacenda.filing import FileReport
from tacenda.letters import Notice
from tacenda.link_acts import LinkCase, LinkedNews
from tacenda.models import Kind, Report, State
from tacenda.outline import outline_of, word_of
from tacenda.policy import Policy
from tacenda.rules import LATE_REPORT, ON_RECORD
from tacenda.vendor_acts import VendorReply

FIX_LANDED = "fix_landed"
DECISION = "decision"
"""What is overdue, before any step, while an embargo is broken and nobody has decided."""
MAX_ARGUMENT_BYTES = 1792 * 1024

TAKEN_UP_ANEW = "The case is being taken up anew. Ask again in a second."
"""What a question is told that came together with what no workflow task has taken up yet."""

REPORT_DIGEST = "report"
"""The memo that tells two reports apart whose ids clash: a keyed hash, nothing else."""


class Opening(Typed):
    """What a case starts from: the report, and the policy in force at that moment.

    `attachments` are the files that came with the report. `elsewhere` says where the case
    was handled until now: its reporter has had a receipt then. `closed` is the case that
    `reopening` takes up again, in a new run of its workflow.
    """

    report: Report
    policy: Policy = Policy()
    attachments: Attachments = ()
    elsewhere: Line = ""
    closed: Case | None = None
    reopening: Close | None = None


class Answer(Value):
    """What an accepted act answers: the state after it, and what its author should read."""

    state: State
    warnings: tuple[str, ...] = ()


class View(Value):
    """The case as the workflow knows it, and the instant (UTC) of that knowledge."""

    case: Case
    now: Instant


class Outcome(Value):
    """How a case ended."""

    case_id: str
    reason: str


def search_attributes_of(case: Case, now: datetime) -> tuple[SearchAttributeUpdate[Any], ...]:
    """Return what the server may know of a case in the clear, to list and to filter it."""
    coming = [case.next_limit(now), *(at for _, at in duty_limits(case) if at > now)]
    next_limit = min((at for at in coming if at), default=None)
    owed = (*case.overdue(now), *overdue_duties(case, now))
    overdue = [step_or_duty.value for step_or_duty in owed]
    if case.rules >= LATE_REPORT and case.asked and not (case.released or case.closing):
        overdue.insert(0, DECISION)
    shown: tuple[SearchAttributeUpdate[Any], ...] = (
        STATE.value_set(case.state),
        BAND.value_set(case.severity.band) if case.severity else BAND.value_unset(),
        LEAD.value_set(case.lead) if case.lead else LEAD.value_unset(),
        NEXT_LIMIT.value_set(next_limit) if next_limit else NEXT_LIMIT.value_unset(),
        OVERDUE.value_set(overdue),
    )
    if case.rules < ON_RECORD:
        return shown
    return (*shown, STEP_TIMES.value_set(word_of(outline_of(case))))


def act_id(case: Case, act: Act) -> str:
    """Return what identifies `act` on `case`: the same for the same act repeated.

    Repeating the last act of its name is that act again, as long as what it did still
    stands; anything else is a new one. It is hidden before it is sent as an id, since a
    plain hash lets anybody test what they guess.
    """
    same_name = [deed for deed in case.deeds if deed.what == act.name]
    is_last = bool(same_name) and same_name[-1].digest == act.digest()
    return f"{case.id}-{act.digest()}-{len(same_name) - (is_last and _stands(case, act))}"


def _stands(case: Case, act: Act) -> bool:
    """Whether what an approval did stands; where its letter reached nobody, it does not."""
    if isinstance(act, ApproveNotice) and act.invite:
        return False  # who has been asked is not asked again, so repeating it is safe
    if isinstance(act, ApproveNotice) and not act.hold:
        kind = case.notice_for(act.audience, act.when)
        return _is_on_its_way([n for n in case.notices if n.kind is kind and n.to == act.to], case)
    if isinstance(act, VendorReply):
        return is_known(case, act)
    if isinstance(act, Decide | Extend):
        return _still_holds(case, act)
    if isinstance(act, ApproveRelease) and not act.hold:
        return _is_on_its_way([n for n in case.notices if n.kind is Kind.RELEASE], case)
    return True


def _still_holds(case: Case, act: Decide | Extend) -> bool:
    """Whether what was decided holds: a re-score may have undone it."""
    if isinstance(act, Decide):
        return (act.choice in case.decisions) is not bool(act.withdraw)
    return not act.skip or case.is_without(act.step)


def _is_on_its_way(notices: list[Notice], case: Case) -> bool:
    """Whether the last of some approvals is neither held nor failed."""
    return bool(notices) and not notices[-1].held and not case.failed(notices[-1].key)


@workflow.defn(name=WORKFLOW)
class Disclosure(ABC):
    """One case, as callers see it; tests hold the workflow itself to this face."""

    @workflow.run
    @abstractmethod
    async def run(self, opening: Opening, /) -> Outcome:
        """Carry one case from its report to its close."""

    @workflow.signal(name=FIX_LANDED)
    @abstractmethod
    def fix_landed(self, *arguments: Any) -> None:
        """Land the fix: one `FixLanded`; anything else is recorded and told to the lead."""

    @workflow.update
    @abstractmethod
    def acknowledge(self, act: Acknowledge) -> Answer:
        """Take the case and answer the reporter."""

    @workflow.update
    @abstractmethod
    def score(self, act: Score) -> Answer:
        """Score the case."""

    @workflow.update
    @abstractmethod
    def assign_cve(self, act: AssignCve) -> Answer:
        """Assign CVE ids."""

    @workflow.update
    @abstractmethod
    def approve_notice(self, act: ApproveNotice) -> Answer:
        """Approve a notice to the users, the vendors or the reporter."""

    @workflow.update
    @abstractmethod
    def approve_release(self, act: ApproveRelease) -> Answer:
        """Approve the release, or hold an approved one."""

    @workflow.update
    @abstractmethod
    def extend(self, act: Extend) -> Answer:
        """Move the limit of a step, or do without the step."""

    @workflow.update
    @abstractmethod
    def decide(self, act: Decide) -> Answer:
        """Make a choice that the severity leaves to people, or take one back."""

    @workflow.update
    @abstractmethod
    def adopt_policy(self, act: AdoptPolicy) -> Answer:
        """Move the case to another policy."""

    @workflow.update
    @abstractmethod
    def hand_off(self, act: HandOff) -> Answer:
        """Hand the case to another lead, or take it over."""

    @workflow.update
    @abstractmethod
    def report_event(self, act: ReportEvent) -> Answer:
        """Say what happened to the embargo, or decide to hold on."""

    @workflow.update
    @abstractmethod
    def confirm(self, act: Confirm) -> Answer:
        """Confirm that something is done, or how the reporter is named."""

    @workflow.update
    @abstractmethod
    def mark_secret(self, act: MarkSecret) -> Answer:
        """Mark words that no public text of the case may hold."""

    @workflow.update
    @abstractmethod
    def bounced(self, act: Bounced) -> Answer:
        """Record that letters came back, or that an address works again."""

    @workflow.update
    @abstractmethod
    def vendor(self, act: VendorReply) -> Answer:
        """Write down what a vendor answered."""

    @workflow.update
    @abstractmethod
    def file_report(self, act: FileReport) -> Answer:
        """Record that a report was filed with the regulator."""

    @workflow.update
    @abstractmethod
    def link(self, act: LinkCase) -> Answer:
        """Let another case release this one with its own, or part the two."""

    @workflow.update
    @abstractmethod
    def linked_news(self, act: LinkedNews) -> Answer:
        """Hear what is new in a linked case."""

    @workflow.update
    @abstractmethod
    def close(self, act: Close) -> Answer:
        """Close the case."""

    @workflow.query
    @abstractmethod
    def view(self) -> View:
        """Show the case."""

    @workflow.query
    @abstractmethod
    def file(self, sha256: str) -> Attachment | None:
        """Return a file that came with the report or goes with a notice, by its hash."""
