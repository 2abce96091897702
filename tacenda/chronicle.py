"""What happened to a case so far, in order: who did what, when and why."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.acts import Extend
from tacenda.adopting import AdoptPolicy
from tacenda.cadence_acts import Decide
from tacenda.case import Case
from tacenda.duties import duties, duty_done, duty_limit
from tacenda.fields import Instant, Value
from tacenda.letters import Recipient, Sent
from tacenda.models import Deed, Step

BY_ITSELF = "tacenda"
MOST_NAMED = 50
_CHANGES_THE_PLAN = (Extend.name, Decide.name, AdoptPolicy.name)


class Happened(Value):
    """One line of the history: what happened, through whom, and why.

    `who` is a person as they named themselves, the reporter, or `tacenda` for what happens by
    itself. `overrode` are the guards that were set aside for that reason.
    """

    at: Instant
    who: str
    what: str
    detail: str = ""
    why: str = ""
    overrode: tuple[str, ...] = ()


def chronicle(case: Case, now: datetime) -> tuple[Happened, ...]:
    """Return what happened to `case` until `now` (UTC), the oldest first."""
    lines = [
        *_beginning(case),
        *(_act(deed) for deed in case.deeds),
        *(_letter(letter) for letter in case.letters),
        *_turns(case),
        *_missed(case, now),
        *_silences(case),
        *(
            Happened(at=t.at, who=BY_ITSELF, what="needs a person", detail=t.what)
            for t in case.troubles
        ),
    ]
    return tuple(sorted(lines, key=lambda line: line.at))


def _turns(case: Case) -> Iterator[Happened]:
    """Yield what changed the plan by itself: whatever an act says of itself stands there."""
    said = {(deed.at, deed.by) for deed in case.deeds if deed.what in _CHANGES_THE_PLAN}
    for turn in case.turns:
        if (turn.at, turn.by) not in said:
            yield Happened(at=turn.at, who=turn.by, what="plan", detail=turn.what, why=turn.why)


def _beginning(case: Case) -> Iterator[Happened]:
    reporter = case.report.reporter
    who = (reporter.name or reporter.email or "") if reporter else ""
    yield Happened(at=case.report.received, who=who or "somebody", what="report received")
    elsewhere = f"handled elsewhere before: {case.adopted}" if case.adopted else ""
    yield Happened(at=case.opened, who=BY_ITSELF, what="case opened", detail=elsewhere)


def _act(deed: Deed) -> Happened:
    return Happened(
        at=deed.at,
        who=deed.by,
        what=deed.what.replace("_", " "),
        detail=deed.detail,
        why=deed.why or deed.override,
        overrode=deed.overrode,
    )


def _letter(letter: Sent) -> Happened:
    to = _few(letter.delivered) or "nobody"
    failed = _few(letter.failed)
    detail = f"to {to}" + (f"; refused for {failed}" if failed else "")
    if letter.elsewhere:
        whom = f": {detail}" if letter.everyone else ""
        detail = f"told elsewhere, {letter.elsewhere}{whom}"
    return Happened(at=letter.at, who=BY_ITSELF, what=letter.label, detail=detail)


def _silences(case: Case) -> Iterator[Happened]:
    """Yield which vendors did not answer in time, one line for each instant and question."""
    names = {vendor.address: vendor.name for vendor in case.vendors}
    silent: dict[tuple[datetime, bool], list[str]] = {}
    for silence in case.silences:
        name = names.get(silence.address, silence.address)
        silent.setdefault((silence.at, silence.to_notice), []).append(name)
    for (at, to_notice), whom in silent.items():
        to = "the vendor notice" if to_notice else "the invitation"
        more = f" and {len(whom) - MOST_NAMED} more" if len(whom) > MOST_NAMED else ""
        detail = f"{', '.join(whom[:MOST_NAMED])}{more} to {to}"
        yield Happened(at=at, who=BY_ITSELF, what="no answer", detail=detail)


def _few(recipients: tuple[Recipient, ...]) -> str:
    """Return to whom a letter went: of very many the first, and how many more."""
    more = len(recipients) - MOST_NAMED
    named = ", ".join(recipient.address for recipient in recipients[:MOST_NAMED])
    return f"{named} and {more} more" if more > 0 else named


def _missed(case: Case, now: datetime) -> Iterator[Happened]:
    """Yield the limits that passed before their step, or their duty, was done."""
    ends = (case.released, case.closing.at if case.closing else None, now)
    end = min(at for at in ends if at is not None)
    for step in Step:
        limit, done = case.limit(step), case.done_at(step)
        is_late = done > limit if done else not case.is_without(step) and limit <= end
        if is_late:
            yield Happened(at=limit, who=BY_ITSELF, what="limit passed", detail=step.label)
    for duty in duties(case):
        by, done = duty_limit(case, duty), duty_done(case, duty)
        if by and by < (done or (case.closing.at if case.closing else now)):
            yield Happened(at=by, who=BY_ITSELF, what="limit passed", detail=duty.label)
