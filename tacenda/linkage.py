"""What a case is to others that it is linked to: led by one, or leading some."""

from tacenda.case import Case
from tacenda.links import SHARED, Linked
from tacenda.models import Kind, Severity, Step

LETTERS = dict(
    zip(SHARED, (Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.RELEASE), strict=True),
)


def gravest(case: Case) -> Severity | None:
    """Return the most severe of the flaws that are released with `case`: it drives the plan."""
    scores = [s for s in (case.severity, *(link.severity for link in case.links)) if s]
    return max(scores, key=lambda severity: severity.score, default=None)


def is_led(case: Case) -> bool:
    """Whether another case releases this one, and has yet to do so."""
    return bool(case.follows) and case.released is None


def was_led(case: Case) -> bool:
    """Whether the release of another case has released this one."""
    return any(letter.key == key_of(Step.RELEASE) for letter in case.letters)


def together(case: Case) -> tuple[str, ...]:
    """Return the ids of the cases that are released together with this one, as far as it knows."""
    return (case.follows,) if case.follows else tuple(link.case for link in case.links)


def known_of(case: Case, other: str) -> Linked | None:
    """Return what a case knows of another that it is linked to, or None."""
    if case.leading and case.leading.case == other:
        return case.leading
    return next((link for link in case.links if link.case == other), None)


def key_of(step: Step) -> str:
    return f"{LETTERS[step]}.together"
