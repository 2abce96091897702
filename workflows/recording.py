"""How a case goes on record when it ends, so that it outlives the server."""

from collections.abc import Callable, Coroutine
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tacenda.case import Case
    from tacenda.happenings import TroubleFound
    from tacenda.rules import ON_RECORD

from workflows import errands
from workflows.carrier import MOST_CLAIMS, Desk

_NOT_WRITTEN = (
    "The case is closed, and its record could not be written for some minutes. It is tried "
    "again each minute, and until then the workflow stays open. What to mend: tacenda doctor."
)

_NOT_YET = "\n\n**NOT ON RECORD YET**: the case ends when its last letters and its record are out."


class Recorder:
    """Has the record written once the case is settled, and again if it changed meanwhile."""

    def __init__(
        self,
        desk: Desk,
        start: Callable[[Coroutine[Any, Any, None]], None],
        wake: Callable[[], None],
    ) -> None:
        """Take the case, a way to do errands beside the main loop, and one to wake that."""
        self._desk = desk
        self._start = start
        self._wake = wake
        self._on_record: Case | None = None
        self._is_writing = False
        self._told = False

    def keep(self) -> None:
        """Have the case written down as it is now, unless it is, or is just being written."""
        if not self._is_writing and not self.is_done:
            self._is_writing = True
            self._start(self._keep())

    @property
    def is_done(self) -> bool:
        """Whether the case is on record as it is now; those of earlier rules never are."""
        case = self._desk.case
        return case.rules < ON_RECORD or self._on_record is case

    @property
    def shown(self) -> str:
        """What the current details say of the record, as long as the end waits for it."""
        return _NOT_YET if self._desk.case.closing and not self.is_done else ""

    async def _keep(self) -> None:
        case = self._desk.case
        try:
            await self._write()
        finally:
            self._is_writing = False
        self._on_record = case
        self._wake()

    async def _write(self) -> None:
        """Try it until it is written; somebody who only claims so is believed at last."""
        if await errands.keep_record_here(self._desk.case, workflow.now()):
            return
        for _ in range(MOST_CLAIMS):
            if await errands.keep_record(self._desk.case.id, is_patient=self._told):
                return
            if not self._told:
                self._told = True
                self._desk.happen(TroubleFound(what=_NOT_WRITTEN))
