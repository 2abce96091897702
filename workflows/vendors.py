"""What a case learns of its vendors by itself: who they are, and who has not answered."""

from collections.abc import Callable, Coroutine
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tacenda.askings import askings, must_look_up
    from tacenda.happenings import TroubleFound, VendorsFound, VendorsSilent
    from tacenda.inviting import fallen_silent

from workflows import errands
from workflows.carrier import Desk


class Vendors:
    """Looks vendors up whenever somebody wants to write to them, and puts silence on record."""

    def __init__(self, desk: Desk, start: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        """Take the case, and a way to do errands beside the main loop."""
        self._desk = desk
        self._start = start
        self._is_looking = False

    def look_up(self) -> None:
        """Ask who the vendors are, once for whatever was approved or asked for until now."""
        if must_look_up(self._desk.case) and not self._is_looking:
            self._is_looking = True
            self._start(self._look_up())

    async def _look_up(self) -> None:
        asking = askings(self._desk.case)
        try:
            known = await errands.vendors()
        finally:
            self._is_looking = False
        if known is None:
            self._desk.happen(
                TroubleFound(
                    what="It could not be found out who the vendors are; those known before are "
                    "written to. Run tacenda doctor, and approve the notice again."
                )
            )
        vendors = known.vendors if known else self._desk.case.vendors
        self._desk.happen(VendorsFound(vendors=vendors, asking=asking))

    def record_silence(self) -> None:
        """Put on record who was asked, and has not answered in time."""
        if silences := fallen_silent(self._desk.case, workflow.now()):
            self._desk.happen(VendorsSilent(silences=silences))
