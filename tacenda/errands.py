"""What a case asks of its activities, and what they answer."""

from datetime import datetime
from typing import Self

from tacenda.agenda import Entry
from tacenda.bouncing import stand_ins
from tacenda.case import Case
from tacenda.consents import consented
from tacenda.enclosures import Attachments
from tacenda.facts import Facts
from tacenda.fields import Instant, MessageId, PgpKey, Value
from tacenda.hours import Windows
from tacenda.letters import Recipient, Recipients
from tacenda.link_acts import LinkedNews
from tacenda.links import CaseId
from tacenda.models import Audience, Kind, Stop
from tacenda.releases import told_by
from tacenda.rules import SURE_POST
from tacenda.sharing import kept_back
from tacenda.vendors import Parties

_SECRET = (Kind.VENDOR_NOTICE, Kind.FINAL_WARNING)


class Addressees(Value):
    """Whom a letter is for, and what the directory must know to find them.

    `only` are names or addresses; where there are any, nobody else is meant. What a person
    told some vendors elsewhere is recorded, whatever embargo they are under here. Where
    `consented` is given, what goes to vendors is under embargo: it goes to those with a standing
    consent and to these, and to nobody else. Of the vendors it is not for those in `without`,
    and where there are any in `whom` for these alone. What is for a lead who is away `now` (UTC)
    is for the team and the `second` in line as well.
    """

    audiences: tuple[Audience, ...]
    lead: str = ""
    next_lead: str = ""
    former_lead: str = ""
    second: str = ""
    fix_team: tuple[str, ...] = ()
    reporter: Recipient | None = None
    told: Recipients = ()
    only: tuple[str, ...] = ()
    told_elsewhere: bool = False
    consented: Recipients | None = None
    whom: Recipients = ()
    without: Recipients = ()
    now: Instant | None = None

    @classmethod
    def of(cls, case: Case, entry: Entry, now: datetime | None = None) -> Self:
        """Return what the directory needs to find those for whom a letter of `case` is."""
        notice = case.notice(entry.key)
        is_apart = notice is not None and notice.key != entry.key
        is_secret = case.rules >= SURE_POST and entry.kind in _SECRET
        is_theirs = entry.kind is Kind.CALENDAR  # of each by their own name, and of nobody else
        is_shared = is_secret and notice is not None and not notice.elsewhere
        return cls(
            audiences=(Audience.FIX_TEAM,) if is_theirs else stand_ins(case, entry.to),
            lead=case.lead or case.proposed_lead or "",
            next_lead=case.handing_to,
            former_lead=case.former_lead,
            second=case.second,
            fix_team=entry.calendar[0].names if is_theirs else case.fix_team,
            reporter=case.reporter,
            told=told_by(case, entry),
            only=notice.to if notice and not is_apart else (),
            told_elsewhere=bool(notice and notice.elsewhere),
            consented=consented(case) if is_secret else None,
            whom=entry.whom if is_apart else (),
            without=kept_back(case, notice) if is_shared and notice and not is_apart else (),
            now=now,
        )


class Found(Value):
    """The mailboxes that the directory found, each once, and the names that it does not know."""

    recipients: Recipients = ()
    unknown: tuple[str, ...] = ()


class Wanted(Value):
    """Somebody wants to know who the vendors are."""


class VendorsKnown(Value):
    """The vendors as the settings have them now."""

    vendors: Parties = ()


class Availability(Value):
    """The instant (UTC) at which somebody must be there to lead, and who it cannot be."""

    now: Instant
    without: tuple[str, ...] = ()


class Proposal(Value):
    """The member whom the directory proposes as fix lead; empty where there is none."""

    name: str = ""


class Whose(Value):
    """The member whose working hours are wanted, from an instant (UTC) on."""

    name: str
    now: Instant


class HoursKnown(Value):
    """When a member works, less their absences, and until when (UTC) that is known.

    Without windows: nobody knows, or they are away all the time.
    """

    windows: Windows = ()
    until: Instant


class Letter(Value):
    """One letter to be delivered: what it is, what it may say, and to whom.

    `text` is an approved text and then the body, byte for byte; without one the body is
    rendered from `facts`. Later than `not_after` it is not begun. `answers` is the
    Message-ID of the reporter's mail, which letters to the reporter answer; `reporter_key` is
    what they are encrypted to. Those who still wait for it at `answer_by` are `pending` in the
    answer, or have failed where it `gives_up` then; without one it is tried until nobody waits.
    `passes` are those that were answered before. One that `only_asks` is sent to nobody: it
    says who of these has it.
    """

    key: str
    kind: Kind
    facts: Facts
    recipients: Recipients = ()
    text: str | None = None
    not_after: Instant | None = None
    answers: MessageId = ""
    reporter_key: PgpKey = ""
    attachments: Attachments = ()
    answer_by: Instant | None = None
    gives_up: bool = False
    passes: int = 0
    only_asks: bool = False


class Delivery(Value):
    """What became of a letter, recipient by recipient; `held` if it was not begun in time.

    `letter` is its key: an answer for one letter is none for another. `pending` still wait, kept
    back by `stopped` where that keeps every letter back, and can be tried `again` then. With
    `rest`, whoever of the letter is not named here has it. Of those in `failed` it was not sent to
    the addresses in `withheld`. `troubles` say why, and what else the lead must hear, in words
    that quote nothing.
    """

    letter: str = ""
    delivered: Recipients = ()
    failed: Recipients = ()
    pending: Recipients = ()
    rest: bool = False
    withheld: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    sha256: str = ""
    held: bool = False
    stopped: Stop | None = None
    again: Instant | None = None

    def delivered_of(self, letter: Letter) -> tuple[Recipient, ...]:
        """Return who of `letter`, of which this is the answer, has it now."""
        if not self.rest:
            return self.delivered
        others = {recipient.address for recipient in (*self.failed, *self.pending)}
        return tuple(r for r in letter.recipients if r.address not in others)


class Page(Value):
    """What the lead must hear some other way than by mail: that mail is stopped, and by what."""

    case_id: str
    stop: Stop


class Books(Value):
    """The case of which the send ledger keeps no record any longer than it must."""

    case_id: str


class Account(Value):
    """What goes on record: the case, as it is at an instant (UTC)."""

    case: Case
    now: Instant


class Kept(Value):
    """That the record of a case is written, as the case was then."""

    case_id: str


class Tidings(Value):
    """What a linked case must hear, and which it is."""

    to: CaseId
    news: LinkedNews


class Heard(Value):
    """How a linked case took some news; `news` is their digest: no answer passes for another's.

    `refused` says why it takes no part, in words that quote nothing.
    """

    news: str = ""
    refused: str = ""
