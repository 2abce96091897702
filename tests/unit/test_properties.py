"""Whatever people do and whenever letters fail, the promises of the design hold."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant

from tacenda.acts import Act
from tacenda.agenda import Entry
from tacenda.case import Case
from tacenda.errors import Refused
from tacenda.lifecycle import hash_of
from tacenda.models import Audience, Kind, State, Step
from tacenda.timeline import plan
from tests.builders import (
    PUBLISHING,
    Story,
    a_case,
    a_policy,
    acknowledge,
    after,
    fixed,
    release,
    user_notice,
    vendor_notice,
)
from tests.unit.anycase import SETTINGS, AnyCase

APPROVED = (*PUBLISHING, Kind.REPORTER_UPDATE)
KIND_FOR = {
    Step.USER_NOTICE: Kind.USER_NOTICE,
    Step.VENDOR_NOTICE: Kind.VENDOR_NOTICE,
    Step.RELEASE: Kind.RELEASE,
}


class Promises(AnyCase):
    """What holds at every moment of every case."""

    def __init__(self) -> None:
        """Remember each limit of each step, and how far the case has come."""
        super().__init__()
        self.limits: dict[Step, list[datetime]] = {step: [] for step in Step}
        self.furthest = State.ACKNOWLEDGE

    def begins(self, entry: Entry) -> None:
        """Rules 3 and 11: what is published was approved, as it is, and still stands."""
        assert entry.kind
        if entry.kind not in (*APPROVED, Kind.FINAL_WARNING):
            return
        number = entry.key.partition(".")[2]
        kind = Kind.RELEASE if entry.kind is Kind.FINAL_WARNING else entry.kind
        approval = next(n for n in self.case.notices if n.key == f"{kind}.{number}")
        assert not approval.held
        assert approval.approved <= self.now
        assert approval.sha256 == hash_of(approval.text)
        assert any(deed.by in approval.approvers for deed in self.case.deeds)
        assert approval.revision == self.case.revision or kind is Kind.REPORTER_UPDATE
        if entry.kind is not Kind.FINAL_WARNING:
            assert approval.send_at <= self.now
            assert self.case.approved_text(entry.key) == approval.text
        if kind is Kind.RELEASE:
            assert len(set(approval.approvers)) >= self.case.policy.release.approvals
            assert entry.not_after
            assert self.now <= entry.not_after
        if entry.kind is Kind.RELEASE and self.case.told(Audience.VENDORS):
            assert self.case.finished(f"final_warning.{number}")

    def has_carried_out(self) -> None:
        """Rule 2: an overdue step was escalated after its limit, or an approval stands for it."""
        for step in self.case.overdue(self.now):
            escalated = [
                at
                for at, entry in self.begun
                if entry.kind is Kind.ESCALATION
                and step in entry.steps
                and at >= self.case.limit(step)
            ]
            kind = KIND_FOR.get(step)
            assert escalated or (kind and self.case.approved(kind))

    @invariant()
    def planning_is_pure(self) -> None:
        """Rule 12: a plan repeats itself, and holds nothing that was ever begun."""
        entries = plan(self.case, self.case.policy, self.now)
        letters = [entry for entry in entries if entry.kind]
        assert entries == plan(self.case, self.case.policy, self.now)
        assert len({entry.key for entry in letters}) == len(letters)
        assert {entry.key for _, entry in self.begun}.isdisjoint(entry.key for entry in letters)
        assert all(entry.to for entry in letters)
        assert all(entry.at > self.now for entry in entries if entry.kind is None)

    @invariant()
    def what_is_not_approved_is_not_planned(self) -> None:
        """Rule 3: the plan holds a notice or a release only on a standing approval."""
        for entry in plan(self.case, self.case.policy, self.now):
            if entry.kind in PUBLISHING:
                standing = self.case.waiting(entry.kind)
                assert standing
                assert standing.key == entry.key
                assert standing.revision == self.case.revision
                assert entry.at >= standing.send_at

    @invariant()
    def limits_never_go_back(self) -> None:
        """Rule 21: whatever happens, no limit comes earlier; each escalates at most once."""
        for step, seen in self.limits.items():
            limit = self.case.limit(step)
            assert not seen or limit >= seen[-1]
            if not seen or limit > seen[-1]:
                seen.append(limit)
            escalations = [
                entry
                for _, entry in self.begun
                if entry.kind is Kind.ESCALATION and step in entry.steps
            ]
            assert len(escalations) <= len(seen)

    @invariant()
    def the_state_never_goes_back(self) -> None:
        """A step that is done stays done."""
        order = list(State)
        assert order.index(self.case.state) >= order.index(self.furthest)
        self.furthest = self.case.state

    def teardown(self) -> None:
        """A case survives JSON, whatever became of it, and planning has not changed it."""
        before = self.case.model_dump_json()
        plan(self.case, self.case.policy, self.now)

        assert self.case.model_dump_json() == before
        assert Case.model_validate_json(before) == self.case


TestPromises = Promises.TestCase
TestPromises.settings = SETTINGS


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
