"""What people do to a case to which anything happens: every act there is, well or badly."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tacenda.acts import AssignCve, Confirm, ReportEvent
from tacenda.approvals import ApproveRelease
from tacenda.decisions import Choice
from tacenda.filings import Duty
from tacenda.models import DAY, Audience, CloseReason, Kind, Matter, Step, Word
from tacenda.policy import Limits, Policy
from tacenda.profiles import KUBERNETES_2017, KUBERNETES_CURRENT
from tests.builders import (
    HIGH,
    LOW,
    MEDIUM,
    a_policy,
    acknowledge,
    adopt,
    assign_cve,
    attached,
    close,
    decide,
    exploited,
    extend,
    file_report,
    fixed,
    hand_off,
    hold,
    invite,
    leak,
    mitigated,
    not_required,
    notice,
    public,
    published,
    release,
    reopen,
    replied,
    score,
    skip,
    told_elsewhere,
    undecide,
    withdrawn,
)
from tests.unit.anycase import AnyCase, by_so_many

MEMBERS = st.sampled_from(["alice", "bob"])
TEXTS = st.sampled_from(["One text.", "One text.", "Another text.\r\n"])
REASONS = st.sampled_from(["", "", "because"])
HOURS = st.sampled_from([None, None, -2, 1, 2, 25, 26, 49, 97, 150, 401])
"""From now; an odd number means the next good slot after that."""
NOTICES = st.sampled_from([Audience.USERS, Audience.VENDORS, Audience.REPORTER])
HASTY = a_policy(limits=Limits(fix=2 * DAY, user_notice=3 * DAY, release=10 * DAY))
SOME = st.sampled_from([(), (), (), ("one",), ("three", "two")])
CVES = st.sampled_from(["CVE-2026-0001", "CVE-2026-0002"])


class Anybody(AnyCase):
    """A case to which people do anything, in any order."""

    @rule(hours=st.sampled_from([1, 25, 49, 97]), is_sure=st.booleans())
    def goes_on(self, hours: int, is_sure: bool) -> None:
        """Somebody does the next step as the process has it, and its letters arrive."""
        date, why = self.moment(hours), "because" if is_sure else ""
        match next(self.case.open_steps(), None):
            case Step.ACKNOWLEDGE:
                self.do(acknowledge)
            case Step.FIX:
                self.do(fixed)
            case Step.USER_NOTICE:
                self.do(notice, Audience.USERS, "Soon.", planned=date, override=why)
            case Step.VENDOR_NOTICE:
                self.do(notice, Audience.VENDORS, "A patch.", planned=date, override=why)
            case Step.RELEASE:
                for by in ("alice", "bob"):
                    self.do(release, date, by=by, override=why)
            case None:
                self.do(notice, Audience.USERS, f"It was wrong, {self.now}.")
        self.carries_out_what_is_due()
        self.sees_letters_arrive()

    @rule(hours=st.sampled_from([None, 2, 25]), name=st.sampled_from(["three", "four"]))
    def tells_one_more(self, hours: int | None, name: str) -> None:
        """A vendor joins and is told at once, or later, whatever speaks against it."""
        self.vendors = (*self.vendors, name)
        values = {"to": (name,), "at": self.moment(hours), "override": "they asked"}
        self.do(notice, Audience.VENDORS, f"For {name}.", **values)

    @precondition(lambda self: any(entry.kind is Kind.FINAL_WARNING for _, entry in self.begun))
    @rule(name=st.sampled_from(["five", "six"]))
    def tells_one_late(self, name: str) -> None:
        """A vendor is told after the others were warned."""
        self.tells_one_more(None, name)
        self.carries_out_what_is_due()
        self.sees_letters_arrive()

    @rule(who=NOTICES, hours=st.sampled_from([2, 25]), is_edited=st.booleans())
    def leaves_for_later(self, who: Audience, hours: int, is_edited: bool) -> None:
        """Somebody approves for tomorrow, and the settings change until then, or do not."""
        values = {"at": self.moment(hours), "planned": self.moment(97), "override": "I am off"}
        self.do(notice, who, f"Later, {self.now}.", **values)
        self.carries_out_what_is_due()
        if is_edited:
            self.vendors = self.vendors[1:]

    @rule(by=MEMBERS, team=st.sampled_from([(), ("bob",), ("carol", "alice")]))
    def acknowledges(self, by: str, team: tuple[str, ...]) -> None:
        """Somebody takes the case, accepts it, or adds to the team."""
        self.do(acknowledge, by, team=team)

    @rule(by=MEMBERS, hours=st.sampled_from([-1, -24, 1]), why=REASONS)
    def acknowledged_elsewhere(self, by: str, hours: int, why: str) -> None:
        """Somebody answered the reporter on the telephone."""
        when = self.now + timedelta(hours=hours)
        self.do(acknowledge, by, elsewhere="a call", when=when, override=why)

    @rule(by=MEMBERS, to=st.sampled_from(["alice", "bob", "carol"]))
    def hands_over(self, by: str, to: str) -> None:
        """Somebody hands the case over, takes it over or back."""
        self.do(hand_off, to, by=by)

    @rule(vector=st.sampled_from([HIGH, LOW, LOW, MEDIUM, "CVSS:3.1/av:N", "high"]))
    def scores(self, vector: str) -> None:
        """Somebody scores the case, well or badly."""
        self.do(score, vector)

    @rule(cve=CVES)
    def assigns_a_cve(self, cve: str) -> None:
        """Somebody assigns a CVE id."""
        self.do(assign_cve, cve)

    @rule(cve=CVES, reason=REASONS)
    def publishes_or_withdraws_a_cve(self, cve: str, reason: str) -> None:
        """Somebody says that a record is public, or that the id is another's."""
        if reason:
            self.do(AssignCve, by="alice", cves=(cve,), withdraw=reason)
        else:
            self.do(published, cve)

    @rule(ref=st.sampled_from(["", "https://example.org/1", "https://example.org/2"]))
    def lands_a_fix(self, ref: str) -> None:
        """A fix lands, or a mitigation is known."""
        self.do(fixed, ref) if ref else self.do(mitigated)

    @rule(certainty=st.integers(0, 2))
    def withdraws_the_fix(self, certainty: int) -> None:
        """Somebody takes the fix back, now and then."""
        if certainty == 2:
            self.do(withdrawn)

    @rule(
        who=NOTICES,
        text=TEXTS,
        by=MEMBERS,
        hours=HOURS,
        planned=HOURS,
        why=REASONS,
        to=SOME,
        read=st.sampled_from([0, 0, 1, 2]),
    )
    def approves_a_notice(
        self,
        who: Audience,
        text: str,
        by: str,
        hours: int | None,
        planned: int | None,
        why: str,
        to: tuple[str, ...],
        read: int,
    ) -> None:
        """Somebody approves a notice, for now, for later, or for an instant that is past."""
        at, date = self.moment(hours), self.moment(planned)
        values = {"by": by, "at": at, "planned": date, "override": why, "to": to}
        files = attached("a.patch") if who is Audience.VENDORS and read else ()
        self.do(notice, who, text, **values, revision=read, attachments=files)

    @rule(who=NOTICES, hours=st.sampled_from([None, -1, -24, 1]), planned=HOURS, to=SOME)
    def told_people_elsewhere(
        self, who: Audience, hours: int | None, planned: int | None, to: tuple[str, ...]
    ) -> None:
        """Somebody called people, and says so later."""
        when = None if hours is None else self.now + timedelta(hours=hours)
        self.do(told_elsewhere, who, when=when, planned=self.moment(planned), to=to)

    @rule(
        name=st.sampled_from(["asked", "asked", "other", "one", "two", "nobody"]),
        word=st.sampled_from([Word.ACCEPTED, *Word]),
        hours=st.sampled_from([None, None, 97, 401]),
        why=REASONS,
    )
    def writes_down_an_answer(self, name: str, word: Word, hours: int | None, why: str) -> None:
        """A vendor answers: yes, no, ready, or that it does not concern it."""
        until = self.moment(hours) if word is Word.ACCEPTED else None
        self.do(replied, name, word, until=until, override=why)

    @rule(to=st.sampled_from([(), ("asked",), ("other", "one")]), planned=HOURS)
    def invites_vendors(self, to: tuple[str, ...], planned: int | None) -> None:
        """Somebody wants vendors asked, for a date or before there is one."""
        self.do(invite, *to, planned=self.moment(planned))

    @rule(who=NOTICES)
    def holds_a_notice(self, who: Audience) -> None:
        """Somebody stops a notice that waits."""
        self.do(notice, who, None, hold="a slip")

    @rule(text=TEXTS, by=MEMBERS, hours=HOURS, doubts=st.integers(0, 4), why=REASONS)
    def approves_the_release(
        self, text: str, by: str, hours: int | None, doubts: int, why: str
    ) -> None:
        """Somebody approves the release, or seconds it."""
        at, confirmed = self.moment(hours), doubts < 4
        news = {"users_told": f"News for {at}."} if doubts > 2 else {}
        self.do(release, at, text, by=by, artifacts_confirmed=confirmed, override=why, **news)

    @precondition(lambda self: len(self.begun) > 5)
    @rule(certainty=st.integers(0, 3))
    def released_elsewhere(self, certainty: int) -> None:
        """Somebody says that it went out elsewhere, now and then."""
        if certainty == 3:
            self.do(ApproveRelease, by="alice", elsewhere="a web page")

    @rule()
    def holds_the_release(self) -> None:
        """Somebody stops the approved release."""
        self.do(hold)

    @rule(step=st.sampled_from(Step), hours=st.integers(-48, 20 * 24))
    def extends(self, step: Step, hours: int) -> None:
        """Somebody moves a limit, or tries to move it back."""
        self.do(extend, step, self.now + timedelta(hours=hours))

    @rule(
        profile=st.sampled_from([KUBERNETES_2017, KUBERNETES_CURRENT, HASTY]),
        approvals=st.integers(1, 2),
        certainty=st.integers(0, 2),
    )
    def adopts_a_policy(self, profile: Policy, approvals: int, certainty: int) -> None:
        """The team works by other rules from now on, now and then."""
        if certainty == 2:
            self.do(adopt, by_so_many(profile, approvals))

    @rule(step=st.sampled_from(Step), why=REASONS)
    def skips(self, step: Step, why: str) -> None:
        """Somebody does without a step."""
        self.do(skip, step, override=why)

    @rule(
        choice=st.sampled_from(Choice),
        days=st.sampled_from([None, 1, 7, 30, 80]),
        is_sure=st.booleans(),
        why=REASONS,
    )
    def decides(self, choice: Choice, days: int | None, is_sure: bool, why: str) -> None:
        """Somebody makes a choice that the severity leaves, or none."""
        values: dict[str, Any] = {}
        if choice is Choice.SLOW_DOWN:
            later = timedelta(days=days) if days else None
            values = {"until": self.case.limit(Step.RELEASE) + later if later else None}
            values["low_risk"] = is_sure
        if choice is Choice.WARN_EARLY:
            values["easy_mitigation"] = is_sure
        self.do(decide, choice, override=why, **values)

    @precondition(lambda self: self.case.decisions)
    @rule(which=st.integers(0, 4))
    def takes_a_decision_back(self, which: int) -> None:
        """Somebody takes such a choice back."""
        made = tuple(self.case.decisions)
        self.do(undecide, made[which % len(made)])

    @rule(
        make=st.sampled_from([leak, exploited]),
        hold_on=st.booleans(),
        hours=st.sampled_from([None, -5, 1]),
    )
    def breaks_the_embargo(
        self, make: Callable[..., ReportEvent], hold_on: bool, hours: int | None
    ) -> None:
        """The embargo breaks, or somebody decides to hold on."""
        self.do(make, hold_on=hold_on, aware=self.moment(hours))

    @rule(duty=st.sampled_from(Duty), hours=st.sampled_from([None, -5, 1]), why=REASONS)
    def files_a_report(self, duty: Duty, hours: int | None, why: str) -> None:
        """Somebody files a report with the regulator, now or before, or finds it not required."""
        if why and hours:
            self.do(not_required, duty, why)
        else:
            self.do(file_report, duty, when=self.moment(hours), override=why)

    @rule(certainty=st.integers(0, 3))
    def becomes_public(self, certainty: int) -> None:
        """It is everywhere, now and then."""
        if certainty == 3:
            self.do(public)

    @rule(what=st.sampled_from(Matter), name=st.sampled_from(["", "Rita"]), why=REASONS)
    def confirms(self, what: Matter, name: str, why: str) -> None:
        """Somebody confirms what is done, or how the reporter is named."""
        shown = name if what is Matter.CREDIT else ""
        self.do(Confirm, by="alice", what=what, credit=shown, override=why)

    @precondition(lambda self: len(self.begun) > 5)
    @rule(reason=st.sampled_from(CloseReason), why=REASONS, certainty=st.integers(0, 5))
    def closes(self, reason: CloseReason, why: str, certainty: int) -> None:
        """Somebody closes the case, now and then."""
        if certainty == 5:
            self.do(close, reason, override=why, users_told="It is off.")

    @precondition(lambda self: self.case.closing)
    @rule()
    def reopens(self) -> None:
        """Somebody takes a closed case up again."""
        self.do(reopen)
