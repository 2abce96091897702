"""What speaks against an act: each guard with its name, its sentence and its way out.

A guard names what is missing and the command that supplies it. Most yield to an override
with a reason; a named person and the exact text never do.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import singledispatch

from tacenda.act import Act
from tacenda.acts import (
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
from tacenda.adopting import AdoptPolicy, against_adopting
from tacenda.approvals import ApproveNotice, ApproveRelease
from tacenda.approving import seconds
from tacenda.bounced import Bounced
from tacenda.bouncing import against_bounces
from tacenda.cadence_acts import Decide
from tacenda.cadence_guards import against_decision
from tacenda.case import Case
from tacenda.closing_guards import incomplete
from tacenda.errors import BadInput
from tacenda.extending import against_extending
from tacenda.fields import moment
from tacenda.filing import FileReport
from tacenda.filing_guards import against_filing, owed
from tacenda.link_acts import LinkCase, LinkedNews
from tacenda.linking_guards import against_link, against_news, of_which
from tacenda.models import Audience, Break, CloseReason, Matter
from tacenda.notice_guards import against_notice, against_release, disclosed_early
from tacenda.objections import Objection, told_before
from tacenda.public_guards import against_public_text
from tacenda.rules import RIGHT_DATE
from tacenda.severity import severity_of
from tacenda.vendor_acts import VendorReply
from tacenda.vendor_guards import against_reply

_AFTER_IT = {
    Matter.RETROSPECTIVE: "the retrospective",
    Matter.REPORTER: "the last word to the reporter",
}


def objections(case: Case, act: Act, now: datetime) -> tuple[Objection, ...]:
    """Return what speaks against `act` on `case` at `now` (UTC).

    On a case that is public only what does not yield, or stands in public, is left.
    """
    if case.closing:
        reopens = isinstance(act, Close) and act.reopen
        return () if reopens else (_closed(case),)
    found = every_objection(case, act, now)
    stands = [not o.yields or o.in_public or not case.is_public for o in found]
    return tuple(o for o, it_stands in zip(found, stands, strict=True) if it_stands)


def every_objection(case: Case, act: Act, now: datetime) -> tuple[Objection, ...]:
    """Return what speaks against `act`, also what no longer counts on a public case."""
    return tuple(_objections(act, case, now))


def shortfalls(case: Case, act: Act, now: datetime) -> tuple[str, ...]:
    """Return what falls short of the process although nothing refuses it, for the record."""
    if isinstance(act, ApproveNotice):
        return disclosed_early(act, case, now)
    if not isinstance(act, ApproveRelease) or not case.told(Audience.VENDORS):
        return ()
    if act.hold or act.elsewhere:
        return ()
    standing = seconds(case, act)
    at = standing.send_at if standing else act.at or now
    is_short = at - now < case.policy.release.final_warning
    return ("final warning",) if is_short else ()


def _closed(case: Case) -> Objection:
    assert case.closing is not None
    sentence = (
        f"{case.id} was closed as {case.closing.reason} by {case.closing.by} "
        f"on {moment(case.closing.at)}; nothing more happens in it. To take it up again: "
        f"tacenda close {case.id} --reopen REASON."
    )
    return Objection(name="closed", sentence=sentence, yields=False)


@singledispatch
def _objections(act: Act, case: Case, now: datetime) -> Iterator[Objection]:
    raise AssertionError(f"no guards for {type(act).__name__}")


@_objections.register
def _(act: Acknowledge, case: Case, now: datetime) -> Iterator[Objection]:
    yield from told_before(case, act.when, now)
    if case.acknowledged is None:
        return
    if act.text is not None or act.elsewhere:
        yield Objection(
            name="answered",
            sentence=f"The reporter was answered on {moment(case.acknowledged)}. To write to them "
            f"again: tacenda notify {case.id} reporter --edit.",
            yields=False,
        )
    if case.handing_to == act.by:
        agrees = act.lead in ("", act.by)
    else:
        is_new = bool(set(act.team) - {case.lead, *case.fix_team})
        agrees = is_new and act.lead in ("", case.lead)
    if not agrees:
        yield Objection(name="acknowledged", sentence=_who_leads(act, case), yields=False)


def _who_leads(act: Acknowledge, case: Case) -> str:
    if case.handing_to == act.by:
        return (
            f"The case is handed to {act.by} and to nobody else. Accept it (tacenda --as {act.by} "
            f"ack {case.id}), and hand it on: tacenda handoff {case.id} --to {act.lead}."
        )
    if case.handing_to:
        return (
            f"{case.handing_to} has been asked to take the case over, and leads it after "
            f"tacenda --as {case.handing_to} ack {case.id}."
        )
    taken = f" on {moment(case.acknowledged)}" if case.acknowledged else ""
    takes = f" To take it over: tacenda handoff {case.id} --to {act.by}."
    return (
        f"Somebody took the case{taken}: {case.lead} leads it, and the reporter has been "
        f"answered.{takes if act.by != case.lead else ''} To add to the fix team: "
        f"tacenda ack {case.id} --team NAME."
    )


@_objections.register
def _(act: HandOff, case: Case, now: datetime) -> Iterator[Objection]:
    if case.acknowledged is None:
        yield Objection(
            name="no lead",
            sentence="Nobody leads the case yet, so there is nothing to hand over. "
            f"Take it: tacenda ack {case.id} --lead {act.to}.",
            yields=False,
        )
    elif act.to == case.lead and not case.handing_to:
        yield Objection(
            name="leads already",
            sentence=f"{act.to} leads the case already. To hand it to somebody else: "
            f"tacenda handoff {case.id} --to NAME.",
            yields=False,
        )


@_objections.register
def _(act: ReportEvent, case: Case, now: datetime) -> Iterator[Objection]:
    yield from told_before(case, act.aware, now, "--aware")
    if act.hold_on and case.asked is None:
        yield Objection(
            name="no decision asked",
            sentence="No decision is asked for just now. What has happened is said without "
            f"--hold-on: tacenda {act.event} {case.id} --reason WHAT.",
            yields=False,
        )
    elif not act.hold_on and act.event is not Break.EXPLOITED and case.is_public:
        since = case.released or case.public_since or now
        yield Objection(
            name="public already",
            sentence=f"The case has been public since {moment(since)}; there is no embargo left "
            "to break.",
            yields=False,
        )


@_objections.register
def _(act: Confirm, case: Case, now: datetime) -> Iterator[Objection]:
    if act.what is Matter.CREDIT:
        if case.report.reporter is None:
            yield Objection(
                name="no reporter", sentence="The case has no reporter to credit.", yields=False
            )
    elif not case.released:
        yield Objection(
            name="release",
            sentence=f"The release is not out, and {_AFTER_IT[act.what]} comes after it. Release "
            f"it first: tacenda release {case.id}.",
        )


@_objections.register
def _(act: MarkSecret, case: Case, now: datetime) -> Iterator[Objection]:
    yield from ()


@_objections.register
def _(act: Score, case: Case, now: datetime) -> Iterator[Objection]:
    try:
        severity_of(act.vector)
    except BadInput as error:
        yield Objection(name="vector", sentence=str(error), yields=False)


@_objections.register
def _(act: AssignCve, case: Case, now: datetime) -> Iterator[Objection]:
    strangers = [cve for cve in act.cves if cve not in case.cves]
    if (act.published or act.withdraw) and strangers:
        yield Objection(
            name="CVE id",
            sentence=f"{', '.join(strangers)} is not of this case, which has "
            f"{', '.join(case.cves) or 'none'}. Assign it: tacenda cve {case.id} {strangers[0]}.",
            yields=False,
        )
    if act.published and not case.is_public:
        yield Objection(
            name="CVE record",
            sentence="The release is not out, and a CVE record becomes public only after it. "
            f"If it is public all the same, so is the case: tacenda public {case.id} --reason WHY.",
        )


@_objections.register
def _(act: FixLanded, case: Case, now: datetime) -> Iterator[Objection]:
    if act.when is not None and act.when > now:
        yield from told_before(case, act.when, now)
    can_go = case.fix and (case.fix.is_landed or case.rules >= RIGHT_DATE)
    if act.withdraw and not can_go:
        yield Objection(
            name="no fix",
            sentence="No fix has landed that could be withdrawn. One that lands is recorded with "
            f"tacenda fixed {case.id} --ref URL.",
            yields=False,
        )


_objections.register(VendorReply)(against_reply)
_objections.register(ApproveNotice)(against_notice)
_objections.register(ApproveRelease)(against_release)
_objections.register(Bounced)(against_bounces)
_objections.register(Decide)(against_decision)
_objections.register(Extend)(against_extending)
_objections.register(AdoptPolicy)(against_adopting)
_objections.register(FileReport)(against_filing)
_objections.register(LinkCase)(against_link)
_objections.register(LinkedNews)(against_news)


@_objections.register
def _(act: Close, case: Case, now: datetime) -> Iterator[Objection]:
    yield from told_before(case, act.when, now)
    yield from against_public_text(act, case)
    if act.reopen:
        yield Objection(
            name="open",
            sentence="The case is open; there is nothing to reopen. To close it: "
            f"tacenda close {case.id} --as REASON.",
            yields=False,
        )
    elif act.reason is CloseReason.COMPLETE:
        yield from incomplete(case)
    if act.reason not in (None, CloseReason.INVALID):
        yield from owed(case)
    yield from of_which(act, case)
