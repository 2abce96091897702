"""A mailer for stories: it keeps every letter in memory, and misbehaves as it is told to."""

from datetime import datetime, timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from tacenda.errands import Books, Delivery, Letter, Page
from tacenda.letters import Recipient
from tacenda.models import Kind, Stop


class Mailroom:
    """A mailer that keeps every letter, and can be told to be closed or to refuse.

    While it is not open, `stop` is why.
    """

    def __init__(self) -> None:
        """Open for business."""
        self.letters: list[tuple[Letter, Recipient]] = []
        self.refuses: set[str] = set()
        self.puts_off: set[str] = set()
        self.withholds: set[str] = set()
        self.is_open = True
        self.stop = Stop.UNREACHABLE
        self.pause = timedelta(minutes=1)
        self.attempts = 0
        self.pages: list[Page] = []
        self.closed_books: list[str] = []

    @activity.defn(name="deliver")
    async def deliver(self, letter: Letter) -> Delivery:
        """Deliver as the real one does, into memory."""
        now = activity.info().current_attempt_scheduled_time
        known = (letter.key, letter.facts.case_id)
        got_it = {to.address for x, to in self.letters if (x.key, x.facts.case_id) == known}
        have_it = got_it & {recipient.address for recipient in letter.recipients}
        if letter.only_asks:
            has_it = tuple(r for r in letter.recipients if r.address in have_it)
            return Delivery(letter=letter.key, delivered=has_it)
        if letter.not_after and now > letter.not_after and not have_it:
            return Delivery(letter=letter.key, held=True)
        if not self.is_open:
            return self._later(letter, now, letter.recipients, stop=self.stop)
        self.attempts += letter.kind is Kind.VENDOR_NOTICE
        put_off = tuple(r for r in letter.recipients if r.address in self.puts_off - have_it)
        withheld = tuple(a.address for a in letter.recipients if a.address in self.withholds)
        failed = tuple(r for r in letter.recipients if r.address in {*self.refuses, *withheld})
        delivered = tuple(r for r in letter.recipients if r not in (*failed, *put_off))
        self.letters += [(letter, r) for r in delivered if r.address not in have_it]
        answer = Delivery(
            letter=letter.key,
            failed=failed,
            rest=True,
            withheld=withheld,
            troubles=tuple(f"{address} has no key." for address in withheld),
            sha256="0" * 64,
        )
        if not put_off:
            return answer
        later = self._later(letter, now, put_off)
        gone = {"failed": (*failed, *later.failed), "pending": later.pending, "again": later.again}
        return answer.model_copy(update=gone)

    @activity.defn(name="page")
    async def page(self, page: Page) -> None:
        """Remember who was paged."""
        self.pages.append(page)

    @activity.defn(name="close_books")
    async def close_books(self, books: Books) -> None:
        """Remember which cases need no ledger any more."""
        self.closed_books.append(books.case_id)

    def kinds(self, address: str | None = None) -> list[Kind]:
        """Return the kinds of the letters, to everybody or to one address, in order."""
        return [
            letter.kind
            for letter, recipient in self.letters
            if address is None or recipient.address == address
        ]

    def to(self, kind: Kind) -> list[str]:
        """Return who got letters of a kind, in order."""
        return [recipient.address for letter, recipient in self.letters if letter.kind is kind]

    def post(self) -> dict[str, list[str]]:
        """Return the whole post: for each mailbox the kinds of its letters, in order.

        The order is that in which the letters were put on their way. Those of one instant
        have none, and stand in that of `Kind`. Letters for calendars are left out: they say
        again what the others do, and have stories of their own.
        """
        kinds = list(Kind)
        post: dict[str, list[str]] = {}
        in_order = sorted(self.letters, key=lambda s: (s[0].facts.now, kinds.index(s[0].kind)))
        for letter, recipient in in_order:
            if letter.kind is Kind.CALENDAR:
                continue
            post.setdefault(recipient.address, []).append(letter.kind.value)
        return post

    def letter(self, kind: Kind, address: str, number: int = 0) -> Letter:
        """Return the first letter of a kind to an address, or one that came after it."""
        found = [x for x, to in self.letters if x.kind is kind and to.address == address]
        return found[number]

    def _later(
        self,
        letter: Letter,
        now: datetime,
        waiting: tuple[Recipient, ...],
        stop: Stop | None = None,
    ) -> Delivery:
        """Say of those who wait that they do, or raise to be tried again, as the real one."""
        again = now + self.pause
        is_early = letter.answer_by is None or again < letter.answer_by
        if is_early and (letter.answer_by is None or len(waiting) == len(letter.recipients)):
            raise ApplicationError("later", type="MailDeferred", next_retry_delay=self.pause)
        if letter.gives_up and not is_early:
            return Delivery(letter=letter.key, failed=waiting, rest=True, stopped=stop)
        answer = Delivery(letter=letter.key, pending=waiting, rest=True, stopped=stop)
        return answer.model_copy(update={"again": again})
