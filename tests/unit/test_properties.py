"""Whatever people do and whenever letters fail, the promises of the design hold."""

from datetime import datetime, timedelta

from hypothesis.stateful import invariant

from tacenda.acts import MOST
from tacenda.adopting import AdoptPolicy
from tacenda.agenda import Entry
from tacenda.case import Case
from tacenda.chase import ADOPTING
from tacenda.consents import warnable
from tacenda.decisions import Choice
from tacenda.fields import hash_of
from tacenda.letters import Recipient
from tacenda.models import Audience, Kind, State, Step, Word
from tacenda.rules import SURE_POST, WHOLE_CASE
from tacenda.texts import approved_text
from tacenda.timeline import plan
from tests.builders import PUBLISHING
from tests.unit.anybody import Anybody
from tests.unit.anycase import ASKED, SETTINGS
from tests.unit.story import mailboxes

APPROVED = (*PUBLISHING, Kind.REPORTER_UPDATE, Kind.CORRECTION)
DATED = (
    Kind.USER_NOTICE,
    Kind.VENDOR_NOTICE,
    Kind.FINAL_WARNING,
    Kind.DATE_CHANGE,
    Kind.INVITATION,
)
NEW = {Kind.DECISION, Kind.HANDOVER, Kind.DATE_CHANGE, Kind.OPEN_ENDS}
"""The letters that a case of the first rules does not know."""

KIND_FOR = {
    Step.USER_NOTICE: Kind.USER_NOTICE,
    Step.VENDOR_NOTICE: Kind.VENDOR_NOTICE,
    Step.RELEASE: Kind.RELEASE,
}


class Promises(Anybody):
    """What holds at every moment of every case."""

    def __init__(self) -> None:
        """Remember each limit of each step, how far the case has come, who was told what."""
        super().__init__()
        self.limits: dict[Step, list[datetime]] = {step: [] for step in Step}
        self.furthest = State.ACKNOWLEDGE
        self.public_since: datetime | None = None
        self.decided: frozenset[Choice] = frozenset()
        self.skipped_vendors = False
        self.told: dict[str, list[tuple[datetime, datetime | None]]] = {}
        self.noticed: set[str] = set()
        self.planned: datetime | None = None

    def has_adopted(self) -> bool:
        """Whether the last act was to take another policy."""
        return any(deed.what == AdoptPolicy.name for deed in self.case.deeds[-1:])

    def begins(self, entry: Entry) -> None:
        """Look at each letter before it is put on its way."""
        assert entry.kind
        assert self.case.rules >= WHOLE_CASE or entry.kind not in NEW
        if entry.kind in (*APPROVED, Kind.FINAL_WARNING):
            self.was_approved(entry, entry.kind)
        if entry.kind in (Kind.VENDOR_NOTICE, Kind.FINAL_WARNING):
            self.goes_to_who_consented(entry)
        if entry.kind in (Kind.INVITATION, Kind.VENDOR_REMINDER):
            self.asks_while_there_is_an_embargo(entry)
        if entry.kind is Kind.DATE_CHANGE:
            self.is_news_to_all(entry)
        if entry.kind is Kind.DECISION:
            assert self.case.asked
            assert not self.case.released
            assert not self.case.closing
        if entry.kind is Kind.HANDOVER:
            assert self.case.handing_to
            assert self.case.handing_to != self.case.lead

    def goes_to_who_consented(self, entry: Entry) -> None:
        """Rules 7 and 8: detail leaves only for who has consented, up to the date that is planned.

        What the machine counts itself: words that people gave, and the dates that were asked.
        """
        notice = self.case.notice(entry.key)
        if self.case.rules < SURE_POST or (notice and notice.elsewhere):
            return
        end = self.case.planned or self.case.limit(Step.RELEASE)
        boxes = mailboxes(entry, self.case, {Audience.VENDORS: self.vendors}, ASKED)
        for box in boxes:
            word = self.words.get(box.name)
            is_standing = box.name not in ASKED
            if is_standing:
                assert not word or word[0] is not Word.DECLINED
            else:
                assert word
                assert word[0] is Word.ACCEPTED
                assert word[1] >= end
                assert word[1] > self.now or self.case.is_public or entry.kind not in PUBLISHING
            keeps = {"two": timedelta(days=5)}.get(box.name)
            if keeps and entry.kind is Kind.VENDOR_NOTICE and notice:
                assert self.now >= (notice.planned or end) - keeps

    def asks_while_there_is_an_embargo(self, entry: Entry) -> None:
        """Who is asked is asked for an embargo: it has an end, still to come, and a limit."""
        assert self.case.rules >= SURE_POST
        assert not self.case.is_public
        assert not self.case.closing
        assert entry.whom
        assert entry.planned
        assert entry.answer_by
        assert entry.kind is Kind.VENDOR_REMINDER or entry.planned > self.now

    def was_approved(self, entry: Entry, kind: Kind) -> None:
        """Rules 3 and 11: what is published was approved, as it is, and still stands."""
        number = entry.key.split(".")[1]
        kind = Kind.RELEASE if entry.kind is Kind.FINAL_WARNING else kind
        approval = next(n for n in self.case.notices if n.key == f"{kind}.{number}")
        assert not approval.held
        assert approval.approved <= self.now
        assert approval.elsewhere or approval.sha256 == hash_of(approval.text)
        assert any(deed.by in approval.approvers for deed in self.case.deeds)
        assert (
            approval.revision == self.case.revision
            or kind is Kind.REPORTER_UPDATE
            or approval.elsewhere
        )
        if entry.kind is not Kind.FINAL_WARNING:
            assert approval.send_at <= self.now
            assert approved_text(self.case, entry.key) == approval.text
        if kind is not Kind.RELEASE or approval.elsewhere:
            return
        assert len(set(approval.approvers)) >= self.case.policy.release.approvals
        assert entry.not_after or entry.kind is Kind.FINAL_WARNING
        assert entry.not_after is None or self.now <= entry.not_after
        if entry.kind is Kind.RELEASE and warnable(self.case):
            assert self.case.started(f"final_warning.{number}") or self.case.is_public

    def is_news_to_all(self, entry: Entry) -> None:
        """Who hears of another date was told one before, and not this one; no release is out."""
        assert not self.case.released
        assert entry.whom
        asking = [s for s in self.case.under_way if s.kind is Kind.INVITATION]
        being_asked = {recipient.address for letter in asking for recipient in letter.pending}
        for recipient in entry.whom:
            is_told = recipient.address in self.noticed | being_asked
            assert is_told or recipient.name in self.words
            if not self.case.closing:
                assert self.case.planned
                assert self.case.planned > self.now
                assert self.last_told(recipient) != self.case.planned

    def last_told(self, recipient: Recipient) -> datetime | None:
        """Return the release date that somebody was last told."""
        told = self.told.get(recipient.address, [])
        return sorted(told, key=lambda told: told[0])[-1][1] if told else None

    def arrives(self, entry: Entry, to: tuple[Recipient, ...]) -> None:
        """Rule 11: a letter reaches those it was approved for, and they know now what it names."""
        notice = self.case.notice(entry.key)
        if notice and notice.recipients is not None and notice.key == entry.key:
            told = (Audience.TOLD, Audience.TOLD_VENDORS)
            listed = {box.address for box in to if box.audience not in told}
            bound = {box.address for box in notice.recipients}
            said_no_or_yes = {f"{name}@example.org" for name in self.words}
            assert not to or listed <= bound <= listed | said_no_or_yes
        letter = next(s for s in self.case.under_way if s.key == entry.key)
        at = notice.send_at if notice and notice.elsewhere else self.now
        for recipient in to if entry.kind in DATED else ():
            if letter.planned or entry.kind is Kind.DATE_CHANGE:
                self.told.setdefault(recipient.address, []).append((at, letter.planned))
            if entry.kind in (Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.INVITATION):
                self.noticed.add(recipient.address)

    def has_carried_out(self) -> None:
        """Rule 2: an overdue step was escalated after its limit, or an approval stands for it.

        Whoever adopts or reopens a case has an hour to say what was done in it.
        """
        taken_up = self.case.reopened or (self.case.opened if self.case.adopted else None)
        if taken_up and self.now < taken_up + ADOPTING:
            return
        for step in self.case.overdue(self.now):
            limit = self.case.limit(step)
            escalated = [
                at
                for at, entry in self.begun
                if entry.kind is Kind.ESCALATION and step in entry.steps and at >= limit
            ]
            kind = KIND_FOR.get(step)
            assert escalated or (kind and self.case.approved(kind))

    @invariant()
    def planning_is_pure(self) -> None:
        """Rule 12: a plan repeats itself, and holds nothing that was ever begun."""
        entries = plan(self.case, self.case.policy, self.now)
        letters = [entry for entry in entries if entry.kind]
        assert entries == plan(self.case, self.case.policy, self.now)
        assert len({entry.key for entry in letters}) == len(letters)
        assert {entry.key for _, entry in self.begun}.isdisjoint(entry.key for entry in letters)
        assert all(entry.to for entry in letters)
        assert all(entry.at > self.now for entry in entries if entry.kind is None)
        assert self.case.rules >= WHOLE_CASE or NEW.isdisjoint(entry.kind for entry in letters)

    @invariant()
    def nobody_is_told_twice_under_one_key(self) -> None:
        """Rule 12: a letter has one key, one fate, and is begun once."""
        begun = [entry.key for _, entry in self.begun]
        known = [letter.key for letter in self.case.all_letters]
        assert len(set(begun)) == len(begun)
        assert len(set(known)) == len(known)
        assert len({notice.key for notice in self.case.notices}) == len(self.case.notices)

    @invariant()
    def one_release_is_out(self) -> None:
        """Whoever approves it, and how often: it arrives once."""
        out = [s for s in self.case.letters if s.kind is Kind.RELEASE and s.arrived]
        assert len(out) <= 1

    @invariant()
    def what_is_not_approved_is_not_planned(self) -> None:
        """Rule 3: the plan holds a notice or a release only on a standing approval."""
        for entry in plan(self.case, self.case.policy, self.now):
            if entry.kind in APPROVED:
                standing = self.case.notice(entry.key)
                assert standing
                assert not standing.held
                assert (
                    standing.revision == self.case.revision
                    or standing.elsewhere
                    or entry.kind is Kind.REPORTER_UPDATE
                )
                assert entry.at >= standing.send_at

    @invariant()
    def limits_never_go_back(self) -> None:
        """Rule 21: no limit moves into the past unless it is public; each escalates at most once.

        None comes earlier but by another policy, by a decision that is undone, and that of the
        vendors with the release. It
        escalates again when the case is reopened, and a release for each date announced for it.
        """
        is_public_now = self.case.public_since != self.public_since
        is_undone = Choice.SLOW_DOWN in self.decided and Choice.SLOW_DOWN not in self.case.decisions
        self.decided = frozenset(self.case.decisions)
        self.public_since = self.case.public_since
        named = {notice.planned for notice in self.case.notices if notice.planned}
        lives = sum(deed.detail == "REOPENED" for deed in self.case.deeds)
        last = self.case.deeds[-1:]
        is_planned_anew = self.case.planned != self.planned
        self.planned = self.case.planned
        for step, seen in self.limits.items():
            limit = self.case.limit(step)
            is_back = is_undone and self.now <= limit < seen[-1]
            runs_back = self.case.policy.anchor == "publication" and step is Step.VENDOR_NOTICE
            may_be_nearer = (runs_back and is_planned_anew) or self.has_adopted()
            is_ahead = may_be_nearer and (limit >= last[0].at or step not in self.case.open_steps())
            assert not seen or limit >= seen[-1] or is_public_now or is_ahead or is_back
            if not seen or limit != seen[-1]:
                seen.append(limit)
            escalations = [
                entry
                for _, entry in self.begun
                if entry.kind is Kind.ESCALATION and step in entry.steps
            ]
            more = len(named) if step is Step.RELEASE else 0
            assert len(escalations) <= len(seen) + lives + more

    @invariant()
    def the_state_never_goes_back(self) -> None:
        """A step that is done stays done, unless the fix is withdrawn or the case reopened.

        The vendor notice is open again when the decision to skip it falls.
        """
        order = list(State)
        undone = any(deed.detail in ("WITHDRAWN", "REOPENED") for deed in self.case.deeds[-1:])
        skips = Choice.SKIP_VENDORS in self.case.decisions
        undone = undone or self.has_adopted() or (self.skipped_vendors and not skips)
        self.skipped_vendors = skips
        assert undone or order.index(self.case.state) >= order.index(self.furthest)
        self.furthest = self.case.state

    @invariant()
    def one_person_leads(self) -> None:
        """Rule 4: once somebody has taken the case exactly one person leads it."""
        assert bool(self.case.lead) is (self.case.acknowledged is not None)
        assert self.case.lead not in self.case.fix_team
        assert not self.case.handing_to or self.case.lead

    @invariant()
    def facts_stay_small(self) -> None:
        """Whatever is said again and again, a case keeps it once."""
        fix = self.case.fix
        assert len(self.case.cves) <= MOST
        assert fix is None or len(set(fix.refs)) == len(fix.refs) <= MOST
        assert len(set(self.case.fix_team)) == len(self.case.fix_team)

    def teardown(self) -> None:
        """A case survives JSON, whatever became of it, and planning has not changed it."""
        before = self.case.model_dump_json()
        plan(self.case, self.case.policy, self.now + timedelta(days=30))

        assert self.case.model_dump_json() == before
        assert Case.model_validate_json(before) == self.case


TestPromises = Promises.TestCase
TestPromises.settings = SETTINGS
