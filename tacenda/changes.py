"""How people's acts change a case. Part of replay; nothing here refuses."""

from collections.abc import Iterable
from datetime import datetime
from functools import singledispatch
from typing import Any

from tacenda.act import Act
from tacenda.acts import (
    MOST,
    Acknowledge,
    AssignCve,
    Close,
    Confirm,
    Extend,
    FixLanded,
    HandOff,
    MarkSecret,
    ReportEvent,
    Score,
)
from tacenda.adopting import AdoptPolicy, adopted
from tacenda.answering import answered
from tacenda.approvals import ApproveNotice, ApproveRelease
from tacenda.approving import (
    held,
    with_another_fix,
    with_approval,
    with_invitation,
    with_new_facts,
)
from tacenda.bounced import Bounced
from tacenda.bouncing import with_bounces
from tacenda.breaking import reopened_question, with_event, with_release
from tacenda.cadence_acts import Decide
from tacenda.case import Case
from tacenda.deciding import held_to_ground, with_decision, with_step_skipped
from tacenda.errors import BadInput
from tacenda.filing import FileReport, filed
from tacenda.letters import Sent
from tacenda.link_acts import LinkCase, LinkedNews
from tacenda.linking import heard, linked
from tacenda.models import Audience, Closing, Extension, Fix, Kind, Matter
from tacenda.regulator import with_report_moved
from tacenda.rules import RIGHT_DATE, WHOLE_CASE
from tacenda.settling import settled
from tacenda.severity import severity_of
from tacenda.troubles import with_trouble
from tacenda.turning import with_turn
from tacenda.vendor_acts import VendorReply


def changed(case: Case, act: Act, now: datetime) -> Case:
    """Return `case` after `act` was done at `now` (UTC); the same one if nothing is new."""
    return _changed(act, case, now)


@singledispatch
def _changed(act: Any, case: Case, now: datetime) -> Case:
    raise AssertionError(f"no rule for {type(act).__name__}")


@_changed.register
def _(act: Acknowledge, case: Case, now: datetime) -> Case:
    if case.acknowledged is None:
        return _taken(act, case, now)
    if case.handing_to == act.by:
        return _taken_over(case, act.by, act.team)
    team = _without(case.lead, (*case.fix_team, *act.team))
    update = {"fix_team": team, "staffed": case.staffed + 1, "former_lead": ""}
    return case.model_copy(update=update)


def _taken(act: Acknowledge, case: Case, now: datetime) -> Case:
    """Return the case with its first lead; the reporter may have been answered elsewhere."""
    lead = act.lead or act.by
    answered = _told_elsewhere(act, Kind.ACKNOWLEDGEMENT, case, now)
    return case.model_copy(
        update={
            "acknowledged": act.when or now,
            "acknowledgement": act.text,
            "lead": lead,
            "fix_team": _without(lead, act.team),
            "letters": (*case.letters, *answered),
        }
    )


def _taken_over(case: Case, by: str, team: tuple[str, ...]) -> Case:
    """Return the case with another lead; the former one stays on the fix team, if they were."""
    return case.model_copy(
        update={
            "lead": by,
            "former_lead": case.lead,
            "handing_to": "",
            "fix_team": _without(by, (*case.fix_team, *team)),
            "staffed": case.staffed + 1,
        }
    )


def _without(lead: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys(names) if name != lead)


def _told_elsewhere(
    act: Acknowledge | Close, kind: Kind, case: Case, now: datetime
) -> tuple[Sent, ...]:
    """Return the record of a letter to the reporter that was told elsewhere, if it was."""
    if not act.elsewhere:
        return ()
    before = sum(letter.kind is kind for letter in case.all_letters)
    key = f"{kind}.{1 + before}" if before else kind.value
    to = (case.reporter,) if case.reporter else ()
    at = act.when or now
    return (Sent(key=key, kind=kind, at=at, begun=now, delivered=to, elsewhere=act.elsewhere),)


@_changed.register
def _(act: Score, case: Case, now: datetime) -> Case:
    try:
        severity = severity_of(act.vector)
    except BadInput:
        return case  # it was read when it was accepted, by a version that could
    if severity == case.severity:
        return case
    scored = with_new_facts(case, now, "the score changed", severity=severity)
    return held_to_ground(case, scored, now, by=act.by, why=act.why)


@_changed.register
def _(act: AssignCve, case: Case, now: datetime) -> Case:
    if act.withdraw:
        kept = tuple(cve for cve in case.cves if cve not in act.cves)
        return with_new_facts(case, now, "a CVE id was taken back", cves=kept)
    if act.published:
        public = tuple(dict.fromkeys((*case.published_cves, *act.cves)))
        return case.model_copy(update={"published_cves": public})
    cves = tuple(dict.fromkeys((*case.cves, *act.cves)))[:MOST]
    if cves == case.cves:
        return case
    return with_new_facts(case, now, "a CVE id was assigned", cves=cves)


@_changed.register
def _(act: FixLanded, case: Case, now: datetime) -> Case:
    at = act.when or now
    known = case.fix or Fix(landed=at, by=act.by)
    if act.withdraw:
        return with_report_moved(case, _taken_back(act, case, known, now), now, act)
    fix = Fix(
        refs=tuple(dict.fromkeys((*known.refs, *act.refs)))[:MOST],
        versions=tuple(dict.fromkeys((*known.versions, *act.versions)))[:MOST],
        mitigation=act.mitigation.strip() or known.mitigation,
        landed=known.landed if known.is_landed else at,
        by=known.by if known.is_landed else act.by,
        mitigated=known.mitigated if known.mitigation else at if act.mitigation.strip() else None,
    )
    if fix == case.fix:
        return case
    what = "the fix changed" if known.is_landed else "the fix landed"
    return with_report_moved(case, with_another_fix(case, fix, now, what, act.when), now, act)


def _taken_back(act: FixLanded, case: Case, known: Fix, now: datetime) -> Case:
    """Return the case without its fix; where none had landed, without its mitigation."""
    if case.rules >= RIGHT_DATE and not known.is_landed:
        left = with_another_fix(case, None, now, "the mitigation was withdrawn")
        return held_to_ground(case, left, now, by=act.by, why=act.withdraw)
    kept = known.model_copy(update={"refs": (), "versions": ()})
    return with_another_fix(case, kept if kept.mitigation else None, now, "the fix was withdrawn")


@_changed.register
def _(act: ApproveNotice, case: Case, now: datetime) -> Case:
    if act.invite:
        return with_invitation(case, act, now)
    if act.hold:
        waiting = case.waiting(case.notice_for(act.audience), act.audience)
        return held(case, waiting, f"{act.by} stopped it")
    return with_approval(case, act, now)


@_changed.register
def _(act: ApproveRelease, case: Case, now: datetime) -> Case:
    return with_release(act, case, now)


@_changed.register
def _(act: Extend, case: Case, now: datetime) -> Case:
    if act.skip:
        return with_step_skipped(case, act, now)
    assert act.until is not None
    extension = Extension(until=act.until, decided=now)
    moved = case.model_copy(update={"moved": {**case.moved, act.step: extension}})
    moved = settled(case, moved, now)
    what = f"another limit for the {act.step.label}"
    return with_turn(case, moved, now, by=act.by, what=what, why=act.why)


@_changed.register
def _(act: HandOff, case: Case, now: datetime) -> Case:
    if act.to == case.lead:
        return case.model_copy(update={"handing_to": "", "handed": None})
    handed = case.model_copy(update={"handing_to": act.to, "handed": now})
    return _taken_over(handed, act.by, ()) if act.to == act.by else handed


@_changed.register
def _(act: ReportEvent, case: Case, now: datetime) -> Case:
    return with_event(act, case, now)


@_changed.register
def _(act: Confirm, case: Case, now: datetime) -> Case:
    confirmed = {**case.confirmed, act.what: now}
    if act.what is not Matter.CREDIT:
        return case.model_copy(update={"confirmed": confirmed})
    if act.credit == case.credit:
        return case.model_copy(update={"confirmed": confirmed})
    return with_new_facts(case, now, "the credit changed", confirmed=confirmed, credit=act.credit)


_changed.register(VendorReply)(answered)
_changed.register(Decide)(with_decision)
_changed.register(FileReport)(filed)


@_changed.register
def _(act: MarkSecret, case: Case, now: datetime) -> Case:
    secrets = tuple(dict.fromkeys((*case.secrets, *act.words)))
    return case.model_copy(update={"secrets": secrets})


_changed.register(Bounced)(with_bounces)
_changed.register(AdoptPolicy)(adopted)
_changed.register(LinkCase)(linked)
_changed.register(LinkedNews)(heard)


@_changed.register
def _(act: Close, case: Case, now: datetime) -> Case:
    if act.reason is None:
        return _reopened(act, case, now)
    news = {Audience.USERS: act.users_told, Audience.VENDORS: act.vendors_told}
    told = _told_elsewhere(act, Kind.CLOSING, case, now)
    is_called_off = case.rules >= WHOLE_CASE and not case.released
    closed = case.model_copy(
        update={
            "closing": Closing(
                reason=act.reason,
                at=now,
                by=act.by,
                text=act.text or "",
                duplicate_of=act.duplicate_of,
            ),
            "planned": None if is_called_off else case.planned,
            "news": {audience: text for audience, text in news.items() if text},
            "letters": (*case.letters, *told),
        }
    )
    return settled(case, closed, now)


def _reopened(act: Close, case: Case, now: datetime) -> Case:
    """Return the case open again: what was approved in its first life is not sent in this one."""
    asked = reopened_question(case, now)
    case = case.model_copy(update={"closing": None, "asked": asked, "reopened": now})
    for notice in case.notices:
        if not notice.held and not case.started(notice.key):
            case = held(case, notice, "the case was closed")
    return with_trouble(
        case,
        f"{act.by} reopened the case. Its limits count from the receipt, as before; what was "
        "approved and not sent must be approved anew.",
        now,
    )
