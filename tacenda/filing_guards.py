"""What speaks against the record of a filing, and what its author should know."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.acts import ReportEvent
from tacenda.case import Case
from tacenda.duties import (
    duty_done,
    duty_limits,
    has_duties,
    open_duties,
    remedied,
    users_told,
)
from tacenda.fields import moment
from tacenda.filing import FileReport
from tacenda.filings import REPORTS, Duty
from tacenda.models import Break
from tacenda.objections import Objection
from tacenda.rules import RIGHT_DATE


def against_filing(act: FileReport, case: Case, now: datetime) -> Iterator[Objection]:
    """Yield what speaks against a filing: nothing is owed, it was done, or never could be then."""
    if not has_duties(case):
        yield Objection(name="nothing to file", sentence=_why_nothing(case), yields=False)
        return
    assert case.exploited is not None
    if act.when is not None and act.when > now:
        yield Objection(
            name="instant",
            sentence=f"{moment(act.when)} is still to come. Say with --when T when it was.",
            yields=False,
        )
    elif act.when is not None and act.when < case.exploited:
        yield Objection(
            name="before awareness",
            sentence=f"{moment(act.when)} is before the team became aware that the flaw is "
            f"exploited, {moment(case.exploited)}. Say with --when T when it was.",
            in_public=True,
        )
    if duty_done(case, act.duty):
        yield Objection(name="filed already", sentence=_already(case, act.duty), in_public=True)


def _why_nothing(case: Case) -> str:
    if case.rules < RIGHT_DATE:
        return (
            "The case was opened by an earlier version, which keeps no clock of the regulator. "
            f"Closed and taken up again it has one: tacenda close {case.id} --reopen REASON."
        )
    if not case.policy.regulator.applies:
        return (
            "By the policy of the case this team owes the regulator no report: `applies = false` "
            "stood under [policy.regulator] when it was opened, so there is nothing to record."
        )
    return (
        "Nobody has said that the flaw is being exploited, so there is nothing to file. If it is: "
        f"tacenda exploited {case.id} --reason WHO --aware T."
    )


def _already(case: Case, duty: Duty) -> str:
    filing = case.filings.get(duty)
    if filing is None:
        told = users_told(case)
        assert told is not None
        return (
            f"The users have been informed by the {told.kind.label} of {moment(told.at)}. See "
            f"tacenda show {case.id}."
        )
    if filing.not_required:
        said = f"{filing.by} wrote down that it is not required ({filing.not_required})"
    else:
        said = f"{filing.by} wrote down that it was done on {moment(filing.when)} ({filing.ref})"
    return f"The {duty.label}: {said}. See tacenda history {case.id}."


def on_awareness(act: ReportEvent, case: Case, now: datetime) -> Iterator[str]:
    """Yield what begins when the team becomes aware that the flaw is exploited."""
    aware = act.aware or now
    supposed = case.model_copy(update={"exploited": case.exploited or aware})
    if act.event is not Break.EXPLOITED or not has_duties(supposed):
        return
    if case.exploited:
        if act.aware and act.aware != case.exploited:
            yield (
                f"The regulator's clock runs from {moment(case.exploited)}, as was said first; "
                "it is not set anew."
            )
        return
    limits = [f"{duty.label} by {moment(at)}" for duty, at in duty_limits(supposed)]
    yield (
        f"The regulator's clock runs from {moment(aware)}: {', '.join(limits)}. You file it; the "
        f"draft: tacenda preview {case.id} {Duty.EARLY_WARNING.word}. Then: "
        f"tacenda filed {case.id} {Duty.EARLY_WARNING.word} --ref REF."
    )


def on_filing(act: FileReport, case: Case, now: datetime) -> Iterator[str]:
    """Yield what the author of a filing should know."""
    if act.not_required:
        return
    if act.duty is Duty.FINAL_REPORT and remedied(case) is None:
        yield (
            "No fix or mitigation is known, and the final report tells of one. Record it: "
            f"tacenda fixed {case.id} --ref URL."
        )
    earlier = REPORTS[: REPORTS.index(act.duty)] if act.duty in REPORTS else ()
    for duty in earlier:
        if duty in open_duties(case):
            yield (
                f"The {duty.label} is not filed yet. If what you filed now says all of it: "
                f"tacenda filed {case.id} {duty.word} --not-required WHY."
            )


def owed(case: Case) -> Iterator[Objection]:
    """Object to closing a case whose duties to the regulator are not all done."""
    if left := open_duties(case):
        commands = " ".join(f"tacenda filed {case.id} {duty.word} --ref REF." for duty in left)
        yield Objection(
            name="regulator",
            sentence="Because the flaw is exploited, this is still owed: "
            f"{', '.join(duty.label for duty in left)}. When it is done: {commands} What is not "
            "required is written down with --not-required REASON instead of --ref.",
            in_public=True,
        )
