"""A report that came as mail: what of it becomes the report, and what is no report at all.

The mail is somebody else's work, often careless and now and then hostile. Whatever is in
it, either a valid report comes out or `BadInput` says why not. No sentence quotes the mail.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.utils import parsedate_to_datetime

from pydantic import TypeAdapter, ValidationError

from tacenda.enclosures import (
    MAX_ATTACHED_BYTES,
    MOST_ATTACHED,
    Attachment,
    Attachments,
    Enclosure,
)
from tacenda.errors import BadInput
from tacenda.fields import FIRST_YEAR, LAST_YEAR, MAX_REPORT_BYTES, MessageId, Value
from tacenda.mailkeys import key_among
from tacenda.mailparts import BODY, Mail, Part, taken_apart
from tacenda.mailtext import beginning_of, readable_line
from tacenda.models import Report, Reporter

MAX_MAIL_BYTES = 25 * 1024 * 1024
SPARE_BYTES = 64 * 1024
MOST_COMPARISONS = 500_000_000
NO_SUBJECT = "Report by mail without a subject"

TOO_LARGE = f"The mail is larger than {MAX_MAIL_BYTES // 1024**2} MB. Write it down as .toml."
NO_MAIL = "That is no mail: it has none of the headers of one. Save the mail with its headers."
BROKEN = (
    "The mail cannot be taken apart: its parts lie too deep, or its headers are broken. "
    "Write it down as .toml."
)
OURS = "The mail is one of our own letters and no report. Open the mail of the reporter."
AUTOMATIC = (
    "The mail was sent by a program: an automatic answer, a bounce or bulk mail. "
    "If it holds the report of a person, write that down as .toml."
)
BOUNCE = (
    "The mail is a bounce, and no report. If it is of a letter of ours, record that it came back: "
    "tacenda bounces FILE. If it holds the report of a person, write that down as .toml."
)
SEALED = (
    "The mail is encrypted, or sealed so that only a mail program can open it. "
    "Decrypt it first, and open the decrypted mail."
)
NOT_DATED = (
    "The mail has no Received header that says when it came in. "
    "Say it with --received 2026-11-21T16:00Z, or --received now."
)
NOBODY = (
    "The mail names no one sender whose address can be used, so this case writes to no "
    "reporter. Answer by hand."
)
CUT = (
    f"The text of the mail is longer than {MAX_REPORT_BYTES // 1024} kB, and the report holds "
    f"its beginning. All of it is the file {BODY}."
)

_ANSWERING = ("X-Autoreply", "X-Autorespond", "X-Autoreply-From", "X-Mail-Autoreply")
_OF_A_LIST = ("List-Id", "List-Post", "Mailing-List")
_OF_A_MAIL = ("From", "Received", "Subject", "Date", "Message-ID")
_BOUNCES = {"x-message/delivery-status", "x-message/global-delivery-status"}
_SEALED = {
    "multipart/encrypted",
    "application/pgp-encrypted",
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
}
_PGP_MESSAGE = re.compile(r"^-----BEGIN PGP MESSAGE-----", re.MULTILINE)
_COMMENT = re.compile(r"\([^()]*\)")
_IDENTITY: TypeAdapter[str] = TypeAdapter(MessageId)


class Intake(Value):
    """A report as it came in, with its files, the year in its id, and remarks for its opener."""

    report: Report
    attachments: Attachments = ()
    year: int
    remarks: tuple[str, ...] = ()


def read_mail(content: bytes, received: datetime | None, own: Collection[str]) -> Intake:
    """Return the report that came as the mail `content`.

    `received` is when it came in, if somebody says so; else our own topmost Received header
    does, and never Date, which is the sender's. `own` are the addresses of the team, which
    stand in From where a list rewrites it. Raises `BadInput` with a sentence.
    """
    mail = _taken_apart(content)
    _refuse_other_mail(mail)
    arrived, dated = _arrival(mail.headers), _instant(_first(mail.headers, "Date"))
    came = received or arrived
    if came is None:
        raise BadInput(NOT_DATED)
    reporter = _reporter(mail.headers, {address.casefold() for address in own})
    key, of_key = key_among(mail.files, reporter.email, came)
    reporter = reporter.model_copy(update={"key": key})
    details = beginning_of(mail.text, MAX_REPORT_BYTES)
    whole = ((BODY, mail.text.encode()),) if details != mail.text else ()
    attachments, enclosures = _enclosed((*whole, *mail.files), _room_beside(details))
    report = Report(
        title=_title(mail),
        received=came,
        details=details,
        reporter=reporter if reporter.name or reporter.email else None,
        message_id=_message_id(mail.headers),
        enclosures=enclosures,
    )
    return Intake(
        report=report,
        attachments=attachments,
        year=(arrived or dated or came).year,
        remarks=(*_remarks(mail, reporter, enclosures), *filter(None, [of_key])),
    )


def _taken_apart(content: bytes) -> Mail:
    if len(content) > MAX_MAIL_BYTES:
        raise BadInput(TOO_LARGE)
    # Python compares each line with the end of each part that is open.
    if content.count(b"\n") * content.lower().count(b"boundary") > MOST_COMPARISONS:
        raise BadInput(BROKEN)
    try:
        mail = taken_apart(content)
    except Exception:  # Python fails on a broken header in several ways
        raise BadInput(BROKEN) from None
    if not any(name in mail.headers for name in _OF_A_MAIL):
        raise BadInput(NO_MAIL)
    return mail


def _refuse_other_mail(mail: Mail) -> None:
    """Raise `BadInput` for a mail that no person wrote to us, or that nobody can read yet."""
    if "X-Tacenda-Kind" in mail.headers:
        raise BadInput(OURS)
    if _is_automatic(mail.headers):
        raise BadInput(BOUNCE if mail.types & _BOUNCES else AUTOMATIC)
    if mail.types & _SEALED or _PGP_MESSAGE.search(mail.text):
        raise BadInput(SEALED)


def _is_automatic(headers: Part) -> bool:
    """Whether a program sent it; some lists call bulk what they pass on.

    X-Auto-Response-Suppress says nothing: Outlook sets it on the mail of people as well.
    """
    tolerated = {"bulk"} if any(name in headers for name in _OF_A_LIST) else set[str]()
    return bool(
        headers.get_content_type() == "multipart/report"
        or _first(headers, "Return-Path").replace(" ", "") == "<>"
        or (_words(headers, "Precedence") - tolerated) & {"bulk", "junk", "auto_reply"}
        or _words(headers, "Auto-Submitted", *_ANSWERING) - {"", "no"}
    )


def _words(headers: Part, *names: str) -> set[str]:
    """Return what these headers say, each in lower case and without its parameters."""
    values = [value for name in names for value in headers.get_all(name, [])]
    return {_uncommented(value).partition(";")[0].strip().lower() for value in values}


def _first(headers: Part, name: str) -> str:
    return str(headers.get(name, "")).strip()


def _uncommented(value: str) -> str:
    """Return a header without its comments, which may hold others."""
    while (shorter := _COMMENT.sub(" ", value)) != value:
        value = shorter
    return value


def _arrival(headers: Part) -> datetime | None:
    """Return when our own mail server took it in: it writes the topmost Received header."""
    _, semicolon, date = _uncommented(_first(headers, "Received")).rpartition(";")
    return _instant(date) if semicolon else None


def _instant(date: str) -> datetime | None:
    """Return the instant (UTC) that a date names, if it names one and its zone."""
    date = _uncommented(date).strip()
    try:
        moment = parsedate_to_datetime(date)
        if moment.tzinfo is None and not date.endswith("-0000"):
            return None
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except Exception:  # the parser of dates fails in several ways
        return None
    return moment if FIRST_YEAR < moment.year < LAST_YEAR else None


def _title(mail: Mail) -> str:
    """Return the subject with all that stands before it: `Fwd:` or the tag of a list say how
    it came, and no rule tells them from a tag that the reporter wrote.
    """
    subject, line = _first(mail.headers, "Subject"), mail.text.partition("\n")[0]
    return readable_line(subject) or readable_line(line) or NO_SUBJECT


def _message_id(headers: Part) -> str:
    """Return the Message-ID, if it is one that our own headers can repeat."""
    given = [str(value).strip() for value in headers.get_all("Message-ID", [])]
    if len(given) != 1 or "=?" in given[0]:
        return ""
    try:
        return _IDENTITY.validate_python(given[0])
    except ValidationError:
        return ""


def _reporter(headers: Part, own: set[str]) -> Reporter:
    """Return who sent it, without an address where there is not exactly one to write to."""
    senders = _mailboxes(headers, "From")
    if len(senders) == 1 and senders.keys() <= own:
        answers = _mailboxes(headers, "Reply-To")
        senders = {address: answers[address] for address in answers.keys() - own}
    if len(senders) != 1:
        return Reporter()
    (sender,) = senders.values()
    name = readable_line(sender.display_name)
    try:
        return Reporter(name=name, email=sender.addr_spec)
    except ValidationError:
        return Reporter(name=name)


def _mailboxes(headers: Part, name: str) -> dict[str, Address]:
    """Return the mailboxes in these headers; one that cannot be parsed has none."""
    parsed = [getattr(value, "addresses", ()) for value in headers.get_all(name, [])]
    return {mailbox.addr_spec.casefold(): mailbox for found in parsed for mailbox in found}


def _room_beside(details: str) -> int:
    """Return how many bytes of files fit into a case together with `details`.

    In JSON some characters need two bytes: a text of little else takes room from the files.
    """
    escaped = sum(map(details.count, '"\\\n\t'))
    return MAX_ATTACHED_BYTES - max(0, escaped - SPARE_BYTES)


def _enclosed(
    files: Iterable[tuple[str, bytes]], room: int
) -> tuple[tuple[Attachment, ...], tuple[Enclosure, ...]]:
    """Return the files that fit into a case, and what it remembers of all of them."""
    kept: list[Attachment] = []
    enclosures: list[Enclosure] = []
    for name, content in files:
        attachment = Attachment.of(name, content)
        fits = len(content) <= room and len(kept) < MOST_ATTACHED
        if fits:
            kept.append(attachment)
            room -= len(content)
        enclosures.append(attachment.enclosure.model_copy(update={"kept": fits}))
    return tuple(kept), tuple(enclosures)


def _remarks(mail: Mail, reporter: Reporter, enclosures: Sequence[Enclosure]) -> Iterator[str]:
    """Yield what its opener should know, in words that quote nothing."""
    if reporter.email is None:
        yield NOBODY
    is_cut = BODY in {enclosure.name for enclosure in enclosures}
    if is_cut:
        yield CUT
    number = mail.number + is_cut
    if left_out := number - sum(enclosure.kept for enclosure in enclosures):
        yield (
            f"{left_out} of {number} files are not kept in the case, which holds {MOST_ATTACHED} "
            f"files and {MAX_ATTACHED_BYTES // 1024} kB. Keep the original mail."
        )
