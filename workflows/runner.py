"""How a worker runs a case: what happens in it has the time at which it was taken up.

A question that waits for a worker may come with a history whose last events belong to no workflow
task yet: an act, a letter that arrived, a timer that has fired. The SDK (temporalio 1.35) lets the
workflow see them at once, with the time of the task before, which may be days ago. The case in
memory would go on from there: its record would be wrong, and what it decided next would differ from
what every other worker decides, so that none could carry it any more. Found by runs of chaos.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.workflow import Info

from tacenda.contract import TAKEN_UP_ANEW


class _Moment(NamedTuple):
    """How much of a history an activation knows, and the time that it goes by."""

    events: int
    size: int  # bytes, as of the last workflow task; 0 where a server does not tell
    time: int  # nanoseconds

    @classmethod
    def of(cls, act: WorkflowActivation) -> "_Moment":
        """Return the moment of an activation."""
        return cls(act.history_length, act.history_size_bytes, act.timestamp.ToNanoseconds())

    def is_ahead_of(self, before: "_Moment") -> bool:
        """Whether there are more events than `before`, and no task yet that they belong to."""
        is_same_task = self.size == before.size and self.time == before.time
        return is_same_task and self.size > 0 and self.events > before.events


@dataclass(frozen=True)
class CarefulRunner(SandboxedWorkflowRunner):
    """Runs workflows in the SDK's sandbox, and shows them no event before its time."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Return a workflow that is dropped from memory rather than told of events too early."""
        return _Careful(super().create_instance(det))


class _Careful(WorkflowInstance):
    """A workflow that is handed on to, but for what would come too early."""

    def __init__(self, inner: WorkflowInstance) -> None:
        self._inner = inner
        self._seen: _Moment | None = None

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        """Pass the activation on, or fail it: then the case is dropped, and taken up anew."""
        if _changes_something(act):
            before, self._seen = self._seen, _Moment.of(act)
            if before and self._seen.is_ahead_of(before):
                failed = WorkflowActivationCompletion(run_id=act.run_id)
                failed.failed.failure.message = TAKEN_UP_ANEW
                return failed
        return self._inner.activate(act)

    def get_serialization_context(self, command_info: Any) -> Any:
        """Return what the workflow says."""
        return self._inner.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        """Return what the workflow says."""
        return self._inner.get_external_store_context(command_info)

    def get_info(self) -> Info:
        """Return what the workflow says."""
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        """Return what the workflow says."""
        return self._inner.get_thread_id()


def _changes_something(act: WorkflowActivation) -> bool:
    """Whether there is more in an activation than questions."""
    return any(not job.HasField("query_workflow") for job in act.jobs)
