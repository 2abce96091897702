"""The case events in every order: ours never records one that cannot be (rule 26)."""

from datetime import datetime, timedelta

import pytest

from tacenda.errors import Refused
from tests.builders import a_case, acknowledge, after, exploited, fixed, public, release
from tests.unit.caseevents import ALL, LEGAL, A, D, Event, F, Order, P, V, X, is_legal, lived
from tests.unit.story import Story

EXPLOIT = "an exploit is on a forum"


def test_seventy_of_the_720_orders_are_legal() -> None:
    """As the model has it; each holds all six events (rule 26)."""
    assert len(ALL) == 720
    assert len(LEGAL) == 70
    assert (V, F, D, P, X, A) in LEGAL
    assert (X, P, V, F, D, A) in LEGAL
    assert (F, V, D, P, X, A) not in LEGAL
    assert (X, V, P, F, D, A) not in LEGAL
    assert (P, A, V, F, D, X) not in LEGAL


class Lived:
    """A case in which the world has its events in some order, as far as people can say so.

    `seen` is what its record says: what is done, and when that was.
    """

    def __init__(self) -> None:
        """Begin before anybody has told us anything."""
        self.story: Story | None = None
        self.now = after(0)
        self.exploit: datetime | None = None
        self.attacks: datetime | None = None

    def happens(self, event: Event) -> bool:
        """Let people say that it happened; False if nobody can yet, or it is known."""
        self.now += timedelta(hours=1)
        if self.story:
            self.story.wait(self.now)
        if event is A and not self.story:
            self.attacks = self.now  # seen in the wild, and found out when the report comes
            return True
        if event in (V, P, X):
            return self._is_known(event)
        return self.story is not None and self._said(self.story, event)

    def _is_known(self, event: Event) -> bool:
        """We are told of the flaw; if it is public, that is how we learn of it."""
        if event is X:
            self.exploit = self.now
        if self.story is None:
            case = a_case(opened=self.now, received=self.now, public=event is not V)
            self.story = Story(case).do(acknowledge())
            if self.attacks:
                self.story.do(exploited(aware=self.attacks, override="the logs say so"))
        elif event in (P, X) and not self.story.case.is_public:
            self.story.do(public(EXPLOIT if event is X else "a post"))
        return True

    def _said(self, story: Story, event: Event) -> bool:
        match event:
            case Event.F:
                story.do(fixed())
            case Event.A:
                story.do(exploited())
            case _:
                return self._is_out(story)
        return True

    def _is_out(self, story: Story) -> bool:
        """The release goes out with a fix; until there is one a guard keeps it back."""
        if story.case.fix is None:
            if not story.case.is_public:
                with pytest.raises(Refused, match="No fix has landed"):
                    story.do(release())
            return False
        story.do(release(override="now"))
        return True

    @property
    def seen(self) -> Order:
        """Return the events in the order that the case has on record."""
        assert self.story
        case = self.story.case
        known = case.public_since or case.released
        when = {
            V: case.opened,
            F: case.fix.landed if case.fix else None,
            D: case.released if case.fix else None,
            P: known,
            X: self.exploit,
            A: case.exploited,
        }
        # Of what one instant brings together, the cause comes first.
        rank = [X, D, P, V, F, A]
        found = [(at, rank.index(event), event) for event, at in when.items() if at]
        return tuple(event for _, _, event in sorted(found))


@pytest.mark.parametrize("first", list(Event), ids=lambda e: e.name)
def test_whatever_the_order_the_record_is_a_legal_one(first: Event) -> None:
    """A legal order is lived through as it is, but that our release tells the public (rule 26).

    In any other, what cannot be yet is refused, and is on record once it can be.
    """
    for order in (o for o in ALL if o[0] is first):
        case, waiting = Lived(), list(order)
        while waiting:
            done = next(e for e in waiting if case.happens(e))
            waiting.remove(done)

        assert is_legal(case.seen), order
        assert case.seen == lived(order), order
        if is_legal(order) and _is_public_by(order):
            assert case.seen == order


def _is_public_by(order: Order) -> bool:
    """Whether the public knows at the latest right after the fix is out."""
    return order.index(P) <= order.index(D) + 1


def test_most_legal_orders_are_lived_through_as_they_are() -> None:
    """Only those in which a fix is out, and the public does not read of it, are ours otherwise."""
    assert len([o for o in LEGAL if lived(o) == o]) == len([o for o in LEGAL if _is_public_by(o)])
    assert all(is_legal(lived(order)) for order in ALL)
