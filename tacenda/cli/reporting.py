"""`tacenda report`: are we keeping our promises? No case is asked, and nobody is named."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import click
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError

from tacenda.attributes import BAND, STEP_TIMES, WORKFLOW
from tacenda.bars import picture
from tacenda.cli import session
from tacenda.cli.options import as_json
from tacenda.errors import BadInput, NoServer, TacendaError
from tacenda.figures import Figures, Promise, Tally, figures
from tacenda.models import Band
from tacenda.outline import Outline, outline_from
from tacenda.render import away, moment, say, say_json, say_table, warn

MOST_URGENT = 10
_HEADINGS = ("", "kept", "late", "missed", "open", "moved", "late by", "at most")

Found = tuple[dict[str, Outline], set[str]]
"""The outlines of cases by their ids, and the ids of those that cannot be read."""


class Since(click.ParamType[datetime]):
    """The first day of the figures, as 2026-01-01; or so many days ago, as 90d."""

    name = "day"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the instant (UTC) at which that day begins."""
        if isinstance(value, datetime):
            return value
        days = value.removesuffix("d")
        if days != value and days.isdecimal() and 0 < len(days) < 5:
            return session.now() - timedelta(days=int(days))
        try:
            return datetime.combine(date.fromisoformat(value), time(0), UTC)
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2026-01-01, or as 90d", param, ctx)


@click.command()
@click.option("--since", metavar="DAY|Nd", type=Since(), help="Reports received since then only.")
@click.option("--plot", metavar="FILE", help="Draw the promises kept as bars, into an SVG file.")
@as_json
def report(since: datetime | None, plot: str | None, as_json: bool) -> None:
    """Say which promises were kept, how late the others were, and what is due next.

    Over open cases, closed ones that the server still knows, and those on record.
    """
    recorded, unreadable = _on_record()
    outlines, unread = _on_server(is_needed=not recorded)
    known = {*outlines, *unread}
    outlines |= {case: each for case, each in recorded.items() if case not in known}
    unread |= unreadable - known
    found = figures(outlines.values(), session.now(), since=since, unread=len(unread))
    if plot is not None:
        _draw(found, plot)
    if as_json:
        say_json(shown(found))
        return
    _say(found)


def shown(found: Figures) -> dict[str, Any]:
    """Return the figures as JSON with stable keys; spans are in seconds."""
    return {
        "now": found.now,
        "since": found.since,
        "cases": found.cases,
        "open": found.open,
        "unread": found.unread,
        "promises": _tally(found.promises),
        "steps": {step.value: _tally(tally) for step, tally in found.steps.items()},
        "bands": {band: _tally(tally) for band, tally in found.bands.items()},
        "months": {month: _tally(tally) for month, tally in found.months.items()},
        "times": {
            step.value: {
                "count": times.count,
                "median_seconds": int(times.median.total_seconds()),
                "ninetieth_seconds": int(times.ninetieth.total_seconds()),
            }
            for step, times in found.times.items()
        },
        "soon": [_due(promise) for promise in found.soon],
        "missed": [_due(promise) for promise in found.missed],
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "kept": tally.kept,
        "late": tally.late,
        "missed": tally.missed,
        "open": tally.open,
        "moved": tally.moved,
        "share": tally.share,
        "late_median_seconds": _seconds(tally.late_median),
        "late_most_seconds": _seconds(tally.late_most),
    }


def _due(promise: Promise) -> dict[str, Any]:
    return {"case": promise.case, "step": promise.step.value, "limit": promise.limit}


def _seconds(span: timedelta | None) -> int | None:
    return None if span is None else int(span.total_seconds())


def _say(found: Figures) -> None:
    since = f" received since {moment(found.since)[:10]}" if found.since else ""
    cases = "1 case" if found.cases == 1 else f"{found.cases} cases"
    say(f"{cases}{since}, {found.open} of them open.")
    if not found.cases:
        return
    for what, tallies in (
        ("step", {step.label: tally for step, tally in found.steps.items()}),
        ("severity", found.bands),
        ("received in", found.months),
    ):
        say("")
        say_table((what, *_HEADINGS[1:]), list(_rows(tallies)))
    if found.times:
        say("")
        headings = ("from the receipt to", "cases", "median", "9 in 10 within")
        rows = [
            [step.label, str(times.count), _span(times.median), _span(times.ninetieth)]
            for step, times in found.times.items()
        ]
        say_table(headings, rows)
    _say_due("Missed, and still waited for:", found.missed, found.now)
    _say_due("Due within a week:", found.soon, found.now)
    if found.unread:
        warn(
            f"{found.unread} cases are not in the figures: an earlier version opened them, and "
            "their list does not say how their steps stand. tacenda show says it of each."
        )


def _rows(tallies: Mapping[str, Tally]) -> Iterator[list[str]]:
    for name, tally in tallies.items():
        share = f"{tally.kept} ({tally.share:.0%})" if tally.share is not None else "-"
        counts = (tally.late, tally.missed, tally.open, tally.moved)
        late = (_span(tally.late_median), _span(tally.late_most))
        yield [name, share, *(str(count) if count else "-" for count in counts), *late]


def _say_due(heading: str, promises: tuple[Promise, ...], now: datetime) -> None:
    if not promises:
        return
    say(f"\n{heading}")
    rows = [[p.case, p.step.label, moment(p.limit), away(p.limit, now)] for p in promises]
    say_table(("case", "step", "limit", ""), rows[:MOST_URGENT])
    if more := len(promises) - MOST_URGENT if len(promises) > MOST_URGENT else 0:
        say(f"and {more} more (--json has all)")


def _span(span: timedelta | None) -> str:
    """Return a span as a figure: in days from two days on, in hours below, in minutes below one."""
    if span is None:
        return "-"
    hours = span / timedelta(hours=1)
    if hours >= 48:
        return f"{hours / 24:.1f} d"
    return f"{hours:.1f} h" if hours >= 1 else f"{span / timedelta(minutes=1):.0f} min"


def _draw(found: Figures, plot: str) -> None:
    try:
        Path(plot).write_text(picture(found), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{plot} cannot be written ({type(error).__name__}).") from None


def _on_server(*, is_needed: bool) -> Found:
    """Return what the server lists; where there is none, what is on record has to do."""
    try:
        return session.run(_listed())
    except NoServer as error:
        if is_needed:
            raise
        warn(f"Only what is on record is counted. {error}")
        return {}, set()


async def _listed() -> Found:
    return await outlines_of(await session.client())


async def outlines_of(server: Client) -> Found:
    """Return the outlines of all cases that a server lists, and whose cannot be read."""
    newest: dict[str, WorkflowExecution] = {}
    try:
        # A case that was reopened has several runs, and counts as it is now.
        async for execution in server.list_workflows(
            f"WorkflowType = '{WORKFLOW}'", page_size=1000, rpc_timeout=session.ANSWER_WITHIN
        ):
            before = newest.get(execution.id)
            if before is None or before.start_time < execution.start_time:
                newest[execution.id] = execution
    except RPCError as error:
        raise session.explained(error, "") from None
    return _apart((case, _outline(execution)) for case, execution in newest.items())


def _outline(execution: WorkflowExecution) -> Outline | None:
    attributes = execution.typed_search_attributes
    word, band = attributes.get(STEP_TIMES), attributes.get(BAND)
    return outline_from(word, execution.id, Band(band) if band else None) if word else None


def _on_record() -> Found:
    from tacenda.archive.keeping import heads

    try:
        return _apart((head.case, head.outline) for head in heads(session.record_location()))
    except TacendaError as error:
        warn(f"What is on record is not counted. {error}")
        return {}, set()


def _apart(found: Iterable[tuple[str, Outline | None]]) -> Found:
    read: dict[str, Outline] = {}
    unread: set[str] = set()
    for case, outline in found:
        if outline is None:
            unread.add(case)
        else:
            read[case] = outline
    return read, unread
