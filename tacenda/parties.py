"""Where each vendor of a case stands: whether it was asked, what it said, what it was told.

Consent is standing, or it was given for this case, up to a release date. No detail goes to a
vendor without one; what is not known here counts as none.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tacenda.case import Case
from tacenda.letters import Recipient, Sent
from tacenda.models import Audience, Kind, Step, Word
from tacenda.rules import SURE_POST
from tacenda.vendors import Party, Reply

_DATED = (Kind.VENDOR_NOTICE, Kind.FINAL_WARNING, Kind.DATE_CHANGE, Kind.INVITATION)
_OF_CONSENT = (Word.ACCEPTED, Word.DECLINED)


class Consent(StrEnum):
    """How a vendor stands to the embargo of a case."""

    NOT_ASKED = "not asked"
    STANDING = "standing"
    INVITED = "invited"
    ACCEPTED = "accepted"
    LAPSED = "lapsed"
    DECLINED = "declined"
    SILENT = "silent"


MAY_HEAR = (Consent.STANDING, Consent.ACCEPTED)
"""The consents under which a vendor may be told what is under embargo."""


@dataclass(slots=True)
class Standing:
    """One vendor in one case.

    `until` is the release date (UTC) up to which it has accepted the embargo. The last
    invitation was put on its way at `invited`, names `invited_for` as date and has the key
    `invitation`; `missed` says that the mail server refused it, or that it came back. `told` is
    when it first got the details (late where its mailbox put them off), and `notices` are the
    approvals that it has, or was refused. `knows` is the release date that it was last told.
    `came_back` says with which status a letter did that it does not have since; no letter
    reaches the `dead` of its addresses. A vendor that `left` is no longer in the settings.
    """

    vendor: Party
    left: bool = False
    consent: Consent = Consent.NOT_ASKED
    until: datetime | None = None
    invited: datetime | None = None
    invited_for: datetime | None = None
    invitation: str = ""
    missed: bool = False
    told: datetime | None = None
    told_in: str = ""
    is_told_late: bool = False
    notices: list[str] = field(default_factory=list)
    refused: list[Kind] = field(default_factory=list)
    came_back: dict[Kind, str] = field(default_factory=dict)
    dead: frozenset[str] = frozenset()
    warned: datetime | None = None
    knows: datetime | None = None
    released: datetime | None = None
    agreed: Reply | None = None
    answered: Reply | None = None
    silent: datetime | None = None
    silent_on_notice: datetime | None = None

    @property
    def recipient(self) -> Recipient:
        """Its mailbox, as one of the vendors."""
        name, address = self.vendor.name, self.vendor.address
        return Recipient(name=name, address=address, audience=Audience.VENDORS)

    @property
    def may_hear(self) -> bool:
        """Whether it may be told what is under embargo, as long as the embargo lasts."""
        return self.consent in MAY_HEAR and not self.left

    @property
    def is_asked(self) -> bool:
        """Whether it owes us an answer to an invitation."""
        if self.invited is None or self.vendor.standing or self.left:
            return False
        if self.consent is Consent.ACCEPTED:
            return False
        return not _since(self.agreed, self.invited) and not (
            self.silent and self.silent >= self.invited
        )


def _since(reply: Reply | None, at: datetime) -> bool:
    return reply is not None and reply.at >= at


def embargo_end(case: Case) -> datetime:
    """Return until when (UTC) vendors are asked to keep the embargo: there is always an end."""
    return case.planned or case.limit(Step.RELEASE)


def may_hear(case: Case, standing: Standing, now: datetime) -> bool:
    """Whether a vendor may be told what is under embargo at `now` (UTC).

    What it accepted ends with the date that it accepted, also where the release is late.
    """
    is_over = standing.until is not None and standing.until <= now
    return standing.may_hear and (not is_over or case.is_public)


def standings(case: Case) -> dict[str, Standing]:
    """Return where every vendor stands, by its address in small letters, in the known order.

    Whoever was written to and is no longer in the settings comes last. Each letter and each
    word is looked at once: there can be ten thousand of each.
    """
    if case.rules < SURE_POST:
        return {}
    for known, found in tuple(_LAST):  # a copy: workflows run in several threads
        if known is case:
            return found
    found = _standings(case)
    _LAST.append((case, found))
    return found


_LAST: deque[tuple[Case, dict[str, Standing]]] = deque(maxlen=2)
"""The cases that were looked at last: a plan looks at the same one again and again."""


def _standings(case: Case) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    for vendor in case.vendors:
        found.setdefault(vendor.address.casefold(), Standing(vendor))
    lost = {b.identity[:2]: b.status for b in case.bounces if b.is_lost}
    for letter in sorted(case.all_letters, key=lambda letter: letter.at):
        _heard(letter, found, lost)
    for reply in case.replies:
        if standing := found.get(reply.address.casefold()):
            standing.answered = reply
            if reply.word in _OF_CONSENT:
                standing.agreed = reply
    for silence in case.silences:
        if standing := found.get(silence.address.casefold()):
            if silence.to_notice:
                standing.silent_on_notice = silence.at
            else:
                standing.silent = silence.at
    end, dead = embargo_end(case), case.dead
    for address, standing in found.items():
        standing.dead = dead & {address, standing.vendor.second.casefold()}
        standing.consent, standing.until = _consent(standing, end)
    return found


def _heard(letter: Sent, found: dict[str, Standing], lost: Mapping[tuple[str, str], str]) -> None:
    """Note what vendors learned from a letter, or would have; who `lost` it does not have it."""
    note = _NOTES.get(letter.kind)
    if note is None:
        return
    have_it = zip(letter.delivered, letter.arrivals, strict=True)
    for recipient, at in (*have_it, *((recipient, None) for recipient in letter.failed)):
        if standing := _of(recipient, letter, found):
            status = lost.get((letter.key, recipient.address.casefold()))
            note(standing, letter, None if status else at)
            if status:
                standing.came_back[letter.kind] = status
                continue
            if letter.kind in _DATED and (letter.planned or letter.kind is Kind.DATE_CHANGE):
                standing.knows = letter.planned
            if at is None:
                standing.refused.append(letter.kind)
            else:
                standing.came_back.pop(letter.kind, None)
    for recipient in letter.pending:
        if standing := _of(recipient, letter, found):
            note(standing, letter, None)
            standing.missed = False


def _of(recipient: Recipient, letter: Sent, found: dict[str, Standing]) -> Standing | None:
    """Return the vendor of a mailbox; of lists that are told as well there is none."""
    key = recipient.address.casefold()
    if key in found or letter.kind not in (Kind.VENDOR_NOTICE, Kind.INVITATION):
        return found.get(key)
    party = Party(name=recipient.name, address=recipient.address)
    return found.setdefault(key, Standing(party, left=True))


def _invited(standing: Standing, letter: Sent, at: datetime | None) -> None:
    standing.invited, standing.invited_for = letter.since, letter.planned
    standing.invitation, standing.missed = letter.key, at is None


def _told(standing: Standing, letter: Sent, at: datetime | None) -> None:
    standing.notices.append(".".join(letter.key.split(".")[:2]))
    if at and standing.told is None:
        standing.told, standing.told_in = at, letter.key
        standing.is_told_late = at > letter.at


def _warned(standing: Standing, letter: Sent, at: datetime | None) -> None:
    standing.warned = at or standing.warned


def _released(standing: Standing, letter: Sent, at: datetime | None) -> None:
    standing.released = at or standing.released


def _dated(standing: Standing, letter: Sent, at: datetime | None) -> None:
    """A date is noted with every letter that names one."""


_NOTES: dict[Kind, Callable[[Standing, Sent, datetime | None], None]] = {
    Kind.INVITATION: _invited,
    Kind.VENDOR_NOTICE: _told,
    Kind.FINAL_WARNING: _warned,
    Kind.RELEASE: _released,
    Kind.DATE_CHANGE: _dated,
}


def _consent(standing: Standing, end: datetime) -> tuple[Consent, datetime | None]:
    """Return the consent of a vendor to an embargo until `end` (UTC), and until when it has it.

    A later date than it agreed to is another embargo: it is asked anew, and silence is no
    consent. An earlier one is part of what it agreed to.
    """
    agreed, invited = standing.agreed, standing.invited
    is_answered = agreed is not None and (invited is None or agreed.at >= invited)
    if agreed and agreed.word is Word.DECLINED and (is_answered or standing.vendor.standing):
        return Consent.DECLINED, None
    if standing.vendor.standing:
        return Consent.STANDING, None
    if standing.silent and not _since(agreed, standing.silent) and not standing.is_asked:
        return Consent.SILENT, None
    if agreed and agreed.word is Word.ACCEPTED:
        until = agreed.until or agreed.at
        return (Consent.ACCEPTED if until >= end else Consent.LAPSED), until
    return (Consent.INVITED if invited else Consent.NOT_ASKED), None


def known(case: Case, name: str) -> Party | None:
    """Return the vendor of that name or address, as the case knows it, or None."""
    wanted = name.casefold()
    parties = (standing.vendor for standing in standings(case).values())
    return next((p for p in parties if wanted in (p.name.casefold(), p.address.casefold())), None)


def standing_of(case: Case, name: str) -> Standing | None:
    """Return where the vendor of that name or address stands, or None."""
    party = known(case, name)
    return standings(case)[party.address.casefold()] if party else None
