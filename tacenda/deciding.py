"""What a choice changes in a case, and how that is undone. Part of replay; nothing here refuses.

A decision falls with its ground: limits return to what they were, but none into the past; what
people extended themselves stays; a step that was done without is open again; a user notice that
was approved early and has not left is void. One that somebody made in spite of the severity
stands; if that becomes worse, the letter about it says so.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never

from tacenda.acts import Extend
from tacenda.approving import held, planned_for, void
from tacenda.cadence import NAMES, falling, insisted, knows_no_vendors, lacks, next_planned
from tacenda.cadence_acts import Decide
from tacenda.case import Case
from tacenda.decisions import Choice, Decision
from tacenda.fields import moment
from tacenda.models import Extension, Kind, Step
from tacenda.promises import announced
from tacenda.rules import RIGHT_DATE
from tacenda.settling import settled
from tacenda.turning import with_turn

_NOTICE_FOR = {
    Step.USER_NOTICE: Kind.USER_NOTICE,
    Step.VENDOR_NOTICE: Kind.VENDOR_NOTICE,
}


def with_decision(act: Decide, case: Case, now: datetime) -> Case:
    """Return the case with a choice made at `now` (UTC), or one taken back."""
    if case.rules < RIGHT_DATE:
        return case
    if act.withdraw:
        consequence = _consequence(case, act.choice)
        what = f"the decision {NAMES[act.choice]} is taken back{consequence}"
        after = _undone(case, act.choice, now)
        return with_turn(case, after, now, by=act.by, what=what, why=act.withdraw)
    decision = decision_of(case, act, now)
    after = _with(case, act.choice, decision, now)
    what = _said(after, act.choice, decision)
    return with_turn(case, after, now, by=act.by, what=what, why=act.why)


def decision_of(case: Case, act: Decide, now: datetime) -> Decision:
    """Return what `act` decides at `now` (UTC); in spite of the severity only where it is."""
    decision = Decision(
        at=now,
        by=act.by,
        why=act.why,
        discussion=act.discussion,
        until=act.until,
        low_risk=act.low_risk,
        easy_mitigation=act.easy_mitigation,
        band=case.severity.band if case.severity else None,
    )
    if act.choice is Choice.NEXT_RELEASE:
        planned = {"date": next_planned(case, now), "instead_of": case.planned}
        decision = decision.model_copy(update=planned)
    if not lacks(case, act.choice, decision):
        return decision
    return decision.model_copy(update={"override": act.override})


def without_step(case: Case, step: Step) -> Case:
    """Return the case that does without a step; a notice that waits for it is held."""
    skipped = case.model_copy(update={"skipped": (*case.skipped, step)})
    kind = _NOTICE_FOR.get(step)
    for notice in tuple(case.all_waiting(kind)) if kind else ():
        skipped = held(skipped, notice, "the step is skipped")
    return skipped


def with_step_skipped(case: Case, act: Extend, now: datetime) -> Case:
    """Return the case that does without a step, as `act` says.

    To do so with the vendor notice because the score is low is a decision like any other: a
    re-score takes its ground away.
    """
    if act.step is Step.VENDOR_NOTICE and case.rules >= RIGHT_DATE and not knows_no_vendors(case):
        skips = Decide(by=act.by, choice=Choice.SKIP_VENDORS, why=act.why, override=act.override)
        if not lacks(case, Choice.SKIP_VENDORS, decision_of(case, skips, now)):
            return with_decision(skips, case, now)
    skipped = without_step(case, act.step)
    what = f"the {act.step.label} is done without"
    return with_turn(case, skipped, now, by=act.by, what=what, why=act.why)


def held_to_ground(before: Case, after: Case, now: datetime, *, by: str, why: str) -> Case:
    """Return `after` without the decisions whose ground has gone since `before` (rule 21).

    Each is a change of the plan, told to the team and, where limits moved, to the reporter.
    """
    if after.rules < RIGHT_DATE:
        return after
    for choice, lack in tuple(insisted(before, after)):
        what = f"the decision {NAMES[choice]} stands, which was made with an override ({lack})"
        after = with_turn(after, after, now, by=by, what=what, why=why)
    for choice, lack in tuple(falling(after, after)):
        consequence = _consequence(after, choice)
        what = f"the decision {NAMES[choice]} no longer holds ({lack}{consequence})"
        undone = _undone(after, choice, now)
        after = with_turn(after, undone, now, by=by, what=what, why=why)
    return after


def _with(case: Case, choice: Choice, decision: Decision, now: datetime) -> Case:
    """Return the case with a choice made, and with what that changes at once."""
    decided = case.model_copy(update={"decisions": {**case.decisions, choice: decision}})
    match choice:
        case Choice.SLOW_DOWN:
            return _slowed(decided, decision.until, now) if decision.until else decided
        case Choice.NEXT_RELEASE:
            what = "it joins a planned release"
            return planned_for(decided, decision.date, now, what) if decision.date else decided
        case Choice.SKIP_VENDORS:
            return without_step(decided, Step.VENDOR_NOTICE)
        case Choice.SEMI_PUBLIC | Choice.WARN_EARLY:
            return decided
        case _:
            assert_never(choice)


def _slowed(case: Case, until: datetime, now: datetime) -> Case:
    """Return the case whose open limits move with the release; none to where it is past.

    A limit that follows the release by itself is left alone.
    """
    span = until - case.limit(Step.RELEASE)
    steps = (step for step in case.open_steps() if step is not Step.ACKNOWLEDGE)
    slowed = case
    for step in sorted(steps, key=lambda step: step is not Step.RELEASE):
        own = case.limit(step)
        if span > timedelta(0) and own + span > now and slowed.limit(step) == own:
            moved = Extension(until=own + span, decided=now, slowed=True, was=case.moved.get(step))
            slowed = slowed.model_copy(update={"moved": {**slowed.moved, step: moved}})
    return slowed


def _undone(case: Case, choice: Choice, now: datetime) -> Case:
    """Return the case without a choice, and without what it changed."""
    decision = case.decisions.get(choice)
    if decision is None:
        return case
    kept = {made: each for made, each in case.decisions.items() if made is not choice}
    undone = case.model_copy(update={"decisions": kept})
    match choice:
        case Choice.SLOW_DOWN:
            undone = undone.model_copy(update={"moved": _unslowed(case)})
        case Choice.NEXT_RELEASE:
            if _may_return(case, decision):
                earlier = decision.instead_of
                planned = earlier if earlier and earlier > now else None
                undone = undone.model_copy(update={"planned": planned})
        case Choice.WARN_EARLY:
            for notice in tuple(case.all_waiting(Kind.USER_NOTICE)):
                if notice.approved >= decision.at and not notice.elsewhere:
                    what = "the decision to warn users early no longer holds"
                    undone = void(undone, notice, what, now)
        case Choice.SKIP_VENDORS:
            left = tuple(step for step in case.skipped if step is not Step.VENDOR_NOTICE)
            undone = undone.model_copy(update={"skipped": left})
        case Choice.SEMI_PUBLIC:
            pass
        case _:
            assert_never(choice)
    return _not_into_the_past(case, undone, now)


def _unslowed(case: Case) -> Mapping[Step, Extension]:
    """Return the limits that people moved, without what slowing down did to what is not done."""
    moved = {
        step: extension.was if extension.slowed and case.done_at(step) is None else extension
        for step, extension in case.moved.items()
    }
    return {step: extension for step, extension in moved.items() if extension}


def _not_into_the_past(before: Case, after: Case, now: datetime) -> Case:
    """Return `after`, in which no limit has come to lie before `now` (UTC) that did not already.

    One that a person gave a step is moved; any other is kept, and follows what it runs back from.
    """
    after = settled(before, after, now)
    opened = set(after.open_steps()) - set(before.open_steps())
    moved = dict(after.moved)
    for step in after.moved:
        earliest = now if step in opened else min(before.limit(step), now)
        if after.done_at(step) is None and after.limit(step) < earliest:
            moved[step] = Extension(until=earliest, decided=now)
    return after.model_copy(update={"moved": moved})


def _may_return(case: Case, decision: Decision) -> bool:
    """Whether nobody relies on the planned release yet: nothing names it, nobody was told."""
    if decision.date is None or case.planned != decision.date or announced(case):
        return False
    waiting = (Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.RELEASE)
    return not any(case.waiting(kind) for kind in waiting)


def _said(case: Case, choice: Choice, decision: Decision) -> str:
    """Return what was decided, and what it means for whoever reads that."""
    discussed = f", as discussed at {decision.discussion}" if decision.discussion else ""
    match choice:
        case Choice.SLOW_DOWN:
            until = f" until {moment(decision.until)}" if decision.until else ""
            means = f"{until}{discussed}"
        case Choice.SEMI_PUBLIC:
            means = (
                f"{discussed} (the change may be made in public; nobody says in public that it is "
                "about security)"
            )
        case Choice.NEXT_RELEASE:
            means = f", that of {moment(decision.date)}" if decision.date else ""
        case Choice.WARN_EARLY:
            means = (
                f"{discussed} (the user notice needs no fix, and may hold the CVE id, the vector "
                "and words of the report)"
            )
        case Choice.SKIP_VENDORS:
            means = f"{discussed} (vendors hear of the release with everybody)"
        case _:
            assert_never(choice)
    return f"it was decided {NAMES[choice]}{means}"


def _consequence(case: Case, choice: Choice) -> str:
    """Return what follows when a decision no longer holds, beside the limits."""
    decision = case.decisions.get(choice)
    match choice:
        case Choice.SLOW_DOWN:
            return "; the limits go back to what they were, and none into the past"
        case Choice.SEMI_PUBLIC:
            return "; what is still to change is changed in private"
        case Choice.NEXT_RELEASE if decision and decision.date and not _may_return(case, decision):
            return "; the release keeps its date until another is approved"
        case Choice.NEXT_RELEASE:
            return "; it gets a release of its own"
        case Choice.WARN_EARLY:
            return "; users hear of it with the fix, unless they have the notice already"
        case Choice.SKIP_VENDORS:
            return "; the vendors must have their notice"
        case _:
            assert_never(choice)
