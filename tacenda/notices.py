"""What a letter says: the facts that it may use, and its text from a template.

The workflow gathers the facts of the moment; the activity, or the CLI for a draft,
renders them. Approved text is never rendered again: it is the body, byte for byte.
"""

import re
from datetime import datetime, timedelta
from pathlib import Path

from tacenda.agenda import Entry
from tacenda.case import Case
from tacenda.errors import BadInput
from tacenda.fields import Instant, Value, one_line
from tacenda.models import Kind, Step
from tacenda.prose import Part, fill


class StepFacts(Value):
    """One step as a letter speaks of it; `done` and no `done_at`: it was done without."""

    name: str
    limit: Instant
    overdue: bool
    done: bool
    done_at: Instant | None


class Facts(Value):
    """Plain data for a template: what a letter of this kind may use, and nothing else."""

    case_id: str
    now: Instant
    state: str
    title: str
    component: str
    versions: str
    received: Instant
    reporter_name: str
    credit: str
    lead: str
    proposed_lead: str
    fix_team: tuple[str, ...]
    band: str
    score: float | None
    vector: str
    cves: tuple[str, ...]
    fix_refs: tuple[str, ...]
    fix_versions: tuple[str, ...]
    mitigation: str
    acknowledge_by: Instant
    planned: Instant | None
    vendors_by: Instant
    release_at: Instant | None
    released: Instant | None
    public: bool
    steps: tuple[StepFacts, ...]
    about: tuple[str, ...]
    every: timedelta | None
    troubles: tuple[str, ...]
    text: str
    close_reason: str


def facts_of(case: Case, now: datetime, entry: Entry | None = None) -> Facts:
    """Return the facts that a letter about `case` may use at `now` (UTC).

    `entry` is the entry of the plan that the letter carries out, where there is one.
    """
    release = case.approved(Kind.RELEASE)
    open_steps = tuple(case.open_steps())
    overdue = case.overdue(now)
    return Facts(
        case_id=case.id,
        now=now,
        state=case.state.label,
        title=case.report.title,
        component=case.report.component,
        versions=case.report.versions,
        received=case.report.received,
        reporter_name=case.report.reporter.name if case.report.reporter else "",
        credit=case.report.reporter.credit if case.report.reporter else "",
        lead=case.lead,
        proposed_lead=case.proposed_lead or "",
        fix_team=case.fix_team,
        band=case.severity.band if case.severity else "",
        score=case.severity.score if case.severity else None,
        vector=case.severity.vector if case.severity else "",
        cves=case.cves,
        fix_refs=case.fix.refs if case.fix else (),
        fix_versions=case.fix.versions if case.fix else (),
        mitigation=case.fix.mitigation if case.fix else "",
        acknowledge_by=case.limit(Step.ACKNOWLEDGE),
        planned=case.planned,
        vendors_by=_vendors_by(case),
        release_at=release.send_at if release else None,
        released=case.released,
        public=case.is_public,
        steps=tuple(
            StepFacts(
                name=step.label,
                limit=case.limit(step),
                overdue=step in overdue,
                done=step not in open_steps,
                done_at=case.done_at(step),
            )
            for step in Step
        ),
        about=tuple(step.label for step in entry.steps) if entry else (),
        every=entry.every if entry else None,
        troubles=_troubles_of(case, entry),
        text=release.text if release else "",
        close_reason=case.closing.reason if case.closing else "",
    )


def _vendors_by(case: Case) -> datetime:
    """Return when the vendors must know at the latest to have their notice period (UTC)."""
    release = case.planned or case.limit(Step.RELEASE)
    return min(case.limit(Step.VENDOR_NOTICE), release - case.policy.release.vendor_notice)


def _troubles_of(case: Case, entry: Entry | None) -> tuple[str, ...]:
    if entry is None or entry.kind is not Kind.ALARM:
        return ()
    told = max((s.covers for s in case.letters if s.kind is Kind.ALARM), default=0)
    return tuple(t.what for t in case.troubles if told < t.number <= entry.covers)


class Draft(Value):
    """A letter as its template words it: one line of subject, and the text."""

    subject: str
    body: str


_PROGRESS = frozenset(
    {"case_id", "now", "state", "steps", "acknowledge_by", "planned", "vendors_by"}
    | {"release_at", "released", "public"}
)
_FLAW = frozenset({"title", "component", "versions", "band", "score", "vector", "cves"})
_FIX = frozenset({"fix_refs", "fix_versions", "mitigation"})
_REPORT = frozenset({"received", "reporter_name", "credit"})
_CHASE = _PROGRESS | {"lead", "proposed_lead", "about", "every"}
_TEAM = _PROGRESS | _FLAW | _FIX | _REPORT | {"lead", "proposed_lead", "fix_team"}
_TO_REPORTER = _PROGRESS | _REPORT | {"lead", "cves", "fix_versions"}
_ADVISORY = _FLAW | _FIX | {"now", "planned", "released"}

MAY_USE: dict[Kind, frozenset[str]] = {
    Kind.RECEIPT: frozenset({"case_id", "now", "received", "acknowledge_by", "public"}),
    Kind.TEAM_ALERT: _TEAM,
    Kind.ACKNOWLEDGEMENT: _TO_REPORTER,
    Kind.FIX_TEAM: _TEAM,
    Kind.REMINDER: _CHASE,
    Kind.ESCALATION: _CHASE,
    Kind.DIGEST: _CHASE,
    Kind.ALARM: _CHASE | {"troubles"},
    Kind.REPORTER_UPDATE: _TO_REPORTER,
    Kind.INVITATION: frozenset({"case_id", "now", "planned", "lead"}),
    Kind.USER_NOTICE: frozenset({"now", "planned", "mitigation", "public"}),
    Kind.VENDOR_NOTICE: _PROGRESS | _FLAW | _FIX | {"lead"},
    Kind.FINAL_WARNING: _PROGRESS | {"lead", "text"},
    Kind.RELEASE: _ADVISORY,
    Kind.CORRECTION: _ADVISORY,
    Kind.THANKS: _TO_REPORTER,
    Kind.RETROSPECTIVE: _TEAM,
    Kind.CLOSING: _TO_REPORTER | {"close_reason"},
}
"""The facts that a letter may use; any other is withheld, also from a team's own template."""

_ADVISORIES = (Kind.RELEASE, Kind.CORRECTION)
_IN_SUBJECTS = _PROGRESS | {"about"}


def render(kind: Kind, facts: Facts, templates: Path | None = None) -> Draft:
    """Return the letter of `kind` about `facts`; a file in `templates` goes before ours.

    The subject of an advisory names what it is about; any other says nothing of the report.
    Raises `BadInput` when a template cannot be filled in, uses what its letter may not say,
    or would make a subject that is not one plain line. No message quotes a fact.
    """
    known = facts.model_dump(include=set(MAY_USE[kind]))
    if kind in _ADVISORIES:
        known["credited"] = _credited(facts)
        in_subject = known
    else:
        in_subject = {name: fact for name, fact in known.items() if name in _IN_SUBJECTS}
    file = f"{kind}.txt"
    subject = _one_plain_line(fill(file, Part.SUBJECT, in_subject, templates), file)
    body = fill(file, Part.BODY, known, templates)
    return Draft(subject=subject, body=body.strip("\n") + "\n")


def _one_plain_line(subject: str, file: str) -> str:
    try:
        if subject := one_line(subject.strip(" ")):
            return subject
    except ValueError:
        pass
    raise BadInput(
        f"The subject in {file} would not be one plain line. Correct its first line, or the "
        "fact that it names."
    )


_BY_NAME = re.compile(r"(?:please,? )?(?:credit(?:ed)?(?: me)? )?by (?:my )?name[.!]?", re.I)


def _credited(facts: Facts) -> str:
    """Return whom an advisory thanks: nobody is named who has not asked for exactly that."""
    wish = facts.credit.strip()
    if facts.reporter_name and _BY_NAME.fullmatch(wish):
        return facts.reporter_name
    return "an anonymous reporter" if wish or facts.reporter_name else ""
