"""How a case starts on the server: under its id, once."""

from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from tacenda import contract
from tacenda.attributes import STATE, WORKFLOW
from tacenda.cli import session
from tacenda.connect import admit, task_queue
from tacenda.models import State


async def begin(
    server: Client, case: str, opening: contract.Opening, digest: str, state: State
) -> bool:
    """Start a run of a case in `state`; return False where its id is taken.

    An id is taken by a case that runs, and for a new case by one that has ended as well.
    """
    await admit(server, case)
    is_again = opening.closed is not None
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
