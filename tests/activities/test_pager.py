"""The pager: who hears, some other way than by mail, that no mail leaves."""

import io
import logging
import sys
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.pager import QUIET, Caller
from tacenda import logs
from tacenda.errands import Books, Page
from tacenda.models import Stop
from tacenda.runtables import Pager
from tests.activities.memory_ledger import MemoryLedger

REJECTED = Page(case_id="case-2026-0123456789", stop=Stop.REJECTED)


def noting(file: Path) -> tuple[str, ...]:
    """Return a program that adds what it is told to a file."""
    return (sys.executable, "-c", f"import sys; open({str(file)!r}, 'a').write(sys.stdin.read())")


async def paged(caller: Caller, page: Page) -> None:
    """Page somebody, as the first attempt of an activity."""
    await ActivityEnvironment().run(caller.page, page)


async def test_the_program_gets_one_line_that_says_nothing_of_the_case(tmp_path: Path) -> None:
    """What is wrong, one case that noticed, and where to look."""
    file = tmp_path / "pages"
    await paged(Caller(Pager(command=noting(file)), MemoryLedger()), REJECTED)

    assert file.read_text() == (
        "Tacenda: the mail server refuses us, be it the login, TLS or our sender, and letters "
        "wait (first noticed in case-2026-0123456789). Look with: tacenda doctor\n"
    )


async def test_the_same_trouble_pages_once_over_all_workers(tmp_path: Path) -> None:
    """A thousand cases that notice it ring once; another trouble rings again."""
    file, ledger = tmp_path / "pages", MemoryLedger()
    workers = [Caller(Pager(command=noting(file)), ledger) for _ in range(2)]
    for worker in workers:
        await paged(worker, REJECTED)
        await paged(worker, REJECTED.model_copy(update={"case_id": "case-2026-9876543210"}))
    await paged(workers[1], REJECTED.model_copy(update={"stop": Stop.UNREACHABLE}))

    assert len(file.read_text().splitlines()) == 2


async def test_a_ledger_that_is_down_keeps_nobody_from_hearing(tmp_path: Path) -> None:
    """It may be the very trouble; each worker then rings for itself."""
    file, ledger = tmp_path / "pages", MemoryLedger()
    ledger.down = {"is_first", "close_case"}
    caller = Caller(Pager(command=noting(file)), ledger)
    down = REJECTED.model_copy(update={"stop": Stop.LEDGER})
    await paged(caller, down)
    await paged(caller, down)

    assert len(file.read_text().splitlines()) == 1


async def test_a_ledger_that_goes_and_comes_rings_once_in_a_quarter_of_an_hour(
    tmp_path: Path,
) -> None:
    """Nobody hears twice of one outage that the ledger itself comes through; the next one rings."""
    file, ledger, now = tmp_path / "pages", MemoryLedger(), [0.0]
    caller = Caller(Pager(command=noting(file)), ledger, lambda: now[0])
    heard = []
    for seconds, down in (
        (0.0, {"is_first"}),
        (60.0, set[str]()),
        (QUIET - 1, {"is_first"}),
        (QUIET, {"is_first"}),
    ):
        now[0], ledger.down = seconds, down
        await paged(caller, REJECTED.model_copy(update={"stop": Stop.LEDGER}))
        heard.append(len(file.read_text().splitlines()))

    assert heard == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("command", "how"),
    [(("/nowhere/page",), "FileNotFoundError"), ((sys.executable, "-c", "exit(3)"), "exit code 3")],
)
async def test_a_program_that_fails_is_tried_again(command: tuple[str, ...], how: str) -> None:
    """It fails with a sentence that names the setting, for Temporal to try it again."""
    caller = Caller(Pager(command=command), MemoryLedger())
    with pytest.raises(ApplicationError, match=r"\[pager\] command did not page anybody") as caught:
        await paged(caller, REJECTED)

    assert how in str(caught.value)


async def test_without_a_program_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing rings, and nothing fails."""
    await paged(Caller(Pager(), MemoryLedger()), REJECTED)

    assert "no letter leaves (rejected)" in caplog.text
    assert "nobody is paged: [pager] command is not set" in caplog.text


@pytest.mark.parametrize("stop", Stop)
async def test_the_log_of_the_worker_says_what_stopped_the_letters(stop: Stop) -> None:
    """In one word of ours, which nothing has to withhold, and with the way to find out more."""
    stream = io.StringIO()
    logger, handler = logging.getLogger("temporalio.activity"), logs.handler(stream)
    logger.addHandler(handler)
    try:
        await paged(Caller(Pager(), MemoryLedger()), REJECTED.model_copy(update={"stop": stop}))
    finally:
        logger.removeHandler(handler)

    assert f"no letter leaves ({stop.value}): tacenda doctor says what to mend" in stream.getvalue()
    assert logs.WITHHELD not in stream.getvalue().splitlines()[0].partition("says=")[2]


async def test_the_ledger_lets_a_closed_case_go() -> None:
    """The last thing that a case has done; a ledger that is down forgets by itself later."""
    ledger = MemoryLedger()
    caller = Caller(Pager(), ledger)
    await ActivityEnvironment().run(caller.close_books, Books(case_id=REJECTED.case_id))
    ledger.down = {"is_first", "close_case"}
    await ActivityEnvironment().run(caller.close_books, Books(case_id=REJECTED.case_id))

    assert ledger.closed == [REJECTED.case_id]
