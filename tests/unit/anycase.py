"""A machine to which anything happens: what people do, what time does, what letters do.

It does acts, valid or refused, lets time pass with or without anything running, lets letters
arrive, fail or hold, and lets vendors come and go. What must be true of it stands in
`test_properties.py`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tacenda.act import Act
from tacenda.agenda import Entry
from tacenda.askings import must_look_up
from tacenda.bouncing import living
from tacenda.case import Case
from tacenda.errors import Refused
from tacenda.happenings import (
    HoursFound,
    LetterHeld,
    LetterSent,
    RecipientsFound,
    SecondProposed,
    TroubleFound,
    VendorsSilent,
)
from tacenda.inviting import fallen_silent
from tacenda.letters import Recipient
from tacenda.lifecycle import apply, check
from tacenda.models import Audience, Kind, Step, Word
from tacenda.policy import Calendar, Policy
from tacenda.profiles import KUBERNETES_2017, KUBERNETES_CURRENT
from tacenda.rules import FIRST_RULES, LATE_REPORT, ON_RECORD, RIGHT_DATE, SURE_POST, WHOLE_CASE
from tacenda.staffing import leading, must_ask_hours
from tacenda.stepping_in import must_ask, not_asked
from tacenda.timeline import lapsed, plan
from tacenda.vendor_acts import VendorReply
from tacenda.vendors import Party
from tests.builders import a_case, acknowledge, after, fixed, user_notice, vendor_notice
from tests.unit.story import due, found_vendors, mailboxes, started

PARTIES = (
    Party(name="asked", address="asked@example.org", second="backup@example.org"),
    Party(name="other", address="other@example.org"),
    Party(name="two", address="two@example.org", standing=True, max_embargo=timedelta(days=5)),
)
"""The vendors that are not like the others: asked in each case, or of little patience."""
ASKED = ("asked", "other")


def by_so_many(profile: Policy, approvals: int) -> Policy:
    """Return a profile by which so many people must approve the release."""
    rules = profile.release.model_copy(update={"approvals": approvals})
    return profile.model_copy(update={"release": rules})


FATES = st.sampled_from(
    ["delivered", "delivered", "delivered", "refused", "in part", "nobody", "held"]
)
SETTINGS = settings(
    deadline=None,
    max_examples=60,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


class AnyCase(RuleBasedStateMachine):
    """A case to which anything happens, in any order."""

    def __init__(self) -> None:
        """Begin with nothing; the opening is a move as well."""
        super().__init__()
        self.now = after(0)
        self.case: Case = a_case()
        self.on_the_way: dict[str, Entry] = {}
        self.begun: list[tuple[datetime, Entry]] = []
        self.vendors: tuple[str, ...] = ("one", "two", "asked")
        self.bound: set[str] = set()
        self.members: tuple[str, ...] = ("alice", "bob", "carol")
        self.words: dict[str, tuple[Word, datetime]] = {}

    def begins(self, entry: Entry) -> None:
        """Look at a letter that is just about to be put on its way."""

    def arrives(self, entry: Entry, to: tuple[Recipient, ...]) -> None:
        """Look at a letter that these have, or were refused for good."""

    def has_carried_out(self) -> None:
        """Look at the case when everything that was due is on its way."""

    @initialize(
        days=st.integers(0, 30),
        public=st.sampled_from([False, False, False, True]),
        approvals=st.integers(1, 2),
        profile=st.sampled_from([KUBERNETES_2017, KUBERNETES_2017, KUBERNETES_CURRENT]),
        rules=st.sampled_from(
            [*[LATE_REPORT] * 3, ON_RECORD, RIGHT_DATE, SURE_POST, WHOLE_CASE, FIRST_RULES]
        ),
        adopted=st.sampled_from(["", "", "", "a spreadsheet"]),
        done=st.sampled_from(
            [
                (),
                (acknowledge, fixed),
                (acknowledge, fixed, vendor_notice),
                (acknowledge, fixed, user_notice, vendor_notice),
            ]
        ),
    )
    def opens(
        self,
        days: int,
        public: bool,
        approvals: int,
        profile: Policy,
        rules: int,
        adopted: str,
        done: tuple[Callable[[], Act], ...],
    ) -> None:
        """Open a case whose report came in some days ago; perhaps some steps are done at once."""
        self.now = after(days)
        releases = tuple(after(month).date() for month in range(30, 330, 30))
        # Before these rules there was one profile, that of 2017.
        known = profile if rules >= RIGHT_DATE else KUBERNETES_2017
        calendar = Calendar(releases=releases)
        policy = by_so_many(known, approvals).model_copy(update={"calendar": calendar})
        case = a_case(policy=policy, opened=self.now, public=public)
        self.case = case.model_copy(update={"rules": rules, "adopted": adopted})
        for act in done:
            self.do(act)
        if done:
            self.carries_out_what_is_due()
            self.sees_letters_arrive()

    def do(self, make: Callable[..., Act], *values: Any, **more: Any) -> None:
        """Do an act if nothing speaks against it; a check refuses, and nothing breaks."""
        act = make(*values, **more)
        done = apply(self.case, act, self.now)
        plan(done, done.policy, self.now)
        try:
            check(self.case, act, self.now)
        except Refused:
            return
        if isinstance(act, VendorReply) and act.word in (Word.ACCEPTED, Word.DECLINED):
            self.words[act.vendor] = (act.word, self._accepted_until(act))
        self.case = done

    def _accepted_until(self, act: VendorReply) -> datetime:
        """Return up to which date a vendor accepts: the last one that it was asked for."""
        asked = [
            letter.planned
            for letter in self.case.all_letters
            if letter.kind is Kind.INVITATION and letter.planned
            for box in (*letter.delivered, *letter.failed, *letter.pending)
            if box.name == act.vendor
        ]
        end = self.case.planned or self.case.limit(Step.RELEASE)
        return act.until or max([end, *asked[-1:]])

    def moment(self, hours: int | None) -> datetime | None:
        """Return the instant so many hours from now; if odd, the next good slot."""
        if hours is None:
            return None
        at = self.now + timedelta(hours=hours)
        return self.case.policy.calendar.next_slot(at) if hours % 2 else at

    @rule()
    def has_trouble(self) -> None:
        """Something happens that a person must hear about."""
        self.case = apply(self.case, TroubleFound(what="A signal came."), self.now)

    @rule(
        vendors=st.sampled_from(
            [("one", "asked"), ("one", "two"), ("two", "three", "asked", "other"), ()]
        )
    )
    def finds_other_vendors(self, vendors: tuple[str, ...]) -> None:
        """Somebody edits the settings file."""
        self.vendors = vendors

    @rule(members=st.sampled_from([("bob", "carol"), ("alice", "bob"), ("carol",), ()]))
    def finds_other_members(self, members: tuple[str, ...]) -> None:
        """Somebody goes on holiday, or comes back."""
        self.members = members

    @rule(hours=st.sampled_from([0.1, 1, 3, 24, 24 * 7]))
    def is_down_for(self, hours: float) -> None:
        """Let time pass in which nothing is carried out."""
        self.now += timedelta(hours=hours)

    @rule(times=st.integers(1, 4), is_delivered=st.booleans())
    def waits_for_what_comes_next(self, times: int, is_delivered: bool) -> None:
        """Carry out the plan for its next instants, and perhaps see the letters arrive."""
        for _ in range(times):
            coming = [e.at for e in plan(self.case, self.case.policy, self.now) if e.at > self.now]
            self.now = min(coming, default=self.now)
            self.carries_out_what_is_due()
            if is_delivered:
                self.sees_letters_arrive()

    @rule(hours=st.sampled_from([0.5, 20, 30]))
    def comes_close_to_the_release(self, hours: float) -> None:
        """Let everything happen that comes before an approved release, until hours before it."""
        release = self.case.waiting(Kind.RELEASE)
        until = release.send_at - timedelta(hours=hours) if release else self.now
        while self.now < until:
            coming = [e.at for e in plan(self.case, self.case.policy, self.now) if e.at > self.now]
            self.now = min([*coming, until])
            self.carries_out_what_is_due()
            self.sees_letters_arrive()

    def sees_letters_arrive(self, fate: str = "delivered") -> None:
        """Let every letter on its way arrive, or none."""
        while self.on_the_way:
            self.learns_the_fate_of_a_letter(0, fate)

    @rule(fate=st.sampled_from(["delivered", "refused", "in part", "nobody"]))
    def comes_to_rest(self, fate: str) -> None:
        """Carry out what is due and what that brings, until nothing is: it comes to an end."""
        for _ in range(8):
            self.carries_out_what_is_due()
            if not self.on_the_way:
                return
            self.sees_letters_arrive(fate)
        raise AssertionError("what is due breeds what is due")

    @rule()
    def carries_out_what_is_due(self) -> None:
        """Hold what is too late, put on its way whatever is due, bind what waits."""
        if must_look_up(self.case):
            found = found_vendors(self.case, {Audience.VENDORS: self.vendors}, PARTIES)
            self.case = apply(self.case, found, self.now)
        if silences := fallen_silent(self.case, self.now):
            self.case = apply(self.case, VendorsSilent(silences=silences), self.now)
        self._asks_about_people()
        late = lapsed(self.case, self.case.policy, self.now)
        if late:
            self.case = apply(self.case, LetterHeld(key=late.key, reason="late"), self.now)
        for _ in range(3):
            for entry in due(self.case, self.now):
                self.begins(entry)
                self.begun.append((self.now, entry))
                self.on_the_way[entry.key] = entry
                self.case = apply(self.case, started(entry, self.case, self.now), self.now)
        assert due(self.case, self.now) == (), "what is due never comes to an end"
        if self.case.rules >= WHOLE_CASE:
            for entry in plan(self.case, self.case.policy, self.now):
                notice = self.case.notice(entry.key)
                if notice and notice.key == entry.key and entry.key not in self.bound:
                    self._find(entry)
        self.has_carried_out()

    def _asks_about_people(self) -> None:
        """Learn when the lead works: in the morning, on every other day; and who steps in."""
        if must_ask_hours(self.case, self.now):
            days = (self.now + timedelta(days=n) for n in range(0, 56, 2))
            windows = tuple((at, at + timedelta(hours=4)) for at in days)
            known = {"windows": windows, "until": self.now + timedelta(weeks=8)}
            found = HoursFound(name=leading(self.case), **known)
            self.case = apply(self.case, found, self.now)
        if must_ask(self.case, self.now):
            left = [name for name in self.members if name not in not_asked(self.case)]
            self.case = apply(self.case, SecondProposed(name=(*left, "")[0]), self.now)
            assert not must_ask(self.case, self.now), "nobody is asked twice at once"

    def _find(self, entry: Entry) -> tuple[Recipient, ...]:
        self.bound.add(entry.key)
        boxes = mailboxes(entry, self.case, {Audience.VENDORS: self.vendors}, ASKED)
        found = RecipientsFound(key=entry.key, recipients=boxes)
        self.case = apply(self.case, found, self.now)
        return boxes

    @precondition(lambda self: self.on_the_way)
    @rule(which=st.integers(0, 50), fate=FATES)
    def learns_the_fate_of_a_letter(self, which: int, fate: str) -> None:
        """One letter arrives, is refused, finds nobody, or could not begin in time."""
        key = sorted(self.on_the_way)[which % len(self.on_the_way)]
        entry = self.on_the_way.pop(key)
        boxes = self._find(entry)
        notice = self.case.notice(key)
        if notice and notice.held:
            self.case = apply(self.case, LetterHeld(key=key, reason=notice.held), self.now)
            return
        if fate == "held" and entry.not_after:
            self.now = max(self.now, entry.not_after + timedelta(minutes=1))
            self.case = apply(self.case, LetterHeld(key=key, reason="late"), self.now)
            return
        boxes = () if fate == "nobody" else living(self.case, boxes)
        reached = {"refused": (), "in part": boxes[:1]}.get(fate, boxes)
        at = self.now
        if notice and notice.elsewhere:
            at, reached = notice.send_at, boxes
        letter = next(letter for letter in self.case.under_way if letter.key == key)
        failed = tuple(box for box in boxes if box not in reached)
        fated = letter.model_copy(
            update={"at": at, "delivered": reached, "failed": failed, "pending": ()}
        )
        self.arrives(entry, boxes)
        self.case = apply(self.case, LetterSent(letter=fated), self.now)
