"""What of a record anybody may read: a timeline for a retrospective, or beside a CVE record.

It says what was done when, and which promises were kept. It names nobody but who agreed to be
credited, counts vendors, and repeats no reason, no title, no text and no address of a host inside.
What is not listed here as fit to be told is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tacenda.archive.entries import Entry
from tacenda.archive.record import Record
from tacenda.errors import Refused
from tacenda.fields import Instant, Value, moment
from tacenda.models import Kind, Step
from tacenda.outline import StepOutline
from tacenda.publictext import is_for_the_public

_ACTS = {
    "acknowledge": "a person took the report",
    "score": "the severity was assessed",
    "assign_cve": "CVE ids were assigned",
    "fix_landed": "the fix landed, or was taken back",
    "report_event": "the embargo was reported broken, or a decision about it was made",
    "extend": "a limit was moved, or a step was done without",
    "decide": "a choice was made that the severity leaves open",
    "adopt_policy": "the case went on by other rules",
    "hand_off": "the case was handed to somebody else",
    "close": "the case was closed, or taken up again",
}
"""Acts that may be told, and in which words: none of those in which they were recorded."""

_LETTERS = {
    Kind.RECEIPT: "the receipt was confirmed to the reporter",
    Kind.ACKNOWLEDGEMENT: "the reporter was answered by a person",
    Kind.USER_NOTICE: "users were told that a release comes",
    Kind.VENDOR_NOTICE: "vendors were told under embargo",
    Kind.FINAL_WARNING: "vendors were warned of the release",
    Kind.DATE_CHANGE: "those who were told a date were told another",
    Kind.RELEASE: "the release was published",
    Kind.CORRECTION: "a correction was published",
    Kind.THANKS: "the reporter was thanked",
}
_COUNTED = (Kind.VENDOR_NOTICE, Kind.FINAL_WARNING)


class Told(Value):
    """One line of the timeline."""

    at: Instant
    what: str


class Promise(Value):
    """A step, by when it was to be done, and when it was; late by so many seconds."""

    step: Step
    limit: Instant
    done: Instant | None
    moved: bool
    late_seconds: int


class Timeline(Value):
    """What anybody may know of a case that was released."""

    case: str
    cves: tuple[str, ...]
    severity: str
    fixed_in: tuple[str, ...]
    references: tuple[str, ...]
    credit: str
    lines: tuple[Told, ...]
    promises: tuple[Promise, ...]


def timeline_of(record: Record) -> Timeline:
    """Return what anybody may know of a case; raises `Refused` unless it was released."""
    outline, entries = record.head.outline, record.entries
    if record.head.sealed or not entries or not outline:
        raise Refused(
            f"{record.head.case} was not released as its record has it, so nothing of it is "
            "public. If it is released now: tacenda record write CASE."
        )
    facts = entries[-1].facts
    severity, fix = facts["severity"] or {}, facts["fix"] or {}
    ends = [at for at in (outline.steps[Step.RELEASE].done, outline.closed) if at]
    return Timeline(
        case=record.head.case,
        cves=facts["cves"],
        severity=f"{severity['score']} {severity['band']} ({severity['vector']})"
        if severity
        else "",
        fixed_in=fix.get("versions", ()),
        references=tuple(filter(is_for_the_public, fix.get("refs", ()))),
        credit=facts["credit"] if "credit" in facts["confirmed"] else "",
        lines=tuple(_lines(entries)),
        promises=tuple(_promises(outline.steps, max(ends))),
    )


def in_markdown(timeline: Timeline) -> str:
    """Return a timeline as a page."""
    facts = {
        "CVE ids": ", ".join(timeline.cves),
        "Severity": timeline.severity,
        "Fixed in": ", ".join(map(_plain, timeline.fixed_in)),
        "References": " ".join(f"<{_plain(ref)}>" for ref in timeline.references),
        "Reported by": _plain(timeline.credit),
    }
    return "\n".join(
        [
            f"# Timeline of {', '.join(timeline.cves) or timeline.case}",
            "",
            *(f"- {name}: {fact}" for name, fact in facts.items() if fact),
            "",
            "| when (UTC) | what |",
            "| --- | --- |",
            *(f"| {moment(line.at)[:16]} | {line.what} |" for line in timeline.lines),
            "",
            "| promise | by (UTC) | done (UTC) | |",
            "| --- | --- | --- | --- |",
            *map(_row, timeline.promises),
            "",
        ]
    )


def _lines(entries: Sequence[Entry]) -> Iterator[Told]:
    for entry in entries:
        if entry.what == "report":
            yield Told(at=entry.at, what="the report was received")
        elif entry.what == "act" and (words := _ACTS.get(entry.facts["what"])):
            yield Told(at=entry.at, what=words)
        elif entry.what == "letter" and (words := _LETTERS.get(entry.facts["kind"])):
            yield Told(at=entry.at, what=f"{words}{_how_many(entry.facts)}")


def _how_many(letter: Mapping[str, Any]) -> str:
    """Say how many vendors have a letter; never which."""
    if letter["kind"] not in _COUNTED:
        return ""
    have_it = {box["name"] for box in letter["recipients"] if box["fate"] == "delivered"}
    return f" ({len(have_it)} of them)"


def _promises(steps: Mapping[Step, StepOutline], end: datetime) -> Iterator[Promise]:
    for step, outline in steps.items():
        if outline.is_without:
            continue
        late = max(0.0, ((outline.done or end) - outline.limit).total_seconds())
        yield Promise(
            step=step,
            limit=outline.limit,
            done=outline.done,
            moved=outline.is_moved,
            late_seconds=int(late),
        )


def _row(promise: Promise) -> str:
    done = moment(promise.done)[:16] if promise.done else "not done"
    moved = ", limit moved" if promise.moved else ""
    kept = "kept" if promise.done and not promise.late_seconds else "late"
    return f"| {promise.step.label} | {moment(promise.limit)[:16]} | {done} | {kept}{moved} |"


def _plain(text: str) -> str:
    """Return a text without what would be markup on the page."""
    return "".join(c for c in text if c.isprintable() and c not in "<>`|[]")
