"""How an event changes a case: `check` may refuse it, `apply` never does.

`apply` is part of replay: a change of what it does to an old history is a change of
workflow code.
"""

import hashlib
from datetime import datetime
from functools import singledispatch
from typing import Any

from tacenda import guards
from tacenda.acts import (
    MOST,
    Acknowledge,
    Act,
    ApproveNotice,
    ApproveRelease,
    AssignCve,
    Close,
    Event,
    Extend,
    FixLanded,
    LeadProposed,
    LetterHeld,
    LetterSent,
    LetterStarted,
    Score,
    TroubleFound,
)
from tacenda.advice import advice
from tacenda.case import Case
from tacenda.errors import Refused
from tacenda.models import (
    Closing,
    Extension,
    Fix,
    Kind,
    Notice,
    Report,
    Step,
)
from tacenda.objections import command_for
from tacenda.policy import Policy
from tacenda.record import deed_of
from tacenda.severity import severity_of
from tacenda.troubles import what_failed, with_trouble

_NOTICE_FOR = {
    Step.USER_NOTICE: Kind.USER_NOTICE,
    Step.VENDOR_NOTICE: Kind.VENDOR_NOTICE,
}
_BOUND_TO_FACTS = (Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.RELEASE)


def open_case(case_id: str, report: Report, policy: Policy, now: datetime) -> Case:
    """Return the new case that `report` opens at `now` (UTC).

    Raises `Refused` when the report was received after `now`.
    """
    if report.received > now:
        raise Refused("The report was received in the future; correct `received`.")
    return Case(
        id=case_id,
        report=report,
        policy=policy,
        opened=now,
        public_since=now if report.public else None,
    )


def check(case: Case, act: Act, now: datetime) -> tuple[str, ...]:
    """Return the warnings about `act` at `now` (UTC).

    Raises `Refused` with a sentence for each thing that is missing, and the command that
    supplies it. An override sets aside every guard that yields.
    """
    found = guards.objections(case, act, now)
    standing = [o for o in found if not (o.yields and act.override)]
    if standing:
        # What no override helps against is said alone: the rest would not matter then.
        standing = [o for o in standing if not o.yields] or standing
        hint = (
            " A person who decides otherwise says so with --override REASON."
            if all(objection.yields for objection in standing)
            else ""
        )
        raise Refused(" ".join(objection.sentence for objection in standing) + hint)
    return advice(case, act, now)


def apply(case: Case, event: Event, now: datetime) -> Case:
    """Return `case` after `event` at `now` (UTC). Never refuses."""
    if not isinstance(event, Act):
        return _apply(event, case, now)
    deed = deed_of(case, event, now)
    changed = _apply(event, case, now)
    if changed is case and isinstance(event, FixLanded):
        return case  # a signal may come twice, and says nothing new then
    return changed.model_copy(update={"deeds": (*changed.deeds, deed)})


def hash_of(text: str) -> str:
    """Return the SHA-256 of the bytes of a letter's text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


@singledispatch
def _apply(event: Any, case: Case, now: datetime) -> Case:
    raise AssertionError(f"no rule for {type(event).__name__}")


@_apply.register
def _(event: Acknowledge, case: Case, now: datetime) -> Case:
    lead = event.lead or event.by
    return case.model_copy(
        update={
            "acknowledged": now,
            "acknowledgement": event.text,
            "lead": lead,
            "fix_team": tuple(name for name in dict.fromkeys(event.team) if name != lead),
        }
    )


@_apply.register
def _(event: Score, case: Case, now: datetime) -> Case:
    severity = severity_of(event.vector)
    if severity == case.severity:
        return case
    return _with_new_facts(case, now, "the score changed", severity=severity)


@_apply.register
def _(event: AssignCve, case: Case, now: datetime) -> Case:
    cves = tuple(dict.fromkeys((*case.cves, *event.cves)))[:MOST]
    if cves == case.cves:
        return case
    return _with_new_facts(case, now, "a CVE id was assigned", cves=cves)


@_apply.register
def _(event: FixLanded, case: Case, now: datetime) -> Case:
    known = case.fix or Fix(landed=now, by=event.by)
    fix = Fix(
        refs=tuple(dict.fromkeys((*known.refs, *event.refs)))[:MOST],
        versions=tuple(dict.fromkeys((*known.versions, *event.versions)))[:MOST],
        mitigation=event.mitigation.strip() or known.mitigation,
        landed=known.landed if known.is_landed else now,
        by=known.by if known.is_landed else event.by,
    )
    if fix == case.fix:
        return case
    return _with_new_facts(case, now, "the fix changed", fix=fix)


@_apply.register
def _(event: ApproveNotice, case: Case, now: datetime) -> Case:
    notice = _notice(case, event.kind, event, now)
    return case.model_copy(
        update={
            "notices": (*case.notices, notice),
            "planned": event.planned or case.planned,
        }
    )


@_apply.register
def _(event: ApproveRelease, case: Case, now: datetime) -> Case:
    standing = case.waiting(Kind.RELEASE)
    if event.hold:
        return _held(case, standing, f"{event.by} stopped it") if standing else case
    assert event.text is not None
    if standing and standing.sha256 == hash_of(event.text):
        seconded = standing.model_copy(
            update={"approvers": (*standing.approvers, event.by), "approved": now}
        )
        return _with_notice(case, seconded)
    notice = _notice(case, Kind.RELEASE, event, now)
    return case.model_copy(update={"notices": (*case.notices, notice), "planned": notice.send_at})


@_apply.register
def _(event: Extend, case: Case, now: datetime) -> Case:
    if event.skip:
        skipped = case.model_copy(update={"skipped": (*case.skipped, event.step)})
        notice = case.waiting(_NOTICE_FOR[event.step]) if event.step in _NOTICE_FOR else None
        return _held(skipped, notice, "the step is skipped") if notice else skipped
    assert event.until is not None
    extension = Extension(until=event.until, decided=now)
    return case.model_copy(update={"moved": {**case.moved, event.step: extension}})


@_apply.register
def _(event: Close, case: Case, now: datetime) -> Case:
    closing = Closing(reason=event.reason, at=now, by=event.by, text=event.text or "")
    return case.model_copy(update={"closing": closing})


@_apply.register
def _(event: LeadProposed, case: Case, now: datetime) -> Case:
    return case.model_copy(update={"proposed_lead": event.name})


@_apply.register
def _(event: LetterStarted, case: Case, now: datetime) -> Case:
    return case.model_copy(update={"under_way": (*case.under_way, event.letter)})


@_apply.register
def _(event: LetterSent, case: Case, now: datetime) -> Case:
    started = next((s for s in case.under_way if s.key == event.letter.key), event.letter)
    letter = event.letter.model_copy(update={"begun": started.since})
    sent = case.model_copy(
        update={
            "under_way": tuple(s for s in case.under_way if s.key != letter.key),
            "letters": (*case.letters, letter),
        }
    )
    if letter.kind is Kind.ALARM or not (letter.failed or not letter.delivered):
        return sent
    return with_trouble(sent, what_failed(case, letter), now)


@_apply.register
def _(event: LetterHeld, case: Case, now: datetime) -> Case:
    was_begun = any(s.key == event.key for s in case.under_way)
    kept = tuple(s for s in case.under_way if s.key != event.key)
    case = case.model_copy(update={"under_way": kept})
    # A final warning that is too late holds the release that it warns of.
    key = event.key.replace(f"{Kind.FINAL_WARNING}.", f"{Kind.RELEASE}.")
    notice = next((n for n in case.notices if n.key == key), None)
    if notice is None or notice.held:
        return case
    what = (
        f"The approved {notice.kind.label} is held: {event.reason}. {_how_sure(was_begun)} "
        f"Decide when, and approve it again: {command_for(case, notice.kind)} --at T."
    )
    return with_trouble(_held(case, notice, event.reason), what, now)


def _how_sure(was_begun: bool) -> str:
    """Say what is known of a held letter: the answer to an attempt may have been lost."""
    if was_begun:
        return "Nobody is known to have it, but look at the lists first: one answer may be lost."
    return "Nothing has been published."


@_apply.register
def _(event: TroubleFound, case: Case, now: datetime) -> Case:
    return with_trouble(case, event.what, now)


def _notice(case: Case, kind: Kind, act: ApproveNotice | ApproveRelease, now: datetime) -> Notice:
    assert act.text is not None
    return Notice(
        kind=kind,
        number=1 + sum(notice.kind is kind for notice in case.notices),
        text=act.text,
        sha256=hash_of(act.text),
        approved=now,
        approvers=(act.by,),
        send_at=act.at or now,
        revision=case.revision,
    )


def _with_notice(case: Case, changed: Notice) -> Case:
    notices = tuple(changed if n.key == changed.key else n for n in case.notices)
    return case.model_copy(update={"notices": notices})


def _held(case: Case, notice: Notice, reason: str) -> Case:
    return _with_notice(case, notice.model_copy(update={"held": reason}))


def _with_new_facts(case: Case, now: datetime, what: str, **facts: Any) -> Case:
    """Return the case with new facts: an approval that speaks of the old ones is void."""
    case = case.model_copy(update={**facts, "revision": case.revision + 1})
    void: list[Notice] = [n for kind in _BOUND_TO_FACTS if (n := case.waiting(kind))]
    for notice in void:
        case = _held(case, notice, what)
        case = with_trouble(
            case,
            f"The approval of the {notice.kind.label} is void because {what}. "
            f"Read the text again and approve it anew: {command_for(case, notice.kind)}.",
            now,
        )
    return case
