"""A delivery status notification (RFC 3464, and 6533 for addresses in UTF-8) taken apart.

It is a mail that anybody can write. What can be read for certain comes out, and nothing is
guessed: for anything else `BadInput` says why it is skipped. No sentence quotes the mail.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from email.header import decode_header, make_header

from tacenda.bounces import STATUS, Action, BounceKind, kind_of
from tacenda.errors import BadInput
from tacenda.fields import CASE_ID, Value
from tacenda.mailparts import Part, contents_of

MAX_BYTES = 5 * 1024 * 1024
MOST_COMPARISONS = 100_000_000
MOST_FATES = 100
MAX_STATUS_BYTES = 256 * 1024
MAX_HEADER_BYTES = 64 * 1024
LONGEST_ADDRESS = 1000

TOO_LARGE = f"it is larger than {MAX_BYTES // 1024**2} MB"
BROKEN = "it cannot be taken apart: its parts lie too deep, or its headers are broken"
NO_NOTIFICATION = "it is no delivery status notification"
IN_WORDS = (
    "it is a bounce in words only, without a delivery status that a program can read: read it "
    "yourself"
)
RECEIPT = "it is a read receipt"
NO_STATUS = "its delivery status names no recipient with an action and a status"
NO_LETTER = "it does not say which letter it is about: it returns no Message-ID"

_STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status"}
_RETURNED_TYPES = {
    "text/rfc822-headers",
    "text/rfc822",
    "message/rfc822",
    "message/rfc822-headers",
    "message/global",
    "message/global-headers",
}
_FIELD = re.compile(r"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_HEX = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_NOTIFYING = (b"delivery-status", b"disposition-notification")
_BOUNCERS = ("mailer-daemon", "postmaster", "mail delivery sub", "mail delivery sys")


class Fate(Value):
    """What became of a letter on its way to one recipient, who is named by up to two addresses."""

    addresses: tuple[str, ...]
    action: Action
    status: str

    @property
    def kind(self) -> BounceKind | None:
        """How bad it is, or None if it is not."""
        return kind_of(self.action, self.status)


class Notification(Value):
    """What a notification says: about which letter, and what became of it.

    `cases` are the ids of cases that stand in the subject of the letter it returns.
    """

    message_id: str
    cases: tuple[str, ...]
    fates: tuple[Fate, ...]


def read_notification(content: bytes) -> Notification:
    """Return what the mail `content` notifies us of. Raises `BadInput` with a reason to skip it."""
    headers, parts = _opened(content)
    _refuse_other_mail(headers, {kind for kind, _ in parts})
    status = next(data for kind, data in parts if kind in _STATUS_TYPES)
    whole, *blocks = _blocks(status)
    fates = tuple(fate for block in blocks[:MOST_FATES] if (fate := _fate(block)))
    if not fates:
        raise BadInput(NO_STATUS)
    returned = [_fields(_head_of(data)) for kind, data in parts if kind in _RETURNED_TYPES]
    # Gmail names the letter here too, for it does not always return one.
    letter = returned[0] if returned else {"message-id": whole.get("x-original-message-id", [])}
    identities = _MESSAGE_ID.findall(" ".join(letter.get("message-id", [])))
    if len(identities) != 1:
        raise BadInput(NO_LETTER)
    subject = " ".join(map(_decoded, letter.get("subject", [])))
    cases = tuple(dict.fromkeys(CASE_ID.findall(subject)))[:3]
    return Notification(message_id=identities[0], cases=cases, fates=fates)


def _opened(content: bytes) -> tuple[Part, tuple[tuple[str, bytes], ...]]:
    if len(content) > MAX_BYTES:
        raise BadInput(TOO_LARGE)
    if not any(word in content.lower() for word in _NOTIFYING):
        content = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]  # its headers say what it is
    # Python compares each line with the end of each part that is open.
    if content.count(b"\n") * content.lower().count(b"boundary") > MOST_COMPARISONS:
        raise BadInput(BROKEN)
    try:
        return contents_of(content)
    except Exception:  # Python fails on a broken header in several ways
        raise BadInput(BROKEN) from None


def _refuse_other_mail(headers: Part, types: set[str]) -> None:
    is_report = headers.get_content_type() == "multipart/report"
    if is_report and types & _STATUS_TYPES:
        return
    if is_report and types & {"message/disposition-notification"}:
        raise BadInput(RECEIPT)
    sender = str(headers.get("From", "")).lower()
    is_bounce = str(headers.get("Return-Path", "")).replace(" ", "") == "<>"
    if is_bounce or "X-Failed-Recipients" in headers or any(b in sender for b in _BOUNCERS):
        raise BadInput(IN_WORDS)
    raise BadInput(NO_NOTIFICATION)


def _blocks(status: bytes) -> list[dict[str, list[str]]]:
    """Return the groups of fields of a delivery status: that of the letter comes first."""
    text = status[:MAX_STATUS_BYTES].decode("utf-8", "replace").replace("\r\n", "\n").strip("\n")
    groups = (group for group in re.split(r"\n[ \t]*\n", text) if group.strip())
    blocks = [_fields(group) for group in groups]
    # Some servers leave the group of the letter out, or write no empty line after it.
    is_whole = not blocks or "action" not in blocks[0]
    return (blocks or [{}]) if is_whole else [blocks[0], *blocks]


def _head_of(data: bytes) -> str:
    """Return the headers of a returned letter, or of the part that holds only them."""
    text = data[:MAX_HEADER_BYTES].replace(b"\r\n", b"\n").lstrip(b"\n")
    return text.partition(b"\n\n")[0].decode("utf-8", "replace")


def _fields(text: str) -> dict[str, list[str]]:
    """Return header fields by their names in lower case, each with its values unfolded."""
    fields: dict[str, list[str]] = {}
    for line in re.sub(r"\n(?=[ \t])", "", text).split("\n"):
        if found := _FIELD.fullmatch(line):
            fields.setdefault(found[1].lower(), []).append(found[2].strip())
    return fields


def _fate(block: dict[str, list[str]]) -> Fate | None:
    """Return what became of a letter; None where a field is missing, double, or contradicts."""
    action = _only(block, "action").partition(";")[0].strip().lower()
    status = STATUS.match(_only(block, "status"))
    addresses = tuple(dict.fromkeys(_addresses(block)))
    if action not in set(Action) or not status or not addresses:
        return None
    if action == Action.FAILED and status[0].startswith("2."):
        return None
    code = _more_exact(status[0], _only(block, "diagnostic-code"))
    return Fate(addresses=addresses, action=Action(action), status=code)


def _only(block: dict[str, list[str]], name: str) -> str:
    values = block.get(name, [])
    return values[0] if len(values) == 1 else ""


def _more_exact(status: str, diagnostic: str) -> str:
    """Return the status that their server itself gave, where ours only says 5.0.0, as Exim does."""
    if not status.endswith(".0.0") or not diagnostic.lower().startswith("smtp"):
        return status
    said = re.match(rf"smtp[ \t]*;[ \t]*[45][0-9][0-9][ -]({STATUS.pattern})\b", diagnostic, re.I)
    return said[1] if said and said[1][0] == status[0] else status


def _addresses(block: dict[str, list[str]]) -> Iterator[str]:
    """Yield the addresses of a recipient: as we wrote it, and as it was in the end."""
    for name in ("original-recipient", "final-recipient"):
        kind, semicolon, address = _only(block, name).partition(";")
        written = address.strip().removeprefix("<").removesuffix(">").strip()
        if not semicolon or "@" not in written or len(written) > LONGEST_ADDRESS:
            continue
        if kind.strip().lower() == "utf-8":
            yield _unescaped(_HEX, written)
        elif kind.strip().lower() == "rfc822":
            yield written
            if (plain := _unescaped(_XTEXT, written)) != written:
                yield plain


def _unescaped(escape: re.Pattern[str], address: str) -> str:
    with suppress(ValueError):  # there is no such character, or not by itself
        plain = escape.sub(lambda found: chr(int(found[1], 16)), address)
        plain.encode()
        return plain
    return address


def _decoded(value: str) -> str:
    with suppress(Exception):  # an encoded word can be broken in several ways
        return str(make_header(decode_header(value)))
    return value
