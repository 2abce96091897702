"""The figures: what was promised, what was kept, and what is due next."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacenda.bars import picture
from tacenda.figures import Fate, Tally, figures, percentile, promises_of
from tacenda.models import Band, Step
from tacenda.outline import Outline, StepOutline, outline_of
from tests.builders import a_case, acknowledge, after, close, extend, fixed, score, skip
from tests.unit.story import Story

LIMITS = {
    Step.ACKNOWLEDGE: 1,
    Step.FIX: 7,
    Step.USER_NOTICE: 7,
    Step.VENDOR_NOTICE: 14,
    Step.RELEASE: 21,
}


def an_outline(
    case: str, done: Mapping[Step, float], *, day: float = 0, closed: bool = False
) -> Outline:
    """Return a case received on a day whose steps were done so many days after that."""
    received = after(day)
    steps = {
        step: StepOutline(
            limit=received + timedelta(days=days),
            done=received + timedelta(days=done[step]) if step in done else None,
        )
        for step, days in LIMITS.items()
    }
    end = received + timedelta(days=30) if closed else None
    return Outline(id=case, received=received, steps=steps, band=Band.HIGH, closed=end)


@st.composite
def outlines(draw: st.DrawFn) -> Outline:
    """Any case: each step done or not, without or moved, at some time; open or closed."""
    received = after(draw(st.floats(0, 400)))
    steps = {}
    for step, days in LIMITS.items():
        done = draw(st.none() | st.floats(0, 60))
        steps[step] = StepOutline(
            limit=received + timedelta(days=days),
            done=None if done is None else received + timedelta(days=done),
            is_without=done is None and draw(st.booleans()),
            is_moved=draw(st.booleans()),
        )
    band = draw(st.none() | st.sampled_from(list(Band)))
    number = draw(st.integers(0, 10**6))
    return Outline(id=f"case-{number}", received=received, steps=steps, band=band)


def whole(tally: Tally) -> int:
    """Return how many promises a tally counts."""
    return tally.kept + tally.late + tally.missed + tally.open


@given(
    cases=st.lists(outlines(), max_size=12, unique_by=lambda case: case.id),
    luck=st.randoms(use_true_random=False),
)
def test_every_promise_is_counted_once_whatever_the_order(
    cases: list[Outline], luck: object
) -> None:
    """By step, by band and by month the same promises add up; the order of cases is nothing."""
    now = after(300)
    found = figures(cases, now)
    promised = sum(not step.is_without for case in cases for step in case.steps.values())
    shuffled = sorted(cases, key=lambda _: luck.random())  # type: ignore[attr-defined]

    assert whole(found.promises) == promised
    for apart in (found.steps, found.bands, found.months):
        assert sum(map(whole, apart.values())) == promised
    assert figures(shuffled, now) == found
    assert sum(times.count for times in found.times.values()) == (
        found.promises.kept + found.promises.late
    )


def test_kept_late_missed_and_open_are_told_apart() -> None:
    """On day 8 of a case: answered in time, fixed a day late, users not told, the rest to come."""
    case = an_outline("case-1", {Step.ACKNOWLEDGE: 0.5, Step.FIX: 8})
    found = {promise.step: promise for promise in promises_of(case, after(9))}

    assert [found[step].fate for step in Step] == [
        Fate.KEPT,
        Fate.LATE,
        Fate.MISSED,
        Fate.OPEN,
        Fate.OPEN,
    ]
    assert found[Step.FIX].late == timedelta(days=1)
    assert found[Step.USER_NOTICE].late == timedelta(days=2)


def test_what_is_about_to_be_missed_comes_first() -> None:
    """Of open cases: what is overdue, and what is due within a week, the most urgent first."""
    answered = {Step.ACKNOWLEDGE: 0.1}
    cases = [
        an_outline("case-young", answered, day=3),
        an_outline("case-old", answered),
        an_outline("case-closed", answered, closed=True, day=-40),
    ]
    found = figures(cases, after(8))

    assert [(p.case, p.step) for p in found.missed] == [
        ("case-old", Step.FIX),
        ("case-old", Step.USER_NOTICE),
    ]
    assert [(p.case, p.step) for p in found.soon] == [
        ("case-young", Step.FIX),
        ("case-young", Step.USER_NOTICE),
        ("case-old", Step.VENDOR_NOTICE),
    ]
    assert found.open == 2


@pytest.mark.parametrize(
    ("share", "days"), [(50, 5), (90, 9), (91, 10), (100, 10), (1, 1)], ids=str
)
def test_a_percentile_is_the_nearest_rank(share: int, days: int) -> None:
    """Of ten times, nine are within the ninth; no time is made up between two."""
    ten = [timedelta(days=day) for day in range(1, 11)]
    assert percentile(ten, share) == timedelta(days=days)


def test_since_leaves_earlier_reports_out() -> None:
    """A report counts by when it was received, and its month is that in UTC."""
    cases = [an_outline("case-1", {}), an_outline("case-2", {}, day=40)]

    found = figures(cases, after(41), since=after(30))

    assert found.cases == 1
    assert list(found.months) == ["2026-04"]


def test_a_case_as_it_is_lived_counts_as_it_should() -> None:
    """A moved limit is kept where it was moved to; what is skipped was never promised."""
    story = Story(a_case()).do(acknowledge(), score(), skip(Step.USER_NOTICE))
    story.do(extend(Step.FIX, after(20))).wait(after(12)).do(fixed()).wait(after(13))
    story.do(close(override="x"))

    found = figures([outline_of(story.case)], after(50))

    assert found.promises.kept == 2
    assert found.promises.moved == 1
    assert Step.USER_NOTICE not in found.steps
    assert found.steps[Step.FIX].share == 1.0


def test_the_picture_says_its_numbers_and_nothing_else() -> None:
    """It is well-formed, has words for those who do not see it, and names no case."""
    cases = [
        an_outline("case-1", {Step.ACKNOWLEDGE: 0.5, Step.FIX: 8}),
        an_outline("case-2", {Step.ACKNOWLEDGE: 2}, day=40),
    ]
    drawn = picture(figures(cases, after(45)))
    root = ET.fromstring(drawn)
    texts = "".join(root.itertext())

    assert root.attrib["role"] == "img"
    assert "1 promises kept, 2 late" in texts
    assert "50% (1 of 2)" in texts
    assert "2026-03" in texts
    assert "case-" not in drawn


def test_there_is_a_picture_of_nothing() -> None:
    """With no case there is a heading and no bar, and nothing breaks."""
    ET.fromstring(picture(figures([], datetime.fromisoformat("2026-03-01T00:00Z"))))
