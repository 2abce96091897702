"""How the severity bends the cadence: what may be chosen, on which ground, and what is chosen.

The process leaves five choices to people, each only where the severity allows it; what they
change stands in `deciding.py`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from tacenda.case import Case
from tacenda.decisions import Choice, Decision
from tacenda.fields import moment
from tacenda.models import Band, Severity, Step
from tacenda.rules import RIGHT_DATE

MEDIUM, HIGH = 4.0, 7.0
BELOW = {
    Choice.SLOW_DOWN: MEDIUM,
    Choice.SEMI_PUBLIC: HIGH,
    Choice.NEXT_RELEASE: HIGH,
    Choice.SKIP_VENDORS: MEDIUM,
}
"""Under which score each of them may be chosen (process: 4.0 and about 7.0; rules 17 and 18)."""

NAMES = {
    Choice.SLOW_DOWN: "to slow down",
    Choice.SEMI_PUBLIC: "to fix it semi-publicly",
    Choice.NEXT_RELEASE: "to join a planned release",
    Choice.WARN_EARLY: "to warn users before the fix",
    Choice.SKIP_VENDORS: "to do without the vendor notice",
}
_DOING = {
    Choice.SLOW_DOWN: "slowing down",
    Choice.SEMI_PUBLIC: "fixing it in public",
    Choice.NEXT_RELEASE: "waiting for the next planned release",
    Choice.WARN_EARLY: "warning users before the fix",
    Choice.SKIP_VENDORS: "doing without the vendor notice",
}
_OF_A_USER = {"3.0": "R", "3.1": "R", "4.0": "PA"}
"""What `UI` says, by the version of CVSS, when a user must do something; version 2 has none."""


def lacks(case: Case, choice: Choice, decision: Decision) -> str:
    """Return why `case` gives no ground to a choice decided like that; nothing if it does.

    A risk that somebody assessed as low was assessed in the band of that moment: in a worse one
    their word counts no more.
    """
    severity = case.severity
    if severity is None:
        return "the case has no score, and what may be chosen depends on it"
    match choice:
        case Choice.WARN_EARLY:
            return _lacks_a_way_out(case, severity, decision)
        case Choice.SLOW_DOWN if decision.low_risk and not is_worse(decision.band, severity.band):
            return ""
        case Choice.SLOW_DOWN:
            needed = "a score under 4.0, or a risk assessed as low"
        case Choice.SEMI_PUBLIC | Choice.NEXT_RELEASE | Choice.SKIP_VENDORS:
            needed = f"a score under {BELOW[choice]}"
        case _:
            assert_never(choice)
    if severity.score < BELOW[choice]:
        return ""
    scored = f"the case is scored {severity.score} ({severity.band})"
    return f"{scored}, and {_DOING[choice]} needs {needed}"


def _lacks_a_way_out(case: Case, severity: Severity, decision: Decision) -> str:
    """Users may be warned at any score if they can do something themselves (process, 2019)."""
    is_known = bool(case.fix and case.fix.mitigation)
    if needs_a_user(severity) or (is_known and decision.easy_mitigation):
        return ""
    known = "nobody says that the mitigation is easy" if is_known else "no mitigation is known"
    return f"the vector asks nothing of a user, and {known}"


def needs_a_user(severity: Severity) -> bool:
    """Whether by its vector the flaw takes a user who does something (UI)."""
    wanted = {f"UI:{value}" for value in _OF_A_USER.get(severity.version, "")}
    return not wanted.isdisjoint(severity.vector.split("/"))


def is_worse(before: Band | None, now: Band) -> bool:
    """Whether a band is more severe than the one `before`; any is, than that of no score."""
    order = list(Band)
    return before is None or order.index(now) > order.index(before)


def falling(before: Case, after: Case) -> Iterator[tuple[Choice, str]]:
    """Yield the choices that have their ground no more in `after`, and why.

    Whoever decided in spite of the severity knew what they did: that stands until a person takes
    it back. On a case that is public, or over, nothing is left to choose.
    """
    if after.is_public or after.closing:
        return
    for choice, decision in _in_order(before):
        if not decision.override and (why := lacks(after, choice, decision)):
            yield choice, why


def insisted(before: Case, after: Case) -> Iterator[tuple[Choice, str]]:
    """Yield the choices that stand in spite of a severity which has become worse, and why not."""
    if after.is_public or after.closing or after.severity is None:
        return
    if not is_worse(before.severity.band if before.severity else None, after.severity.band):
        return
    for choice, decision in _in_order(before):
        if decision.override and (why := lacks(after, choice, decision)):
            yield choice, why


def _in_order(case: Case) -> Iterator[tuple[Choice, Decision]]:
    return ((choice, case.decisions[choice]) for choice in Choice if choice in case.decisions)


def joined(case: Case) -> datetime | None:
    """Return the planned release (UTC) that it was decided to join, or None."""
    decision = case.decisions.get(Choice.NEXT_RELEASE)
    return decision.date if decision else None


def next_planned(case: Case, now: datetime) -> datetime | None:
    """Return the next planned release (UTC) of the calendar that is still to come, or None."""
    calendar = case.policy.calendar
    days = (datetime.combine(day, calendar.release_at, now.tzinfo) for day in calendar.releases)
    return min((at for at in days if at > now), default=None)


def knows_no_vendors(case: Case) -> bool:
    """Whether the directory was asked who the vendors are, and knows none that takes letters."""
    return bool(case.looked_up) and all(v.address.casefold() in case.dead for v in case.vendors)


def offers(case: Case, now: datetime | None = None) -> tuple[str, ...]:
    """Return a sentence for each choice that the severity leaves now, with its command.

    Without an instant (UTC) every planned release of the calendar counts as still to come.
    """
    if case.rules < RIGHT_DATE or case.severity is None or case.is_public or case.closing:
        return ()
    return tuple(_offers(case, case.severity, now))


def _offers(case: Case, severity: Severity, now: datetime | None) -> Iterator[str]:
    begin = f"Scored {severity.score} ({severity.band})"
    decide = f"tacenda decide {case.id}"
    word = Decision(at=case.opened, by="", why="", easy_mitigation=True)
    for choice in Choice:
        if choice in case.decisions or lacks(case, choice, word):
            continue
        match choice:
            case Choice.SLOW_DOWN:
                may = "the team may slow down, where that was discussed"
                yield f"{begin}: {may}: {decide} slow-down --until T --discussion URL --reason R."
            case Choice.SEMI_PUBLIC:
                may = "the lead may let the change be made in public"
                yield f"{begin}: {may}: {decide} semi-public --reason R."
            case Choice.NEXT_RELEASE:
                if planned := next_planned(case, now or case.opened):
                    may = f"it may join the planned release of {moment(planned)}"
                    yield f"{begin}: {may}: {decide} next-release --reason R."
            case Choice.WARN_EARLY if needs_a_user(severity):
                may = "It takes a user who does something, so users may be warned before the fix"
                yield f"{may}: {decide} warn-early --reason R."
            case Choice.WARN_EARLY:
                may = "If the mitigation is easy, users may be warned before the fix"
                yield f"{may}: {decide} warn-early --easy-mitigation --reason R."
            case Choice.SKIP_VENDORS:
                if Step.VENDOR_NOTICE in case.open_steps():
                    may = "it may do without the vendor notice"
                    yield f"{begin}: {may}: {decide} skip-vendors --reason R."
            case _:
                assert_never(choice)
