"""Each guard refuses with what is missing and the command that supplies it."""

import ast
from pathlib import Path

import pytest

from tacenda import guards
from tacenda.embargoed import Secret
from tacenda.errors import Refused
from tacenda.guards import objections
from tacenda.lifecycle import apply, check
from tacenda.models import CloseReason, Kind
from tests.builders import RECEIVED, a_case, acknowledge, close, fixed, release, slot, user_notice
from tests.unit.refusals import BARE, GUARDS, LATER, NO_OVERRIDE_HELPS, PUBLIC, TAKEN, Guard
from tests.unit.story import Story

IDS = [f"{n}-{guard.name}" for n, guard in enumerate(GUARDS)]


def names_in_the_code() -> set[str]:
    """Return the name of every objection that is made anywhere in the core."""
    folder = Path(guards.__file__).parent
    calls = [
        node
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Objection"
    ]
    names = [k.value for call in calls for k in call.keywords if k.arg == "name"]
    plain = {ast.literal_eval(name) for name in names if isinstance(name, ast.Constant)}
    return plain | {f"public text: {secret}" for secret in Secret}


def test_every_guard_is_tried_here() -> None:
    """A guard that stands in the code and not in the table is one that nobody has read."""
    assert {guard.name for guard in GUARDS} == names_in_the_code()


def test_what_never_yields_is_known_and_has_its_reason() -> None:
    """Every guard yields to a reason but for these, and each of them has its own."""
    assert {guard.name for guard in GUARDS if not guard.yields} == set(NO_OVERRIDE_HELPS)
    assert not {guard.name for guard in GUARDS if guard.yields} & set(NO_OVERRIDE_HELPS)


@pytest.mark.parametrize("guard", GUARDS, ids=IDS)
def test_a_guard_says_what_is_missing(guard: Guard) -> None:
    """Rule 10 among others: the sentence holds the command that supplies what is missing."""
    found = [o for o in objections(guard.case, guard.act, guard.now) if o.name == guard.name]

    assert len(found) == 1
    assert guard.offer in found[0].sentence
    assert found[0].yields is guard.yields
    assert found[0].sentence.endswith(".")
    with pytest.raises(Refused) as refused:
        check(guard.case, guard.act, guard.now)
    assert guard.offer in str(refused.value)


@pytest.mark.parametrize("guard", GUARDS, ids=IDS)
def test_on_a_public_case_only_slips_and_impossible_things_stand(guard: Guard) -> None:
    """Once there is nothing left to keep, a guard stands that keeps somebody from a slip."""
    known = guard.case.model_copy(update={"public_since": RECEIVED})
    names = {objection.name for objection in objections(known, guard.act, guard.now)}

    assert (guard.name in names) is guard.in_public


@pytest.mark.parametrize("guard", GUARDS, ids=IDS)
def test_an_override_sets_aside_what_yields_and_lists_it(guard: Guard) -> None:
    """A guard that yields does so to a reason, which is recorded with what it overrode."""
    insisting = guard.act.model_copy(update={"override": "the board decided"})
    if not guard.yields:
        with pytest.raises(Refused):
            check(guard.case, insisting, guard.now)
        return
    check(guard.case, insisting, guard.now)
    deed = apply(guard.case, insisting, guard.now).deeds[-1]

    assert guard.name in deed.overrode
    assert (deed.by, deed.at, deed.override) == ("alice", guard.now, "the board decided")


def test_an_override_is_only_named_where_it_helps() -> None:
    """The hint at --override stands there when all that is missing yields, and only then."""
    with pytest.raises(Refused, match="--override REASON"):
        check(BARE, release(slot(2)), LATER)
    with pytest.raises(Refused) as refused:
        check(BARE, release(RECEIVED), LATER)
    assert "--override" not in str(refused.value)


def test_an_override_that_overrode_nothing_lists_nothing() -> None:
    """A reason given in advance records no guard where none stood in the way."""
    story = Story().do(acknowledge(), fixed(), release(slot(2), override="just in case"))

    assert story.case.deeds[-1].overrode == ()


def test_an_override_says_beforehand_what_it_sets_aside() -> None:
    """Nobody finds out afterwards which guards their reason stood against."""
    warnings = check(TAKEN, release(slot(4), override="we must"), LATER)

    assert warnings[0] == "The override sets aside: fix, release day."


def test_a_case_public_from_the_start_has_no_guards_but_two() -> None:
    """Once public, only the named person and the exact text remain."""
    friday = slot(4)
    story = Story(a_case(public=True)).wait(friday)

    story.do(user_notice(planned=None), release(artifacts_confirmed=False))

    assert story.times(Kind.RELEASE) == [friday]
    assert objections(PUBLIC, close(CloseReason.COMPLETE), LATER) == ()
    assert {deed.override for deed in story.case.deeds} == {"the case is public"}
