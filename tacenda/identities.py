"""By which identity a letter is known: its Message-ID, the same however often it is sent."""

import hashlib
import re

_OURS = re.compile(r"<([0-9a-f]{32})@[^<>@\s]+>")


def message_id_of(case_id: str, address: str, key: str, domain: str) -> str:
    """Return the Message-ID of the letter `key` of a case to `address`, sent from `domain`."""
    return f"<{letter_digest(case_id, address, key)}@{domain}>"


def thread_digest(case_id: str, address: str) -> str:
    """Return what stands before the @ of what all letters of a case to one mailbox answer to."""
    return _digest(case_id, address.casefold())


def letter_digest(case_id: str, address: str, key: str) -> str:
    """Return what stands before the @: the domain may be another since the letter left."""
    return _digest(case_id, address.casefold(), key)


def digest_in(message_id: str) -> str:
    """Return what stands before the @ of a Message-ID that can be ours, else nothing."""
    found = _OURS.fullmatch(message_id)
    return found[1] if found else ""


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
