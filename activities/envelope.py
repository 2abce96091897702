"""One letter as one recipient gets it: its headers, its identity, its bytes."""

import hashlib
import re
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from functools import cached_property

from email_validator import validate_email

from tacenda.contract import Letter
from tacenda.errors import BadInput
from tacenda.fields import has_control_characters
from tacenda.models import Recipient

_AS_IT_IS = re.compile(r"(?:(?!From )[\t\x20-\x7e]{0,998}(?<![\t ])\n)*")
"""A text that every relay and mailbox passes on unchanged without any encoding."""

_LINE_END = re.compile(r"\r?\n")


def _headers() -> HeaderRegistry:
    """Return header types that keep a long identifier whole: a generic one folds it."""
    registry = HeaderRegistry()
    for name in ("in-reply-to", "references"):
        registry.map_to_type(name, MessageIDHeader)  # type: ignore[arg-type]  # a mixin
    return registry


_POLICY = SMTP.clone(header_factory=_headers())
_POLICY_UTF8 = _POLICY.clone(utf8=True)


_LOCAL_PART = re.compile(r"[^\s\x00-\x1f\x7f\"\\(),:;<>@\[\]]+")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+")


class HeaderRefused(Exception):
    """A header cannot be written safely; its message quotes nothing."""


@dataclass(frozen=True)
class Mailbox:
    """A mailbox with its domain in ASCII, so that most relays can take it."""

    name: str
    local_part: str
    domain: str

    @classmethod
    def of(cls, address: str, name: str = "") -> "Mailbox":
        """Return the mailbox of `address`. Raises `ValueError` when it is not one."""
        local_part, _, domain = address.rpartition("@")
        if not domain.isascii():
            domain = validate_email(address, check_deliverability=False).ascii_domain
        if not (_LOCAL_PART.fullmatch(local_part) and _DOMAIN.fullmatch(domain)):
            raise ValueError("not an address")
        return cls(name, local_part, domain)

    @property
    def address(self) -> str:
        """The bare address."""
        return self.header.addr_spec

    @property
    def header(self) -> Address:
        """The mailbox as a header names it."""
        return Address(self.name, self.local_part, self.domain)


def sender_from(written: str) -> Mailbox:
    """Return the mailbox that letters come from.

    Raises `BadInput` when `written` is no address.
    """
    name, address = parseaddr(written)
    try:
        return Mailbox.of(address, name)
    except ValueError:
        raise BadInput(
            "[mail] sender is not an address. Write it as: Product Security <psirt@example.org>."
        ) from None


@dataclass(frozen=True)
class Envelope:
    """What the relay gets: the two addresses outside, and the letter as bytes.

    `needs_utf8` says that an address can only be written in UTF-8 (RFC 6531).
    """

    sender: str
    recipient: str
    needs_utf8: bool
    content: bytes


def message_id(letter: Letter, recipient: Recipient, domain: str) -> str:
    """Return the identity of `letter` for `recipient`: the same however often it is sent."""
    return _identifier(domain, letter.facts.case_id, recipient.address.casefold(), letter.key)


def _thread_root(letter: Letter, recipient: Recipient, domain: str) -> str:
    """Return what all letters of a case to one mailbox answer to, and no others."""
    return _identifier(domain, letter.facts.case_id, recipient.address.casefold())


def _identifier(domain: str, *parts: str) -> str:
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"<{digest[:32]}@{domain}>"


@dataclass(frozen=True)
class Stationery:
    """What the recipients of one letter share; `to` writes it to one of them."""

    letter: Letter
    sender: Mailbox
    subject: str
    text: str

    def to(self, recipient: Recipient) -> Envelope:
        """Return the letter to `recipient`, who learns of no other.

        Raises `ValueError` when the address is none, and `HeaderRefused`.
        """
        mailbox, domain = Mailbox.of(recipient.address), self.sender.domain
        root = _thread_root(self.letter, recipient, domain)
        message = self._message(
            {
                "To": mailbox.header,
                "Subject": f"{recipient.subject_prefix} {self.subject}".strip(),
                "Message-ID": message_id(self.letter, recipient, domain),
                "In-Reply-To": root,
                "References": root,
            }
        )
        sender, address = self.sender.address, mailbox.address
        needs_utf8 = not (sender + address).isascii()
        policy = _POLICY_UTF8 if needs_utf8 else _POLICY
        return Envelope(sender, address, needs_utf8, message.as_bytes(policy=policy))

    def check(self) -> None:
        """Raise `HeaderRefused` when what all recipients share cannot be sent to any."""
        self._message({})

    def _message(self, own_headers: dict[str, str | Address]) -> EmailMessage:
        message = EmailMessage(policy=_POLICY)
        for name, value in {**self._shared_headers, **own_headers}.items():
            _assign(message, name, value)
        message.set_payload(self._body[1])
        return message

    @property
    def _shared_headers(self) -> dict[str, str | datetime | Address]:
        return {
            "From": self.sender.header,
            "Subject": self.subject,
            "Date": self.letter.facts.now,
            "Auto-Submitted": "auto-generated",
            "X-Tacenda-Kind": self.letter.kind.value,
            "MIME-Version": "1.0",
            "Content-Type": 'text/plain; charset="utf-8"',
            "Content-Transfer-Encoding": self._body[0],
        }

    @cached_property
    def _body(self) -> tuple[str, str]:
        if _AS_IT_IS.fullmatch(self.text):
            return "7bit", self.text
        return "quoted-printable", _quoted_printable(self.text)


def _assign(message: EmailMessage, name: str, value: str | datetime | Address) -> None:
    """Set a header, unless it holds a control character once it has been parsed.

    Parsing decodes encoded words, and before Python 3.11.10 a line break hidden in one was
    written out as a line break (CVE-2024-6923): a reporter could add headers of their own.
    """
    try:
        message[name] = value
        safe = not has_control_characters(str(message[name]))
    except Exception:  # the parser fails on some malformed values, in several ways
        safe = False
    if not safe:
        raise HeaderRefused(f"The header {name} of the letter cannot be written safely.") from None


def _quoted_printable(text: str) -> str:
    """Return `text` so that decoding gives it back, to the last blank and line end.

    `EmailMessage.set_content` would add a line end to a text that has none, and turn a
    lone carriage return into one.
    """
    *lines, rest = [line.encode() for line in _LINE_END.split(text)]
    encoded = [_quoted_line(line) for line in lines]
    # A line break that does not count ends a text that has none; a byte keeps room for it.
    last = _quoted_line(rest + b"\0").removesuffix("=00").removesuffix("=\n")
    return "\n".join([*encoded, last + "=" if rest else ""])


def _quoted_line(line: bytes) -> str:
    if line.startswith(b"From "):  # a mailbox file would say ">From "
        return "=46=\n" + b2a_qp(line[1:], istext=False).decode()
    return b2a_qp(line, istext=False).decode()
