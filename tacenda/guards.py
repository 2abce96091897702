"""What speaks against an act: each guard with its name, its sentence and its way out.

A guard names what is missing and the command that supplies it. Most yield to an override
with a reason; a named person and the exact text never do.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import singledispatch

from tacenda.acts import (
    Acknowledge,
    Act,
    ApproveNotice,
    ApproveRelease,
    AssignCve,
    Close,
    Extend,
    FixLanded,
    Score,
)
from tacenda.case import Case
from tacenda.errors import BadInput
from tacenda.fields import moment
from tacenda.models import Audience, CloseReason, Kind, Notice, State, Step
from tacenda.objections import (
    Objection,
    filled_in,
    not_past,
    once_only,
    release_day,
    vendors_period,
)
from tacenda.severity import severity_of


def objections(case: Case, act: Act, now: datetime) -> tuple[Objection, ...]:
    """Return what speaks against `act` on `case` at `now` (UTC).

    On a case that is public only what does not yield, or is about the text, is left.
    """
    if case.closing:
        return (_closed(case),)
    found = every_objection(case, act, now)
    stands = [not o.yields or o.about_text or not case.is_public for o in found]
    return tuple(o for o, it_stands in zip(found, stands, strict=True) if it_stands)


def every_objection(case: Case, act: Act, now: datetime) -> tuple[Objection, ...]:
    """Return what speaks against `act`, also what no longer counts on a public case."""
    return tuple(_objections(act, case, now))


def shortfalls(case: Case, act: Act, now: datetime) -> tuple[str, ...]:
    """Return what falls short of the process although nothing refuses it, for the record."""
    if not isinstance(act, ApproveRelease) or act.hold or not case.told(Audience.VENDORS):
        return ()
    at = _standing(case).send_at if _seconds(act, case) else act.at or now
    is_short = at - now < case.policy.release.final_warning
    return ("final warning",) if is_short else ()


def _closed(case: Case) -> Objection:
    assert case.closing is not None
    sentence = (
        f"{case.id} was closed as {case.closing.reason} by {case.closing.by} "
        f"on {moment(case.closing.at)}; nothing more happens in it."
    )
    return Objection(name="closed", sentence=sentence, yields=False)


@singledispatch
def _objections(act: Act, case: Case, now: datetime) -> Iterator[Objection]:
    raise AssertionError(f"no guards for {type(act).__name__}")


@_objections.register
def _(act: Acknowledge, case: Case, now: datetime) -> Iterator[Objection]:
    if case.acknowledged:
        yield Objection(
            name="acknowledged",
            sentence=f"{case.lead} took the case on {moment(case.acknowledged)}; "
            "the reporter has been answered.",
            yields=False,
        )


@_objections.register
def _(act: Score, case: Case, now: datetime) -> Iterator[Objection]:
    try:
        severity_of(act.vector)
    except BadInput as error:
        yield Objection(name="vector", sentence=str(error), yields=False)


@_objections.register(AssignCve)
@_objections.register(FixLanded)
def _(act: Act, case: Case, now: datetime) -> Iterator[Objection]:
    yield from ()


@_objections.register
def _(act: ApproveNotice, case: Case, now: datetime) -> Iterator[Objection]:
    yield from not_past(act.at, now)
    yield from filled_in(act.text)
    if act.audience is Audience.REPORTER:
        if case.report.reporter is None:
            yield Objection(
                name="reporter",
                sentence="The case has no reporter to write to.",
                yields=False,
            )
        return
    yield from once_only(case, act.kind)
    if case.released or any(s.kind is Kind.RELEASE for s in case.under_way):
        yield Objection(
            name="released",
            sentence="The release is out; a notice of what is coming would come after it.",
            yields=False,
        )
    if act.audience is Audience.USERS:
        yield from _user_notice(act, case, now)
    release = case.waiting(Kind.RELEASE)
    if act.audience is Audience.VENDORS and release:
        yield from vendors_period(case, act.at or now, release.send_at)


def _user_notice(act: ApproveNotice, case: Case, now: datetime) -> Iterator[Objection]:
    """The process tells users only of a fix that exists or is sure to (its 2017 text)."""
    planned = act.planned or case.planned
    if planned is None:
        yield Objection(
            name="planned date",
            sentence="The notice names no release date. Give one with --planned T.",
        )
    elif planned <= (act.at or now):
        yield Objection(
            name="planned date",
            sentence=f"The release date {moment(planned)} is not after the notice. "
            "Give a later one with --planned T.",
        )
    if case.fix is None and not act.fix_expected:
        yield Objection(
            name="fix or mitigation",
            sentence=f"No fix has landed and no mitigation is known. Record one with "
            f"tacenda fixed {case.id} --ref URL (or --mitigation TEXT), or give your word that "
            "the fix will be ready by the planned date with --fix-expected.",
        )


@_objections.register
def _(act: ApproveRelease, case: Case, now: datetime) -> Iterator[Objection]:
    if act.hold:
        if case.waiting(Kind.RELEASE) is None:
            yield Objection(
                name="nothing to hold",
                sentence="There is no approved release that could be held.",
                yields=False,
            )
        return
    at = act.at or now
    if _seconds(act, case):
        yield from _still_in_time(case, now)
        at = max(_standing(case).send_at, now)
    else:
        yield from once_only(case, Kind.RELEASE)
        yield from not_past(act.at, now)
    if not (case.fix and case.fix.is_landed) and Step.FIX not in case.skipped:
        yield Objection(
            name="fix",
            sentence=f"No fix has landed. Record it with tacenda fixed {case.id} --ref URL, or "
            "record the decision to publish without one: "
            f"tacenda extend {case.id} fix --skip --reason WHY.",
        )
    if not act.artifacts_confirmed:
        yield Objection(
            name="artifacts",
            sentence="Nobody has confirmed that the fixed artifacts are public and verified. "
            "Say so with --confirm-artifacts.",
        )
    yield from filled_in(act.text or "")
    if told := case.vendors_told():
        yield from vendors_period(case, told, at)
    yield from release_day(case, at)


def _still_in_time(case: Case, now: datetime) -> Iterator[Objection]:
    standing = _standing(case)
    if standing.send_at + case.policy.release.grace < now:
        yield Objection(
            name="instant",
            sentence=f"It was approved for {moment(standing.send_at)}, which is past. Hold it "
            f"(tacenda release {case.id} --hold REASON) and approve it anew, both of you.",
            yields=False,
        )


def _standing(case: Case) -> Notice:
    standing = case.waiting(Kind.RELEASE)
    assert standing is not None
    return standing


def _seconds(act: ApproveRelease, case: Case) -> bool:
    """Whether the act is the second approval, by somebody else, of the same text and instant."""
    standing = case.waiting(Kind.RELEASE)
    return (
        standing is not None
        and len(standing.approvers) < case.policy.release.approvals
        and act.by not in standing.approvers
        and act.text == standing.text
        and act.at in (None, standing.send_at)
    )


@_objections.register
def _(act: Extend, case: Case, now: datetime) -> Iterator[Objection]:
    step = act.step
    if step not in case.open_steps():
        yield Objection(
            name="step",
            sentence=f"The step {step.label} is done or skipped; its limit no longer counts.",
            yields=False,
        )
    elif act.skip and step in (Step.ACKNOWLEDGE, Step.RELEASE):
        yield Objection(
            name="step",
            sentence=f"The step {step.label} cannot be skipped. A case that ends without it is "
            f"closed: tacenda close {case.id} --as REASON.",
            yields=False,
        )
    elif act.until is not None and act.until <= max(now, case.limit(step)):
        yield Objection(
            name="limit",
            sentence=f"The limit of {step.label} is {moment(case.limit(step))} and moves only "
            "forward, to an instant still to come. Give a later one.",
            yields=False,
        )


@_objections.register
def _(act: Close, case: Case, now: datetime) -> Iterator[Objection]:
    if act.reason is CloseReason.COMPLETE and case.state is not State.RELEASED:
        yield Objection(
            name="release",
            sentence="The release is not out, so the case is not complete. Release it with "
            f"tacenda release {case.id}, or close it for another reason.",
        )
