"""Which letter goes first where several want to leave."""

import pytest

from tacenda.importance import MANY, Importance, importance_of
from tacenda.models import Kind


@pytest.mark.parametrize(
    "kind", [Kind.RECEIPT, Kind.ACKNOWLEDGEMENT, Kind.ESCALATION, Kind.ALARM, Kind.DECISION]
)
def test_what_answers_warns_or_asks_goes_first(kind: Kind) -> None:
    """An acknowledgement, a warning and a question press, whatever else is to be sent."""
    assert importance_of(kind, 1) is Importance.PRESSING < importance_of(Kind.RELEASE, 1)


@pytest.mark.parametrize("kind", Kind)
def test_what_goes_to_very_many_goes_last(kind: Kind) -> None:
    """A mass letter waits for every other, whatever it says."""
    assert importance_of(kind, MANY + 1) is Importance.MASS > importance_of(kind, MANY)
