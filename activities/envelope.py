"""One letter as one recipient gets it: its headers, its identity, its bytes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import parseaddr
from functools import cached_property
from typing import Any

from email_validator import validate_email

from activities.openpgp import encrypted, signed
from activities.parts import Part, text_part, with_files
from tacenda.errands import Letter
from tacenda.errors import BadInput
from tacenda.fields import has_control_characters
from tacenda.identities import message_id_of, thread_root_of
from tacenda.letters import Recipient
from tacenda.models import Audience
from tacenda.openpgp import PublicKey, SigningKey


class _Identifiers(BaseHeader):
    """Message-IDs, each kept whole: other headers fold or encode one that is long or odd."""

    max_count = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        kwds.update(decoded=value, parse_tree=None)

    def fold(self, *, policy: Policy) -> str:
        """Return the header; an identifier begins a line where that makes the line fit."""
        longest = policy.max_line_length or 998
        lines = [f"{self.name}:"]
        for identifier in self.split():
            if len(lines[-1]) + 1 + len(identifier) > longest > len(identifier):
                lines.append("")
            lines[-1] += f" {identifier}"
        return policy.linesep.join([*lines, ""])


def _headers() -> HeaderRegistry:
    registry = HeaderRegistry()
    for name in ("in-reply-to", "references"):
        registry.map_to_type(name, _Identifiers)
    return registry


_POLICY = SMTP.clone(header_factory=_headers())
_POLICY_UTF8 = _POLICY.clone(utf8=True)

_PROTECTED = ("From", "To", "Subject", "Date", "Message-ID")
"""The headers that an encrypted letter holds inside as well."""

_LOCAL_PART = re.compile(r"[^\s\x00-\x1f\x7f\"\\(),:;<>@\[\]]+")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+")


class HeaderRefused(Exception):
    """A header cannot be written safely; its message quotes nothing."""


@dataclass(frozen=True, repr=False)
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


@dataclass(frozen=True, repr=False)
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
    return message_id_of(letter.facts.case_id, recipient.address, letter.key, domain)


@dataclass(frozen=True, repr=False)
class Stationery:
    """What the recipients of one letter share; `to` writes it to one of them."""

    letter: Letter
    sender: Mailbox
    subject: str
    text: str
    signing: SigningKey | None = None

    def to(
        self, recipient: Recipient, key: PublicKey | None = None, *, is_public: bool = False
    ) -> Envelope:
        """Return the letter to `recipient`, who learns of no other.

        It is encrypted to `key`, where there is one, and tells nothing but the case outside;
        one that is public is signed. Raises `ValueError` when the address is none,
        `HeaderRefused`, and `KeyUnusable`.
        """
        mailbox = Mailbox.of(recipient.address)
        sender, address = self.sender.address, mailbox.address
        needs_utf8 = not (sender + address).isascii()
        policy = _POLICY_UTF8 if needs_utf8 else _POLICY
        own, body = self._own_headers(recipient, mailbox), self._body
        if key:
            body = self._encrypted(own, key, policy)
            subject = _prefixed(recipient, self.letter.facts.case_id)
            own |= _headers_from({"Subject": subject})
        elif is_public and self.signing:
            body = self._signed
        message = EmailMessage(policy=_POLICY)
        for name, header in {**self._shared_headers, **_headers_of(body), **own}.items():
            message[name] = header
        message.set_payload(body.content)
        return Envelope(sender, address, needs_utf8, message.as_bytes(policy=policy))

    def check(self) -> None:
        """Raise `HeaderRefused` when what all recipients share cannot be sent to any."""
        _ = self._shared_headers

    @cached_property
    def _shared_headers(self) -> dict[str, BaseHeader]:
        return _headers_from(
            {
                "From": self.sender.header,
                "Subject": self.subject,
                "Date": self.letter.facts.now,
                "Auto-Submitted": "auto-generated",
                "X-Tacenda-Kind": self.letter.kind.value,
                "MIME-Version": "1.0",
            }
        )

    def _own_headers(self, recipient: Recipient, mailbox: Mailbox) -> dict[str, BaseHeader]:
        domain = self.sender.domain
        root = thread_root_of(self.letter.facts.case_id, recipient.address, domain)
        answered = self.letter.answers if recipient.audience == Audience.REPORTER else ""
        return _headers_from(
            {
                "To": mailbox.header,
                "Subject": _prefixed(recipient, self.subject),
                "Message-ID": message_id(self.letter, recipient, domain),
                "In-Reply-To": answered or root,
                "References": f"{answered} {root}".strip(),
            }
        )

    def _encrypted(self, own: Mapping[str, BaseHeader], key: PublicKey, policy: Policy) -> Part:
        headers = {**self._shared_headers, **own}
        inside = "".join(headers[name].fold(policy=policy) for name in _PROTECTED)
        return encrypted(self._body, inside, key, self.signing, self._seed)

    @cached_property
    def _body(self) -> Part:
        text, letter = text_part(self.text), self.letter
        if not letter.attachments:
            return text
        return with_files(text, letter.attachments, self._seed)

    @cached_property
    def _signed(self) -> Part:
        assert self.signing
        return signed(self._body, self.signing, self._seed)

    @property
    def _seed(self) -> str:
        return f"{self.letter.facts.case_id}\n{self.letter.key}"


def _prefixed(recipient: Recipient, subject: str) -> str:
    return f"{recipient.subject_prefix} {subject}".strip()


def _headers_of(body: Part) -> dict[str, BaseHeader]:
    values = {"Content-Type": body.type, "Content-Transfer-Encoding": body.encoding}
    return _headers_from({name: value for name, value in values.items() if value})


def _headers_from(values: Mapping[str, str | datetime | Address]) -> dict[str, BaseHeader]:
    return {name: _header(name, value) for name, value in values.items()}


def _header(name: str, value: str | datetime | Address) -> BaseHeader:
    """Return a header, unless it holds a control character once it has been parsed.

    Parsing decodes encoded words, and before Python 3.11.10 a line break hidden in one was
    written out as a line break (CVE-2024-6923): a reporter could add headers of their own.
    """
    try:
        header: BaseHeader = _POLICY.header_store_parse(name, value)[1]
        safe = not has_control_characters(str(header))
    except Exception:  # the parser fails on some malformed values, in several ways
        safe = False
    if not safe:
        raise HeaderRefused(f"The header {name} of the letter cannot be written safely.") from None
    return header
