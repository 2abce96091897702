"""Claims against a simple model: attempts in two workers, deaths, and a clock that runs."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from activities.ledger.claims import Claim
from activities.ledger.file import FileLedger
from tests.activities.ledgers import CASE, SECRET, Clock

LEASE = 100.0
WORKERS = st.integers(0, 1)
LETTERS = st.integers(0, 3)
SOME = st.lists(LETTERS, max_size=4, unique=True)


def names(letters: list[int]) -> list[str]:
    """Return the Message-IDs of letters."""
    return [f"<{letter}@example.org>" for letter in letters]


class Claims(RuleBasedStateMachine):
    """Two workers, four letters; the model knows who holds each since when, and who has it."""

    def __init__(self) -> None:
        """Open the ledger twice."""
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.mkdtemp()
        self.clock = Clock()
        self.workers = [self.new(), self.new()]
        self.held: dict[int, tuple[int, float]] = {}
        self.hands: list[dict[int, int]] = [{}, {}]
        self.done: dict[int, Claim] = {}

    def new(self) -> FileLedger:
        """Return a worker's ledger."""
        file = Path(self.folder) / "letters.db"
        return FileLedger(file, SECRET, lease=LEASE, clock=self.clock)

    @rule(worker=WORKERS, letters=SOME)
    def claim(self, worker: int, letters: list[int]) -> None:
        """A claim is answered as the model says."""
        found = self.loop.run_until_complete(self.workers[worker].claim(CASE, names(letters)))
        assert found == [self.expected(worker, letter) for letter in letters]

    def expected(self, worker: int, letter: int) -> Claim:
        """Return what a claim comes to, and note it."""
        if letter in self.done:
            return self.done[letter]
        holder, since = self.held.get(letter, (worker, 0.0))
        if self.clock.at - since < LEASE:
            return Claim.TAKEN
        hands = self.hands[worker]
        besides = letter in self.held and holder == worker
        hands[letter] = hands.get(letter, 0) + 1 if besides else 1
        self.held[letter] = worker, self.clock.at
        return Claim.OURS

    @rule(worker=WORKERS, letter=LETTERS, delivered=st.booleans())
    def mark(self, worker: int, letter: int, delivered: bool) -> None:
        """A mark holds for good, a delivery above all."""
        [name] = names([letter])
        self.loop.run_until_complete(self.workers[worker].mark(name, delivered=delivered))
        if self.done.get(letter) is not Claim.DELIVERED:
            self.done[letter] = Claim.DELIVERED if delivered else Claim.REFUSED
        self.hands[worker].pop(letter, None)

    @rule(worker=WORKERS, letters=SOME)
    def put_back(self, worker: int, letters: list[int]) -> None:
        """What no attempt of this worker holds any more is free, if it was its own."""
        self.loop.run_until_complete(self.workers[worker].put_back(names(letters)))
        for letter in letters:
            left = self.hands[worker].pop(letter, 0) - 1
            if left > 0:
                self.hands[worker][letter] = left
            elif left == 0 and self.held.get(letter, (None,))[0] == worker:
                del self.held[letter]

    @rule(worker=WORKERS)
    def die(self, worker: int) -> None:
        """Its lock goes, and with it its claims; nobody puts anything back."""
        dead = self.workers[worker]
        self.loop.run_until_complete(dead._desk.close())
        dead._owner.end()
        self.workers[worker] = self.new()
        self.hands[worker] = {}
        self.held = {letter: it for letter, it in self.held.items() if it[0] != worker}

    @rule(seconds=st.sampled_from([1.0, LEASE / 2, LEASE]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.clock.at += seconds

    def teardown(self) -> None:
        """Close everything."""
        for worker in self.workers:
            self.loop.run_until_complete(worker.close())
        self.loop.close()
        shutil.rmtree(self.folder)


TestClaims = Claims.TestCase
TestClaims.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
