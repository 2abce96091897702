"""What a case has done in the world: each errand is an activity with its own patience."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.directory import Directory
    from activities.mail import Mailer
    from tacenda.contract import Addressees, Availability, Delivery, Found, Letter, Proposal

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
    except ActivityError:
        return None
    return found


async def deliver(letter: Letter, label: str) -> Delivery | None:
    """See a letter to its recipients, as often as it takes; say what became of it.

    None where the answer was not encrypted for this case: whoever gave it ended the errand,
    and nobody knows who has the letter.
    """
    try:
        delivery: object = await workflow.execute_activity_method(
            Mailer.deliver,
            letter,
            start_to_close_timeout=SENDING,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=UNTIL_IT_WORKS,
            summary=label,
        )
    except ActivityError:
        return Delivery(failed=letter.recipients)
    return delivery if isinstance(delivery, Delivery) else None


async def propose_lead(now: datetime) -> str:
    """Ask the directory who could lead; return an empty name where nobody can be asked."""
    try:
        proposal: object = await workflow.execute_activity_method(
            Directory.propose_lead,
            Availability(now=now),
            start_to_close_timeout=LOOK_UP,
            schedule_to_close_timeout=6 * LOOK_UP,
            summary="propose a fix lead",
        )
    except ActivityError:
        return ""
    return proposal.name if isinstance(proposal, Proposal) else ""
