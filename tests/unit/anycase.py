"""A machine to which anything happens: what people do, what time does, what letters do.

It does acts, valid or refused, lets time pass with or without anything running, and lets
letters arrive, fail or hold. What must be true of it stands in `test_properties.py`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tacenda.acts import Act, LetterHeld, LetterSent, TroubleFound
from tacenda.agenda import Entry
from tacenda.case import Case
from tacenda.errors import Refused
from tacenda.lifecycle import apply, check
from tacenda.models import Audience, CloseReason, Step
from tacenda.timeline import lapsed, plan
from tests.builders import (
    HIGH,
    LOW,
    a_case,
    a_policy,
    acknowledge,
    after,
    assign_cve,
    close,
    due,
    extend,
    fixed,
    hold,
    mailboxes,
    mitigated,
    notice,
    release,
    score,
    skip,
    started,
    vendor_notice,
)

MEMBERS = st.sampled_from(["alice", "bob"])
TEXTS = st.sampled_from(["One text.", "One text.", "Another text.\r\n"])
REASONS = st.sampled_from(["", "", "because"])
HOURS = st.sampled_from([None, None, -2, 1, 2, 25, 26, 49, 97, 150, 401])
"""From now; an odd number means the next good slot after that."""
FATES = st.sampled_from(["delivered", "delivered", "delivered", "refused", "nobody", "held"])
NOTICES = st.sampled_from([Audience.USERS, Audience.VENDORS, Audience.REPORTER])

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

    def begins(self, entry: Entry) -> None:
        """Look at a letter that is just about to be put on its way."""

    def has_carried_out(self) -> None:
        """Look at the case when everything that was due is on its way."""

    @initialize(
        days=st.integers(0, 30),
        public=st.sampled_from([False, False, False, True]),
        approvals=st.integers(1, 2),
        done=st.sampled_from([(), (acknowledge, fixed), (acknowledge, fixed, vendor_notice)]),
    )
    def opens(
        self, days: int, public: bool, approvals: int, done: tuple[Callable[[], Act], ...]
    ) -> None:
        """Open a case whose report came in some days ago; perhaps some steps are done at once."""
        self.now = after(days)
        policy = a_policy(approvals=approvals)
        self.case = a_case(policy=policy, opened=self.now, public=public)
        for act in done:
            self.do(act)
        if done:
            self.carries_out_what_is_due()
            self.sees_letters_arrive()

    def do(self, make: Callable[..., Act], *values: Any, **more: Any) -> None:
        """Do an act if nothing speaks against it; a check refuses and never breaks."""
        act = make(*values, **more)
        try:
            check(self.case, act, self.now)
        except Refused:
            return
        self.case = apply(self.case, act, self.now)

    def moment(self, hours: int | None) -> datetime | None:
        """Return the instant so many hours from now; if odd, the next good slot."""
        if hours is None:
            return None
        at = self.now + timedelta(hours=hours)
        return self.case.policy.calendar.next_slot(at) if hours % 2 else at

    @rule(by=MEMBERS)
    def acknowledges(self, by: str) -> None:
        """Somebody takes the case."""
        self.do(acknowledge, by)

    @rule(vector=st.sampled_from([HIGH, LOW, "CVSS:3.1/av:N", "high"]))
    def scores(self, vector: str) -> None:
        """Somebody scores the case, well or badly."""
        self.do(score, vector)

    @rule(cve=st.sampled_from(["CVE-2026-0001", "CVE-2026-0002"]))
    def assigns_a_cve(self, cve: str) -> None:
        """Somebody assigns a CVE id."""
        self.do(assign_cve, cve)

    @rule(ref=st.sampled_from(["", "https://example.org/1", "https://example.org/2"]))
    def lands_a_fix(self, ref: str) -> None:
        """A fix lands, or a mitigation is known."""
        self.do(fixed, ref) if ref else self.do(mitigated)

    @rule(who=NOTICES, text=TEXTS, by=MEMBERS, hours=HOURS, planned=HOURS, why=REASONS)
    def approves_a_notice(
        self, who: Audience, text: str, by: str, hours: int | None, planned: int | None, why: str
    ) -> None:
        """Somebody approves a notice, for now, for later, or for an instant that is past."""
        at, date = self.moment(hours), self.moment(planned)
        self.do(notice, who, text, by=by, at=at, planned=date, override=why)

    @rule(text=TEXTS, by=MEMBERS, hours=HOURS, doubts=st.integers(0, 4), why=REASONS)
    def approves_the_release(
        self, text: str, by: str, hours: int | None, doubts: int, why: str
    ) -> None:
        """Somebody approves the release, or seconds it."""
        at, confirmed = self.moment(hours), doubts < 4
        self.do(release, at, text, by=by, artifacts_confirmed=confirmed, override=why)

    @rule()
    def holds_the_release(self) -> None:
        """Somebody stops the approved release."""
        self.do(hold)

    @rule(step=st.sampled_from(Step), hours=st.integers(-48, 20 * 24))
    def extends(self, step: Step, hours: int) -> None:
        """Somebody moves a limit, or tries to move it back."""
        self.do(extend, step, self.now + timedelta(hours=hours))

    @rule(step=st.sampled_from(Step))
    def skips(self, step: Step) -> None:
        """Somebody does without a step."""
        self.do(skip, step)

    @precondition(lambda self: len(self.begun) > 5)
    @rule(reason=st.sampled_from(CloseReason), why=REASONS, certainty=st.integers(0, 5))
    def closes(self, reason: CloseReason, why: str, certainty: int) -> None:
        """Somebody closes the case, now and then."""
        if certainty == 5:
            self.do(close, reason, override=why)

    @rule()
    def has_trouble(self) -> None:
        """Something happens that a person must hear about."""
        self.case = apply(self.case, TroubleFound(what="A signal came."), self.now)

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

    def sees_letters_arrive(self) -> None:
        """Let every letter on its way arrive."""
        while self.on_the_way:
            self.learns_the_fate_of_a_letter(0, "delivered")

    @rule()
    def carries_out_what_is_due(self) -> None:
        """Hold what is too late, then put on its way whatever is due."""
        late = lapsed(self.case, self.case.policy, self.now)
        if late:
            self.case = apply(self.case, LetterHeld(key=late.key, reason="late"), self.now)
        for _ in range(3):
            for entry in due(self.case, self.now):
                self.begins(entry)
                self.begun.append((self.now, entry))
                self.on_the_way[entry.key] = entry
                self.case = apply(self.case, started(entry, self.now), self.now)
        assert due(self.case, self.now) == (), "what is due never comes to an end"
        self.has_carried_out()

    @precondition(lambda self: self.on_the_way)
    @rule(which=st.integers(0, 50), fate=FATES)
    def learns_the_fate_of_a_letter(self, which: int, fate: str) -> None:
        """One letter arrives, is refused, finds nobody, or could not begin in time."""
        key = sorted(self.on_the_way)[which % len(self.on_the_way)]
        entry = self.on_the_way.pop(key)
        if fate == "held" and entry.not_after:
            self.now = max(self.now, entry.not_after + timedelta(minutes=1))
            self.case = apply(self.case, LetterHeld(key=key, reason="late"), self.now)
            return
        boxes = mailboxes(entry, self.case) if fate != "nobody" else ()
        reached = boxes if fate != "refused" else ()
        letter = next(letter for letter in self.case.under_way if letter.key == key)
        values = {"at": self.now, "delivered": reached, "failed": () if reached else boxes}
        fated = letter.model_copy(update=values)
        self.case = apply(self.case, LetterSent(letter=fated), self.now)
