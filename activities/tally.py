"""How far one letter is: who has it, who never will, who waits, and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from tacenda.errands import Delivery, Letter
from tacenda.fields import hash_of
from tacenda.letters import Recipient
from tacenda.models import Stop


@dataclass(repr=False)
class Tally:
    """The fate of each recipient of one letter so far, by place: whether it has the letter.

    Why one is withheld is no fate: a later attempt looks at the key again. Of those put off it
    says when the next attempt may come; `is_heard` once the server has decided on any letter.
    The `unconfirmed` were given up, and may have it.
    """

    letter: Letter
    fates: dict[int, bool] = field(default_factory=dict)
    unconfirmed: set[int] = field(default_factory=set)
    withheld: dict[int, str] = field(default_factory=dict)
    put_off: dict[int, timedelta] = field(default_factory=dict)
    last_code: int = 0
    last_loss: str = ""
    is_heard: bool = False

    @property
    def begun(self) -> bool:
        """Whether anybody has the letter."""
        return any(self.fates.values())

    def waiting(self) -> list[int]:
        """Return the places of those whose fate is open."""
        known = self.fates.keys() | self.withheld.keys()
        return [place for place in range(len(self.letter.recipients)) if place not in known]

    def delivery(
        self,
        text: str | None,
        troubles: tuple[str, ...] = (),
        stopped: Stop | None = None,
    ) -> Delivery:
        """Return what became of the letter, whose body was `text`.

        Whoever waits is pending, or has failed where the letter gives up. Those who have it are
        named only to a case that does not know the others for them.
        """
        letter, waiting = self.letter, self.waiting()
        lost = [place for place, delivered in self.fates.items() if not delivered]
        lost += [*self.withheld, *(waiting if letter.gives_up else ())]
        rest = letter.answer_by is not None
        return Delivery(
            letter=letter.key,
            delivered=() if rest else self._at(p for p, has in self.fates.items() if has),
            failed=self._at(lost),
            pending=() if letter.gives_up else self._at(waiting),
            rest=rest,
            withheld=tuple(who.address for who in self._at(self.withheld)),
            troubles=(
                *dict.fromkeys(self.withheld.values()),
                *self._doubts(),
                *(troubles if self.begun else ()),
            ),
            sha256="" if text is None else hash_of(text),
            stopped=stopped,
        )

    def _doubts(self) -> Iterator[str]:
        if count := len(self.unconfirmed):
            yield (
                f"The mail server took the letter for {count} recipients several times and never "
                "confirmed it, so they may have it: ask them."
            )

    def _at(self, places: Iterable[int]) -> tuple[Recipient, ...]:
        """Return recipients in the order of the letter."""
        return tuple(self.letter.recipients[place] for place in sorted(places))
