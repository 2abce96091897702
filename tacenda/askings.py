"""How often somebody wanted to write to the vendors, and which vendors that was for."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from tacenda.case import Case
from tacenda.letters import Notice
from tacenda.models import Kind
from tacenda.rules import SURE_POST
from tacenda.vendors import Party


def is_meant(vendor: Party, names: frozenset[str]) -> bool:
    """Whether a vendor is among `names` in small letters; without any, everybody is meant."""
    return not names or bool(names & {vendor.name.casefold(), vendor.address.casefold()})


def small(names: Iterable[str]) -> frozenset[str]:
    """Return names as they are compared."""
    return frozenset(name.casefold() for name in names)


def ordinals(case: Case) -> dict[str | datetime, int]:
    """Return at which asking each vendors' notice (by key) and each invitation (by instant) was."""
    notices: list[tuple[datetime, str | datetime]] = [
        (notice.approved, notice.key) for notice in _vendor_notices(case)
    ]
    askings: list[tuple[datetime, str | datetime]] = [(a.at, a.at) for a in case.askings]
    in_order = sorted((*notices, *askings), key=lambda each: each[0])
    return {what: 1 + place for place, (_, what) in enumerate(in_order)}


def is_of_now(case: Case, at: datetime) -> bool:
    """Whether what was approved or wished at an instant (UTC) is of the life that a case has now.

    What was said to the vendors before a case was closed asks nobody after it was reopened.
    """
    return case.reopened is None or at >= case.reopened


def must_look_up(case: Case) -> bool:
    """Whether the directory is to say who the vendors are, before anything goes to them."""
    if case.rules < SURE_POST or case.closing:
        return False
    return askings(case) > case.looked_up


def askings(case: Case) -> int:
    """Return how often somebody has approved a vendors' notice, or wanted vendors invited."""
    return sum(1 for _ in _vendor_notices(case)) + len(case.askings)


def _vendor_notices(case: Case) -> Iterator[Notice]:
    return (notice for notice in case.notices if notice.kind is Kind.VENDOR_NOTICE)
