"""Which letter goes before which, where not all can leave at once."""

from tacenda.models import Kind

MASS = 50
"""A letter to more recipients than this leaves after all that are for a few."""

FIRST, SOON, USUAL, LAST = 1, 2, 3, 5
"""As Temporal counts priorities: 1 is the highest of 5, 3 the usual one."""

_FIRST = frozenset({Kind.DECISION, Kind.ALARM, Kind.ESCALATION})
_SOON = frozenset(
    {
        Kind.RECEIPT,
        Kind.TEAM_ALERT,
        Kind.ACKNOWLEDGEMENT,
        Kind.HANDOVER,
        Kind.FINAL_WARNING,
        Kind.RELEASE,
    }
)


def importance(kind: Kind, recipients: int) -> int:
    """Return how important a letter to that many is: what calls a person is never behind a mass."""
    if recipients > MASS:
        return LAST
    return FIRST if kind in _FIRST else SOON if kind in _SOON else USUAL
