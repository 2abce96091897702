"""What must hold after a run of chaos, and the line that says what happened in it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.worker import Replayer

from activities.ledger.rows import MOST_DOUBTS
from tacenda.case import Case
from tacenda.letters import Sent
from tacenda.models import Kind, Step
from tests.chaos.hand import Hand
from tests.chaos.hostile import Taken
from tests.chaos.plots import Story, digest_of, escalated
from tests.chaos.town import GONE, LISTS, MEMBERS, ONCALL, STRANGERS, TEAM, USERS, VENDORS, Town
from workflows.disclosure import Disclosure

INSIDE = {TEAM, ONCALL, *MEMBERS.values()}
PUBLIC = {Kind.USER_NOTICE, Kind.DATE_CHANGE, Kind.RELEASE, Kind.CORRECTION}
EMBARGOED = {Kind.VENDOR_NOTICE, Kind.FINAL_WARNING}
WITHOUT_DETAIL = {Kind.INVITATION, Kind.DATE_CHANGE}
"""What a vendor may have who has consented to nothing, as long as it says nothing of the flaw."""
TO_REPORTERS = {
    Kind.RECEIPT,
    Kind.ACKNOWLEDGEMENT,
    Kind.NEW_LIMITS,
    Kind.REPORTER_UPDATE,
    Kind.THANKS,
    Kind.CLOSING,
}
HARMLESS = (WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,)
"""Something came while the workflow decided; it decides again."""

Fate = tuple[str, str, str]
"""A case, the kind of a letter of it, and an address."""


@dataclass(frozen=True)
class Verdict:
    """What a run of chaos came to: what was wrong, and the figures."""

    seed: int
    wrong: tuple[str, ...]
    planned: int
    lost: int
    repeats: int
    bound: int
    blows: str

    def __str__(self) -> str:
        return (
            f"chaos: seed {self.seed}: {self.blows}; letters planned {self.planned}, "
            f"lost {self.lost}, repeats {self.repeats} (bound {self.bound}), "
            f"wrong {len(self.wrong)}"
        )


class Court:
    """Everything that is known after a run: the stories, the records, the letters."""

    def __init__(self, town: Town, stories: list[Story], cases: dict[str, Case]) -> None:
        self.town = town
        self.stories = {story.case: story for story in stories}
        self.cases = cases
        self.taken = tuple(town.post.taken)
        self.owners = {word: story.case for story in stories for word in story.words}

    @classmethod
    async def sits(cls, town: Town, stories: list[Story]) -> "Court":
        """Return the court, with what the workflows say of their cases."""
        return cls(town, stories, {s.case: await town.view(s.case) for s in stories})

    def verdict(self, seed: int, hand: Hand, failures: list[str]) -> Verdict:
        """Return what the run came to."""
        came = self._came()
        given_up = self._given_up()
        recorded, overtaken = self._recorded(), self._overtaken()
        # Killed between the two, a worker has sent a letter and not said so.
        doubted = [fate for fate in overtaken - given_up if came[fate] > recorded[fate]]
        known = recorded + Counter([*doubted, *(fate for fate in given_up if came[fate])])
        needed = self._promised() - known.keys() - given_up - overtaken
        planned = known + Counter(needed)
        lost = planned - came
        repeats = len(self.taken) - len({letter.message_id for letter in self.taken})
        wrong = [
            *failures,
            *(f"lost: {kind} to {to} of {case}" for case, kind, to in lost),
            *(f"not in the record: {kind} to {to} of {case}" for case, kind, to in came - planned),
            *self._rewritten(),
            *chain.from_iterable(map(self._misdirected, self.taken)),
            *chain.from_iterable(map(self._open_limits, self.cases.values())),
            *chain.from_iterable(map(self._not_approved, self.taken)),
            *chain.from_iterable(map(self._not_ended, self.cases.values())),
        ]
        if len(doubted) > hand.bound:
            wrong.append(f"{len(doubted)} have letters that are said not to be sent any more")
        if repeats > hand.bound:
            wrong.append(f"{repeats} letters came again, and no more than {hand.bound} may")
        struck = Counter({b.value: n for b, n in hand.struck.items()})
        moods = len(self.town.post.struck)
        blows = ", ".join(f"{n} x {blow}" for blow, n in sorted(struck.items()))
        return Verdict(
            seed=seed,
            wrong=tuple(wrong),
            planned=planned.total(),
            lost=lost.total(),
            repeats=repeats,
            bound=hand.bound,
            blows=f"{blows}, {moods} moods of the mail server",
        )

    # Who has what.

    def _case_of(self, letter: Taken) -> str:
        """Return the case that a letter speaks of: by its words, or by the id that it names."""
        text = f"{letter.subject}\n{letter.body}"
        words = {self.owners[word] for word in re.findall("canary[0-9a-f]{12}", text)}
        names = set(re.findall(r"case-\d{4}-[0-9a-z]{10}", text))
        found = words | names
        return found.pop() if len(found) == 1 else f"{len(found)} cases"

    def _came(self) -> Counter[Fate]:
        """Count the letters that came, each once however often it did."""
        once = {letter.message_id: letter for letter in self.taken}
        return Counter((self._case_of(x), x.kind, x.to) for x in once.values())

    def _promised(self) -> set[Fate]:
        """Return who must have what by the stories: what people did says that, and nothing else."""
        return {
            (story.case, kind.value, to)
            for story in self.stories.values()
            for kind, to in story.promised
        }

    def _recorded(self) -> Counter[Fate]:
        """Count who has what by the records of the cases themselves."""
        return Counter(
            (case.id, letter.kind.value, recipient.address)
            for case in self.cases.values()
            for letter in case.letters
            for recipient in letter.delivered
        )

    def _given_up(self) -> set[Fate]:
        """Return who failed, and may have the letter: three times nobody could know."""
        return {
            (case.id, letter.kind.value, recipient.address)
            for case in self.cases.values()
            for letter in case.letters
            for recipient in letter.failed
            if self.town.post.unconfirmed[recipient.address] >= MOST_DOUBTS
        }

    def _overtaken(self) -> set[Fate]:
        """Return who need not have a letter: what came after it reached them instead."""
        return {
            (case.id, letter.kind.value, address)
            for case in self.cases.values()
            for letter in case.letters
            for address in letter.withheld
        }

    # What must hold.

    def _rewritten(self) -> Iterator[str]:
        """Yield what came again and was not the same: the identity, whom it is for, the text.

        A letter within the team that no person wrote may say anew how late it is.
        """
        seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for letter in self.taken:
            text = "" if letter.to in INSIDE else letter.digest
            seen[letter.message_id].add((letter.to, text))
        for same in self.taken:
            if len(seen.pop(same.message_id, ())) > 1:
                yield f"{same.kind} to {same.to} came again as another letter"

    def _misdirected(self, letter: Taken) -> Iterator[str]:
        """Yield why somebody got what is not theirs."""
        kind, to = Kind(letter.kind), letter.to
        case = self._case_of(letter)
        if letter.header_to != to:
            yield f"{kind} for {letter.header_to} came to {to}"
        if case not in self.stories:
            yield f"{kind} to {to} speaks of {case}"
            return
        reporter = self.stories[case].reporter
        allowed = {reporter} if kind in TO_REPORTERS else INSIDE
        if kind in EMBARGOED:
            allowed = set(VENDORS)
        elif kind in PUBLIC:
            allowed = {*USERS, *LISTS, *VENDORS, *STRANGERS}  # who was invited hears the end
        if kind in WITHOUT_DETAIL and "canary" not in letter.subject + letter.body:
            allowed = allowed | set(STRANGERS)
        if to not in allowed:
            yield f"{kind} of {case} came to {to}"

    def _open_limits(self, case: Case) -> Iterator[str]:
        """Yield the steps whose limit passed in silence."""
        ended = case.closing.at if case.closing else None
        for step in Step:
            is_met = case.done_at(step) is not None or step in (*case.skipped, *case.moved)
            is_to_come = ended is not None and case.limit(step) > ended
            if not (is_met or case.released or is_to_come or step in escalated(case)):
                yield f"the limit of {step.label} of {case.id} passed in silence"

    def _not_approved(self, letter: Taken) -> Iterator[str]:
        """Yield what was published without an approval of that text, or before its instant."""
        if letter.kind != Kind.RELEASE:
            return
        story = self.stories.get(self._case_of(letter))
        since = story.releases.get(digest_of(letter.body)) if story else None
        if since is None:
            yield f"a release came to {letter.to} that nobody approved"
        elif letter.at < since:
            yield f"a release came to {letter.to} before its instant"

    def _not_ended(self, case: Case) -> Iterator[str]:
        """Yield what a closed case has left open, and who failed without a reason."""
        if case.closing is None or case.under_way:
            yield f"{case.id} has not ended"
        for letter in case.letters:
            if letter.pending:
                yield f"{case.id}: somebody still waits for {letter.key}"
            yield from (f"{case.id}: {who} failed" for who in self._failed(letter))

    def _failed(self, letter: Sent) -> Iterator[str]:
        """Yield who has not got a letter that was neither overtaken nor given up unconfirmed."""
        for recipient in letter.failed:
            is_expected = recipient.address in (GONE, *letter.withheld)
            if not is_expected and self.town.post.unconfirmed[recipient.address] < MOST_DOUBTS:
                yield f"{letter.key} to {recipient.address}"


async def failed_tasks(town: Town, case: str) -> list[str]:
    """Return what failed of a case: workflow tasks, its replay; and whether it did not end."""

    async def look(server: Client) -> list[str]:
        handle = server.get_workflow_handle(case)
        found = []
        async for event in handle.fetch_history_events():
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
                cause = event.workflow_task_failed_event_attributes.cause
                if cause not in HARMLESS:
                    found.append(f"{case}: {WorkflowTaskFailedCause.Name(cause)}")
        replayer = Replayer(workflows=[Disclosure], data_converter=server.data_converter)
        history = await handle.fetch_history()
        replayed = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if replayed.replay_failure:
            found.append(f"{case} does not replay: {replayed.replay_failure}")
        if (await handle.describe()).status is not WorkflowExecutionStatus.COMPLETED:
            found.append(f"{case} goes on")
        return found

    return await town.insist(look, f"the history of {case}")
