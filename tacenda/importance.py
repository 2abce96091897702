"""Which letters go first, where several want to leave at once."""

from enum import IntEnum

from tacenda.models import Kind

MANY = 50


class Importance(IntEnum):
    """How long a letter can wait: the least goes first."""

    PRESSING = 0
    USUAL = 1
    MASS = 2


_PRESSING = frozenset(
    {
        Kind.RECEIPT,
        Kind.ACKNOWLEDGEMENT,
        Kind.TEAM_ALERT,
        Kind.FIX_TEAM,
        Kind.REMINDER,
        Kind.ESCALATION,
        Kind.ALARM,
        Kind.DECISION,
        Kind.HANDOVER,
        Kind.STAND_IN,
        Kind.FINAL_WARNING,
        Kind.REGULATOR_REPORT,
        Kind.DUTY_REMINDER,
        Kind.DUTY_OVERDUE,
    }
)
"""What answers somebody, warns, or asks a person for something."""


CALLING = (
    Kind.ESCALATION,
    Kind.DIGEST,
    Kind.ALARM,
    Kind.DECISION,
    Kind.STAND_IN,
    Kind.DUTY_OVERDUE,
)
"""What calls for a person who has not acted, and so goes by a second channel as well."""


def importance_of(kind: Kind, recipients: int) -> Importance:
    """Return the importance of a letter; one to very many goes last, whatever it says."""
    if recipients > MANY:
        return Importance.MASS
    return Importance.PRESSING if kind in _PRESSING else Importance.USUAL
