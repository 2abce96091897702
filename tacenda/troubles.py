"""What a person must hear about: letters that failed, signals that were refused.

The words quote neither a report nor a letter.
"""

from datetime import datetime

from tacenda.case import Case
from tacenda.models import Kind, Sent, Trouble

MOST_UNTOLD = 20


def with_trouble(case: Case, what: str, now: datetime) -> Case:
    """Return the case with one more trouble to tell; a flood is told once."""
    told = max((s.covers for s in case.all_letters if s.kind is Kind.ALARM), default=0)
    if sum(trouble.number > told for trouble in case.troubles) >= MOST_UNTOLD:
        return case
    number = case.troubles[-1].number + 1 if case.troubles else 1
    return case.model_copy(
        update={"troubles": (*case.troubles, Trouble(number=number, at=now, what=what))}
    )


def what_failed(case: Case, letter: Sent) -> str:
    """Return what is to be said of a letter that not everybody has."""
    everyone = len(letter.failed) + len(letter.delivered)
    if everyone == 0:
        return (
            f"The {letter.kind.label} went to nobody: the directory has no recipient for it. "
            "Add one to tacenda.toml and approve the letter again, or do without the step: "
            f"tacenda extend {case.id} STEP --skip --reason WHY."
        )
    return (
        f"The {letter.kind.label} was refused for {len(letter.failed)} of {everyone} "
        f"recipients: {', '.join(recipient.address for recipient in letter.failed[:5])}. "
        "Reach them another way, and correct their address in tacenda.toml."
    )
