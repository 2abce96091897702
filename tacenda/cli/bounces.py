"""`tacenda bounces`: letters that came back, from a mailbox into the cases they belong to."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

import click

from tacenda.bounced import Bounced
from tacenda.bounces import MOST_AT_ONCE, BounceKind
from tacenda.cli import dialogue, session
from tacenda.cli.acts import perform
from tacenda.cli.mailboxes import mails_in
from tacenda.cli.options import acting, as_json, confirmed
from tacenda.cli.tracing import (
    KNOWN,
    MOST_LOOKED_AT,
    NOT_FOUND,
    RECORDED,
    TO_RECORD,
    Traced,
    Tracer,
    each_once,
)
from tacenda.dsn import IN_WORDS, MAX_BYTES, Notification, read_notification
from tacenda.errors import BadInput, Refused
from tacenda.identities import digest_in
from tacenda.render import note, safe_line, say, say_json, say_table, warn

COLUMNS = ("case", "letter", "recipient", "bounce", "status", "what was done")
NOT_OURS = "it is about a letter that is none of ours"
MOST_NAMED = 5

Notified = list[tuple[str, Notification]]
Identity = tuple[str, tuple[str, str, BounceKind]]


class Skipped(NamedTuple):
    """A mail that says nothing of a letter of ours, and why not."""

    mail: str
    why: str


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option(
    "--works-again",
    nargs=2,
    metavar="CASE ADDRESS",
    help="Instead: letters of the CASE go to the ADDRESS again.",
)
@click.option("--reason", metavar="R", default="", help="Why it works again.")
@as_json
@acting
def bounces(
    paths: tuple[str, ...],
    works_again: tuple[str, str] | None,
    reason: str,
    as_json: bool,
    override: str,
    yes: bool,
) -> int:
    """Read delivery status notifications, and record in each case which letters came back.

    Each PATH is a mail, an mbox or a Maildir, which is only read; - is stdin. Reading the same
    again changes nothing.
    """
    if works_again is not None:
        _take_up_again(*works_again, reason, override, is_alone=not (paths or as_json))
        return 0
    if reason or not paths:
        raise BadInput(
            "Name what to read: a mail, an mbox, a Maildir, or - for stdin. A --reason belongs to "
            "--works-again CASE ADDRESS."
        )
    notified, skipped = _read(paths)
    found = _recorded(notified, override, yes) if notified else []
    _say_json(found, skipped) if as_json else _say(found, skipped)
    return 1 if any(each.done.startswith("refused") for each in found) else 0


def _take_up_again(case: str, address: str, reason: str, override: str, *, is_alone: bool) -> None:
    """Let letters of a case go to an address again."""
    if not reason.strip() or not is_alone:
        raise BadInput("Say --works-again CASE ADDRESS with its --reason, and nothing else.")
    act = dialogue.build(Bounced, address=address, withdraw=reason, override=override)
    perform(case, act)
    note(
        "What came back from there still counts as not delivered: send it again, as "
        f"tacenda show {case} says who has what."
    )


def _read(paths: Sequence[str]) -> tuple[Notified, list[Skipped]]:
    """Return the notifications about letters of ours, and why the other mails are skipped."""
    notified: Notified = []
    skipped: list[Skipped] = []
    for path in paths:
        for mail in mails_in(path, MAX_BYTES):
            try:
                notification = read_notification(mail.content)
            except BadInput as reason:
                skipped.append(Skipped(mail.name, str(reason)))
                continue
            if digest_in(notification.message_id):
                notified.append((mail.name, notification))
            else:
                skipped.append(Skipped(mail.name, NOT_OURS))
    return notified, skipped


def _recorded(notified: Notified, override: str, yes: bool) -> list[Traced]:
    """Find the letters, ask whoever sits there, and record what their cases do not know yet."""
    found = each_once(session.run(_traced(notified)))
    new = [each for each in found if each.done == TO_RECORD]
    if not new:
        return found
    if not yes and sys.stdin.isatty() and sys.stderr.isatty():
        note("\n".join("  ".join(map(safe_line, row[:-1])) for row in _rows(new)))
    number = len({each.case for each in new})
    if not confirmed(f"Record {len(new)} bounces in {number} cases?", yes):
        raise Refused("Nothing was recorded.")
    outcomes = session.run(_record(new, override))
    return [
        each.with_done(outcomes[each.identity]) if each.done == TO_RECORD else each
        for each in found
    ]


async def _traced(notified: Notified) -> list[Traced]:
    tracer = Tracer(await session.client(), [notification for _, notification in notified])
    await tracer.look()
    found = [each for mail, said in notified for each in tracer.trace(mail, said)]
    if tracer.not_asked and any(each.done == NOT_FOUND for each in found):
        warn(
            f"{MOST_LOOKED_AT} cases were looked through, and {tracer.not_asked} were not; a "
            "letter that was not found may be of one of those."
        )
    if tracer.silent:
        warn(f"{_some(tracer.silent)} could not be asked; `tacenda list --all` shows why.")
    return found


async def _record(new: Iterable[Traced], override: str) -> dict[Identity, str]:
    """Do one act for up to a hundred bounces of a case; return what came of each."""
    server = await session.client()
    outcomes: dict[Identity, str] = {}
    for case, group in groupby(sorted(new, key=lambda each: each.case), lambda each: each.case):
        returned = list(group)
        for start in range(0, len(returned), MOST_AT_ONCE):
            some = returned[start : start + MOST_AT_ONCE]
            act = dialogue.build(Bounced, returned=[r.returned for r in some], override=override)
            try:
                await dialogue.act(server, await dialogue.ask(server, case), act)
                done = RECORDED
            except Refused as refused:
                done = f"refused: {refused}"
            outcomes |= {each.identity: done for each in some}
    return outcomes


def _rows(found: Iterable[Traced]) -> list[list[str]]:
    return [
        [
            each.case or "-",
            each.letter.kind.label if each.letter else "-",
            each.address,
            each.kind.value if each.kind else "-",
            each.status,
            each.done,
        ]
        for each in found
    ]


def _say(found: Sequence[Traced], skipped: Sequence[Skipped]) -> None:
    if found:
        say_table(COLUMNS, _rows(found))
    for why, number in Counter(each.why for each in skipped).items():
        mails = "1 mail was" if number == 1 else f"{number} mails were"
        which = [each.mail for each in skipped if each.why == why] if why == IN_WORDS else []
        note(f"{mails} skipped: {why}{f' ({_some(which)})' if which else ''}.")
    recorded, known, others = _counts(found)
    say(f"{recorded} recorded, {known} known already, {others} not recorded.")


def _say_json(found: Sequence[Traced], skipped: Sequence[Skipped]) -> None:
    recorded, known, others = _counts(found)
    say_json(
        {
            "bounces": [
                {
                    "mail": each.mail,
                    "case": each.case or None,
                    "letter": each.letter and each.letter.key,
                    "address": each.address,
                    "bounce": each.kind,
                    "status": each.status,
                    "done": each.done,
                }
                for each in found
            ],
            "skipped": [each._asdict() for each in skipped],
            "recorded": recorded,
            "known": known,
            "not_recorded": others,
        }
    )


def _counts(found: Sequence[Traced]) -> tuple[int, int, int]:
    """Return how many were recorded, were known already, and were neither."""
    counted = Counter(each.done for each in found)
    recorded, known = counted[RECORDED], counted[KNOWN]
    return recorded, known, len(found) - recorded - known


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
