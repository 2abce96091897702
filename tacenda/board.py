"""What the Web UI shows of a case: where it stands, in markdown without case text.

The Web UI puts this text into addresses of its own host, so it holds no title, reason,
mitigation or vulnerability detail. It shows tables without lines, so these are lists.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from tacenda.agenda import Entry
from tacenda.approvals import HELD, ApproveNotice, ApproveRelease
from tacenda.case import Case
from tacenda.deliveries import why
from tacenda.duties import duties, duty_done, duty_limit, duty_status
from tacenda.fields import moment
from tacenda.filings import Duty
from tacenda.letters import Sent
from tacenda.linkage import together
from tacenda.models import NOTICES, Deed, Kind, Step
from tacenda.releases import promised_release
from tacenda.roster import tally
from tacenda.slotwords import span
from tacenda.timeline import plan
from tacenda.todo import Todo, todos

T = TypeVar("T")

MOST_ENTRIES = 5
MINUTE = timedelta(minutes=1)
_APPROVALS = (ApproveNotice.name, ApproveRelease.name)
# All but letters, digits and what names have: nothing that markdown, HTML or a link needs.
_MARKUP = re.compile(r"[^\w ,.'-]|(?<![^\W_])[_.-]|_(?![^\W_])|(?<=www)\.", re.IGNORECASE)


def status_of(case: Case, step: Step, now: datetime) -> str:
    """Return pending, done, overdue, skipped, extended or without: where `step` is at `now`.

    A step that the policy does not have is `without`; only people skip one.
    """
    if case.done_at(step):
        return "done"
    if step in case.policy.without:
        return "without"
    if step in case.skipped or case.released or case.closing:
        return "skipped"
    if case.limit(step) <= now:
        return "overdue"
    return "extended" if step in case.moved else "pending"


def details_of(case: Case, now: datetime, coming: Sequence[Entry] | None = None) -> str:
    """Return the current details of `case` at `now` (UTC) as markdown.

    `coming` is its plan, where somebody has it already.
    """
    if coming is None:
        coming = plan(case, case.policy, now)
    sections = [
        _headline(case),
        _steps(case, now),
        _duties(case, now),
        _todo(case, now),
        _next(coming, now),
        _letters(case),
        _vendors(case),
        _acts(case),
    ]
    return "\n\n".join(section for section in sections if section)


def plain_name(name: str) -> str:
    """Return a name without what markdown, HTML or a link is made of.

    Whoever acts claims a name, and the Web UI cleans no HTML out of its markdown.
    """
    return _MARKUP.sub("�", name)


def _headline(case: Case) -> str:
    proposed = f"{plain_name(case.proposed_lead)} (proposed)" if case.proposed_lead else ""
    lead = plain_name(case.lead) or proposed or "nobody yet"
    band = case.severity.band.value if case.severity else "not scored"
    public = " · **public**" if case.is_public else ""
    leads = f"{lead}, handing over to {plain_name(case.handing_to)}" if case.handing_to else lead
    if case.second:
        leads += f", silent; asked to step in: {plain_name(case.second)}"
    stopped = f"**NO LETTER LEAVES: {why(case.stopped.by)}** · " if case.stopped else ""
    what = "it is public" if case.is_public else "the embargo is broken"
    decide = f"**DECIDE: {what}** · " if case.asked and not case.released else ""
    standing = f"{stopped}{decide}{_state(case)}{public}"
    others = f" · released together with {', '.join(together(case))}" if together(case) else ""
    severity = f"severity: {band}{_decided(case)}"
    return f"{standing} · lead: {leads} · {severity}{_release(case)}{others}"


def _state(case: Case) -> str:
    if case.closing:
        return f"**closed** as {case.closing.reason}"
    if case.released:
        return "**released**"
    return f"waiting for: **{case.state.label}**"


def _decided(case: Case) -> str:
    """Name the choices that people made; why, and where they were discussed, stays unsaid."""
    made = ", ".join(choice.label for choice in case.decisions)
    return f" · decided: {made}" if made else ""


def _release(case: Case) -> str:
    """Say how the release stands: approved for an instant, or held."""
    if case.released:
        return ""
    if notice := promised_release(case):
        return f" · release approved for {moment(notice.send_at)}"
    held = any(notice.kind is Kind.RELEASE for notice in case.notices)
    return " · release **held**" if held else ""


def _steps(case: Case, now: datetime) -> str:
    return "\n".join(f"- {step.label}: {_standing(case, step, now)}" for step in Step)


def _standing(case: Case, step: Step, now: datetime) -> str:
    if done := case.done_at(step):
        late = done - case.limit(step)
        return f"done {moment(done)}{f', {span(late)} late' if late >= MINUTE else ''}"
    status = status_of(case, step, now)
    if status == "without":
        return "not by this policy"
    if status == "skipped":
        return status
    shown = "**overdue**" if status == "overdue" else status
    return f"{shown}, limit {moment(case.limit(step))}"


def _duties(case: Case, now: datetime) -> str:
    """Say how what is owed to the regulator stands, where anything is."""
    rows = [f"- {duty.label}: {_owed(case, duty, now)}" for duty in duties(case)]
    return "\n".join(["Because it is exploited:", "", *rows]) if rows else ""


def _owed(case: Case, duty: Duty, now: datetime) -> str:
    status, limit = duty_status(case, duty, now), duty_limit(case, duty)
    if status == "done" and (done := duty_done(case, duty)):
        return f"done {moment(done)}"
    shown = "**overdue**" if status == "overdue" else status.replace("_", " ")
    return (
        f"{shown}, limit {moment(limit)}" if limit and status in ("pending", "overdue") else shown
    )


def _todo(case: Case, now: datetime) -> str:
    """Say who must do what, the most urgent first."""
    some = todos(case, now)[:MOST_ENTRIES]
    rows = [f"- {_who(todo)}: {todo.what}{_by(todo, now)}: `{todo.command}`" for todo in some]
    return "\n".join(["What people have to do:", "", *rows]) if rows else ""


def _who(todo: Todo) -> str:
    who = plain_name(todo.who)
    return f"**{who}**" if todo.is_urgent else who


def _by(todo: Todo, now: datetime) -> str:
    if todo.by is None:
        return ""
    return f" by {moment(todo.by)}" if todo.by > now else f", **due since {moment(todo.by)}**"


def _next(coming: Sequence[Entry], now: datetime) -> str:
    if not coming:
        return ""
    entries = coming[:MOST_ENTRIES]
    rows = [f"- {moment(max(entry.at, now))}: {entry.label}{_to(entry)}" for entry in entries]
    return "\n".join(["What comes next if nobody acts:", "", *rows])


def _to(entry: Entry) -> str:
    return f", to {', '.join(audience.label for audience in entry.to)}" if entry.to else ""


def _vendors(case: Case) -> str:
    """Return how many vendors stand where; never which, for names tell who is affected."""
    counted = tally(case)
    return f"Vendors: {counted}." if counted else ""


def _letters(case: Case) -> str:
    if not case.letters:
        return ""
    delivered = sum(len(letter.delivered) for letter in case.letters)
    failed = sum(len(letter.failed) for letter in case.letters)
    waiting = sum(len(letter.pending) for letter in case.letters)
    under_way = f", {len(case.under_way)} on their way" if case.under_way else ""
    put_off = f", {waiting} put off" if waiting else ""
    refused = f", {failed} refused" if failed else ""
    lost = sum(bounce.is_lost for bounce in case.bounces)
    back = f", {lost} came back" if lost else ""
    fates = f"{delivered} delivered{refused}{back}{put_off}{under_way}"
    copies = sum(len(letter.everyone) for letter in case.letters)
    rows = [f"- {moment(one.since)}: {one.label}, {_whom(one)}" for one in _last(case.letters)]
    total = f"{_count(len(case.letters), 'letter')} in {_count(copies, 'copy', 'copies')}"
    return "\n".join([f"What was sent: {total}, {fates}{_few(case.letters)}:", "", *rows])


def _whom(letter: Sent) -> str:
    """Say for whom a letter is, and how many they are; never who."""
    if letter.elsewhere:
        return "told elsewhere"
    counted = Counter(recipient.audience for recipient in letter.everyone)
    if not counted:
        return "to nobody"
    return "to " + ", ".join(f"{to.label} ({count})" for to, count in counted.items())


def _acts(case: Case) -> str:
    """Say who did what, by their part in the case; why, and to what end, stays unsaid."""
    if not case.deeds:
        return ""
    rows = [f"- {moment(deed.at)}: {_part(case, deed)}: {_act(deed)}" for deed in _last(case.deeds)]
    return "\n".join([f"Who did what{_few(case.deeds)}:", "", *rows])


def _part(case: Case, deed: Deed) -> str:
    """Name the lead, who stands above as well; of all others no name is in the clear."""
    if deed.by == case.lead:
        return f"{plain_name(case.lead)} (lead)"
    return "fix team" if deed.by in case.fix_team else "somebody else"


def _act(deed: Deed) -> str:
    """Name an act, whom a notice is for, and whether it was stopped."""
    audience = deed.detail.split(",")[0].split(" ")[0]
    whom = f", {audience}" if deed.what == ApproveNotice.name and audience in NOTICES else ""
    is_hold = deed.what in _APPROVALS and deed.detail.endswith(HELD)
    return f"{deed.what.replace('_', ' ')}{whom}{', held' if is_hold else ''}"


def _last(some: Sequence[T]) -> Sequence[T]:
    return some[-MOST_ENTRIES:]


def _few(of: Sequence[object]) -> str:
    return f" (the last {MOST_ENTRIES})" if len(of) > MOST_ENTRIES else ""


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
