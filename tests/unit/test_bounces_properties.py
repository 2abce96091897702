"""Whatever people do and whichever letters come back, no plan addresses a dead address."""

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tacenda.agenda import Entry
from tacenda.bouncing import living, recipients_of
from tacenda.errands import Addressees
from tacenda.letters import Recipient
from tacenda.models import Audience, Kind
from tacenda.rules import RIGHT_DATE, SURE_POST
from tacenda.timeline import plan
from tests.builders import bounced, works_again
from tests.unit.anybody import Anybody
from tests.unit.anycase import SETTINGS

ANYHOW = {
    Audience.LEAD,
    Audience.NEXT_LEAD,
    Audience.SECOND,
    Audience.FORMER_LEAD,
    Audience.FIX_TEAM,
    Audience.TEAM,
    Audience.ESCALATION,
    Audience.RELEASE,
}
"""Who is written to all the same where nobody else is left."""


class AnyPost(Anybody):
    """A case to which anything happens, and whose letters come back at any time."""

    def __init__(self) -> None:
        """Begin under the rules of now, with nothing that came back."""
        super().__init__()
        self.was_released = False

    def begins(self, entry: Entry) -> None:
        """No letter is planned by name for an address from which letters come back."""
        dead = self.case.dead
        if self.case.rules < RIGHT_DATE and entry.kind is Kind.DATE_CHANGE:
            return  # by earlier rules, to those who waited for a notice; nobody got it
        assert {r.address for r in entry.whom}.isdisjoint(dead)
        named = Addressees.of(self.case, entry)
        assert {r.address for r in named.told}.isdisjoint(dead)
        assert named.reporter is None or named.reporter.address not in dead

    def arrives(self, entry: Entry, to: tuple[Recipient, ...]) -> None:
        """A dead address gets no letter, but for our own and a release with nobody left."""
        gets = [r for r in living(self.case, to) if r.address.casefold() in self.case.dead]
        assert not gets or {r.audience for r in to} <= ANYHOW

    @precondition(lambda self: self.case.letters)
    @rule(
        which=st.integers(0, 60),
        who=st.integers(0, 5),
        status=st.sampled_from(["5.1.1", "5.1.1", "5.2.2", "4.0.0"]),
    )
    def comes_back(self, which: int, who: int, status: str) -> None:
        """A letter comes back from one of those it went to; the same mail is read twice."""
        self.case = self.case.model_copy(update={"rules": SURE_POST})
        letter = self.case.letters[which % len(self.case.letters)]
        to = recipients_of(letter)
        if to:
            self.do(bounced, to[who % len(to)].address, letter.key, status)
            self.do(bounced, to[who % len(to)].address, letter.key, status)

    @precondition(lambda self: self.case.dead)
    @rule(which=st.integers(0, 5))
    def works_again(self, which: int) -> None:
        """Somebody says that an address works."""
        dead = sorted(self.case.dead)
        self.do(works_again, dead[which % len(dead)])

    @invariant()
    def nobody_counts_as_told_who_is_not(self) -> None:
        """Who is told has a notice that did not come back, and an address that works."""
        for recipient in self.case.told(Audience.USERS, Audience.VENDORS):
            assert recipient.address.casefold() not in self.case.dead
            assert any(recipient in self.case.reached(letter) for letter in self.case.letters)

    @invariant()
    def what_is_released_stays_released(self) -> None:
        """No mail takes a publication back."""
        assert self.case.released or not self.was_released
        self.was_released = self.case.released is not None

    @invariant()
    def each_letter_comes_back_once(self) -> None:
        """Reading a notification again changes nothing."""
        known = [bounce.identity for bounce in self.case.bounces]
        assert len(set(known)) == len(known)

    @invariant()
    def nothing_is_planned_twice(self) -> None:
        """A letter that came back is not begun again under its key."""
        begun = [entry.key for _, entry in self.begun]
        assert len(set(begun)) == len(begun)
        planned = plan(self.case, self.case.policy, self.now)
        assert set(begun).isdisjoint(entry.key for entry in planned if entry.kind)


TestAnyPost = AnyPost.TestCase
TestAnyPost.settings = SETTINGS
