"""The headers of a letter and the mailboxes that they name, written so that none adds another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.policy import SMTP, Policy
from email.utils import parseaddr
from functools import cached_property
from typing import Any

from email_validator import validate_email

from tacenda.errors import BadInput
from tacenda.fields import has_control_characters


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


POLICY = SMTP.clone(header_factory=_headers())
POLICY_UTF8 = POLICY.clone(utf8=True)

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

    @cached_property
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


def headers_from(values: Mapping[str, str | datetime | Address]) -> dict[str, BaseHeader]:
    """Return headers by name. Raises `HeaderRefused`."""
    return {name: _header(name, value) for name, value in values.items()}


def _header(name: str, value: str | datetime | Address) -> BaseHeader:
    """Return a header, unless it holds a control character once it has been parsed.

    Parsing decodes encoded words, and before Python 3.11.10 a line break hidden in one was
    written out as a line break (CVE-2024-6923): a reporter could add headers of their own.
    """
    try:
        header: BaseHeader = POLICY.header_store_parse(name, value)[1]
        safe = not has_control_characters(str(header))
    except Exception:  # the parser fails on some malformed values, in several ways
        safe = False
    if not safe:
        raise HeaderRefused(f"The header {name} of the letter cannot be written safely.") from None
    return header
