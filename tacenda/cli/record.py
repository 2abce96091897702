"""`tacenda record`: the full account of a case, which outlives the server."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from temporalio.client import Client

from tacenda.archive.chain import Broken
from tacenda.archive.entries import Entry
from tacenda.archive.keeping import keep
from tacenda.archive.keys import TeamKey, public_key
from tacenda.archive.public import in_markdown, timeline_of
from tacenda.archive.record import Record, verified
from tacenda.archive.storage import Records, records_at
from tacenda.cli import dialogue, session
from tacenda.cli.auditing import verified_of, verify_all
from tacenda.cli.completing import case_ids
from tacenda.cli.options import as_json, case_argument
from tacenda.errors import BadInput, Refused, TacendaError
from tacenda.fields import CASE_ID
from tacenda.keystore import open_store
from tacenda.render import json_of, moment, note, safe_line, say, say_json, say_table

MOST_SHOWN = 200


@click.group()
def record() -> None:
    """The record of a case: everything that happened, in a file that outlives the server.

    It is written when a case ends, into the place that [records] store names, by default
    `records` in the home. Each line holds the hash of all before it, the last is signed with the
    team's key, and what was not released is sealed with it.
    """


@record.command()
@case_argument
def write(case: str) -> None:
    """Write the record of a CASE as it is now, also of an open one."""
    key = _team_key()
    view = session.run(_ask(case))
    records = _records()
    is_new = keep(records, view.case, view.now, key)
    how = "written" if is_new else "there already, and says the same"
    sealed = " It is sealed until the release." if view.case.released is None else ""
    say(f"{case}: the record is {how}.{sealed}")
    note(records.where(case))


@record.command()
@click.argument("target", metavar="FILE|CASE", required=False, shell_complete=case_ids)
@click.option("--all", "everything", is_flag=True, help="Every record where ours lie.")
@click.option("--key", "named", metavar="KEY", help="Whose signature to trust, instead of ours.")
@as_json
def verify(target: str | None, everything: bool, named: str | None, as_json: bool) -> int:
    """Check that every byte of a record is as it was written and signed; no server is asked.

    KEY is what `tacenda record key` prints where the record was written, or a file that holds it.
    """
    if everything is bool(target):
        raise BadInput("Say which record: FILE, CASE, or --all.")
    if target is None:
        return verify_all(_records(), *_keys(named), as_json=as_json)
    found, _ = _verified(target, named)
    head, lines = found.head, found.signature.lines
    if as_json:
        say_json({"case": head.case, "valid": True, "lines": lines, "sealed": head.sealed})
        return 0
    inside = "sealed" if head.sealed and found.entries is None else f"{_count(found)} entries"
    say(f"{head.case}: whole, unchanged, signed by {head.key[:16]}… ({inside}).")
    return 0


@record.command()
@click.argument("target", metavar="FILE|CASE", shell_complete=case_ids)
@click.option("--key", "named", metavar="KEY", help="Whose signature to trust, instead of ours.")
@as_json
def show(target: str, named: str | None, as_json: bool) -> None:
    """Show what stands in a record, the oldest first, once it is verified."""
    found, where = _verified(target, named)
    if found.entries is None:
        raise Refused(
            f"{found.head.case} was not released, and its record is sealed for those who have "
            "the team's keys: name their store in TACENDA_KEYS__STORE."
        )
    if as_json:
        entries = [entry.model_dump(mode="json") for entry in found.entries]
        say_json({"head": found.head.model_dump(mode="json"), "entries": entries})
        return
    say_table(("at", "what", ""), [_row(entry) for entry in found.entries])
    note(f"Whole, with every fact: tacenda record show {where} --json")


@record.command()
@click.argument("target", metavar="FILE|CASE", shell_complete=case_ids)
@click.option("--public", "is_public", is_flag=True, help="What anybody may know.")
@click.option("--out", metavar="FILE", help="Write it there, and not on the terminal.")
@click.option("--key", "named", metavar="KEY", help="Whose signature to trust, instead of ours.")
@as_json
def export(target: str, is_public: bool, out: str | None, named: str | None, as_json: bool) -> None:
    """Make the timeline of a released case that anybody may read: for a retrospective, or a CVE.

    It names nobody but who agreed to be credited, counts vendors, and repeats no reason or text.
    """
    if not is_public:
        raise BadInput(
            "Only what anybody may know is exported: add --public. The whole record is the file "
            "itself; tacenda record show prints it."
        )
    found, _ = _verified(target, named)
    timeline = timeline_of(found)
    page = f"{json_of(timeline.model_dump())}\n" if as_json else in_markdown(timeline)
    if out is None:
        say(page.removesuffix("\n"))
        return
    try:
        Path(out).write_text(page, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({type(error).__name__}).") from None
    say(f"{found.head.case}: its timeline is in {out}. Read it before you publish it.")


@record.command()
def key() -> None:
    """Print the public half of the team's key, by which others verify your records."""
    say(_team_key().public)


async def _ask(case: str) -> Any:
    server: Client = await session.client()
    return await dialogue.ask(server, case)


def _records() -> Records:
    return records_at(session.record_location())


def _team_key() -> TeamKey:
    return TeamKey.of(open_store(session.key_location()).ring())


def _verified(target: str, named: str | None) -> tuple[Record, str]:
    """Return a record that was checked, and how a command names it; ours is the key by default."""
    trusted, ours = _keys(named)
    content, where = _content(target)
    try:
        if CASE_ID.fullmatch(target):
            return verified_of(target, content, trusted, ours), where
        return verified(content, trusted, ours), where
    except Broken as error:
        raise Refused(f"{safe_line(where)}: {error}") from None


def _keys(named: str | None) -> tuple[str, TeamKey | None]:
    """Return the public key to trust, ours by default, and our key where there is one."""
    try:
        ours = _team_key()
    except TacendaError:
        if named is None:
            raise
        ours = None
    return _named_key(named) if named else ours.public if ours else "", ours


def _content(target: str) -> tuple[bytes, str]:
    if CASE_ID.fullmatch(target):
        records = _records()
        content = records.read(target)
        if content is None:
            raise Refused(
                f"There is no record of {target} at {records.where(target)}. One is written "
                f"when a case ends; of an open one now: tacenda record write {target}."
            )
        return content, target
    try:
        return Path(target).read_bytes(), target
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{safe_line(target)} cannot be read ({type(error).__name__}). Name the file of a "
            "record, or a case."
        ) from None


def _named_key(named: str) -> str:
    """Return a public key that was named, or stands in a file that was."""
    try:
        return public_key(named)
    except BadInput:
        try:
            return public_key(Path(named).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise BadInput(
                "--key is 64 hexadecimal digits, as tacenda record key prints them, or a file "
                "that holds them."
            ) from None


def _count(found: Record) -> int:
    return len(found.entries or ())


def _row(entry: Entry) -> list[str]:
    """Return an entry in a line: of acts who and why, of letters how many have them."""
    facts = entry.facts
    match entry.what:
        case "act":
            why = f" ({facts['why']})" if facts["why"] else ""
            said = f"{facts['by']}: {facts['what'].replace('_', ' ')} {facts['detail']}{why}"
        case "letter":
            said = f"{facts['kind'].replace('_', ' ')}: {_fates(facts['recipients'])}"
        case "approval":
            by = ", ".join(facts["approvers"])
            said = f"{facts['kind'].replace('_', ' ')} by {by}, text {facts['sha256'][:12]}…"
        case "limit":
            said = f"{facts['step'].replace('_', ' ')}: {facts['status']}"
        case "report":
            said = facts["title"]
        case "opened":
            said = f"by {facts['policy']['profile']}"
        case "facts":
            said = f"{len(facts)} facts as they stand"
        case _:
            filled = (f"{name} {fact}" for name, fact in facts.items() if fact)
            said = ", ".join(filled)
    line = safe_line(said)
    return [moment(entry.at), entry.what, line[:MOST_SHOWN]]


def _fates(recipients: Sequence[Mapping[str, str]]) -> str:
    counted = Counter(box["fate"] for box in recipients)
    return ", ".join(f"{count} {fate}" for fate, count in counted.items()) or "nobody"
