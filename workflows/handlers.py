"""The updates of a case: one for each act, checked before anything of it is stored."""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tacenda.act import Act


def update_for(kind: type[Act], description: str) -> Any:
    """Return the update for one kind of act.

    The workflow it stands in has `check` and `accept`, which read the act from the raw
    arguments; the description is what the Web UI shows beside it.
    """

    def accept(self: Any, *arguments: Any) -> Any:
        return self.accept(kind, arguments)

    def check(self: Any, *arguments: Any) -> None:
        self.check(kind, arguments)

    update = workflow.update(name=kind.name, description=description)(accept)
    update.validator(check)
    return update
