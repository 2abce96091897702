"""Linked cases for unit tests: two or three that tell each other what is new, without Temporal."""

from datetime import datetime
from typing import Any

from tacenda.act import Act
from tacenda.case import Case
from tacenda.errors import Refused
from tacenda.happenings import LeadProposed, LinkLost
from tacenda.lifecycle import apply, check, open_case
from tacenda.link_acts import LinkedNews
from tacenda.tidings import news
from tacenda.timeline import plan
from tests.builders import a_policy, a_report, after
from tests.unit.story import Story

LEADING, FOLLOWER, THIRD = (f"case-2026-{name}00000" for name in ("leads", "first", "third"))


def of_its_own(case_id: str, **report: Any) -> Case:
    """Return a case with an id of its own, just opened."""
    case = open_case(case_id, a_report(**report), a_policy(), after(0))
    return apply(case, LeadProposed(name="alice"), after(0))


class Office:
    """Several cases, each a story, whose news reach each other at once, or when they are let."""

    def __init__(self, *cases: Case) -> None:
        """Take the cases."""
        self.stories = {case.id: Story(case) for case in cases}
        self.told: dict[tuple[str, str], LinkedNews] = {}
        self.is_open = True

    def __getitem__(self, case_id: str) -> Case:
        """Return a case as it is now."""
        return self.stories[case_id].case

    @property
    def now(self) -> datetime:
        """The time, which is the same for all."""
        return max(story.now for story in self.stories.values())

    def do(self, case_id: str, *acts: Act) -> "Office":
        """Let a person act on a case, and the others hear of it."""
        for act in acts:
            self.stories[case_id].do(act)
            self.deliver()
        return self

    def wait(self, until: datetime) -> "Office":
        """Let time pass for all cases, in step; each hears what happens in the others."""
        while self.now < until:
            at = min([*self._coming(until), until])
            for story in self.stories.values():
                story.wait(at)
            self.deliver()
        return self

    def _coming(self, until: datetime) -> set[datetime]:
        return {
            entry.at
            for story in self.stories.values()
            for entry in plan(story.case, story.case.policy, story.now)
            if story.now < entry.at < until
        }

    def deliver(self) -> None:
        """Let the cases tell each other what is new until nobody has anything to tell."""
        for _ in range(20):
            untold = [
                (case_id, other, said)
                for case_id, story in self.stories.items()
                for other, said in news(story.case, story.case.opened).items()
                if self.told.get((case_id, other)) != said
            ]
            if not untold or not self.is_open:
                return
            for case_id, other, said in untold:
                self._tell(case_id, other, said)
        raise AssertionError("the cases never come to an end with their news")

    def _tell(self, case_id: str, other: str, said: LinkedNews) -> None:
        self.told[case_id, other] = said
        story, act = self.stories.get(other), said.model_copy(update={"at": self.now})
        try:
            if story is None:
                raise Refused("There is no such case.")
            check(story.case, act, self.now)
        except Refused as refused:
            if not (said.ending or said.duplicate):
                self.stories[case_id].happen(LinkLost(case=other, why=str(refused)))
        else:
            story.happen(act)
