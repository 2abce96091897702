"""Ten thousand vendors: the work grows as they do, and what is kept of them stays small."""

import sys
from collections.abc import Callable
from datetime import timedelta
from types import FrameType
from typing import Any

import pytest

from tacenda.board import details_of
from tacenda.case import Case
from tacenda.chronicle import chronicle
from tacenda.cli.screen import _letter_rows
from tacenda.errands import Addressees
from tacenda.happenings import VendorsFound
from tacenda.lifecycle import apply, check
from tacenda.models import Audience, Kind, Word
from tacenda.render import table_of
from tacenda.roster import roster, summary
from tacenda.timeline import plan
from tacenda.vendors import Party, Reply
from tests.builders import (
    a_case,
    acknowledge,
    after,
    fixed,
    invite,
    release,
    replied,
    slot,
    vendor_notice,
)
from tests.unit.story import Story, due, mailboxes, planned

ALL = 10_000


def parties(number: int) -> tuple[Party, ...]:
    """Return so many vendors: most with a standing consent, every tenth asked, some impatient."""
    return tuple(
        Party(
            name=f"v{n}",
            address=f"v{n}@example.org",
            standing=n % 10 > 0,
            max_embargo=timedelta(days=5) if n % 7 == 0 else None,
            second=f"w{n}@example.org" if n % 3 == 0 else "",
        )
        for n in range(number)
    )


class Crowd(Story):
    """A story whose settings have a crowd of vendors."""

    def __init__(self, number: int) -> None:
        """Open the case."""
        self.crowd = parties(number)
        super().__init__(a_case(), lists={Audience.VENDORS: tuple(p.name for p in self.crowd)})
        self.parties = {party.name: party for party in self.crowd}


def crowded(number: int) -> Case:
    """Return a case in its middle: told, invited, accepted, silent, warned, another date named."""
    story = Crowd(number)
    story.do(acknowledge(), fixed(), invite(planned=slot(15)))
    replies = tuple(
        Reply(
            address=party.address,
            word=Word.DECLINED if n % 20 == 0 else Word.ACCEPTED,
            at=story.now,
            by="alice",
            until=slot(15),
        )
        for n, party in enumerate(story.crowd)
        if n % 30 == 0
    )
    story.case = story.case.model_copy(update={"replies": replies})
    story.do(vendor_notice()).wait(slot(11))
    story.do(release(slot(16), override="they know")).wait(slot(15))
    return story.case


def works(what: Callable[[], Any]) -> int:
    """Return how many calls of functions something takes."""
    calls = 0

    def count(frame: FrameType, event: str, _: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        what()
    finally:
        sys.setprofile(None)
    return calls


@pytest.fixture(scope="module")
def few() -> Case:
    """A case with a few hundred vendors."""
    return crowded(300)


@pytest.fixture(scope="module")
def more() -> Case:
    """A case with four times as many."""
    return crowded(1200)


def shown(case: Case) -> None:
    """Do what the table of the vendors takes, but for the terminal."""
    rows = roster(case, slot(15), parties(len(case.vendors)))
    table_of(["vendor", "consent"], [[row.name, row.consent.value] for row in rows])
    summary(rows)


WORK: dict[str, Callable[[Case], Any]] = {
    "the table": shown,
    "the plan": lambda case: plan(case, case.policy, slot(15)),
    "show": lambda case: table_of(["l", "at", "to", "d", "f", "w"], _letter_rows(case)),
    "history": lambda case: chronicle(case, slot(15)),
    "Web UI": lambda case: details_of(case, slot(15)),
    "addressees": lambda case: [
        Addressees.of(case, entry) for entry in plan(case, case.policy, slot(15)) if entry.kind
    ],
    "an answer": lambda case: apply(case, replied("v10"), slot(15)),
    "a guard": lambda case: check(case, replied("v10"), slot(15)),
    "into a history and back": lambda case: Case.model_validate_json(case.model_dump_json()),
}


@pytest.mark.parametrize("what", WORK)
def test_the_work_grows_as_the_vendors_do(what: str, few: Case, more: Case) -> None:
    """Four times the vendors are no more than four times the work, and a little for the rest."""
    work = WORK[what]

    assert works(lambda: work(more)) <= 4.4 * works(lambda: work(few)) + 1000


def test_a_crowd_is_seen_whole(more: Case) -> None:
    """Everybody has one row, and what is counted adds up."""
    rows = roster(more, slot(15))

    assert len({row.address for row in rows}) == len(rows) == 1200
    assert sum(int(part.split()[0]) for part in summary(rows).split(", ")) == 1200


def test_ten_thousand_vendors_fit_into_a_history() -> None:
    """Who they are is packed: a payload of Temporal holds two megabytes, and this far less."""
    found = VendorsFound(vendors=parties(ALL), asking=1)
    packed = found.model_dump_json()

    assert len(packed) < 300_000
    assert VendorsFound.model_validate_json(packed) == found


def test_a_few_vendors_are_kept_as_they_are() -> None:
    """Who reads a history of an ordinary case with its key reads their names."""
    packed = VendorsFound(vendors=parties(3), asking=1).model_dump_json()

    assert '"v1"' in packed


def test_nobody_is_written_to_twice_in_a_crowd() -> None:
    """One invitation, one notice: also where hundreds get it apart, for their own reasons."""
    story = Crowd(200)
    story.do(acknowledge(), fixed(), vendor_notice(planned=slot(15))).wait(slot(14))
    once = (Kind.INVITATION, Kind.VENDOR_NOTICE)
    heard = [(name, kind) for name, kind in story.delivered if kind in once]

    assert len(set(heard)) == len(heard) == 200
    assert len(planned(story.case, after(0), Kind.INVITATION)) == 0
    assert {len(mailboxes(entry, story.case)) > 0 for entry in due(story.case, story.now)} <= {True}
