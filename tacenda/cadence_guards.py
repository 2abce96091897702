"""What speaks against a choice about the cadence, and against doing without the vendors."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.acts import Extend
from tacenda.cadence import NAMES, knows_no_vendors, lacks, next_planned
from tacenda.cadence_acts import Decide
from tacenda.case import Case
from tacenda.deciding import decision_of
from tacenda.decisions import Choice
from tacenda.fields import moment
from tacenda.models import Step
from tacenda.objections import Objection
from tacenda.rules import RIGHT_DATE


def against_decision(act: Decide, case: Case, now: datetime) -> Iterator[Objection]:
    """Yield what speaks against a choice: what stands in its way first, then its ground."""
    impossible = tuple(_impossible(act, case, now))
    if impossible or act.withdraw:
        yield from impossible
        return
    if lack := lacks(case, act.choice, decision_of(case, act, now)):
        way_out = _way_out(act, case)
        yield Objection(name="ground", sentence=f"{lack[0].upper()}{lack[1:]}. {way_out}")
    if act.choice is Choice.SLOW_DOWN and not act.discussion:
        yield Objection(
            name="discussion",
            sentence="Slowing down is discussed with the security team first. Say where, with "
            "--discussion URL.",
        )
    if act.choice is Choice.SEMI_PUBLIC and act.by != case.lead:
        leads = f"{case.lead} leads this case" if case.lead else "nobody leads this case yet"
        take = f"tacenda handoff {case.id} --to {act.by}" if case.lead else f"tacenda ack {case.id}"
        yield Objection(
            name="fix lead",
            sentence=f"To fix it semi-publicly is for the fix lead to decide, and {leads}. To lead "
            f"it yourself: {take}.",
        )
    latest = case.report.received + case.policy.release.longest_embargo
    if act.until and act.until > latest:
        yield Objection(
            name="longest embargo",
            sentence=f"The embargo ends at the latest on {moment(latest)}, and the release would "
            f"slow down to {moment(act.until)}. Give an earlier instant with --until T.",
        )


def _impossible(act: Decide, case: Case, now: datetime) -> Iterator[Objection]:
    """Yield why there is nothing to decide, or to take back."""
    if case.rules < RIGHT_DATE:
        sentence = (
            "The case was opened by an earlier version, in which severity changes nothing. Move a "
            f"limit, or do without a step: tacenda extend {case.id} STEP."
        )
        yield Objection(name="earlier version", sentence=sentence, yields=False)
        return
    if act.withdraw:
        if act.choice not in case.decisions:
            sentence = (
                f"Nobody has decided {NAMES[act.choice]}, or that no longer holds: tacenda show "
                f"{case.id}."
            )
            yield Objection(name="not decided", sentence=sentence, yields=False)
        return
    if case.is_public:
        sentence = "The case is public: everything is due now, and there is nothing left to choose."
        yield Objection(name="no choice", sentence=sentence, yields=False)
    elif made := case.decisions.get(act.choice):
        sentence = (
            f"{made.by} decided that on {moment(made.at)}. To take it back: tacenda decide "
            f"{case.id} {act.choice} --withdraw REASON."
        )
        yield Objection(name="decided already", sentence=sentence, yields=False)
    elif act.choice is Choice.SKIP_VENDORS and Step.VENDOR_NOTICE not in case.open_steps():
        sentence = "The step vendor notice is done or skipped already."
        yield Objection(name="step", sentence=sentence, yields=False)
    elif act.choice is Choice.NEXT_RELEASE and next_planned(case, now) is None:
        sentence = (
            "The case knows of no planned release that is still to come. Name the days in "
            "tacenda.toml (releases under [calendar]), and let the case adopt that policy "
            f"(tacenda policy {case.id} --adopt)."
        )
        yield Objection(name="planned release", sentence=sentence, yields=False)
    elif act.until and act.until <= max(now, limit := case.limit(Step.RELEASE)):
        sentence = (
            f"The limit of release is {moment(limit)} and moves only forward, to an instant still "
            "to come. Give a later one with --until T."
        )
        yield Objection(name="limit", sentence=sentence, yields=False)


def _way_out(act: Decide, case: Case) -> str:
    """Return what helps where the ground of a choice is missing."""
    if case.severity is None:
        return f"Score it first: tacenda score {case.id} VECTOR."
    is_known = case.fix and case.fix.mitigation
    record = "" if is_known else f"Record one: tacenda fixed {case.id} --mitigation TEXT. "
    ways = {
        Choice.SLOW_DOWN: "If you assess the risk as low all the same, say so with --low-risk.",
        Choice.NEXT_RELEASE: f"It gets a release of its own: tacenda release {case.id} --at T.",
        Choice.WARN_EARLY: f"{record}If it is easy, say so with --easy-mitigation.",
        Choice.SKIP_VENDORS: f"Tell the vendors: tacenda notify {case.id} vendors.",
    }
    another = f"Another score is given with tacenda score {case.id} VECTOR."
    return ways.get(act.choice, another)


def against_doing_without(act: Extend, case: Case, now: datetime) -> Iterator[Objection]:
    """Object to a case without the vendor notice where the severity leaves no such choice."""
    if not act.skip or act.step is not Step.VENDOR_NOTICE or case.rules < RIGHT_DATE:
        return
    skips = Decide(by=act.by, choice=Choice.SKIP_VENDORS, why=act.why)
    lack = lacks(case, Choice.SKIP_VENDORS, decision_of(case, skips, now))
    if lack and not knows_no_vendors(case):
        yield Objection(
            name="vendors",
            sentence=f"{lack[0].upper()}{lack[1:]}. {_way_out(skips, case)} Where it is low: "
            f"tacenda decide {case.id} skip-vendors --reason R.",
        )
