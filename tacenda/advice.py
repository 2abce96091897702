"""What the author of an act should know, and may do all the same."""

from collections.abc import Iterator
from datetime import datetime
from functools import singledispatch

from tacenda.act import Act
from tacenda.acts import (
    Acknowledge,
    Close,
    Extend,
    FixLanded,
    HandOff,
    MarkSecret,
    ReportEvent,
    Score,
)
from tacenda.adopting import AdoptPolicy, on_adopting
from tacenda.approvals import ApproveNotice, ApproveRelease
from tacenda.approving import says_what_was
from tacenda.cadence_acts import Decide
from tacenda.cadence_advice import on_another_instant, on_decision, on_score, on_withdrawal
from tacenda.case import Case
from tacenda.embargoed import Secret
from tacenda.extending import on_extending
from tacenda.fields import moment
from tacenda.filing import FileReport
from tacenda.filing_guards import on_awareness, on_filing
from tacenda.link_acts import LinkCase
from tacenda.linking_advice import on_closing, on_common_notice, on_link
from tacenda.models import Audience, Break, Kind, Matter, Step
from tacenda.objections import command_for
from tacenda.parties import embargo_end
from tacenda.promises import announced, is_going_out, told_otherwise
from tacenda.prose import span
from tacenda.publictext import slips
from tacenda.readiness import sooner
from tacenda.releases import standing_release
from tacenda.vendor_acts import VendorReply
from tacenda.vendor_advice import on_consent, on_reply


def advice(case: Case, act: Act, now: datetime) -> tuple[str, ...]:
    """Return the warnings about `act` on `case` at `now` (UTC); none of them refuses it."""
    return tuple(_advice(act, case, now))


@singledispatch
def _advice(act: Act, case: Case, now: datetime) -> Iterator[str]:
    yield from ()


@_advice.register
def _(act: Acknowledge, case: Case, now: datetime) -> Iterator[str]:
    if case.handing_to == act.by:
        yield from _another_contact(case)


def _another_contact(case: Case) -> Iterator[str]:
    if case.reporter:
        yield (
            "The reporter knows another contact. Tell them who answers now: "
            f"tacenda notify {case.id} reporter --edit."
        )


@_advice.register
def _(act: HandOff, case: Case, now: datetime) -> Iterator[str]:
    if act.to == act.by != case.lead:
        yield from _another_contact(case)
    elif act.to != case.lead:
        yield (
            f"{case.lead} stays responsible until {act.to} accepts: "
            f"tacenda --as {act.to} ack {case.id}."
        )


@_advice.register
def _(act: ReportEvent, case: Case, now: datetime) -> Iterator[str]:
    if act.hold_on:
        return
    yield from on_awareness(act, case, now)
    if case.released:
        return
    if is_going_out(case):
        yield "The release is just going out; nothing is left to decide."
        return
    if release := standing_release(case):
        yield f"The release stays approved for {moment(release.send_at)} until somebody changes it."
    is_public = case.is_public or act.event is Break.PUBLIC
    why = "" if is_public else " --override WHY"
    fixed = bool(case.fix and case.fix.is_landed)
    how = " --confirm-artifacts" if fixed else "" if case.fix else " --edit"
    now_ = f"tacenda release {case.id}{how}{why}"
    yield (
        f"To publish now{'' if fixed else ', without a fix'}: {now_}; at another instant, with "
        f"--at {sooner(case, now):%Y-%m-%dT%H:%MZ}."
    )
    if not is_public:
        yield f"To hold on: tacenda {act.event} {case.id} --hold-on --reason WHY."


@_advice.register
def _(act: ApproveNotice, case: Case, now: datetime) -> Iterator[str]:
    if act.hold or case.released:
        return
    if act.elsewhere:
        yield from _on_told_elsewhere(act, case, now)
        return
    if act.invite:
        if act.planned:
            yield from _on_planned(act, act.planned, case)
        return
    if act.audience is Audience.VENDORS and not (case.fix and case.fix.is_landed):
        yield "No fix has landed: the vendors get this notice without one."
    yield from on_common_notice(act, case)
    if act.audience is Audience.VENDORS:
        yield from on_consent(act, case, now)
        yield from _on_early(act, case, now)
    if act.audience is Audience.USERS and Step.USER_NOTICE in case.policy.without:
        yield (
            f"The policy of this case, {case.policy.profile}, has no user notice: users hear with "
            "the release. One before it is for a mitigation that they need now."
        )
    if act.planned:
        yield from _on_planned(act, act.planned, case)
    mitigation = case.fix.mitigation if case.fix else ""
    if act.audience is Audience.USERS and mitigation and not case.is_public:
        yield "The mitigation may give the flaw away. Read the text once more with that in mind."


def _on_early(act: ApproveNotice, case: Case, now: datetime) -> Iterator[str]:
    """The more time vendors have, the more of them know for the longer."""
    earliest = case.policy.release.vendors_earliest
    release = act.planned or embargo_end(case)
    if earliest and (act.at or now) < release - earliest and not case.is_public:
        yield (
            f"The vendors would know earlier than {span(earliest)} before the release "
            f"({moment(release)}); by the policy they hear from {moment(release - earliest)} on."
        )


def _on_planned(act: ApproveNotice, planned: datetime, case: Case) -> Iterator[str]:
    if objection := case.policy.calendar.objection(planned):
        yield f"The planned release date: {objection}."
    yield from on_another_instant(case, planned)
    if planned > (limit := case.limit(Step.RELEASE)):
        yield f"The planned release is after its limit, {moment(limit)}."
    others = [r for r in told_otherwise(case, planned) if r.audience is not act.audience]
    if others:
        yield f"{_people(len(others))} another date, and hear of this one at once."


def _on_told_elsewhere(act: ApproveNotice, case: Case, now: datetime) -> Iterator[str]:
    """What people were told elsewhere holds for all, unless it had been changed since."""
    if act.planned is None:
        return
    if says_what_was(case, act.when or now):
        if case.planned and case.planned != act.planned:
            yield f"The release is now planned for {moment(case.planned)}: they hear that at once."
        return
    others = [r for r in told_otherwise(case, act.planned) if r.audience is not act.audience]
    if others and act.planned > now:
        yield f"{_people(len(others))} another date, and hear of this one at once."


def _people(count: int) -> str:
    return "1 recipient was told" if count == 1 else f"{count} recipients were told"


@_advice.register
def _(act: ApproveRelease, case: Case, now: datetime) -> Iterator[str]:
    if act.hold:
        if told := announced(case):
            yield (
                f"Those who had a notice expect the release at {moment(told)}. They hear of "
                "another date as soon as you approve one; to tell them before: "
                f"tacenda notify {case.id} users --planned T."
            )
        return
    if act.elsewhere:
        return
    yield from _on_credit(case)
    yield from on_another_instant(case, act.at or now)
    yield from _on_instant(act.at or now, case, now)
    if case.severity is None:
        yield f"The case has no score. Give it one with tacenda score {case.id} VECTOR."
    for step in (Step.USER_NOTICE, Step.VENDOR_NOTICE):
        if step in case.open_steps():
            yield f"The {step.label} has not gone out."


def _on_reopening(case: Case) -> Iterator[str]:
    if any(letter.kind is Kind.CLOSING and letter.arrived for letter in case.letters):
        yield (
            "The reporter was told that it is closed. Tell them that it is not: "
            f"tacenda notify {case.id} reporter --edit."
        )
    if case.told(Audience.USERS, Audience.VENDORS) and not case.released:
        yield (
            "Users or vendors were told that there is no release. They hear of one as soon as "
            f"you approve it, or name its date: tacenda notify {case.id} users --planned T."
        )


def _on_credit(case: Case) -> Iterator[str]:
    reporter = case.report.reporter
    if reporter and Matter.CREDIT not in case.confirmed:
        wish = f" Their wish was: {reporter.credit!r}." if reporter.credit else ""
        yield (
            f"The draft names no reporter: no credit is confirmed.{wish} To confirm one: "
            f"tacenda confirm {case.id} credit --name NAME."
        )


def _on_instant(at: datetime, case: Case, now: datetime) -> Iterator[str]:
    if at > (limit := case.limit(Step.RELEASE)) and at > now:
        yield (
            f"{moment(at)} is after the limit of the release, {moment(limit)}, which escalates. "
            f"To move it: tacenda extend {case.id} release --until T --reason WHY."
        )
    calendar = case.policy.calendar
    if calendar.is_odd_hour(at):
        yield f"{moment(at)} is not the preferred hour ({calendar.release_at:%H:%M} UTC)."
    others = told_otherwise(case, at)
    if others and at > now:
        yield f"{_people(len(others))} another date, and hear of this one at once."
    warning = case.policy.release.final_warning
    if case.told(Audience.VENDORS) and at - now < warning:
        yield (
            f"Less than {warning.total_seconds() / 3600:.0f} hours are left: the final warning "
            "to the vendors goes out at once, and the shortfall is recorded."
        )


_advice.register(VendorReply)(on_reply)
_advice.register(Decide)(on_decision)
_advice.register(Score)(on_score)
_advice.register(FixLanded)(on_withdrawal)
_advice.register(Extend)(on_extending)
_advice.register(AdoptPolicy)(on_adopting)
_advice.register(FileReport)(on_filing)
_advice.register(LinkCase)(on_link)


@_advice.register
def _(act: MarkSecret, case: Case, now: datetime) -> Iterator[str]:
    """What was approved before was held against fewer words."""
    marked = case.model_copy(update={"secrets": (*case.secrets, *act.words)})
    waiting = (case.waiting(k) for k in (Kind.USER_NOTICE, Kind.RELEASE, Kind.CORRECTION))
    for notice in filter(None, waiting):
        if any(slip.secret is Secret.MARKED for slip in slips(marked, notice.text)):
            yield (
                f"The {notice.kind.label} that is approved holds words marked secret. To stop it: "
                f"{command_for(case, notice)} --hold REASON."
            )


@_advice.register
def _(act: Close, case: Case, now: datetime) -> Iterator[str]:
    if act.reopen:
        yield from _on_reopening(case)
        return
    yield from on_closing(act, case)
    told = case.told(Audience.USERS, Audience.VENDORS)
    if told and not case.released:
        yield (
            f"{_people(len(told))} of a release. They hear now that it does not come, and the "
            "vendors that what they know stays under embargo."
        )
    if case.under_way:
        labels = ", ".join(letter.kind.label for letter in case.under_way)
        yield f"Still on their way, and sent all the same: {labels}."
    waiting = [n.kind.label for k in Kind if (n := case.waiting(k))]
    if waiting:
        yield f"Approved and not sent, and now never sent: {', '.join(waiting)}."
