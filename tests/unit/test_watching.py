"""What watching and listing cost the server: questions are counted."""

from collections.abc import AsyncIterator
from typing import Any, cast

from temporalio.client import Client

from tacenda.cli.listing import FIRST_PAGE, first_page
from tacenda.cli.watching import _all
from tacenda.views import Filter


class Quiet:
    """A server without cases, which counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def list_workflows(self, query: str, **_: Any) -> AsyncIterator[Any]:
        """List nothing."""
        self.asked.append(query)
        nobody: tuple[Any, ...] = ()
        for nothing in nobody:
            yield nothing


async def test_watching_all_cases_asks_one_question_each_time() -> None:
    """However many there are, a look at them is one list; no case is asked."""
    server = Quiet()
    for _ in range(3):
        assert "no open case" in await _all(cast(Client, server))

    assert len(server.asked) == 3


async def test_a_list_asks_for_what_is_urgent_and_then_for_the_rest() -> None:
    """The server sorts nothing: two questions, or one where only the overdue are wanted."""
    server = Quiet()
    await first_page(cast(Client, server), Filter(), FIRST_PAGE)
    await first_page(cast(Client, server), Filter(overdue=True), FIRST_PAGE)

    assert ["IS NOT NULL OR" in query for query in server.asked] == [True, False, True]
