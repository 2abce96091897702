"""Which cases somebody wants to see: as the server is asked, and as a link into the Web UI.

The server keeps no order on SQL but that of the start, so what comes first is a question of its
own: alarms and what is overdue, and then the rest.
"""

from datetime import datetime, timedelta
from urllib.parse import quote

from tacenda.attributes import BAND, LEAD, NEXT_LIMIT, OVERDUE, STATE, WORKFLOW
from tacenda.fields import Value

NOBODY = "nobody"
THIS_WEEK = timedelta(days=7)
ALARMING = ("Terminated", "Failed", "TimedOut", "Canceled")

_ALARMS = ", ".join(f"'{status}'" for status in ALARMING)
URGENT = f"({OVERDUE.name} IS NOT NULL OR ExecutionStatus IN ({_ALARMS}))"
"""Of those that did not end by closing: what a person must look at first."""

REST = f"({OVERDUE.name} IS NULL AND ExecutionStatus NOT IN ({_ALARMS}))"


class View(Value):
    """A saved view of the Web UI: its name, what it asks the server, and its address."""

    name: str
    query: str
    link: str


class Filter(Value):
    """Which cases are wanted; what is not named does not matter. `lead` may be `nobody`.

    Those that were stopped otherwise than by closing count as open; `is_running` leaves them out.
    """

    everything: bool = False
    is_running: bool = False
    state: str | None = None
    band: str | None = None
    lead: str | None = None
    overdue: bool = False
    due_before: datetime | None = None

    @property
    def query(self) -> str:
        """What the server is asked."""
        parts = [f"WorkflowType = '{WORKFLOW}'"]
        if self.is_running:
            parts.append("ExecutionStatus = 'Running'")
        elif not self.everything:
            parts.append("ExecutionStatus != 'Completed'")
        if self.state:
            parts.append(f"{STATE.name} = {quoted(self.state)}")
        if self.band:
            parts.append(f"{BAND.name} = {quoted(self.band)}")
        if self.lead:
            leads = "IS NULL" if self.lead == NOBODY else f"= {quoted(self.lead)}"
            parts.append(f"{LEAD.name} {leads}")
        if self.overdue:
            parts.append(f"{OVERDUE.name} IS NOT NULL")
        if self.due_before:
            parts.append(f"{NEXT_LIMIT.name} < '{self.due_before.isoformat(timespec='seconds')}'")
        return " AND ".join(parts)


def quoted(text: str) -> str:
    """Return a text as the server's query language writes it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def saved_views(ui: str, namespace: str, now: datetime, lead: str = "") -> tuple[View, ...]:
    """Return the views that a team keeps in the Web UI at `ui`, from `now` (UTC) on.

    Without a `lead`, the last is that of the cases that nobody leads. They are of cases that run:
    the Web UI (2.54) shows "is not completed" as its opposite.
    """
    soon = now + THIS_WEEK
    filters = {
        "overdue": Filter(is_running=True, overdue=True),
        f"due by {soon:%Y-%m-%d}": Filter(is_running=True, due_before=soon),
        f"led by {lead or NOBODY}": Filter(is_running=True, lead=lead or NOBODY),
    }
    return tuple(
        View(name=name, query=some.query, link=link_to(ui, namespace, some.query))
        for name, some in filters.items()
    )


def link_to(ui: str, namespace: str, query: str) -> str:
    """Return the address in the Web UI that lists what a query finds."""
    return f"{ui}/namespaces/{quote(namespace, safe='')}/workflows?query={quote(query, safe='')}"
