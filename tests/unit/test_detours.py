"""What a guard refuses in one act cannot be reached by several, in any order."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tacenda.act import Act
from tacenda.agenda import Entry
from tacenda.errors import Refused
from tacenda.models import Kind
from tests.builders import (
    a_case,
    a_policy,
    acknowledge,
    after,
    fixed,
    release,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story


def no_notice_follows_the_release(story: Story, entry: Entry) -> None:
    """A notice of what is coming never leaves once the release is out."""
    assert not (entry.kind in (Kind.USER_NOTICE, Kind.VENDOR_NOTICE) and story.case.released)


def no_release_on_a_bad_day(story: Story, entry: Entry) -> None:
    """Rule 16: no release leaves on a Friday or a weekend."""
    if entry.kind is Kind.RELEASE:
        assert story.case.policy.calendar.objection(story.now) is None


def no_release_inside_the_vendors_period(story: Story, entry: Entry) -> None:
    """Rule 14: the release leaves after the notice period of the vendors who were told."""
    if entry.kind is Kind.RELEASE:
        told = story.times(Kind.VENDOR_NOTICE)
        assert not told or story.now >= told[0] + story.case.policy.release.vendor_notice


PUBLIC_ACTS: list[Callable[..., Act]] = [user_notice, vendor_notice, release]


@pytest.mark.parametrize(
    "promise",
    [no_notice_follows_the_release, no_release_on_a_bad_day, no_release_inside_the_vendors_period],
)
@settings(deadline=None, max_examples=150)
@given(
    approvals=st.integers(1, 2),
    moves=st.lists(
        st.tuples(
            st.sampled_from([None, None, *PUBLIC_ACTS, release]),
            st.sampled_from(["alice", "bob"]),
            st.sampled_from([None, 10, 24, 48, 55, 79, 103, 127]),
        ),
        max_size=8,
    ),
)
@example(
    approvals=2,
    moves=[(release, "alice", 31), (None, "alice", 103), (release, "bob", 72)],
)
def test_without_an_override_no_guard_is_ever_got_around(
    promise: Callable[[Story, Entry], None],
    approvals: int,
    moves: list[tuple[Callable[..., Act] | None, str, int | None]],
) -> None:
    """What guards refuse in one act cannot be reached by several, in any order."""
    story = Story(a_case(policy=a_policy(approvals=approvals))).do(acknowledge(), fixed())
    story.watch = lambda entry: promise(story, entry)
    for make, by, hours in moves:
        at = None if hours is None else story.now + timedelta(hours=hours)
        if make is None:
            story.wait(at or story.now)
            continue
        with suppress(Refused):
            story.do(make(by=by, at=at))
    story.wait(after(30))
