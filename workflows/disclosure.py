"""One case, from its report to its close: the core decides, the workflow waits."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    import email_validator  # noqa: F401 - pydantic would import it late, inside the sandbox

    from tacenda import contract, lifecycle
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
        TroubleFound,
    )
    from tacenda.agenda import Entry, limits
    from tacenda.board import details_of
    from tacenda.case import Case
    from tacenda.errors import Refused
    from tacenda.models import Kind, Sent
    from tacenda.notices import facts_of
    from tacenda.timeline import lapsed, plan

from workflows import errands
from workflows.arguments import read_argument
from workflows.handlers import update_for
from workflows.timers import Timers

A = TypeVar("A", bound=Act)


@workflow.defn(name=contract.WORKFLOW)
class Disclosure:
    """One case, from its report to its close."""

    @workflow.init
    def __init__(self, *arguments: Any) -> None:
        """Open the case, so that acts which come early find it."""
        self._opened: Case | None = None
        self._refusal = ""
        self._changed = False
        self._timers = Timers(self._wake)
        self._tasks: set[asyncio.Task[None]] = set()
        self._shown: tuple[Any, ...] = ()
        try:
            opening = read_argument(arguments, contract.Opening)
            self._opened = lifecycle.open_case(
                workflow.info().workflow_id, opening.report, opening.policy, workflow.now()
            )
        except Refused as refused:
            self._refusal = f"The case was not opened. {refused}"

    @workflow.run
    async def run(self, *arguments: Any) -> contract.Outcome:
        """Wait for what is due and for what people do, until the case is closed."""
        assert self._case
        self._start(self._propose_lead())
        while not self._is_over():
            self._changed = False
            self._hold_what_is_too_late()
            self._send_what_is_due()
            self._set_timers()
            self._show()
            await self._wait_for_change()
        self._show()
        await workflow.wait_condition(workflow.all_handlers_finished)
        assert self._case.closing is not None
        return contract.Outcome(case_id=self._case.id, reason=self._case.closing.reason)

    # What people do. A handler changes the case and returns; only the main loop sends.

    @workflow.signal(
        name=contract.FIX_LANDED,
        description="The fix landed: one FixLanded with refs, versions, mitigation and by.",
    )
    def fix_landed(self, *arguments: Any) -> None:
        """Land the fix; what cannot be read or is refused is told to the lead."""
        try:
            act = read_argument(arguments, FixLanded)
            lifecycle.check(self._case, act, workflow.now())
        except Refused as refused:
            self._trouble(
                f"Somebody signalled that the fix has landed, which changed nothing: {refused} "
                f"If it has landed: tacenda fixed {workflow.info().workflow_id} --ref URL."
            )
        else:
            self._apply(act)

    @workflow.signal(dynamic=True, description="Anything else is recorded and told to the lead.")
    def unknown_signal(self, name: str, arguments: Sequence[RawValue]) -> None:
        """Record a signal that nobody knows: it may have been meant as a person's act."""
        self._trouble(
            "A signal came under a name that is not known, and changed nothing. If somebody "
            "meant to act on the case, they should use the tacenda command."
        )

    acknowledge = update_for(Acknowledge, "Take the case: name the fix lead, answer the reporter.")
    score = update_for(Score, "Score the case with a CVSS vector.")
    assign_cve = update_for(AssignCve, "Assign one or several CVE ids.")
    approve_notice = update_for(
        ApproveNotice, "Approve exactly this text for users, vendors or the reporter."
    )
    approve_release = update_for(
        ApproveRelease, "Approve exactly this text for the release, or hold an approved one."
    )
    extend = update_for(Extend, "Move the limit of a step, or do without the step.")
    close = update_for(Close, "Close the case.")

    @workflow.query(description="The case: its facts, and the instant of that knowledge.")
    def view(self) -> contract.View:
        """Show the case."""
        return contract.View(case=self._case, now=workflow.now())

    def check(self, kind: type[A], arguments: Sequence[Any]) -> tuple[A, tuple[str, ...]]:
        """Read an act and its warnings; refuse it with its reason before anything is stored."""
        try:
            act = read_argument(arguments, kind)
            return act, lifecycle.check(self._case, act, workflow.now())
        except Refused as refused:
            raise ApplicationError(str(refused), type="Refused", non_retryable=True) from None

    def accept(self, kind: type[A], arguments: Sequence[Any]) -> contract.Answer:
        """Apply an act; check once more, for another may have come since the validator."""
        act, warnings = self.check(kind, arguments)
        self._apply(act)
        return contract.Answer(state=self._case.state, warnings=warnings)

    # What happens by itself.

    def _hold_what_is_too_late(self) -> None:
        notice = lapsed(self._case, self._case.policy, workflow.now())
        if notice:
            self._apply(LetterHeld(key=notice.key, reason="its instant has passed"))

    def _send_what_is_due(self) -> None:
        now = workflow.now()
        for entry in plan(self._case, self._case.policy, now):
            if entry.kind is not None and entry.at <= now:
                self._begin(entry, entry.kind)

    def _begin(self, entry: Entry, kind: Kind) -> None:
        """Put a letter on its way; from here on the plan no longer holds it."""
        now = workflow.now()
        letter = contract.Letter(
            key=entry.key,
            kind=kind,
            facts=facts_of(self._case, now, entry),
            text=self._case.approved_text(entry.key),
            not_after=entry.not_after,
        )
        sent = Sent(key=entry.key, kind=kind, at=now, steps=entry.steps, covers=entry.covers)
        addressees = contract.Addressees.of(self._case, entry.to)
        self._apply(LetterStarted(letter=sent))
        self._start(self._send(letter, sent, addressees, entry.label))

    async def _send(
        self, letter: contract.Letter, sent: Sent, addressees: contract.Addressees, label: str
    ) -> None:
        """See one letter to its recipients, and record what became of it."""
        delivery = await errands.deliver(letter, addressees, label)
        if delivery.held:
            self._apply(LetterHeld(key=letter.key, reason="it could not go out in time"))
            return
        fate = {
            "at": workflow.now(),
            "delivered": delivery.delivered,
            "failed": delivery.failed,
            "sha256": delivery.sha256,
        }
        self._apply(LetterSent(letter=sent.model_copy(update=fate)))

    async def _propose_lead(self) -> None:
        """Ask the directory once who could lead; the team is told either way."""
        self._apply(LeadProposed(name=await errands.propose_lead(workflow.now())))

    # Waiting, and what the Web UI shows meanwhile.

    def _set_timers(self) -> None:
        """Run one timer for each limit, and one more for the next of everything else."""
        now = workflow.now()
        schedule = {limit.label: limit.at for limit in limits(self._case) if limit.at > now}
        coming = (e for e in plan(self._case, self._case.policy, now) if e.kind and e.at > now)
        following = next(coming, None)
        if following and following.at not in schedule.values():
            schedule[f"next: {following.label}"] = following.at
        self._timers.follow(schedule)

    async def _wait_for_change(self) -> None:
        try:
            await workflow.wait_condition(lambda: self._changed)
        except asyncio.CancelledError:
            self._trouble(
                "Somebody asked Temporal to cancel the case. A case is not cancelled but "
                f"closed: tacenda close {self._case.id} --as REASON. It goes on."
            )

    def _is_over(self) -> bool:
        case = self._case
        return (
            case.closing is not None
            and not case.under_way
            and not plan(case, case.policy, workflow.now())
        )

    def _show(self) -> None:
        """Bring the search attributes and the current details up to date."""
        now, case = workflow.now(), self._case
        workflow.set_current_details(details_of(case, now))
        shown = contract.search_attributes_of(case, now)
        if shown != self._shown:
            workflow.upsert_search_attributes(shown)
            self._shown = shown

    @property
    def _case(self) -> Case:
        """The case; an act on a case that could not be opened is refused."""
        if self._opened is None:
            raise ApplicationError(self._refusal, type="Refused", non_retryable=True)
        return self._opened

    def _apply(self, event: Event) -> None:
        self._opened = lifecycle.apply(self._case, event, workflow.now())
        self._changed = True

    def _trouble(self, what: str) -> None:
        self._apply(TroubleFound(what=what))

    def _wake(self) -> None:
        self._changed = True

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
