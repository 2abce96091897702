"""A stand-in for the workflow: a case with a clock, a directory and a post office.

It carries the plan out as the workflow does, without Temporal and without mail.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tacenda.act import Act
from tacenda.agenda import Entry
from tacenda.askings import askings, must_look_up
from tacenda.bouncing import living, stand_ins
from tacenda.case import Case
from tacenda.deliveries import dropped, no_longer_for
from tacenda.fields import hash_of
from tacenda.happenings import (
    Event,
    HoursFound,
    LetterHeld,
    LetterSent,
    LetterStarted,
    RecipientsFound,
    SecondProposed,
    TroubleFound,
    VendorsFound,
    VendorsSilent,
)
from tacenda.hours import Windows
from tacenda.inviting import fallen_silent
from tacenda.letters import Recipient, Sent
from tacenda.lifecycle import apply, check
from tacenda.models import Audience, Kind, Step
from tacenda.promises import is_among
from tacenda.releases import told_by
from tacenda.rules import SURE_POST, WHOLE_CASE
from tacenda.sharing import kept_back
from tacenda.staffing import leading, must_ask_hours
from tacenda.stepping_in import must_ask, not_asked
from tacenda.texts import approved_text
from tacenda.timeline import lapsed, plan
from tacenda.vendors import Party
from tests.builders import a_case

Lists = Mapping[Audience, tuple[str, ...]]
"""The names that an audience has now; each lives at example.org."""


def mailbox(name: str, audience: Audience) -> Recipient:
    """Return the mailbox of somebody at example.org."""
    return Recipient(name=name, address=f"{name}@example.org", audience=audience)


def mailboxes(
    entry: Entry,
    case: Case,
    lists: Lists | None = None,
    asked: Iterable[str] = (),
    told: Iterable[Recipient] | None = None,
) -> tuple[Recipient, ...]:
    """Return who gets a letter, each mailbox once; one for each audience without `lists`.

    The settings have the vendors `asked` in each case, besides those that the case knows. Who
    is `told` was looked up when the letter was begun.
    """
    told = tuple(told_by(case, entry) if told is None else told)
    boxes: dict[str, Recipient] = {}
    notice = case.notice(entry.key)
    for audience in stand_ins(case, entry.to):
        for found in _found(audience, entry, case, lists or {}, asked, told):
            if not (notice and notice.to) or is_among(found, notice.to):
                boxes.setdefault(found.address, found)
    return tuple(boxes.values())


def _found(
    audience: Audience,
    entry: Entry,
    case: Case,
    lists: Lists,
    asked: Iterable[str],
    told: tuple[Recipient, ...],
) -> tuple[Recipient, ...]:
    notice = case.notice(entry.key)
    if audience is Audience.ASKED_VENDORS:
        return tuple(r.model_copy(update={"audience": audience}) for r in told)
    if audience is Audience.VENDORS and case.rules >= SURE_POST and notice:
        if notice.key != entry.key:
            return entry.whom
        if not (notice.elsewhere and notice.to):
            refusing = {r.name for r in kept_back(case, notice)} if not notice.elsewhere else set()
            per_case = {v.name for v in case.vendors if not v.standing} | refusing | {*asked}
            names = lists.get(audience, (audience.value,))
            return tuple(mailbox(name, audience) for name in names if name not in per_case)
    if audience is Audience.TOLD_VENDORS:
        told = tuple(r for r in told if r.audience is Audience.VENDORS)
    if audience in (Audience.TOLD, Audience.TOLD_VENDORS):
        return tuple(r.model_copy(update={"audience": audience}) for r in told)
    names = lists.get(audience, (audience.value.replace("_", "-"),))
    return tuple(mailbox(name, audience) for name in names)


def found_vendors(case: Case, lists: Lists, parties: Iterable[Party] = ()) -> VendorsFound:
    """Return who the vendors are: those of the list, with a standing consent, but for `parties`."""
    known = {party.name: party for party in parties}
    names = lists.get(Audience.VENDORS, (Audience.VENDORS.value,))
    boxes = [mailbox(name, Audience.VENDORS) for name in names]
    vendors = [
        known.get(box.name, Party(name=box.name, address=box.address, standing=True))
        for box in boxes
    ]
    return VendorsFound(vendors=tuple(vendors), asking=askings(case))


def started(entry: Entry, case: Case, now: datetime) -> LetterStarted:
    """Return that the letter of `entry` is on its way."""
    assert entry.kind is not None
    notice = case.notice(entry.key)
    letter = Sent(
        key=entry.key,
        kind=entry.kind,
        at=now,
        steps=entry.steps,
        covers=entry.covers,
        planned=notice.planned if notice else entry.planned or case.planned,
        pending=entry.whom if case.rules >= SURE_POST else (),
        elsewhere=notice.elsewhere if notice else "",
        calendar=entry.calendar,
    )
    return LetterStarted(letter=letter)


def due(case: Case, now: datetime) -> tuple[Entry, ...]:
    """Return the letters of the plan whose instant has come."""
    entries = plan(case, case.policy, now)
    return tuple(entry for entry in entries if entry.kind is not None and entry.at <= now)


def planned(case: Case, now: datetime, *kinds: Kind) -> tuple[Entry, ...]:
    """Return the letters of some kinds in the plan."""
    return tuple(entry for entry in plan(case, case.policy, now) if entry.kind in kinds)


class Story:
    """A case with a clock and a post office: what the workflow does, without Temporal.

    `lists` are the names that an audience has now, where it is not one of its own. `refusing`
    are kinds of letters that every mailbox refuses, `unreachable` names whose mailbox refuses
    everything; `stuck` are kinds that stay on their way because the mail server is down.
    `members` are who can be asked to step in, and `working` when each works.
    everything; `stuck` are kinds that stay on their way because the mail server is down. Letters
    of some kinds are put off for some names by `puts_off`, until it is said that they `arrive`.
    """

    def __init__(
        self, case: Case | None = None, now: datetime | None = None, lists: Lists | None = None
    ) -> None:
        """Open the case and let the letters of its opening leave."""
        self.case = case or a_case()
        self.now = now or self.case.opened
        self.begun: list[tuple[datetime, Entry]] = []
        self.delivered: list[tuple[str, Kind]] = []
        self.lists: dict[Audience, tuple[str, ...]] = dict(lists or {})
        self.refusing: set[Kind] = set()
        self.unreachable: set[str] = set()
        self.stuck: set[Kind] = set()
        self.puts_off: dict[Kind, set[str]] = {}
        self.watch: Callable[[Entry], None] = lambda entry: None
        self._bound: set[str] = set()
        self.parties: dict[str, Party] = {}
        self.members: tuple[str, ...] = ()
        self.working: dict[str, Windows] = {}
        self.settle()

    def with_party(self, name: str, **values: Any) -> "Story":
        """Let the settings have a vendor that is asked in each case, or is otherwise special."""
        self.parties[name] = Party(name=name, address=f"{name}@example.org", **values)
        names = (*self.lists.get(Audience.VENDORS, ()), name)
        self.lists[Audience.VENDORS] = tuple(dict.fromkeys(names))
        return self

    def do(self, *acts: Act) -> "Story":
        """Let a person do each act now; a refusal is raised."""
        for act in acts:
            check(self.case, act, self.now)
            self.happen(act)
        return self

    def happen(self, event: Event) -> None:
        """Let `event` happen now, and what is due because of it."""
        self.case = apply(self.case, event, self.now)
        self.settle()

    def wait(self, until: datetime) -> "Story":
        """Let the time pass; every limit and letter on the way has its effect."""
        while self.now < until:
            coming = [e.at for e in plan(self.case, self.case.policy, self.now) if e.at > self.now]
            self.now = min([*coming, until])
            self.settle()
        return self

    def outage(self, until: datetime) -> "Story":
        """Let the time pass while nothing runs, then start again."""
        self.now = until
        self.settle()
        return self

    def settle(self) -> None:
        """Hold what is too late, send whatever is due until nothing is, bind what waits."""
        for _ in range(10):
            self._learn()
            late = lapsed(self.case, self.case.policy, self.now)
            if late:
                self.case = apply(
                    self.case, LetterHeld(key=late.key, reason="it is too late"), self.now
                )
            self._give_up()
            letters = due(self.case, self.now)
            if not letters:
                self._bind()
                return
            for entry in letters:
                self._send(entry)
        raise AssertionError("the letters that are due never come to an end")

    def _learn(self) -> None:
        """Learn who the vendors are, and who of them has not answered in time."""
        if must_look_up(self.case):
            found = found_vendors(self.case, self.lists, self.parties.values())
            self.case = apply(self.case, found, self.now)
        if silences := fallen_silent(self.case, self.now):
            self.case = apply(self.case, VendorsSilent(silences=silences), self.now)
        if must_ask_hours(self.case, self.now):
            name, until = leading(self.case), self.now + timedelta(weeks=8)
            hours = HoursFound(name=name, windows=self.working.get(name, ()), until=until)
            self.case = apply(self.case, hours, self.now)
        if must_ask(self.case, self.now):
            left = [name for name in self.members if name not in not_asked(self.case)]
            self.case = apply(self.case, SecondProposed(name=(*left, "")[0]), self.now)

    def _bind(self) -> None:
        """Learn for whom the letters are that were approved for later."""
        if self.case.rules < WHOLE_CASE:
            return
        for entry in plan(self.case, self.case.policy, self.now):
            notice = self.case.notice(entry.key)
            if notice and notice.key == entry.key and entry.key not in self._bound:
                self._find(entry)

    def _find(self, entry: Entry, told: Iterable[Recipient] | None = None) -> tuple[Recipient, ...]:
        self._bound.add(entry.key)
        boxes = mailboxes(entry, self.case, self.lists, told=told)
        self.case = apply(self.case, RecipientsFound(key=entry.key, recipients=boxes), self.now)
        return boxes

    def _send(self, entry: Entry) -> None:
        self.watch(entry)
        self.begun.append((self.now, entry))
        start = started(entry, self.case, self.now)
        text = approved_text(self.case, entry.key)
        told = told_by(self.case, entry)
        self.case = apply(self.case, start, self.now)
        boxes = living(self.case, self._find(entry, told))
        notice = self.case.notice(entry.key)
        if notice and notice.held:
            self.case = apply(self.case, LetterHeld(key=entry.key, reason=notice.held), self.now)
            return
        if entry.kind in self.stuck:
            return
        is_elsewhere = notice is not None and bool(notice.elsewhere)
        slow = self.puts_off.get(start.letter.kind, set())
        waiting = tuple(box for box in boxes if box.name in slow)
        reached = tuple(
            box
            for box in boxes
            if box not in waiting and (is_elsewhere or self._accepts(start.letter, box))
        )
        fate = {
            "at": notice.send_at if notice and is_elsewhere else self.now,
            "delivered": reached,
            "pending": waiting,
            "failed": tuple(box for box in boxes if box not in (*reached, *waiting)),
            "sha256": hash_of(text) if text and not is_elsewhere else "",
        }
        if not is_elsewhere:
            self.delivered += [(box.name, start.letter.kind) for box in reached]
        letter = start.letter.model_copy(update=fate)
        self.case = apply(self.case, LetterSent(letter=letter), self.now)

    def arrive(self) -> "Story":
        """Let everybody who was put off have what still comes to them."""
        self.puts_off = {}
        for letter in self._half_sent():
            self.delivered += [(box.name, letter.kind) for box in letter.pending]
            fate = {"at": self.now, "delivered": letter.pending, "failed": (), "pending": ()}
            self.case = apply(
                self.case, LetterSent(letter=letter.model_copy(update=fate)), self.now
            )
        self.settle()
        return self

    def is_late(self, key: str) -> "Story":
        """Let a letter on its way be held, because it could not go out in time."""
        self.happen(LetterHeld(key=key, reason="it could not go out in time"))
        return self

    def _half_sent(self) -> list[Sent]:
        return [letter for letter in self.case.letters if letter.pending]

    def _give_up(self) -> None:
        """Break off letters for those who should not get them any more, as the carrier does."""
        for letter in self._half_sent():
            gone = no_longer_for(self.case, letter, letter.pending, self.now)
            if not gone:
                continue
            fate = {
                "at": self.now,
                "delivered": (),
                "failed": gone,
                "pending": tuple(box for box in letter.pending if box not in gone),
                "withheld": tuple(box.address for box in gone),
            }
            self.case = apply(
                self.case, LetterSent(letter=letter.model_copy(update=fate)), self.now
            )
            what = dropped(self.case, letter, gone)
            self.case = apply(self.case, TroubleFound(what=what), self.now)

    def _accepts(self, letter: Sent, box: Recipient) -> bool:
        return letter.kind not in self.refusing and box.name not in self.unreachable

    def sent(self, *kinds: Kind) -> list[tuple[datetime, Entry]]:
        """Return when letters of these kinds were begun, and which."""
        return [(at, entry) for at, entry in self.begun if entry.kind in kinds]

    def times(self, kind: Kind, step: Step | None = None) -> list[datetime]:
        """Return when letters of `kind` were begun, about `step` where one is given."""
        return [at for at, e in self.sent(kind) if step is None or step in e.steps]

    def heard(self, name: str, *but: Kind) -> list[Kind]:
        """Return the kinds of letters that somebody got, in order, but for some."""
        return [kind for whom, kind in self.delivered if whom == name and kind not in but]
