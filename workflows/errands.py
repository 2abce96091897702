"""What a case has done in the world: each errand is an activity with its own patience."""

from datetime import datetime, timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from activities.directory import Directory
    from tacenda.errands import (
        Addressees,
        Availability,
        Delivery,
        Found,
        Letter,
        Proposal,
        VendorsKnown,
        Wanted,
    )
    from tacenda.fields import Value

V = TypeVar("V", bound=Value)

UNTIL_IT_WORKS = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)
)
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


async def deliver(letter: Letter, label: str) -> Delivery | None:
    """See a letter to its recipients, as often as it takes; say what became of it.

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
            summary=label,
        )
    except FailureError:
        return Delivery(failed=letter.recipients)
    return _read(answer, Delivery)


async def propose_lead(now: datetime) -> str:
    """Ask the directory who could lead; return an empty name where nobody can be asked."""
    try:
        answer: RawValue = await workflow.execute_activity(
            "propose_lead",
            Availability(now=now),
            result_type=RawValue,
            start_to_close_timeout=LOOK_UP,
            schedule_to_close_timeout=6 * LOOK_UP,
            summary="propose a fix lead",
        )
    except FailureError:
        return ""
    proposal = _read(answer, Proposal)
    return proposal.name if proposal else ""


def _read(answer: RawValue, kind: type[V]) -> V | None:
    """Return an answer as a `kind`; None for anything else, which a worker of ours never gives.

    Read here and not by the SDK: an error there would fail the task again and again.
    """
    try:
        value = workflow.payload_converter().from_payload(answer.payload, kind)
    except Exception:
        return None
    return value if isinstance(value, kind) else None
