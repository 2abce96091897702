"""When an embargo ends: nobody is asked any more, nobody accepts; it has one end at a time."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis.stateful import invariant

from tacenda.act import Act
from tacenda.errors import Refused
from tacenda.lifecycle import check
from tacenda.models import Kind, Step, Word
from tacenda.parties import Consent, embargo_end, standings
from tacenda.timeline import plan
from tests.builders import (
    after,
    exploited,
    invite,
    leak,
    public,
    release,
    replied,
    slot,
    vendor_notice,
)
from tests.unit.anybody import Anybody
from tests.unit.anycase import SETTINGS
from tests.unit.situations import SITUATIONS, Situation, mended
from tests.unit.story import Story

ASKING = (Kind.INVITATION, Kind.VENDOR_REMINDER)
REASON = "it is on a forum"


def asked(story: Story) -> Story:
    """Invite vendors to the embargo, who do not answer."""
    story.with_party("asked").with_party("another")
    return story.do(invite(planned=slot(20), override=REASON))


def timers_of_the_embargo(story: Story) -> list[str]:
    """Return what the plan still holds to ask vendors, to remind them, or to note their silence."""
    entries = plan(story.case, story.case.policy, story.now)
    return [e.key for e in entries if e.kind in ASKING or e.key.startswith("silence.")]


@pytest.mark.parametrize("event", [public(), exploited()], ids=lambda e: e.event)
@pytest.mark.parametrize("begin", SITUATIONS, ids=lambda s: s.__name__)
def test_what_is_public_or_used_ends_the_asking(begin: Situation, event: Act) -> None:
    """In every situation: no invitation, no reminder, no silence comes any more (rule 22)."""
    story = begin()
    if story.case.released or story.case.under_way:
        assert timers_of_the_embargo(story) == []
        return
    asked(story)
    assert timers_of_the_embargo(story)
    letters = len(story.sent(*ASKING))

    story.do(event)
    assert timers_of_the_embargo(story) == []
    story.wait(story.now + timedelta(days=20))
    assert len(story.sent(*ASKING)) == letters
    assert story.case.silences == ()


@pytest.mark.parametrize("begin", SITUATIONS, ids=lambda s: s.__name__)
def test_the_claim_of_a_leak_ends_nothing_yet(begin: Situation) -> None:
    """What a person has not decided is no end: who was invited can still answer (rule 22)."""
    story = begin()
    if story.case.released or story.case.under_way:
        return
    asked(story)
    before = timers_of_the_embargo(story)
    story.do(leak())

    assert timers_of_the_embargo(story) == before
    assert story.do(replied("asked")).case.replies[-1].word is Word.ACCEPTED


ENDS: dict[str, Callable[[Story], Story]] = {
    "public": lambda story: story.do(public()),
    "exploited": lambda story: story.do(exploited()),
    "exploited, and held on": lambda story: story.do(exploited(), exploited(hold_on=True)),
    "leaked and published": lambda story: story.do(leak(), release(override=REASON)),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize("override", ["", REASON])
def test_there_is_no_new_embargo_after_its_end(
    end: Callable[[Story], Story], override: str
) -> None:
    """Neither a proposal nor an acceptance, whatever the reason (rule 23)."""
    story = end(asked(mended()))
    acts: list[Act] = [invite(), invite("another"), replied("asked"), replied("another")]
    for act in acts:
        with pytest.raises(Refused, match="no embargo"):
            check(story.case, act.model_copy(update={"override": override}), story.now)


def test_while_nobody_has_decided_a_new_invitation_wants_a_reason() -> None:
    """Whoever invites to an embargo that may be broken says why (rule 23)."""
    story = asked(mended()).do(leak())
    with pytest.raises(Refused, match="nobody has decided yet"):
        check(story.case, invite("another"), story.now)

    check(story.case, invite("another", override=REASON), story.now)
    story.do(leak(hold_on=True))
    check(story.case, invite("another"), story.now)


def test_who_was_invited_to_what_is_used_hears_the_release() -> None:
    """They get no detail, and are not forgotten either."""
    story = asked(mended()).do(vendor_notice(), exploited(), release(override=REASON))

    assert story.heard("asked") == [Kind.INVITATION, Kind.RELEASE]
    assert story.heard("one") == [Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.RELEASE]


class OneEnd(Anybody):
    """A case to which anything happens: its embargo always has one end."""

    @invariant()
    def the_embargo_has_an_end(self) -> None:
        """There is one date up to which all keep it, and it is known (rule 24)."""
        end = embargo_end(self.case)
        assert end is not None
        assert end in (self.case.planned, self.case.limit(Step.RELEASE))
        for standing in standings(self.case).values():
            if standing.consent is Consent.ACCEPTED:
                assert standing.until is not None
                assert standing.until >= end
            if standing.consent in (Consent.LAPSED, Consent.INVITED) and standing.until:
                assert standing.until < end

    @invariant()
    def nobody_is_asked_for_two_dates(self) -> None:
        """Whoever is asked is asked for that end and for no other (rule 24)."""
        entries = plan(self.case, self.case.policy, self.now)
        asked_for = {entry.planned for entry in entries if entry.kind in ASKING}
        assert asked_for <= {embargo_end(self.case)}


TestOneEnd = OneEnd.TestCase
TestOneEnd.settings = SETTINGS


@pytest.mark.parametrize("day", [2, 5.3, 9, 15])
def test_the_retrospective_counts_from_the_release_that_was(day: float) -> None:
    """Early or as planned, it is called to mind a day after it actually went out (rule 30)."""
    story = mended().do(vendor_notice(planned=slot(15)), release(slot(15)))
    out = slot(15)
    if after(day) > story.now and day < 15:
        story.wait(after(day)).do(leak(), release(text="Now.", override=REASON))
        out = story.now
    elif day < 5:
        story.do(leak(), release(text="Now.", override=REASON))
        out = story.now
    before = story.times(Kind.RETROSPECTIVE)
    story.wait(slot(40))

    assert story.case.released == out
    assert before == []
    assert story.times(Kind.RETROSPECTIVE) == [out + timedelta(days=1)]
