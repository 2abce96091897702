"""How a case starts on the server: under its id, once."""

from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from tacenda import contract
from tacenda.attributes import STATE, WORKFLOW
from tacenda.cli import session
from tacenda.connect import admit, task_queue
from tacenda.models import State


async def _is_taken(server: Client, case: str) -> bool:
    """Whether there is a case of that id, open or not."""
    try:
        await server.get_workflow_handle(case).describe(rpc_timeout=session.ANSWER_WITHIN)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


async def begin(
    server: Client, case: str, opening: contract.Opening, digest: str, state: State
) -> bool:
    """Start a run of a case in `state`; return False where its id is taken.

    An id is taken by a case that runs, and for a new case by one that has ended as well.
    """
    is_again = opening.closed is not None
    if not is_again and await _is_taken(server, case):
        return False  # and gets no key: one from before there were any would seem to have one
    await admit(server, case)
    reuse = WorkflowIDReusePolicy
    try:
        await server.start_workflow(
            WORKFLOW,
            opening,
            id=case,
            task_queue=task_queue(server),
            id_reuse_policy=reuse.ALLOW_DUPLICATE if is_again else reuse.REJECT_DUPLICATE,
            memo={contract.REPORT_DIGEST: digest},
            search_attributes=TypedSearchAttributes([SearchAttributePair(STATE, state.value)]),
            static_summary=case,
            rpc_timeout=session.ANSWER_WITHIN,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True
