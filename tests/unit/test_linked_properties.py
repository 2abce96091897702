"""Linked cases to which anything happens: no circles, nobody told twice, nothing told by half."""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tacenda.act import Act
from tacenda.errors import Refused
from tacenda.linkage import gravest
from tacenda.models import CloseReason, Kind, Step
from tacenda.tidings import news
from tacenda.timeline import plan
from tests.builders import (
    HIGH,
    LOW,
    acknowledge,
    assign_cve,
    close,
    extend,
    fixed,
    hold,
    leak,
    link_to,
    part,
    public,
    release,
    reopen,
    score,
    skip,
    user_notice,
    vendor_notice,
    withdrawn,
)
from tests.unit.linkedcases import FOLLOWER, LEADING, THIRD, Office, of_its_own

NAMES = (LEADING, FOLLOWER, THIRD)
ACTS: tuple[Act, ...] = (
    acknowledge(),
    score(HIGH),
    score(LOW),
    assign_cve("CVE-2026-10001"),
    assign_cve("CVE-2026-10002"),
    fixed(),
    fixed("https://git.example.org/2"),
    withdrawn(),
    skip(Step.FIX),
    leak(),
    leak(hold_on=True),
    public(),
    hold(),
    part(),
    part(override="they insist"),
    close(CloseReason.INVALID),
    reopen(),
    vendor_notice(),
    *(link_to(name) for name in NAMES),
    *(link_to(name, override="they insist") for name in NAMES),
)


class AnyOffice(RuleBasedStateMachine):
    """Three cases, linked and parted in any order, whose news come at once, late, or together."""

    def __init__(self) -> None:
        """Begin with three cases of one day."""
        super().__init__()
        self.office = Office(*(of_its_own(name) for name in NAMES))

    def _do(self, case_id: str, act: Act) -> None:
        before = self.office[case_id]
        try:
            self.office.do(case_id, act)
        except Refused:
            assert self.office[case_id] is before

    @rule(case_id=st.sampled_from(NAMES), act=st.sampled_from(ACTS))
    def acts(self, case_id: str, act: Act) -> None:
        """Somebody does something to one of them."""
        self._do(case_id, act)

    @rule(case_id=st.sampled_from(NAMES), days=st.integers(0, 20), override=st.booleans())
    def announces(self, case_id: str, days: int, override: bool) -> None:
        """Somebody tells the users of a release, or approves it."""
        at = self.office.now + timedelta(days=days, hours=1)
        why = {"override": "they insist"} if override else {}
        self._do(case_id, user_notice(planned=at, **why))
        self._do(case_id, release(at, **why))

    @rule(case_id=st.sampled_from(NAMES), days=st.integers(1, 40))
    def extends(self, case_id: str, days: int) -> None:
        """Somebody moves the limit of a release."""
        self._do(case_id, extend(Step.RELEASE, self.office.now + timedelta(days=days)))

    @rule(hours=st.integers(1, 100))
    def waits(self, hours: int) -> None:
        """Time passes for all of them."""
        self.office.wait(self.office.now + timedelta(hours=hours))

    @rule(is_open=st.booleans())
    def post(self, is_open: bool) -> None:
        """No news come through, or again."""
        self.office.is_open = is_open
        self.office.deliver()

    @invariant()
    def each_announcement_comes_once(self) -> None:
        """Of what goes to lists, each of them has the release of each case once at most."""
        for story in self.office.stories.values():
            assert story.heard("release").count(Kind.RELEASE) <= 1

    @invariant()
    def a_plan_is_found(self) -> None:
        """The leading case has the earliest limit and the gravest flaw of all."""
        for name in NAMES:
            case = self.office[name]
            plan(case, case.policy, self.office.now)
            for link in case.links:
                assert case.limit(Step.RELEASE) <= link.limit
                most = gravest(case)
                assert link.severity is None or (most and most.score >= link.severity.score)

    @invariant()
    def who_has_heard_everything_agrees(self) -> None:
        """No case leads and follows, or follows itself; and both say the same of their link."""
        if not self.office.is_open:
            return
        for name in NAMES:
            case = self.office[name]
            if case.closing:
                continue
            assert case.follows != name
            if case.follows and case.released is None:
                leading = self.office[case.follows]
                assert not leading.follows or leading.released
                assert not case.links
                assert [x for x in leading.links if x.case == name], "a link known to one alone"
                said = news(case, case.opened)[case.follows].link
                [known] = [x for x in leading.links if x.case == name]
                assert known.model_copy(update={"at": None}) == said
                assert case.leading
                assert case.leading.planned == leading.planned

    @invariant()
    def nothing_goes_out_that_says_too_little(self) -> None:
        """A release that waits was approved for all the flaws that are known to be in it."""
        for name in NAMES:
            notice = self.office[name].waiting(Kind.RELEASE)
            assert notice is None or notice.revision == self.office[name].revision


AnyOffice.TestCase.settings = settings(
    deadline=None,
    max_examples=60,
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestAnyOffice = AnyOffice.TestCase
