"""What a case has done in the world: each errand is an activity with its own patience."""

from datetime import datetime, timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import Priority, RawValue, RetryPolicy
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.directory import Directory
    from tacenda.case import Case
    from tacenda.errands import (
        Account,
        Addressees,
        Availability,
        Books,
        Delivery,
        Found,
        Heard,
        HoursKnown,
        Kept,
        Letter,
        Page,
        Proposal,
        Tidings,
        VendorsKnown,
        Wanted,
        Whose,
    )
    from tacenda.fields import Value
    from tacenda.importance import Importance, importance_of

V = TypeVar("V", bound=Value)

UNTIL_IT_WORKS = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)
)
A_FEW_TIMES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=5)
FOR_SOME_MINUTES = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(minutes=2),
    maximum_attempts=10,
)
SOON_AGAIN = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(seconds=20),
    maximum_attempts=30,
)
PAGING = timedelta(minutes=1)
TELLING = timedelta(seconds=30)
KEEPING = timedelta(minutes=2)
LOOK_UP = timedelta(seconds=10)
SENDING = timedelta(minutes=30)
HEARTBEAT = timedelta(seconds=10)


async def find(addressees: Addressees, label: str) -> Found | None:
    """Return whom a letter is for, or None where the directory cannot be asked."""
    try:
        found: Found = await workflow.execute_local_activity_method(
            Directory.recipients,
            addressees,
            start_to_close_timeout=LOOK_UP,
            summary=f"recipients of {label}",
        )
    except FailureError:
        return None
    return found


async def vendors() -> VendorsKnown | None:
    """Return who the vendors are now, or None where the directory cannot be asked."""
    try:
        known: VendorsKnown = await workflow.execute_local_activity_method(
            Directory.vendors,
            Wanted(),
            start_to_close_timeout=LOOK_UP,
            summary="who the vendors are",
        )
    except FailureError:
        return None
    return known


async def deliver(letter: Letter, label: str, *, is_ranked: bool) -> Delivery | None:
    """See a letter to its recipients, as often as it takes; say what became of it.

    Where letters are ranked, the most important is taken first.

    None where the answer was not encrypted for this case: whoever gave it ended the errand,
    and nobody knows who has the letter.
    """
    try:
        answer: RawValue = await workflow.execute_activity(
            "deliver",
            letter,
            result_type=RawValue,
            start_to_close_timeout=SENDING,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=UNTIL_IT_WORKS,
            priority=_priority(letter) if is_ranked else Priority.default,
            summary=label,
        )
    except FailureError as failure:
        if is_cancelled_exception(failure):
            raise
        return Delivery(failed=letter.recipients)
    return _read(answer, Delivery)


def _priority(letter: Letter) -> Priority:
    return _ranked(importance_of(letter.kind, len(letter.recipients)))


def _ranked(importance: Importance) -> Priority:
    """Return an importance as Temporal ranks activities: 1 goes first, 5 last."""
    return Priority(priority_key=1 + 2 * importance)


async def page(page: Page) -> None:
    """Call the lead some other way than by mail; what cannot be done is in the worker's log."""
    try:
        await workflow.execute_activity(
            "page",
            page,
            result_type=RawValue,
            start_to_close_timeout=PAGING,
            retry_policy=FOR_SOME_MINUTES,
            priority=_ranked(Importance.PRESSING),
            summary="page the lead: no mail leaves",
        )
    except FailureError:
        return


async def close_books(case_id: str) -> None:
    """Let the send ledger forget the case, in its own time; it forgets by itself later as well."""
    try:
        await workflow.execute_local_activity(
            "close_books",
            Books(case_id=case_id),
            result_type=RawValue,
            start_to_close_timeout=LOOK_UP,
            retry_policy=A_FEW_TIMES,
            summary="close the send ledger of the case",
        )
    except FailureError:
        return


async def keep_record_here(case: Case, now: datetime) -> bool:
    """Have the record of the case written at once, in one event; say whether it is.

    What a local activity is given is written down nowhere, and it answers within its task.
    """
    try:
        await workflow.execute_local_activity(
            "keep_record",
            Account(case=case, now=now),
            result_type=RawValue,
            start_to_close_timeout=LOOK_UP,
            retry_policy=RetryPolicy(maximum_attempts=2),
            summary="write the record of the case",
        )
    except FailureError:
        return False
    return True


async def keep_record(case_id: str, *, is_patient: bool) -> bool:
    """Have the record of the case written, and say whether it is; who is patient never gives up.

    The errand asks the case itself, so that nothing of it is written down here once more.
    """
    try:
        answer: RawValue = await workflow.execute_activity(
            "ask_and_keep_record",
            Books(case_id=case_id),
            result_type=RawValue,
            start_to_close_timeout=KEEPING,
            retry_policy=UNTIL_IT_WORKS if is_patient else SOON_AGAIN,
            summary="write the record of the case, once more",
        )
    except FailureError as failure:
        if is_cancelled_exception(failure):
            raise
        return False
    return _read(answer, Kept) == Kept(case_id=case_id)


async def hours(name: str, now: datetime) -> HoursKnown | None:
    """Return when a member works, or None where the directory cannot be asked."""
    try:
        known: HoursKnown = await workflow.execute_local_activity_method(
            Directory.hours,
            Whose(name=name, now=now),
            start_to_close_timeout=LOOK_UP,
            summary="when the lead works",
        )
    except FailureError:
        return None
    return known


async def tell_linked(tidings: Tidings) -> Heard | None:
    """Tell a linked case what is new, as often as it takes; return how that took it.

    None where the answer was not encrypted for this case: nobody knows whether it was told.
    """
    try:
        answer: RawValue = await workflow.execute_activity(
            "tell_linked",
            tidings,
            result_type=RawValue,
            start_to_close_timeout=TELLING,
            retry_policy=UNTIL_IT_WORKS,
            priority=_ranked(Importance.PRESSING),
            summary=f"tell {tidings.to}",
        )
    except FailureError as failure:
        if is_cancelled_exception(failure):
            raise
        return None
    return _read(answer, Heard)


async def propose_lead_here(now: datetime) -> str | None:
    """Ask the directory who could lead, in few events; None where nobody can be asked."""
    try:
        proposal: Proposal = await workflow.execute_local_activity_method(
            Directory.propose_lead,
            Availability(now=now),
            start_to_close_timeout=LOOK_UP,
            retry_policy=A_FEW_TIMES,
            summary="propose a fix lead",
        )
    except FailureError:
        return None
    return proposal.name


async def propose_lead(now: datetime, without: tuple[str, ...] = ()) -> str | None:
    """Ask the directory who could lead, but for some; None where nobody can be asked."""
    try:
        answer: RawValue = await workflow.execute_activity(
            "propose_lead",
            Availability(now=now, without=without),
            result_type=RawValue,
            start_to_close_timeout=LOOK_UP,
            schedule_to_close_timeout=6 * LOOK_UP,
            summary="who could step in" if without else "propose a fix lead",
        )
    except FailureError:
        return None
    proposal = _read(answer, Proposal)
    return proposal.name if proposal else None


def _read(answer: RawValue, kind: type[V]) -> V | None:
    """Return an answer as a `kind`; None for anything else, which a worker of ours never gives.

    Read here and not by the SDK: an error there would fail the task again and again.
    """
    try:
        value = workflow.payload_converter().from_payload(answer.payload, kind)
    except Exception:
        return None
    return value if isinstance(value, kind) else None
