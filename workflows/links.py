"""How linked cases hear of each other: what is new here is told there, until it is known."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tacenda.errands import Heard, Tidings
    from tacenda.happenings import LinkLost, TroubleFound
    from tacenda.link_acts import LinkedNews
    from tacenda.tidings import news

from workflows import errands
from workflows.carrier import MOST_CLAIMS, Desk


class Links:
    """Tells each linked case what holds here, one thing at a time, and the last alone."""

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
        self._told: dict[str, LinkedNews] = {}
        self._telling: set[str] = set()

    def tell(self) -> None:
        """Put on its way what a linked case does not know yet."""
        for other, said in tuple(self._untold()):
            if other not in self._telling:
                self._telling.add(other)
                self._start(self._tell(other, said))

    @property
    def is_done(self) -> bool:
        """Whether every linked case knows what holds here."""
        return not self._telling and next(self._untold(), None) is None

    def _untold(self) -> Iterator[tuple[str, LinkedNews]]:
        """Yield what has still to be told; what is the same but for its instant is not new."""
        case = self._desk.case
        for other, said in news(case, case.opened).items():
            if self._told.get(other) != said:
                yield other, said

    async def _tell(self, other: str, said: LinkedNews) -> None:
        tidings = Tidings(to=other, news=said.model_copy(update={"at": workflow.now()}))
        try:
            heard = await self._answer(tidings)
        finally:
            self._telling.discard(other)
        self._told[other] = said
        self._wake()
        if heard.refused and not (said.ending or said.duplicate):
            self._desk.happen(LinkLost(case=other, why=heard.refused))

    async def _answer(self, tidings: Tidings) -> Heard:
        """Tell it, again where somebody else claimed to know how it was taken."""
        digest = tidings.news.digest()
        for _ in range(MOST_CLAIMS):
            heard = await errands.tell_linked(tidings)
            if heard and heard.news == digest:
                return heard
            self._desk.happen(
                TroubleFound(
                    what=f"Somebody told Temporal how {tidings.to} took what is new here, and was "
                    "no worker of yours: the answer was not encrypted for this case. It is told "
                    "again. Find out who can reach the Temporal server.",
                    noise=True,
                )
            )
        return Heard(refused="nobody knows whether it was told")
