"""What the regulator is owed of a flaw that is being exploited, and what was filed of it.

Regulation (EU) 2024/2847, the Cyber Resilience Act, Article 14.
"""

from enum import StrEnum

from tacenda.fields import Instant, Value


class Duty(StrEnum):
    """What a manufacturer owes: three reports (Article 14(2)), and to inform the users (14(8))."""

    EARLY_WARNING = "early_warning"
    NOTIFICATION = "notification"
    FINAL_REPORT = "final_report"
    USERS_INFORMED = "users_informed"

    @property
    def label(self) -> str:
        """The duty as a person reads it."""
        if self is Duty.USERS_INFORMED:
            return "information of the users"
        return f"{self.value.replace('_', ' ')} to the regulator"

    @property
    def word(self) -> str:
        """What it is called on the command line."""
        return "users" if self is Duty.USERS_INFORMED else self.value.replace("_", "-")


REPORTS = (Duty.EARLY_WARNING, Duty.NOTIFICATION, Duty.FINAL_REPORT)
"""What is filed with the regulator, in order."""


class Filing(Value):
    """That a duty is done: when (UTC) that was, and recorded, by whom, under which reference.

    One that is `not_required` was not done, for that reason.
    """

    at: Instant
    by: str
    when: Instant
    ref: str = ""
    not_required: str = ""
