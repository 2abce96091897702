"""Options and values that several commands take, parsed at the edge."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import TypeAdapter, ValidationError

from tacenda.cli.completing import case_ids
from tacenda.enclosures import MAX_ATTACHED_BYTES, Attachment
from tacenda.errors import BadInput
from tacenda.fields import FIRST_YEAR, LAST_YEAR, MAX_NOTICE_BYTES, complaint_of
from tacenda.render import safe

LONGEST = timedelta(days=3650)

F = TypeVar("F", bound=Callable[..., Any])


class InstantParameter(click.ParamType[datetime]):
    """An instant with its zone, as in 2026-12-10T16:00Z."""

    name = "instant"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the instant in UTC; a time without a zone is refused."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an instant; write it as 2026-12-10T16:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} names no time zone; write it as 2026-12-10T16:00Z", param, ctx)
        if not FIRST_YEAR < moment.year < LAST_YEAR:
            self.fail(f"{value!r} is too far away; write it as 2026-12-10T16:00Z", param, ctx)
        return moment.astimezone(UTC)


class SpanParameter(click.ParamType[timedelta]):
    """A duration, as in 3d or PT12H."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return the duration; it must be longer than nothing."""
        if isinstance(value, timedelta):
            return value
        try:
            span = TypeAdapter(timedelta).validate_strings(value)
        except ValidationError:
            self.fail(f"{value!r} is not a duration; write it as 3d or PT12H", param, ctx)
        if not timedelta(0) < span <= LONGEST:
            self.fail("the duration must be longer than nothing and within years", param, ctx)
        return span


as_json = click.option("--json", "as_json", is_flag=True, help="JSON with stable keys.")
case_argument = click.argument("case", shell_complete=case_ids)
INSTANT = InstantParameter()
SPAN = SpanParameter()


def acting(command: F) -> F:
    """Add what every act takes: who acts, and the reason that overrides a guard."""
    from tacenda.cli.session import set_actor

    by = click.option(
        "--as", metavar="NAME", callback=set_actor, expose_value=False, help="Who acts."
    )
    return by(overriding(command))


def overriding(command: F) -> F:
    """Add the reason that sets aside the guards that yield, and the answer to every prompt."""
    override = click.option(
        "--override", metavar="REASON", default="", help="Set aside the guards that yield."
    )
    return override(click.option("--yes", is_flag=True, help="Ask nothing.")(command))


def texting(command: F) -> F:
    """Add the two ways to say the text oneself."""
    file = click.option("--text", "text_file", metavar="FILE", help="The text; - for stdin.")
    edit = click.option("--edit", is_flag=True, help="Edit the draft first.")
    return file(edit(command))


def telling(command: F) -> F:
    """Add what an act takes whose letter was told elsewhere instead."""
    where = click.option(
        "--sent-elsewhere",
        "elsewhere",
        metavar="REF",
        help="It was told elsewhere, there; nothing is sent.",
    )
    return where(click.option("--when", metavar="T", type=INSTANT, help="When that was.")(command))


def attached(names: Sequence[str]) -> tuple[Attachment, ...]:
    """Return the files of these names. Raises `BadInput` when one cannot be read or used."""
    return tuple(_attachment(Path(name)) for name in names)


def _attachment(path: Path) -> Attachment:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_ATTACHED_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no such name"
        raise BadInput(f"{path} cannot be read: {reason}.") from None
    if len(content) > MAX_ATTACHED_BYTES:
        raise BadInput(f"{path} is larger than {MAX_ATTACHED_BYTES // 1024} kB. Split it.")
    try:
        return Attachment.of(path.name, content)
    except ValidationError as error:
        raise BadInput(f"{path} cannot be attached: {complaint_of(error)}.") from None


def text_from(text_file: str | None, edit: bool, draft: Callable[[], str]) -> str:
    """Return the text that is approved: from a file, edited, or the draft as it is."""
    if text_file is not None:
        return _without_subject(read_text(text_file, MAX_NOTICE_BYTES))
    if edit:
        edited = click.edit(draft(), extension=".txt")
        if edited is None:
            raise BadInput("The text was not saved, so nothing was approved.")
        return edited
    return draft()


def _without_subject(text: str) -> str:
    """Refuse what `preview` printed: its first line would be read as part of the text."""
    if text.startswith("Subject:"):
        raise BadInput(
            "The text begins with a line `Subject:`, as `tacenda preview` shows it. Take that "
            "line and the empty one after it out: the subject is written by itself."
        )
    return text


def read_text(name: str, limit: int) -> str:
    """Return the UTF-8 text in the file `name`, or on stdin for `-`.

    Raises `BadInput` when it cannot be read, is longer than `limit` bytes, or is not UTF-8.
    """
    try:
        if name == "-":
            content = sys.stdin.buffer.read(limit + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(limit + 1)
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror}.") from None
    if len(content) > limit:
        raise BadInput(f"{name} is longer than {limit // 1024} kB. Shorten it.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise BadInput(f"{name} is not UTF-8 text. Save it as UTF-8.") from None


def confirmed(question: str, yes: bool) -> bool:
    """Return whether the person agrees; where nobody sits at a terminal nobody is asked."""
    if yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    return click.confirm(safe(question), err=True)
