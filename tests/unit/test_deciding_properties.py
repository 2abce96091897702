"""Whatever is scored, decided and extended, in any order: what a decision moved comes back."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tacenda.act import Act
from tacenda.cadence import lacks
from tacenda.case import Case
from tacenda.decisions import Choice
from tacenda.errors import Refused
from tacenda.lifecycle import apply, check
from tacenda.models import Step
from tacenda.policy import Calendar
from tests.builders import (
    HIGH,
    LOW,
    MEDIUM,
    a_case,
    a_policy,
    acknowledge,
    after,
    decide,
    extend,
    fixed,
    mitigated,
    score,
    slot,
    undecide,
    withdrawn,
)

CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H"
LOW_WITH_A_USER = "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:N/I:N/A:L"
VECTORS = st.sampled_from([LOW, MEDIUM, HIGH, CRITICAL, "AV:N/AC:L/Au:N/C:N/I:N/A:N"])
HOURS = st.floats(0, 24 * 12, allow_nan=False)
SPANS = st.timedeltas(timedelta(minutes=1), timedelta(days=40))
WHYS = st.sampled_from(["", "", "", "we insist"])


@st.composite
def acts(draw: st.DrawFn, case: Case, now: datetime) -> Act:
    """Draw what somebody might do to a case at that instant."""
    made: Act
    match draw(st.sampled_from(["score", "decide", "decide", "withdraw", "extend", "fix"])):
        case "score":
            made = score(draw(VECTORS))
        case "decide":
            choice, values = draw(st.sampled_from(Choice)), dict[str, Any]()
            if choice is Choice.SLOW_DOWN:
                until = case.limit(Step.RELEASE) + draw(SPANS)
                values = {"until": draw(st.sampled_from([None, until])), "low_risk": draw(BOOLS)}
            if choice is Choice.WARN_EARLY:
                values = {"easy_mitigation": draw(BOOLS)}
            made = decide(choice, override=draw(WHYS), **values)
        case "withdraw":
            made = undecide(draw(st.sampled_from(Choice)))
        case "extend":
            step = draw(st.sampled_from(Step))
            made = extend(step, max(now, case.limit(step)) + draw(SPANS))
        case _:
            made = draw(st.sampled_from([fixed(), mitigated(), withdrawn()]))
    return made


BOOLS = st.booleans()


def opened() -> Case:
    """Return a case that alice leads, with planned releases before it."""
    releases = tuple(slot(day).date() for day in range(5, 80, 14))
    case = a_case(policy=a_policy(calendar=Calendar(releases=releases)))
    return apply(case, acknowledge(), after(0))


def may(case: Case, act: Act, now: datetime) -> bool:
    """Whether nothing speaks against an act."""
    try:
        check(case, act, now)
    except Refused:
        return False
    return True


@settings(deadline=None)
@given(st.data())
def test_no_limit_ever_moves_into_the_past(data: st.DataObject) -> None:
    """Rule 21: one that moves is still to come then; what stands has its ground, or an override."""
    case, now = opened(), after(0)
    for _ in range(data.draw(st.integers(1, 12))):
        now += timedelta(hours=data.draw(HOURS))
        act = data.draw(acts(case, now))
        if not may(case, act, now):
            continue
        done = apply(case, act, now)
        for step in Step:
            assert done.limit(step) == case.limit(step) or done.limit(step) >= now
        for choice, decision in done.decisions.items():
            assert decision.override or not lacks(done, choice, decision)
        slowed = {extension.slowed for extension in done.moved.values()}
        assert Choice.SLOW_DOWN in done.decisions or done.fix or slowed <= {False}
        case = Case.model_validate_json(done.model_dump_json())
        assert case == done


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(Step), SPANS), max_size=4),
    st.lists(st.sampled_from(Choice), unique=True),
    SPANS,
    st.booleans(),
)
def test_undoing_restores_what_was(
    extended: list[tuple[Step, timedelta]], choices: list[Choice], span: timedelta, by_hand: bool
) -> None:
    """Rule 21: before a limit has come, a case is afterwards as if nothing had been decided."""
    case = apply(opened(), score(LOW_WITH_A_USER), after(0))
    for step, more in extended:
        moves = extend(step, case.limit(step) + more)
        case = apply(case, moves, after(0)) if may(case, moves, after(0)) else case
    decided = case
    for choice in choices:
        until = case.limit(Step.RELEASE) + span if choice is Choice.SLOW_DOWN else None
        decided = apply(decided, decide(choice, until=until), after(0))
    now = after(0, hours=3)
    if by_hand:
        for choice in choices:
            decided = apply(decided, undecide(choice), now)
    else:
        decided = apply(decided, score(HIGH), now)

    assert decided.decisions == {}
    assert decided.moved == case.moved
    assert decided.skipped == case.skipped
    assert decided.planned == case.planned


@settings(deadline=None)
@given(st.lists(st.sampled_from(Choice), unique=True), SPANS)
def test_a_score_in_the_same_band_changes_nothing(choices: list[Choice], span: timedelta) -> None:
    """Rule 21: no limit, no decision, no letter; only the score is another."""
    case = apply(opened(), score(LOW_WITH_A_USER), after(0))
    for choice in choices:
        until = case.limit(Step.RELEASE) + span if choice is Choice.SLOW_DOWN else None
        case = apply(case, decide(choice, until=until), after(0))
    again = apply(case, score("CVSS:3.1/AV:N/AC:H/PR:H/UI:R/S:U/C:L/I:L/A:L"), after(3))

    assert again.decisions == case.decisions
    assert again.moved == case.moved
    assert again.turns == case.turns
    assert again.planned == case.planned
