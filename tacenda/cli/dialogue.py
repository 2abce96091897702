"""How a case is asked where it stands, and told what a person does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import ValidationError
from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError

from tacenda.act import Act
from tacenda.cli import session
from tacenda.cli.session import ANSWER_WITHIN, explained, no_worker
from tacenda.connect import hidden, refuse_shredded
from tacenda.contract import FIX_LANDED, TAKEN_UP_ANEW, Answer, Disclosure, View, act_id
from tacenda.errors import BadInput, OutcomeUnknown, Refused
from tacenda.fields import complaint_of

TAKEN_UP_WITHIN = 0.5  # seconds

A = TypeVar("A", bound=Act)
V = TypeVar("V")
T = TypeVar("T")


def build(kind: type[A], **values: Any) -> A:
    """Return the act; raise `BadInput` with one sentence when a value cannot be used."""
    try:
        return kind(by=session.actor(), **values)
    except ValidationError as error:
        raise BadInput(f"{complaint_of(error)}.") from None


def handle_of(server: Client, case: str) -> WorkflowHandle[Disclosure, Any]:
    """Return the handle of a case."""
    return server.get_workflow_handle_for(Disclosure.run, case)


async def ask(server: Client, case: str) -> View:
    """Return the case as its workflow knows it.

    Raises `UnknownCase`, or `NoWorker` when nobody answers within 10 seconds.
    """
    if not case.strip():
        raise BadInput("No case is named. `tacenda list` shows those there are.")
    await refuse_shredded(server, case)
    try:
        question = view_of(handle_of(server, case))
        answer = await asyncio.wait_for(question, ANSWER_WITHIN.total_seconds())
    except TimeoutError:
        raise no_worker() from None
    except (WorkflowQueryFailedError, WorkflowQueryRejectedError):
        raise Refused(
            f"{case} could not be opened from what it was started with; it holds no case. "
            "Open the report again."
        ) from None
    except RPCError as error:
        raise explained(error, case) from None
    return _trusted(answer, View)


async def answer_of(question: Callable[[], Awaitable[T]]) -> T:
    """Return what a case answers, asking anew while its worker takes it up anew."""
    while True:
        try:
            return await question()
        except WorkflowQueryFailedError as error:
            if TAKEN_UP_ANEW not in str(error):
                raise
        await asyncio.sleep(TAKEN_UP_WITHIN)


def view_of(handle: WorkflowHandle[Disclosure, Any]) -> Awaitable[View]:
    """Return the view of a case, as it answers."""
    return answer_of(lambda: handle.query(Disclosure.view, rpc_timeout=ANSWER_WITHIN))


async def act(server: Client, view: View, an_act: Act) -> Answer:
    """Send an act under its fixed id and return the answer.

    Raises `Refused` when the case says no, and `OutcomeUnknown` when no answer came.
    """
    handle = handle_of(server, view.case.id)
    try:
        answer = await asyncio.wait_for(
            handle.execute_update(
                an_act.name,
                an_act,
                id=hidden(server, act_id(view.case, an_act)),
                result_type=Answer,
                rpc_timeout=ANSWER_WITHIN,
            ),
            ANSWER_WITHIN.total_seconds(),
        )
    except WorkflowUpdateFailedError as error:
        raise Refused(str(getattr(error.cause, "message", error.cause))) from None
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        raise OutcomeUnknown(
            "The act was sent, but no answer came. Repeat the command: it is safe, the act "
            "is done once."
        ) from None
    except RPCError as error:
        raise explained(error, view.case.id) from None
    return _trusted(answer, Answer)


def _trusted(answer: object, kind: type[V]) -> V:
    """Return an answer that the case gave: one in another form is somebody else's."""
    if not isinstance(answer, kind):
        raise Refused(
            "What the Temporal server answered was not encrypted with the key of the case, so "
            "it is not used. The worker may have other keys ([keys] store in tacenda.toml), or "
            "somebody is between you and it."
        )
    return answer


async def send(view: View, an_act: Act) -> Answer:
    """Connect, and send an act to the case that has been looked at."""
    return await act(await session.client(), view, an_act)


async def signal_fix(server: Client, case: str, landed: Act) -> None:
    """Send the fix to a case; it takes effect even when a worker comes only later."""
    try:
        await handle_of(server, case).signal(FIX_LANDED, landed, rpc_timeout=ANSWER_WITHIN)
    except RPCError as error:
        raise explained(error, case) from None


def check(view: View, an_act: Act) -> tuple[str, ...]:
    """Return the warnings about an act before it is sent; raise `Refused` as the case would."""
    from tacenda import lifecycle  # loads every act; who only reads needs none

    return lifecycle.check(view.case, an_act, max(session.now(), view.now))


def view(case: str) -> View:
    """Connect, and return the case as its workflow knows it."""

    async def look() -> View:
        return await ask(await session.client(), case)

    return session.run(look())
