"""The vendors of a case as a table: who consented, who was told what and when, what is open."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import datetime

from tacenda.agenda import Entry
from tacenda.bounces import words_for
from tacenda.case import Case
from tacenda.fields import Instant, Value, moment
from tacenda.inviting import waits_until
from tacenda.models import Audience, Kind
from tacenda.parties import Consent, Standing, standings
from tacenda.sharing import waits_for_approval
from tacenda.timeline import plan
from tacenda.vendors import Party

_TO_VENDORS = (Audience.VENDORS, Audience.TOLD_VENDORS, Audience.ASKED_VENDORS, Audience.TOLD)
_ANNOUNCED = (Kind.INVITATION, Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.DATE_CHANGE)
_NOT_TOLD = "not told"
_PLAIN = (Consent.STANDING, Consent.NOT_ASKED)
_ORDER = ("told", *(c.value for c in Consent if c is not Consent.STANDING), _NOT_TOLD)


class Row(Value):
    """One vendor: its consent and until when, what it was sent and when, and what is open."""

    name: str
    address: str
    consent: Consent
    until: Instant | None = None
    invited: Instant | None = None
    told: Instant | None = None
    notice: str = ""
    answer: str = ""
    answered: Instant | None = None
    final_warning: Instant | None = None
    knows: Instant | None = None
    released: Instant | None = None
    outstanding: tuple[str, ...] = ()

    @property
    def tally(self) -> str:
        """Under which word it is counted."""
        return _word(self.told, self.consent)


def roster(case: Case, now: datetime, listed: Iterable[Party] = ()) -> tuple[Row, ...]:
    """Return a row for every vendor of `case` at `now` (UTC), and for those of the settings.

    Whoever is `listed` there and not known to the case has not been told.
    """
    coming = _coming(plan(case, case.policy, now), case)
    vendors = standings(case) if case.vendors or case.replies else _of_letters(case)
    rows = [_row(case, standing, coming, now) for standing in vendors.values()]
    strangers = (party for party in listed if party.address.casefold() not in vendors)
    return (*rows, *(_not_told(party) for party in strangers))


def summary(rows: Sequence[Row]) -> str:
    """Return how many vendors stand where, in a line: `7 told, 1 invited, 2 not told`."""
    return _counted(row.tally for row in rows) or "no vendors"


def tally(case: Case) -> str:
    """Return the same of the vendors that the case knows; empty where it knows none."""
    return _counted(_word(s.told, s.consent) for s in standings(case).values())


def _word(told: datetime | None, consent: Consent) -> str:
    return "told" if told else _NOT_TOLD if consent in _PLAIN else consent.value


def _counted(words: Iterable[str]) -> str:
    counted = Counter(words)
    return ", ".join(f"{counted[word]} {word}" for word in _ORDER if counted[word])


def _of_letters(case: Case) -> dict[str, Standing]:
    """Return the vendors of a case of an earlier version: those who were told."""
    found = {address: copy(standing) for address, standing in standings(case).items()}
    for letter in case.letters:
        for recipient in case.reached(letter):
            if recipient.audience is Audience.VENDORS and letter.kind is Kind.VENDOR_NOTICE:
                party = Party(name=recipient.name, address=recipient.address, standing=True)
                known = found.setdefault(party.address.casefold(), Standing(party))
                known.consent, known.told = Consent.STANDING, known.told or letter.at
                known.told_in, known.knows = letter.key, letter.planned
    return found


def _coming(entries: Iterable[Entry], case: Case) -> Mapping[str, list[str]]:
    """Return what is still to go to whom, by address; empty for what goes to all alike."""
    coming: dict[str, list[str]] = {}
    for entry in entries:
        if entry.kind not in _ANNOUNCED or not set(entry.to) & set(_TO_VENDORS):
            continue
        label = f"{entry.label} {moment(entry.at)}"
        for recipient in entry.whom:
            coming.setdefault(recipient.address.casefold(), []).append(label)
    return coming


def _row(case: Case, standing: Standing, coming: Mapping[str, list[str]], now: datetime) -> Row:
    answered = standing.answered
    return Row(
        name=standing.vendor.name,
        address=standing.vendor.address,
        consent=standing.consent,
        until=standing.until,
        invited=standing.invited,
        told=standing.told,
        notice=standing.told_in,
        answer=answered.word.value if answered else _silence(standing),
        answered=answered.at if answered else None,
        final_warning=standing.warned,
        knows=standing.knows,
        released=standing.released,
        outstanding=(*coming.get(standing.vendor.address.casefold(), ()), *_open(case, standing)),
    )


def _silence(standing: Standing) -> str:
    return "none in time" if standing.silent or standing.silent_on_notice else ""


def _open(case: Case, standing: Standing) -> Iterator[str]:
    """Yield what is open with a vendor beside the letters that are still to come."""
    if standing.left:
        yield "not in tacenda.toml any more"
    if until := waits_until(case, standing):
        yield f"its answer, by {moment(until)}"
    if standing.may_hear and waits_for_approval(case, standing):
        yield "a notice, once it is approved anew"
    if refused := sorted({kind.label for kind in standing.refused}):
        yield f"refused: {', '.join(refused)}"
    for kind, status in sorted(standing.came_back.items()):
        yield f"came back: {kind.label} ({status}, {words_for(status)})"


def _not_told(party: Party) -> Row:
    consent = Consent.STANDING if party.standing else Consent.NOT_ASKED
    return Row(name=party.name, address=party.address, consent=consent)
