"""What a letter says: the facts that it may use, and its text from a template.

The workflow gathers the facts of the moment; the activity, or the CLI for a draft,
renders them. Approved text is never rendered again: it is the body, byte for byte.
"""

from pathlib import Path

from tacenda.errors import BadInput
from tacenda.facts import Facts
from tacenda.fields import Value, one_line
from tacenda.models import Kind
from tacenda.prose import Part, fill


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
_CHASE = _PROGRESS | {"lead", "proposed_lead", "about", "every", "second", "follows"}
_TEAM = _PROGRESS | _FLAW | _FIX | _REPORT | {"lead", "proposed_lead", "fix_team"}
_DUTY = (
    _PROGRESS
    | {"lead", "proposed_lead", "every", "exploited", "remedied"}
    | {
        "duty",
        "duty_word",
        "duty_by",
        "duties",
        "after_fix",
    }
)
_TO_REPORTER = _PROGRESS | _REPORT | {"lead", "cves", "fix_versions"}
_ADVISORY = (
    _FLAW
    | _FIX
    | {"now", "planned", "released", "credited", "exploited", "linked", "also_credited"}
)

MAY_USE: dict[Kind, frozenset[str]] = {
    Kind.RECEIPT: frozenset({"case_id", "now", "received", "acknowledge_by", "public"}),
    Kind.TEAM_ALERT: _TEAM | {"adopted"},
    Kind.ACKNOWLEDGEMENT: _TO_REPORTER,
    Kind.FIX_TEAM: _TEAM | {"former_lead", "calendar"},
    Kind.REMINDER: _CHASE,
    Kind.ESCALATION: _CHASE,
    Kind.DIGEST: _CHASE,
    Kind.ALARM: _CHASE | {"troubles"},
    Kind.REGULATOR_REPORT: _DUTY | _FLAW | _FIX | {"how_known"},
    Kind.DUTY_REMINDER: _DUTY,
    Kind.DUTY_OVERDUE: _DUTY,
    Kind.STAND_IN: _CHASE,
    Kind.DECISION: _CHASE
    | {"leaked", "exploited", "fix_refs", "mitigation"}
    | {"ready", "missing", "sooner", "two_approve", "asked_with"},
    Kind.PLAN_CHANGE: _CHASE | {"turns"},
    Kind.NEW_LIMITS: _TO_REPORTER | {"turns"},
    Kind.CALENDAR: frozenset({"case_id", "now", "calendar"}),
    Kind.HANDOVER: _PROGRESS | {"lead", "handing_to", "every"},
    Kind.REPORTER_UPDATE: _TO_REPORTER | {"unfixed"},
    Kind.INVITATION: frozenset(
        {"case_id", "now", "planned", "undated", "lead", "answer_by", "told"}
    ),
    Kind.VENDOR_REMINDER: frozenset({"case_id", "now", "planned", "lead", "answer_by", "confirm"}),
    Kind.USER_NOTICE: frozenset(
        {"now", "planned", "mitigation", "public", "again", "unfixed", "exploited"}
    ),
    Kind.VENDOR_NOTICE: _PROGRESS | _FLAW | _FIX | {"lead", "files", "again", "unfixed", "linked"},
    Kind.FINAL_WARNING: _PROGRESS | {"lead", "text"},
    Kind.DATE_CHANGE: frozenset(
        {"case_id", "now", "planned", "told", "audience", "public", "close_reason", "lead"}
    ),
    Kind.RELEASE: _ADVISORY,
    Kind.CORRECTION: _ADVISORY | {"files"},
    Kind.THANKS: _TO_REPORTER,
    Kind.RETROSPECTIVE: _TEAM | {"unpublished"},
    Kind.OPEN_ENDS: _PROGRESS
    | {"lead", "proposed_lead", "every", "unpublished", "answered", "retrospective_held", "duties"},
    Kind.CLOSING: _TO_REPORTER | {"close_reason"},
}
"""The facts that a letter may use; any other is withheld, also from a team's own template."""

_ADVISORIES = (Kind.RELEASE, Kind.CORRECTION)
_IN_SUBJECTS = (
    _PROGRESS
    | {"about", "audience", "close_reason", "former_lead", "confirm"}
    | {
        "duty",
        "duty_by",
    }
)


def usable(kind: Kind, part: Part) -> frozenset[str]:
    """Return the facts that a part of the letter of `kind` may use."""
    if part is Part.BODY or kind in _ADVISORIES:
        return MAY_USE[kind]
    return MAY_USE[kind] & _IN_SUBJECTS


def render(kind: Kind, facts: Facts, templates: Path | None = None, file: str = "") -> Draft:
    """Return the letter of `kind` about `facts`; a file in `templates` goes before ours.

    `file` is a part of that letter which is shown by itself.

    The subject of an advisory names what it is about; any other says nothing of the report.
    Raises `BadInput` when a template cannot be filled in, uses what its letter may not say,
    or would make a subject that is not one plain line. No message quotes a fact.
    """
    known = facts.model_dump(include=set(MAY_USE[kind]))
    may_say = usable(kind, Part.SUBJECT)
    in_subject = {name: fact for name, fact in known.items() if name in may_say}
    file = file or f"{kind}.txt"
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
