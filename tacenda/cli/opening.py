"""`tacenda open`: from a report to a running case."""

import os
import re
import sys
import tomllib
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError

from tacenda import contract
from tacenda.cli import session
from tacenda.cli.options import INSTANT
from tacenda.cli.session import bring_back
from tacenda.cli.starting import begin
from tacenda.connect import refuse_shredded
from tacenda.converter import PLAIN
from tacenda.errors import BadInput, Refused
from tacenda.fields import MAX_REPORT_BYTES, complaint_of
from tacenda.ids import case_id, digest_of, id_key
from tacenda.keystore import Shredded
from tacenda.mailreport import MAX_MAIL_BYTES, Intake, read_mail
from tacenda.models import Report, State
from tacenda.openpgp import KeyUnusable, public_key
from tacenda.policy import Policy
from tacenda.pollers import has_worker
from tacenda.render import moment, note, say, warn

MOST_CLASHES = 5
_BEGINS_A_MAIL = re.compile(rb"(\xef\xbb\xbf)?[\r\n]*(From |[A-Za-z][A-Za-z0-9-]*[ \t]*:)")


class Received(click.ParamType[datetime]):
    """An instant with its zone, or `now`."""

    name = "instant|now"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the instant in UTC."""
        return session.now() if value == "now" else INSTANT.convert(value, param, ctx)


@click.command("open")
@click.argument("file")
@click.option("--received", metavar="T|now", type=Received(), help="When the report came in.")
@click.option(
    "--sent-elsewhere",
    "elsewhere",
    metavar="REF",
    help="Where the case was handled until now: the reporter gets no receipt.",
)
@click.option("--title", metavar="TEXT", help="Its title; a mail's own is its subject.")
@click.option("--component", metavar="TEXT", help="What it is in.")
@click.option("--versions", metavar="TEXT", help="Which versions it affects.")
def open_case(
    file: str, received: datetime | None, elsewhere: str | None, **said: str | None
) -> None:
    """Open a case from the report in FILE (TOML or a mail; - for stdin) and print its id.

    The same report again prints the same id. Limits run from when it was received: a mail
    says so in the Received header of our own mail server.
    """
    settings = session.settings()
    came = read_report(file, received, (settings.team.address,) if settings else ())
    if came.report.received > session.now():
        raise BadInput("`received` lies in the future. Correct it, or say --received now.")
    policy = settings.policy_from(session.now().year) if settings else Policy()
    opening = _opening(_with(came.report, said), came, policy, elsewhere)
    if settings is None:
        note("There is no tacenda.toml; the case takes the profile kubernetes-2017 as it is.")
    for remark in came.remarks:
        warn(remark)
    say(session.run(start(opening, came)))


def _with(report: Report, said: dict[str, str | None]) -> Report:
    """Return the report with what whoever opens it knows better: a mail says none of it."""
    known = {name: value for name, value in said.items() if value is not None}
    try:
        return Report.model_validate({**report.model_dump(), **known})
    except ValidationError as error:
        raise BadInput(f"--{complaint_of(error)}.") from None


def _opening(
    report: Report, came: Intake, policy: Policy, elsewhere: str | None
) -> contract.Opening:
    """Return what the case starts from. Raises `BadInput` when REF cannot be one."""
    if elsewhere is not None and not elsewhere.strip():
        raise BadInput("--sent-elsewhere is empty. Say where the case was handled until now.")
    try:
        return contract.Opening(
            report=report,
            policy=policy,
            attachments=came.attachments,
            elsewhere=elsewhere or "",
        )
    except ValidationError as error:
        complaint = complaint_of(error).removeprefix("elsewhere: ")
        raise BadInput(f"--sent-elsewhere is refused: {complaint}.") from None


def read_report(file: str, received: datetime | None, own: Collection[str]) -> Intake:
    """Return the report in `file`, a mail or TOML; `own` are the addresses of the team.

    Raises `BadInput` with one sentence when it is refused.
    """
    content = _content_of(file)
    if _is_mail(file, content):
        return read_mail(content, received, own)
    return _written_down(file, content, received)


def _content_of(file: str) -> bytes:
    """Return the bytes in `file`, or on stdin for `-`; of a file that is too large, the first."""
    try:
        if file == "-":
            return sys.stdin.buffer.read(MAX_MAIL_BYTES + 1)
        with Path(file).open("rb") as source:
            return source.read(MAX_MAIL_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.") from None


def _is_mail(file: str, content: bytes) -> bool:
    """Whether it is a mail by its name, or, with a name that does not say, by its first line."""
    ending = Path(file).suffix.lower()
    return ending == ".eml" or (ending != ".toml" and _BEGINS_A_MAIL.match(content) is not None)


def _written_down(file: str, content: bytes, received: datetime | None) -> Intake:
    """Return the report that somebody wrote down as TOML.

    The year in its id is that of the file's own `received`, so that the same file is the
    same case whatever --received says.
    """
    values = _toml(file, content)
    written = values.get("received")
    if received is not None:
        values["received"] = received
    if "enclosures" in values:
        raise BadInput(f"{file} is refused: enclosures: come with a mail. Open the .eml itself.")
    try:
        report = Report.model_validate(values)
    except ValidationError as error:
        complaint = complaint_of(error)
        if complaint == "received: is missing":
            complaint += ". Write received = 2026-11-21T16:00:00Z into it, or say --received now"
        raise BadInput(f"{file} is refused: {complaint}.") from None
    _refuse_unusable_key(file, report)
    year = (written if isinstance(written, datetime) else report.received).year
    return Intake(report=report, year=year)


def _refuse_unusable_key(file: str, report: Report) -> None:
    """Raise `BadInput` where no letter could ever reach the reporter under the key they gave."""
    if report.reporter is None or not report.reporter.key:
        return
    try:
        public_key(report.reporter.key.encode(), session.now())
    except KeyUnusable as reason:
        raise BadInput(
            f"{file} is refused: reporter.key {reason}. Leave it out to write to them in plain "
            "text, or ask them for another."
        ) from None


def _toml(file: str, content: bytes) -> dict[str, Any]:
    if len(content) > MAX_REPORT_BYTES:
        raise BadInput(f"{file} is longer than {MAX_REPORT_BYTES // 1024} kB. Shorten it.")
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError:
        raise BadInput(f"{file} is not UTF-8 text. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{file} is not TOML: {error}.") from None


async def start(opening: contract.Opening, came: Intake) -> str:
    """Start the case of a report, or find the one it already has, and return its id.

    The id is that of the report as it came.
    """
    server = await session.client()
    key = id_key(session.home(), os.environ)
    digest = digest_of(came.report, key)
    for attempt in range(MOST_CLASHES):
        case = case_id(came.report, key, came.year, attempt)
        try:
            await refuse_shredded(server, case)
            if await begin(server, case, opening, digest, State.ACKNOWLEDGE):
                await _tell_if_it_waits(server)
                return case
            if await _is_case_of(server, case, digest):
                if opening.report.secret:
                    note(f"What is marked secret here may be new to it: tacenda secret {case}.")
                return case
        except Shredded as shredded:
            note(f"{shredded} The report opens a new case.")
        except RPCError as error:
            raise session.explained(error, case) from None
    raise Refused("No free id was found for the report. Report this: it should not happen.")


async def _tell_if_it_waits(server: Client) -> None:
    """Say so where nobody carries the case yet: a worker with other keys never will."""
    if not await has_worker(server):
        warn(
            "No worker has these keys, so the case waits and nobody hears of it. Start one, or "
            "open the report with the keys that your worker has ([keys] store in tacenda.toml)."
        )


async def _refuse_plain(
    server: Client, description: WorkflowExecutionDescription, digest: str
) -> None:
    """Refuse where the case of the report goes on in the clear, as before 0.3.0."""
    is_open = description.status is WorkflowExecutionStatus.RUNNING
    memo = description.raw_info.memo.fields.get(contract.REPORT_DIGEST)
    if server.data_converter.payload_codec and is_open and memo:
        with suppress(ValueError):
            if digest in await PLAIN.decode([memo], [str]):
                raise Refused(
                    f"{description.id} is the case of this report. It was opened before 0.3.0, is "
                    "not encrypted, and ends under the version that opened it."
                )


async def _is_case_of(server: Client, case: str, digest: str) -> bool:
    """Whether the case that has that id is the case of this very report.

    Raises `Refused` when it was terminated: what people did in it is brought back by a
    reset, not by opening the report again.
    """
    description = await server.get_workflow_handle(case).describe(rpc_timeout=session.ANSWER_WITHIN)
    if await description.memo_value(contract.REPORT_DIGEST, "", type_hint=str) != digest:
        await _refuse_plain(server, description, digest)
        return False
    if description.status is WorkflowExecutionStatus.TERMINATED:
        raise Refused(f"{case} was terminated. Bring it back: {bring_back(server, case)}")
    if description.status is WorkflowExecutionStatus.COMPLETED:
        note(
            f"The case of this report was closed on {moment(description.close_time)}. To take it "
            f"up again: tacenda close {case} --reopen REASON."
        )
    else:
        note(f"This report has been open since {moment(description.start_time)}.")
    return True
