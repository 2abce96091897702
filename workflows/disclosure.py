"""One case, from its report to its close: the core decides, the workflow waits."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    import email_validator  # noqa: F401 - pydantic would import it late, inside the sandbox

    from tacenda import contract, lifecycle
    from tacenda.act import Act
    from tacenda.acts import FixLanded
    from tacenda.advice import advice
    from tacenda.agenda import Entry, limits
    from tacenda.approvals import ApproveNotice
    from tacenda.approving import newly_void
    from tacenda.attributes import WORKFLOW
    from tacenda.board import details_of
    from tacenda.case import Case
    from tacenda.enclosures import Attachment
    from tacenda.errors import Refused
    from tacenda.happenings import (
        Event,
        LeadProposed,
        LetterHeld,
        TroubleFound,
    )
    from tacenda.rules import ON_RECORD, SURE_POST
    from tacenda.seals import NOT_OPENED
    from tacenda.timeline import lapsed, plan

from workflows import errands, openings
from workflows.arguments import Arguments, NotTrusted, has_seal, read_argument
from workflows.files import Files
from workflows.links import Links
from workflows.people import People
from workflows.post import Post
from workflows.recording import Recorder
from workflows.timers import Timers
from workflows.updates import Updates
from workflows.vendors import Vendors

A = TypeVar("A", bound=Act)


@workflow.defn(name=WORKFLOW)
class Disclosure(Updates):
    """One case, from its report to its close."""

    @workflow.init
    def __init__(self, *arguments: Any) -> None:
        """Open the case, so that acts which come early find it."""
        self._opened: Case | None = None
        self.is_sealed = False
        self._refusal = ""
        self._changed = False
        self._timers = Timers(self._wake)
        self._tasks: set[asyncio.Task[None]] = set()
        self._shown: tuple[Any, ...] = ()
        self._planned: tuple[Case, datetime, tuple[Entry, ...]] | None = None
        self._arguments = Arguments()
        self._files = Files()
        self._post = Post(self, self._files, self._start)
        self._vendors = Vendors(self, self._start)
        self._people = People(self, self._start, self._wake)
        self._links = Links(self, self._start, self._wake)
        self._recorder = Recorder(self, self._start, self._wake)
        rules = openings.rules()
        try:
            opening = read_argument(arguments, contract.Opening, by_the_door=False)
            self.is_sealed = has_seal(arguments)
            self._opened = openings.case_of(opening, rules)
            self._files.keep(opening.attachments)
        except Refused as refused:
            self._refusal = f"The case was not opened. {refused}"

    @workflow.run
    async def run(self, *arguments: Any) -> contract.Outcome:
        """Wait for what is due and for what people do, until the case is closed."""
        assert self.case
        if self.case.proposed_lead is None:
            self._start(self._propose_lead())
        while not self._is_over():
            self._changed = False
            self._hold_what_is_too_late()
            self._vendors.look_up()
            self._vendors.record_silence()
            self._people.look()
            self._post.send_what_is_due()
            self._post.bind_what_waits()
            self._links.tell()
            if self._is_settled():
                self._recorder.keep()
            self._set_timers()
            self._show()
            await self._wait_for_change()
        self._show()
        if SURE_POST <= self.case.rules < ON_RECORD:  # after that, who writes the record does it
            await errands.close_books(self.case.id)
        await workflow.wait_condition(workflow.all_handlers_finished)
        assert self.case.closing is not None
        return contract.Outcome(case_id=self.case.id, reason=self.case.closing.reason)

    # What people do, as `updates.py` lists it. A handler changes the case and returns; only
    # the main loop sends.

    @workflow.signal(
        name=contract.FIX_LANDED,
        description="The fix landed, or is taken back with withdraw. "
        '{"by": "ci", "refs": ["https://git.example.org/pull/512"], "versions": ["2.6.1"]}',
    )
    def fix_landed(self, *arguments: Any) -> None:
        """Land the fix; what cannot be read or is refused is told to the lead."""
        try:
            act = self._arguments.read(arguments, FixLanded)
            self._arguments.use_up(arguments)
            lifecycle.check(self.case, act, workflow.now())
        except Refused as refused:
            self._trouble(
                f"Somebody signalled that the fix has landed, which changed nothing: {refused} "
                f"If it has landed: tacenda fixed {workflow.info().workflow_id} --ref URL.",
                noise=isinstance(refused, NotTrusted),
            )
        else:
            self.happen(act)

    @workflow.signal(dynamic=True, description="Anything else is recorded and told to the lead.")
    def unknown_signal(self, name: str, arguments: Sequence[RawValue]) -> None:
        """Record a signal that nobody knows: it may have been meant as a person's act."""
        self._trouble(
            "A signal came under a name that is not known, and changed nothing. If somebody "
            "meant to act on the case, they should use the tacenda command."
        )

    @workflow.query(description="The case: its facts, and the instant of that knowledge.")
    def view(self) -> contract.View:
        """Show the case."""
        return contract.View(case=self.case, now=workflow.now())

    @workflow.query(description="A file of the case, by the SHA-256 of its bytes.")
    def file(self, sha256: str) -> Attachment | None:
        """Return a file that came with the report or goes with a notice."""
        if not isinstance(sha256, str):  # a question that could not be trusted is left raw
            raise _refusal(Refused("The question was not encrypted with a key of this case."))
        return self._files.get(sha256)

    def check(self, kind: type[A], arguments: Sequence[Any]) -> None:
        """Refuse an act with its reason before anything is stored.

        One that nobody can be trusted to have sent is let through, to be recorded and told.
        """
        try:
            lifecycle.check(self.case, self._arguments.read(arguments, kind), workflow.now())
        except NotTrusted:
            return
        except Refused as refused:
            raise _refusal(refused) from None

    def accept(self, kind: type[A], arguments: Sequence[Any]) -> contract.Answer:
        """Apply an act that the validator let through, and say what its author should read.

        Nothing can come between the two, and guards are no part of replay: a later version
        may refuse what an earlier one accepted.
        """
        try:
            act = self._arguments.read(arguments, kind)
        except NotTrusted as refused:
            self._trouble(
                f"Somebody sent an act ({kind.name}) that changed nothing: {refused} If it was "
                "one of you, repeat it."
            )
            raise _refusal(refused) from None
        except Refused as refused:
            raise _refusal(refused) from None
        self._arguments.use_up(arguments)
        before, warnings = self.case, advice(self.case, act, workflow.now())
        if isinstance(act, ApproveNotice):
            self._files.keep(act.attachments)
        self.happen(act)
        warnings += newly_void(before, self.case)
        return contract.Answer(state=self.case.state, warnings=warnings)

    # What happens by itself.

    def _hold_what_is_too_late(self) -> None:
        notice = lapsed(self.case, self.case.policy, workflow.now())
        if notice:
            self.happen(LetterHeld(key=notice.key, reason="its instant has passed"))

    async def _propose_lead(self) -> None:
        """Ask the directory once who could lead; the team is told either way."""
        now = workflow.now()
        if self.case.rules >= ON_RECORD:
            name = await errands.propose_lead_here(now)
        else:
            name = await errands.propose_lead(now)
        self.happen(LeadProposed(name=name or ""))

    # Waiting, and what the Web UI shows meanwhile.

    def _set_timers(self) -> None:
        """Run one timer for each limit, and one more for the next of everything else."""
        now = workflow.now()
        schedule = {limit.label: limit.at for limit in limits(self.case) if limit.at > now}
        coming = (e for e in self.plan if not e.is_limit and e.at > now)
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
                f"closed: tacenda close {self.case.id} --as REASON. It goes on."
            )

    def _is_over(self) -> bool:
        """Whether the case is closed, everybody has heard, and it is on record."""
        return self._is_settled() and self._recorder.is_done

    def _is_settled(self) -> bool:
        """Whether the case is closed, and nobody waits for a letter or for news any more."""
        on_its_way = self.case.under_way or any(s.pending for s in self.case.letters)
        is_told = not on_its_way and self._links.is_done
        return self.case.closing is not None and is_told and not self.plan

    def _show(self) -> None:
        """Bring the search attributes and the current details up to date."""
        now, case = workflow.now(), self.case
        details = details_of(case, now, self.plan)
        workflow.set_current_details(f"{details}{self._recorder.shown}")
        shown = contract.search_attributes_of(case, now)
        if shown != self._shown:
            workflow.upsert_search_attributes(shown)
            self._shown = shown

    @property
    def case(self) -> Case:
        """The case; an act on a case that could not be opened is refused."""
        if self._opened is None:
            raise ApplicationError(self._refusal, type=NOT_OPENED, non_retryable=True)
        return self._opened

    @property
    def plan(self) -> tuple[Entry, ...]:
        """What will happen if nobody acts, worked out once for a case at an instant."""
        case, now = self.case, workflow.now()
        if self._planned is None or self._planned[0] is not case or self._planned[1] != now:
            self._planned = (case, now, plan(case, case.policy, now))
        return self._planned[2]

    def happen(self, event: Event) -> None:
        """Let an act or a happening change the case."""
        self._opened = lifecycle.apply(self.case, event, workflow.now())
        self._changed = True

    def _trouble(self, what: str, *, noise: bool = True) -> None:
        self.happen(TroubleFound(what=what, noise=noise))

    def _wake(self) -> None:
        self._changed = True

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._look_back)

    def _look_back(self, task: asyncio.Task[None]) -> None:
        """Call a person where an errand ended as nobody foresaw: no letter is lost in silence."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._trouble(
                f"An errand of the case ended as nobody foresaw ({type(error).__name__}), and a "
                "letter may not have left. Look who has what (tacenda show), and report it.",
                noise=False,
            )


def _refusal(refused: Refused) -> ApplicationError:
    return ApplicationError(str(refused), type="Refused", non_retryable=True)
