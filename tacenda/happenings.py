"""What happens to a case without a person's act."""

from tacenda.act import Act
from tacenda.fields import Instant, Value
from tacenda.hours import Windows
from tacenda.letters import Recipient, Sent
from tacenda.links import CaseId
from tacenda.models import Stop
from tacenda.vendors import Parties, Silence


class Happening(Value):
    """Something that happens to a case without a person's act."""


class LeadProposed(Happening):
    """The directory proposes a fix lead."""

    name: str


class SecondProposed(Happening):
    """The directory names somebody to step in for a silent lead; nobody, if it knows nobody."""

    name: str


class HoursFound(Happening):
    """The directory says when a member works, and until when (UTC) it knows that."""

    name: str
    windows: Windows = ()
    until: Instant


class LetterStarted(Happening):
    """A letter is on its way: whatever it covers is not planned again."""

    letter: Sent


class LetterSent(Happening):
    """A letter has left, or could not: its fate goes into the case.

    Where some recipients are put off it happens again, with those alone. Whoever has not got it
    when it `gave_up` has failed.
    """

    letter: Sent
    gave_up: bool = False


class MailStopped(Happening):
    """No letter can leave: the mail server, the ledger or a template does not let it."""

    by: Stop


class MailFlows(Happening):
    """A letter has left: whatever kept all of them back is over."""


class LetterHeld(Happening):
    """An approved letter did not go out in time; it holds until a person decides."""

    key: str
    reason: str


class RecipientsFound(Happening):
    """The directory says whom an approved letter is for; the approval is bound to them."""

    key: str
    recipients: tuple[Recipient, ...]


class VendorsFound(Happening):
    """The directory says who the vendors are, at the asking of that number."""

    vendors: Parties
    asking: int


class VendorsSilent(Happening):
    """Vendors have not answered in time: that is on record from now on."""

    silences: tuple[Silence, ...]


class LinkLost(Happening):
    """A case that this one is linked to takes no part in it, or is not there any more."""

    case: CaseId
    why: str


class TroubleFound(Happening):
    """Something a person must hear about, in words that quote nothing.

    It is `noise` where any stranger who reaches the server can cause it.
    """

    what: str
    noise: bool = False


Event = Act | Happening
"""Anything that changes a case."""
