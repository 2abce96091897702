"""What is logged: one line a record, and nothing in it that came from outside."""

import asyncio
import io
import json
import logging
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from tacenda import logs
from tacenda.models import Report, Step

CANARY = "overflow-in-the-parser"
CASE = "case-2026-7k3q9xm4tp"
ROOT = Path(__file__).parent.parent.parent


class Log:
    """A logger of ours, and what it wrote."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.logger = logging.Logger("tacenda.test")
        self.logger.addHandler(logs.handler(self.stream))

    @property
    def text(self) -> str:
        """All that was written."""
        return self.stream.getvalue()


@pytest.fixture
def written() -> Log:
    """Return a log that nobody else writes to."""
    return Log()


def says(line: str) -> str:
    """Return the message of a line, as it was before it was quoted."""
    found = re.search(r' says=("(?:[^"\\]|\\.)*"|\S+)', line)
    assert found, line
    return str(json.loads(found[1])) if found[1].startswith('"') else found[1]


def test_a_line_holds_instant_level_logger_and_message(written: Log) -> None:
    """In UTC, as keys and values, one line a record."""
    written.logger.warning("the worker is up")

    assert re.fullmatch(
        r"at=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=warning from=tacenda\.test "
        r'says="the worker is up"\n',
        written.text,
    )


@pytest.mark.parametrize(
    ("argument", "shown"),
    [
        (3, "3"),
        (2.5, "2.5"),
        (True, "True"),
        (None, "None"),
        (Step.USER_NOTICE, "user_notice"),
        (CASE, CASE),
        (datetime(2026, 3, 2, tzinfo=UTC), "2026-03-02 00:00:00+00:00"),
        (ValueError, "ValueError"),
        (ValueError(CANARY), "ValueError"),
        (OSError(28, CANARY), "OSError (ENOSPC)"),
        (CANARY, "***"),
        (f"{CASE}\n", "***"),
        (CANARY.encode(), "***"),
        ([CANARY], "***"),
        ({CANARY: CANARY}, "***"),
        (Report(title=CANARY, received=datetime(2026, 3, 2, tzinfo=UTC)), "***"),
        (type("Loud", (int,), {"__str__": lambda _: CANARY})(1), "***"),
    ],
)
def test_arguments_are_shown_by_their_kind(argument: object, shown: str, written: Log) -> None:
    """Numbers, instants, our enums and case ids are shown; any other text is withheld."""
    written.logger.info("it was %s, number %d", argument, 7)

    assert says(written.text) == f"it was {shown}, number 7"
    assert CANARY not in written.text


def test_a_message_that_was_made_up_from_data_is_withheld(written: Log) -> None:
    """Only what stands in the source is printed; of the rest, where it was said."""
    written.logger.error(f"failed: {CANARY}")
    written.logger.error("failed: " + CANARY)
    written.logger.error(CANARY)
    written.logger.error({"failed": CANARY})
    written.logger.error(ValueError(CANARY))
    written.logger.error(str([CANARY]) + "%s", CANARY)

    lines = written.text.splitlines()
    assert [says(line) for line in lines] == ["***"] * 6
    assert all('where="tests/unit/test_logs.py:' in line for line in lines)
    assert CANARY not in written.text


def test_arguments_that_do_not_fit_their_message_leave_it_alone(written: Log) -> None:
    """A slip in a call of ours costs the arguments, and prints no traceback."""
    written.logger.info("%d of %d", CANARY)  # noqa: PLE1206
    written.logger.info("%(a)s and %(b)d", {"a": CANARY, "b": 2})

    assert [says(line) for line in written.text.splitlines()] == ["%d of %d", "*** and 2"]


def test_an_error_is_told_by_its_kinds_and_places(written: Log) -> None:
    """Neither its text nor a line of source is printed, nor those of what caused it."""

    def fail() -> None:
        try:
            raise KeyError(CANARY)
        except KeyError as missing:
            raise ValueError(CANARY) from missing

    try:
        fail()
    except ValueError:
        written.logger.exception("it failed")

    assert 'error="ValueError < KeyError"' in written.text
    assert re.search(r'trace="tests/unit/test_logs.py:\d+ fail, ', written.text)
    assert written.text.count("\n") == 1
    assert not [word for word in (CANARY, "raise", "missing") if word in written.text]


def test_an_error_of_a_value_or_of_a_group_is_told_by_its_kinds(written: Log) -> None:
    """What a value refused, and what the tasks of a group raised, is not repeated."""
    try:
        Report.model_validate({CANARY: CANARY})
    except ValidationError as refused:
        group = ExceptionGroup(CANARY, [refused, TypeError(CANARY)])
        written.logger.error("it failed", exc_info=group)

    assert 'error="ExceptionGroup < ValidationError < TypeError"' in written.text
    assert CANARY not in written.text


def test_nothing_in_a_line_can_command_a_terminal_or_begin_another_line(written: Log) -> None:
    """Even a name of a logger or a message of our own is plain ASCII when it is printed."""
    written.logger.warning("a\x1b[2J\r\nb\u202ec\x9b0m")
    record = logging.LogRecord(f"x\n{CANARY}", 30, f"/{CANARY}\x1b.py", 1, "x", (), None)
    written.logger.handle(record)

    assert says(written.text) == "a\x1b[2J\r\nb\u202ec\x9b0m"
    assert written.text.isascii()
    assert written.text.count("\n") == 2
    assert not set(map(chr, range(32))) & set(written.text.replace("\n", ""))
    assert "from=***" in written.text


def test_a_record_of_the_sdk_names_its_case_and_attempt(written: Log) -> None:
    """What the SDK adds to its messages stands in fields of its own, and no task queue."""
    details = {
        "activity_type": "deliver",
        "attempt": 2,
        "workflow_id": CASE,
        "workflow_run_id": "01a214ef-c4cd-7c3e-822b-4b830d2baee4",
        "task_queue": CANARY,
    }
    known = {"temporal_activity": details}
    record = logging.LogRecord("temporalio.activity", 30, __file__, 1, "", (), None)
    vars(record).update(
        known, msg=f"refused: %d ({details})", args=(550,), funcName=_log_it.__name__
    )
    _log_it(written, record)

    assert f"case={CASE} run=01a214ef-c4cd-7c3e-822b-4b830d2baee4" in written.text
    assert "activity=deliver attempt=2" in written.text
    assert says(written.text) == "refused: 550"
    assert CANARY not in written.text


def _log_it(written: Log, record: logging.LogRecord) -> str:
    written.logger.handle(record)
    return "refused: %d"


def test_a_workflow_id_of_another_kind_is_withheld(written: Log) -> None:
    """Somebody may start a workflow under any id."""
    written.logger.warning("x", extra={"temporal_workflow": {"workflow_id": CANARY}})

    assert "case=***" in written.text
    assert CANARY not in written.text


def test_a_task_that_nobody_waited_for_tells_nothing(written: Log) -> None:
    """The event loop's own complaint shows a future with what it raised."""

    async def main() -> None:
        async def fail() -> None:
            raise RuntimeError(CANARY)

        failing = asyncio.ensure_future(fail())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del failing

    logger = logging.getLogger("asyncio")
    handler = logs.handler(written.stream)
    logger.addHandler(handler)
    try:
        asyncio.run(main())
    finally:
        logger.removeHandler(handler)

    assert "from=asyncio" in written.text
    assert "error=RuntimeError" in written.text
    assert CANARY not in written.text


PROGRAMS = {
    "an error": f"raise RuntimeError('{CANARY}')",
    "an error in a thread": (
        "import threading\n"
        f"def run(): raise RuntimeError('{CANARY}')\n"
        "t = threading.Thread(target=run); t.start(); t.join()"
    ),
    "an error while something is destroyed": (
        f"class A:\n    def __del__(self): raise RuntimeError('{CANARY}')\nA()"
    ),
    "a warning": f"import warnings; warnings.warn('{CANARY}', RuntimeWarning)",
    "a stream that cannot be written": (
        f"logging.getLogger().addHandler(logging.StreamHandler(open('/dev/full', 'w')))\n"
        f"logging.error('%s', '{CANARY}')"
    ),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_that_dies_or_warns_tells_nothing(program: str) -> None:
    """Python's own ways to print an error are replaced, and name the kind and the place."""
    begin = "import logging\nfrom tacenda import logs\nlogs.set_up()\n"
    ran = subprocess.run(
        [sys.executable, "-c", begin + program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert CANARY not in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert re.search(r"level=(critical|warning|error) from=(tacenda.logs|root) ", ran.stderr)
