"""Which letter of which case a bounce belongs to: the Message-ID says it, and nothing else does."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from email_validator import EmailNotValidError, validate_email
from temporalio.client import Client

from tacenda.bounces import BounceKind, Returned
from tacenda.bouncing import recipients_of
from tacenda.cli import dialogue
from tacenda.cli.listing import find_cases
from tacenda.contract import View
from tacenda.dsn import Fate, Notification
from tacenda.errors import Refused
from tacenda.identities import digest_in, letter_digest
from tacenda.letters import Recipient, Sent

MOST_LOOKED_AT = 300
"""How many cases are asked for a letter whose subject does not name its case."""

TO_RECORD = "to be recorded"
RECORDED = "recorded"
KNOWN = "known already"
NOTHING = "nothing to do"
CLOSED = "not recorded: the case is closed, and takes nothing more"
NOT_FOUND = "not recorded: no case knows this letter"
OTHER_ADDRESS = "not recorded: it names another address than the letter did"


@dataclass(frozen=True)
class Traced:
    """What a notification says of one recipient, whose letter that is, and what was done."""

    mail: str
    case: str
    letter: Sent | None
    address: str
    kind: BounceKind | None
    status: str
    done: str

    @property
    def returned(self) -> Returned:
        """As an act records it."""
        assert self.letter
        assert self.kind
        key = self.letter.key
        return Returned(letter=key, address=self.address, kind=self.kind, status=self.status)

    @property
    def identity(self) -> tuple[str, tuple[str, str, BounceKind]]:
        """What makes it the same as another."""
        return self.case, self.returned.identity

    def with_done(self, done: str) -> "Traced":
        """Return it with what was done."""
        return replace(self, done=done)


@dataclass(frozen=True)
class Origin:
    """A letter to one recipient, and its case."""

    view: View
    letter: Sent
    recipient: Recipient


class Tracer:
    """Asks cases for the letters that came back; of each only what is looked for is kept."""

    def __init__(self, server: Client, notifications: Iterable[Notification]) -> None:
        """Take what to look for."""
        self._server = server
        self._wanted = {digest_in(n.message_id) for n in notifications} - {""}
        self._named = tuple(dict.fromkeys(case for n in notifications for case in n.cases))
        self._asked: set[str] = set()
        self._found: dict[str, Origin] = {}
        self.not_asked = 0
        self.silent: list[str] = []

    async def look(self) -> None:
        """Ask the cases that the subjects name first, then the others in the order of `list`."""
        for case in self._named[:MOST_LOOKED_AT]:
            await self._ask(case, is_listed=False)
        if self._is_done:
            return
        listed = [str(found["id"]) for found in await find_cases(self._server, everything=True)]
        others = [case for case in listed if case not in self._asked]
        self.not_asked = len(others[MOST_LOOKED_AT:])
        for case in others[:MOST_LOOKED_AT]:
            await self._ask(case, is_listed=True)
            if self._is_done:
                self.not_asked = 0
                return

    @property
    def _is_done(self) -> bool:
        return self._wanted <= self._found.keys()

    async def _ask(self, name: str, *, is_listed: bool) -> None:
        self._asked.add(name)
        try:
            view = await dialogue.ask(self._server, name)
        except Refused:  # a subject can name anything; one that is listed and silent is said
            if is_listed:
                self.silent.append(name)
            return
        for letter in view.case.all_letters:
            for recipient in recipients_of(letter):
                digest = letter_digest(view.case.id, recipient.address, letter.key)
                if digest in self._wanted:
                    self._found[digest] = Origin(view, letter, recipient)

    def trace(self, mail: str, notification: Notification) -> list[Traced]:
        """Return what a notification says, recipient by recipient."""
        origin = self._found.get(digest_in(notification.message_id))
        return [_traced(mail, origin, fate) for fate in notification.fates]


def _traced(mail: str, origin: Origin | None, fate: Fate) -> Traced:
    found = Traced(
        mail=mail,
        case=origin.view.case.id if origin else "",
        letter=origin.letter if origin else None,
        address=fate.addresses[0],
        kind=fate.kind,
        status=fate.status,
        done=NOT_FOUND,
    )
    if origin is None:
        return found
    if not any(_same_mailbox(origin.recipient.address, address) for address in fate.addresses):
        return found.with_done(OTHER_ADDRESS)
    found = replace(found, address=origin.recipient.address)
    if fate.kind is None:
        return found.with_done(f"{NOTHING}: {fate.action}")
    case = origin.view.case
    if found.returned.identity in {bounce.identity for bounce in case.bounces}:
        return found.with_done(KNOWN)
    return found.with_done(CLOSED if case.closing else TO_RECORD)


def _same_mailbox(one: str, other: str) -> bool:
    return _in_ascii(one) == _in_ascii(other)


def _in_ascii(address: str) -> str:
    """Return an address with its domain as mail servers write it."""
    local_part, at, domain = address.casefold().rpartition("@")
    if domain.isascii():
        return f"{local_part}{at}{domain}"
    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return address.casefold()
    return f"{local_part}{at}{found.ascii_domain.casefold()}"


def each_once(traced: Iterable[Traced]) -> list[Traced]:
    """Return them with what came twice, in several mails, to be recorded only once."""
    seen: set[tuple[str, tuple[str, str, BounceKind]]] = set()
    result = []
    for found in traced:
        is_again = found.done == TO_RECORD and found.identity in seen
        if found.done == TO_RECORD:
            seen.add(found.identity)
        result.append(found.with_done(KNOWN) if is_again else found)
    return result
