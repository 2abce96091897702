"""The six events of a case in the model of Vultron, and the orders in which they may happen.

V: the vendor knows of the flaw; F: its fix is ready; D: the fix is out; P: the public knows;
X: an exploit is public; A: attacks are seen. Of the 720 orders 70 are legal: a fix needs a vendor
who knows, and is out only once it is ready; a public exploit makes the flaw public next; and what
is public, the vendor knows next. (Source: process.md, section 3, Vultron.)
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import permutations


class Event(StrEnum):
    """What can happen to a case, once each."""

    V = "the vendor knows"
    F = "the fix is ready"
    D = "the fix is out"
    P = "the public knows"
    X = "an exploit is public"
    A = "attacks are seen"


V, F, D, P, X, A = Event
Order = tuple[Event, ...]
ALL: tuple[Order, ...] = tuple(permutations(Event))


def is_legal(order: Sequence[Event]) -> bool:
    """Whether events may have happened in that order; it need not hold them all."""
    seen: list[Event] = []
    for event in order:
        due = _next_after(seen)
        if due is not None and event is not due:
            return False
        if not _needed(event) <= set(seen):
            return False
        seen.append(event)
    return True


def _next_after(seen: Sequence[Event]) -> Event | None:
    """Return what must happen next because of what has happened, or None."""
    if X in seen and P not in seen:
        return P
    return V if P in seen and V not in seen else None


def _needed(event: Event) -> set[Event]:
    return {F: {V}, D: {F}}.get(event, set())


LEGAL = tuple(order for order in ALL if is_legal(order))


def lived(order: Sequence[Event]) -> Order:
    """Return the order in which a case of ours sees events that the world has in that one.

    What cannot have happened yet is seen as soon as it can: nobody lands a fix in a case that is
    not open. A fix that is out is out by our release, which the public reads: D brings P.
    """
    seen: list[Event] = []
    waiting = list(order)
    while waiting:
        event = next(e for e in waiting if _needed(e) <= set(seen))
        waiting.remove(event)
        for each in (event, *_brings(event)):
            if each not in seen:
                seen.append(each)
        waiting = [e for e in waiting if e not in seen]
    return tuple(seen)


def _brings(event: Event) -> tuple[Event, ...]:
    return {X: (P, V), P: (V,), D: (P,)}.get(event, ())
