"""One letter as one recipient gets it: its headers, its identity, its bytes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.headerregistry import BaseHeader
from email.message import EmailMessage
from email.policy import Policy
from functools import cached_property
from typing import Self

from activities.calendars import calendar_parts
from activities.headers import POLICY, POLICY_UTF8, Mailbox, headers_from
from activities.openpgp import encrypted, signed
from activities.parts import Part, text_part, with_files
from tacenda.errands import Letter
from tacenda.identities import letter_digest, message_id_of, thread_digest
from tacenda.letters import Recipient
from tacenda.models import Audience
from tacenda.openpgp import PublicKey, SigningKey

_PROTECTED = ("From", "To", "Subject", "Date", "Message-ID")
"""The headers that an encrypted letter holds inside as well."""

_DIGEST = 32
_OF_THIS, _OF_THE_THREAD = "0" * _DIGEST, "1" * _DIGEST
"""What stands in the headers of a letter that is copied, until it has a recipient."""
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
)
_LONGEST_PLAIN_ADDRESS = 70
"""Whoever has such an address is written to as everybody else is, and on one line."""

_LINE_END = re.compile(rb"\r\n|\n|\r")
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, repr=False)
class Body:
    """The bytes below the headers, which many recipients share."""

    content: bytes

    @cached_property
    def on_the_wire(self) -> bytes:
        """The bytes as SMTP sends them: lines that end alike, none of them a lone dot."""
        return _as_sent(self.content)


@dataclass(frozen=True, repr=False)
class Envelope:
    """What the relay gets: the two addresses outside, and the letter as bytes.

    `needs_utf8` says that an address can only be written in UTF-8 (RFC 6531).
    """

    sender: str
    recipient: str
    needs_utf8: bool
    headers: bytes
    body: Body

    @property
    def content(self) -> bytes:
        """The letter."""
        return self.headers + self.body.content

    @property
    def on_the_wire(self) -> tuple[bytes, bytes]:
        """The letter as SMTP sends it, but for the dot at its end; the second part is shared."""
        return self.headers, self.body.on_the_wire

    @property
    def size(self) -> int:
        """How many bytes the letter has."""
        return len(self.headers) + len(self.body.content)


def message_id(letter: Letter, recipient: Recipient, domain: str) -> str:
    """Return the identity of `letter` for `recipient`: the same however often it is sent."""
    return message_id_of(letter.facts.case_id, recipient.address, letter.key, domain)


def _digest_of_this(letter: Letter, recipient: Recipient) -> str:
    return letter_digest(letter.facts.case_id, recipient.address, letter.key)


@dataclass(frozen=True, repr=False)
class Stationery:
    """What the recipients of one letter share; `to` writes it to one of them.

    What is for the `calendar` names its owner: each recipient has a body of their own then.
    """

    letter: Letter
    sender: Mailbox
    subject: str
    text: str
    signing: SigningKey | None = None
    calendar: tuple[Part, ...] | None = None
    _bodies: dict[bool, Body] = field(default_factory=dict, compare=False)
    _heads: dict[tuple[bool, str], tuple[str, str]] = field(default_factory=dict, compare=False)

    def to(
        self, recipient: Recipient, key: PublicKey | None = None, *, is_public: bool = False
    ) -> Envelope:
        """Return the letter to `recipient`, who learns of no other.

        It is encrypted to `key`, where there is one, and tells nothing but the case outside;
        one that is public is signed. Raises `ValueError` when the address is none,
        `HeaderRefused`, and `KeyUnusable`.
        """
        if self.letter.facts.calendar and self.calendar is None:
            return self._with_calendar(recipient).to(recipient, key, is_public=is_public)
        is_signed = key is None and is_public and self.signing is not None
        if key is None and self._is_plain(recipient):
            return self._copy(recipient, is_signed=is_signed)
        mailbox = Mailbox.of(recipient.address)
        own = self._own_headers(
            recipient, mailbox, _digest_of_this(self.letter, recipient), self._root(recipient)
        )
        return self._written(recipient, mailbox, own, key, is_signed=is_signed)

    def _with_calendar(self, recipient: Recipient) -> Self:
        parts = tuple(calendar_parts(self.letter, self.sender.address, recipient))
        return replace(self, calendar=parts, _bodies={}, _heads={})

    def check(self) -> None:
        """Raise `HeaderRefused` when what all recipients share cannot be sent to any."""
        _ = self._shared_headers

    def _is_plain(self, recipient: Recipient) -> bool:
        """Whether nothing in the headers to `recipient` takes more than copying."""
        address = recipient.address
        is_short = len(address) <= _LONGEST_PLAIN_ADDRESS and self.sender.address.isascii()
        answers = self.letter.answers and recipient.audience == Audience.REPORTER
        return is_short and not answers and _PLAIN_ADDRESS.fullmatch(address) is not None

    def _copy(self, recipient: Recipient, *, is_signed: bool) -> Envelope:
        """Return the letter with headers that were written once, but for what is the recipient's.

        Where they are folded depends on nothing of that.
        """
        before, after = self._head(recipient, is_signed=is_signed)
        own = after.replace(f"<{_OF_THIS}", f"<{_digest_of_this(self.letter, recipient)}")
        own = own.replace(f"<{_OF_THE_THREAD}", f"<{self._root(recipient)}")
        headers = f"{before}To: {recipient.address}\r\n{own}".encode("ascii")
        address = recipient.address
        return Envelope(self.sender.address, address, False, headers, self._body_for(is_signed))

    def _head(self, recipient: Recipient, *, is_signed: bool) -> tuple[str, str]:
        """Return what stands before the To of those who have the same prefix, and what after."""
        known = (is_signed, recipient.subject_prefix)
        if known not in self._heads:
            mailbox = Mailbox.of(recipient.address)
            own = self._own_headers(recipient, mailbox, _OF_THIS, _OF_THE_THREAD)
            sample = self._written(recipient, mailbox, own, None, is_signed=is_signed)
            before, to, after = sample.headers.decode("ascii").partition(
                f"\r\nTo: {recipient.address}\r\n"
            )
            assert to
            self._heads[known] = (before + "\r\n", after)
        return self._heads[known]

    def _body_for(self, is_signed: bool) -> Body:
        if is_signed not in self._bodies:
            body = self._signed if is_signed else self._body
            self._bodies[is_signed] = _body_of(body, POLICY)
        return self._bodies[is_signed]

    def _written(
        self,
        recipient: Recipient,
        mailbox: Mailbox,
        own: Mapping[str, BaseHeader],
        key: PublicKey | None,
        *,
        is_signed: bool,
    ) -> Envelope:
        """Return the letter, each of its headers written as the library does."""
        sender, address = self.sender.address, mailbox.address
        needs_utf8 = not (sender + address).isascii()
        policy = POLICY_UTF8 if needs_utf8 else POLICY
        part = self._signed if is_signed else self._body
        if key:
            part = self._encrypted(own, key, policy)
            subject = _prefixed(recipient, self.letter.facts.case_id)
            own = {**own, **headers_from({"Subject": subject})}
        headers = {**self._shared_headers, **_headers_of(part), **own}
        body = _body_of(part, policy) if key else self._body_for(is_signed)
        return Envelope(sender, address, needs_utf8, _bytes_of(headers, policy), body)

    @cached_property
    def _shared_headers(self) -> dict[str, BaseHeader]:
        return headers_from(
            {
                "From": self.sender.header,
                "Subject": self.subject,
                "Date": self.letter.facts.now,
                "Auto-Submitted": "auto-generated",
                "X-Tacenda-Kind": self.letter.kind.value,
                "MIME-Version": "1.0",
            }
        )

    def _own_headers(
        self, recipient: Recipient, mailbox: Mailbox, this: str, thread: str
    ) -> dict[str, BaseHeader]:
        domain = self.sender.domain
        root = f"<{thread}@{domain}>"
        answered = self.letter.answers if recipient.audience == Audience.REPORTER else ""
        return headers_from(
            {
                "To": mailbox.header,
                "Subject": _prefixed(recipient, self.subject),
                "Message-ID": f"<{this}@{domain}>",
                "In-Reply-To": answered or root,
                "References": f"{answered} {root}".strip(),
            }
        )

    def _root(self, recipient: Recipient) -> str:
        return thread_digest(self.letter.facts.case_id, recipient.address)

    def _encrypted(self, own: Mapping[str, BaseHeader], key: PublicKey, policy: Policy) -> Part:
        headers = {**self._shared_headers, **own}
        inside = "".join(headers[name].fold(policy=policy) for name in _PROTECTED)
        return encrypted(self._body, inside, key, self.signing, self._seed)

    @cached_property
    def _body(self) -> Part:
        text, letter = text_part(self.text), self.letter
        if not (letter.attachments or self.calendar):
            return text
        return with_files(text, letter.attachments, self._seed, self.calendar or ())

    @cached_property
    def _signed(self) -> Part:
        assert self.signing
        return signed(self._body, self.signing, self._seed)

    @property
    def _seed(self) -> str:
        return f"{self.letter.facts.case_id}\n{self.letter.key}"


def _prefixed(recipient: Recipient, subject: str) -> str:
    return f"{recipient.subject_prefix} {subject}".strip()


def _headers_of(part: Part) -> dict[str, BaseHeader]:
    values = {"Content-Type": part.type, "Content-Transfer-Encoding": part.encoding}
    return headers_from({name: value for name, value in values.items() if value})


def _bytes_of(headers: Mapping[str, BaseHeader], policy: Policy) -> bytes:
    """Return the lines of headers, and the empty one below them."""
    message = EmailMessage(policy=POLICY)
    for name, header in headers.items():
        message[name] = header
    message.set_payload("")
    return message.as_bytes(policy=policy)


def _body_of(part: Part, policy: Policy) -> Body:
    """Return a body as bytes: how the library writes it depends on what it says it is."""
    message = EmailMessage(policy=POLICY)
    for name, header in _headers_of(part).items():
        message[name] = header
    message.set_payload(part.content)
    return Body(message.as_bytes(policy=policy).partition(b"\r\n\r\n")[2])


def _as_sent(content: bytes) -> bytes:
    lines = _LINE_END.sub(b"\r\n", content)
    if lines and not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return _DOT.sub(b"..", lines)
