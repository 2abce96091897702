"""What a long-running program logs: one line a record, and nothing that came from outside.

A line holds what stands in the source of a program, numbers, instants, our own enums and case
ids. Any other text may be a report, an address or a secret: it is withheld, whoever logs it.
"""

import contextlib
import json
import logging
import re
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from errno import errorcode
from typing import TYPE_CHECKING, Any, TextIO

from tacenda.fields import CASE_ID
from tacenda.traces import kinds_of, where_of, where_of_code

if TYPE_CHECKING:
    from temporalio.runtime import Runtime

WITHHELD = "***"
_RUN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"[\w.:-]{1,80}", re.ASCII)
_BARE = re.compile(r"[\w.:/+*-]+", re.ASCII)
_PLAIN = (bool, int, float, datetime, date, time, timedelta, type(None))
_PACKAGES = ("tacenda", "activities", "workflows")
CORE = "temporalio.core"
_CORE_SAYS = re.compile(
    r"gRPC call [a-z_]{1,60} retried \d{1,9} times"
    r"|Failing workflow (?:task|activation)|Workflow task not found"
    r"|Error while polling for (?:workflow|activity|nexus) tasks?"
    r"|Task not found when completing|Activity not found on completion\..{0,120}"
)
"""The sentences of the SDK's native part that are known to hold nothing but a method's name."""
_CORE_CODE = re.compile(r"code: ([A-Z][A-Za-z]{1,20}),")

log = logging.getLogger(__name__)


class OneLine(logging.Formatter):
    """A record as one line of `key=value`, from which everything unknown is withheld."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; never raises, and falls back to saying next to nothing."""
        try:
            found = dict(_pairs(record))
        except Exception as error:  # whatever hides in a record must not stop a program
            found = {"level": "error", "says": f"an unreadable record: {type(error).__name__}"}
        return " ".join(f"{key}={_quoted(value)}" for key, value in found.items())


class _Careful(logging.StreamHandler[TextIO]):
    """A handler that stays silent where it cannot write: the usual complaint quotes arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        pass


def handler(stream: TextIO | None = None, level: int = logging.NOTSET) -> logging.Handler:
    """Return a handler that writes harmless lines to `stream`, by default stderr."""
    made = _Careful(stream)
    made.setLevel(level)
    made.setFormatter(OneLine())
    return made


def last_resort() -> None:
    """Let what nobody else writes be harmless too, as a command line has no log."""
    logging.lastResort = handler(level=logging.WARNING)


def set_up(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Let all that this process logs, warns of or dies of be written in harmless lines."""
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler(stream))
    root.setLevel(level)
    _hook()


@contextlib.contextmanager
def hooked() -> Iterator[None]:
    """Let unhandled errors and warnings be logged, and not printed, for a while."""
    before = sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning
    raising = logging.raiseExceptions
    _hook()
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook, warnings.showwarning = before
        logging.raiseExceptions = raising


def _hook() -> None:
    # What a handler of somebody else cannot write would be printed with its arguments.
    logging.raiseExceptions = False
    sys.excepthook = lambda _kind, error, _trace: _ended(error)
    threading.excepthook = lambda args: _ended(args.exc_value)
    sys.unraisablehook = lambda args: _ended(args.exc_value)
    warnings.showwarning = _warned


def _ended(error: BaseException | None) -> None:
    log.critical("an error that nobody handled", exc_info=error)


def _warned(  # noqa: PLR0917 - the signature is Python's
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    log.warning(
        "a warning of Python: %s",
        category,
        extra={"tacenda_where": where_of_code(filename, lineno)},
    )


def runtime(level: str = "WARN", metrics: str = "") -> "Runtime":
    """Return a runtime of the Temporal SDK whose native part logs through Python, and so here.

    Its own metrics are served on the address `metrics`, where one is named.
    """
    from temporalio.runtime import (
        LogForwardingConfig,
        LoggingConfig,
        PrometheusConfig,
        Runtime,
        TelemetryConfig,
        TelemetryFilter,
    )

    forwarding = LogForwardingConfig(
        logger=logging.getLogger(CORE),
        append_target_to_name=False,
        prepend_target_on_message=False,
        append_log_fields_to_message=False,
    )
    levels = TelemetryFilter(core_level=level, other_level="ERROR")
    served = PrometheusConfig(
        bind_address=metrics,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
    )
    logging_config = LoggingConfig(levels, forwarding)
    telemetry = TelemetryConfig(logging=logging_config, metrics=served if metrics else None)
    return Runtime(telemetry=telemetry)


def _pairs(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    at = datetime.fromtimestamp(record.created, UTC)
    yield "at", at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    yield "level", logging.getLevelName(record.levelno).lower()
    yield "from", record.name if _NAME.fullmatch(record.name) else WITHHELD
    yield from _whereabouts(record)
    if hasattr(record, "temporal_log"):
        yield from _of_core(record)
        return
    said = _says(record)
    yield "says", said or WITHHELD
    if where := getattr(record, "tacenda_where", ""):
        yield "where", where
    elif said is None:
        yield "where", where_of_code(record.pathname, record.lineno, record.funcName)
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        yield "error", kinds_of(error)
        yield "trace", where_of(error)


def _whereabouts(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    """Yield of which case, run, activity and attempt the Temporal SDK says that a record is."""
    for extra in ("temporal_workflow", "temporal_activity"):
        known = getattr(record, extra, None)
        if not isinstance(known, Mapping):
            continue
        for key, name, pattern in (
            ("case", "workflow_id", CASE_ID),
            ("run", "run_id" if extra == "temporal_workflow" else "workflow_run_id", _RUN_ID),
            ("activity", "activity_type", _NAME),
            ("attempt", "attempt", re.compile(r"\d+")),
        ):
            if name in known:
                value = str(known[name])
                yield key, value if pattern.fullmatch(value) else WITHHELD


def _says(record: logging.LogRecord) -> str | None:
    """Return the message, with what is not known to be harmless withheld; None: all of it."""
    template = record.msg
    for extra in ("temporal_workflow", "temporal_activity"):
        if isinstance(template, str) and hasattr(record, extra):
            template = template.removesuffix(f" ({getattr(record, extra)})")
    if type(template) is not str or not _is_literal(template, record):
        return None
    if not record.args:
        return template
    args: Any = record.args
    if isinstance(args, Mapping):
        shown: Any = {key: harmless(value) for key, value in args.items()}
    else:
        shown = tuple(harmless(value) for value in args)
    try:
        return str(template % shown)
    except (TypeError, ValueError, KeyError):
        return template


def _is_literal(template: str, record: logging.LogRecord) -> bool:
    """Whether `template` stands in the source of the function that logs it.

    Handlers run below the call that logs, so that function is still on the stack. What it
    made up from data, as an f-string or by adding, is none of its constants.
    """
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        code = frame.f_code
        if code.co_filename == record.pathname and code.co_name == record.funcName:
            return template in [it for it in code.co_consts if type(it) is str]
    return False


def harmless(value: Any) -> Any:
    """Return `value` where its kind can hold no text from outside, else what may be said of it."""
    if type(value) in _PLAIN or (type(value) is str and _is_id(value)):
        return value
    if isinstance(value, Enum) and _is_ours(type(value)):
        return str(value.value)
    if isinstance(value, OSError):
        return f"{type(value).__name__} ({errorcode.get(value.errno or 0, 'of no number')})"
    if isinstance(value, BaseException):
        return type(value).__name__
    return value.__name__ if isinstance(value, type) else WITHHELD


def _is_id(text: str) -> bool:
    return bool(CASE_ID.fullmatch(text) or _RUN_ID.fullmatch(text))


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in _PACKAGES


def _of_core(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    """Yield what the SDK's native part may say; its other fields hold whole failures."""
    native: Any = record.temporal_log  # type: ignore[attr-defined]
    run, failed = (str(native.fields.get(key, "")) for key in ("run_id", "error"))
    if _NAME.fullmatch(native.target):
        yield "where", native.target
    if _RUN_ID.fullmatch(run):
        yield "run", run
    if code := _CORE_CODE.search(failed):
        yield "code", code[1]
    yield "says", record.msg if _CORE_SAYS.fullmatch(record.msg) else WITHHELD


def _quoted(value: str) -> str:
    """Return a value in ASCII and on one line, whatever is in it."""
    return value if _BARE.fullmatch(value) else json.dumps(value)
