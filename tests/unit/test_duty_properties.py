"""Whatever happens to a case, what is owed to the regulator is neither forgotten nor repeated."""

from datetime import datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from tacenda.agenda import Entry
from tacenda.chase import ADOPTING
from tacenda.duties import duty_done, duty_limit, has_duties, open_duties, overdue_duties
from tacenda.filings import REPORTS, Duty
from tacenda.models import Audience, Kind
from tests.builders import a_case, acknowledge, after, exploited, fixed
from tests.unit.anybody import Anybody
from tests.unit.anycase import SETTINGS

ABOUT_DUTIES = (Kind.REGULATOR_REPORT, Kind.DUTY_REMINDER, Kind.DUTY_OVERDUE)
OF_THE_TEAM = {Audience.LEAD, Audience.TEAM, Audience.ESCALATION}


class Owing(Anybody):
    """A case that is exploited sooner or later, to which people do anything."""

    def __init__(self) -> None:
        """Remember since when the clock runs."""
        super().__init__()
        self.aware: datetime | None = None

    @initialize(
        days=st.integers(0, 30),
        hours=st.sampled_from([None, 0, -1, -30, -100]),
        adopted=st.sampled_from(["", "", "a spreadsheet"]),
        is_fixed=st.booleans(),
    )
    def opens(self, days: int, hours: int | None, adopted: str, is_fixed: bool) -> None:
        """Open a case by the latest rules; perhaps it is exploited from the start."""
        self.now = after(days)
        self.case = a_case(opened=self.now).model_copy(update={"adopted": adopted})
        self.do(acknowledge)
        if is_fixed:
            self.do(fixed)
        if hours is not None:
            self.do(exploited, aware=self.moment(hours), override="the log says so")
        self.carries_out_what_is_due()

    @rule(hours=st.sampled_from([None, -5, -100]))
    def is_exploited(self, hours: int | None) -> None:
        """Somebody says, perhaps again, since when it is known to be exploited."""
        self.do(exploited, aware=self.moment(hours), override="the log says so")

    def begins(self, entry: Entry) -> None:
        """What leaves about a duty is owed, goes to the team, and says nothing of the past."""
        if entry.kind not in ABOUT_DUTIES:
            return
        assert entry.duty in REPORTS
        assert entry.duty in open_duties(self.case)
        assert set(entry.to) <= OF_THE_TEAM
        limit = duty_limit(self.case, entry.duty)
        assert limit
        assert (limit <= self.now) is (entry.kind is Kind.DUTY_OVERDUE)
        if entry.kind is not Kind.DUTY_OVERDUE:
            assert Audience.ESCALATION not in entry.to

    def has_carried_out(self) -> None:
        """Rule 2: a limit that has passed was escalated, unless it is filed."""
        taken_up = self.case.reopened or (self.case.opened if self.case.adopted else None)
        if taken_up and self.now < taken_up + ADOPTING:
            return
        for duty in overdue_duties(self.case, self.now):
            limit = duty_limit(self.case, duty)
            escalated = [
                at
                for at, entry in self.begun
                if entry.kind is Kind.DUTY_OVERDUE and entry.duty is duty and limit and at >= limit
            ]
            assert escalated

    @invariant()
    def the_clock_is_set_once(self) -> None:
        """Rule 1: the first awareness stays, and with it the limits that count from it."""
        self.aware = self.aware or self.case.exploited
        assert self.case.exploited == self.aware
        if self.aware:
            spans = self.case.policy.regulator
            assert duty_limit(self.case, Duty.EARLY_WARNING) == self.aware + spans.early_warning
            assert duty_limit(self.case, Duty.NOTIFICATION) == self.aware + spans.notification

    @invariant()
    def the_final_report_is_owed_once_there_is_a_remedy(self) -> None:
        """Its limit is there with a fix or a mitigation, and never before the awareness."""
        limit = duty_limit(self.case, Duty.FINAL_REPORT)
        assert bool(limit) is bool(self.aware and self.case.fix)
        if limit and self.aware:
            assert limit >= self.aware + self.case.policy.regulator.final_report

    @invariant()
    def what_is_filed_is_done(self) -> None:
        """And only what a person wrote down, or the users' letter, is."""
        for duty in Duty:
            if has_duties(self.case) and duty_done(self.case, duty):
                assert duty in self.case.filings or duty is Duty.USERS_INFORMED
            assert not (duty in self.case.filings and duty in open_duties(self.case))


TestOwing = Owing.TestCase
TestOwing.settings = settings(SETTINGS, max_examples=30)
