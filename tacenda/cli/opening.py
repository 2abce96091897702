"""`tacenda open`: from a report to a running case."""

import os
import tomllib
from datetime import datetime
from typing import Any

import click
from pydantic import ValidationError
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from tacenda import contract
from tacenda.cli import session
from tacenda.cli.options import INSTANT, read_text
from tacenda.cli.session import bring_back
from tacenda.errors import BadInput, Refused
from tacenda.fields import MAX_REPORT_BYTES, complaint_of
from tacenda.ids import case_id, digest_of, id_key
from tacenda.models import Report, State
from tacenda.policy import Policy
from tacenda.render import moment, note, say

MOST_CLASHES = 5


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
def open_case(file: str, received: datetime | None) -> None:
    """Open a case from the report in FILE (TOML; - for stdin) and print its id.

    The same report again prints the same id. Limits run from when it was received.
    """
    report, year = read_report(file, received)
    if report.received > session.now():
        raise BadInput("`received` lies in the future. Correct it, or say --received now.")
    settings = session.settings()
    if settings is None:
        note("There is no tacenda.toml; the case takes the profile kubernetes-2017 as it is.")
    policy = settings.policy_from(session.now().year) if settings else Policy()
    say(session.run(start(report, policy, year)))


def read_report(file: str, received: datetime | None) -> tuple[Report, int]:
    """Return the report in `file`, and the year in its id.

    The year is that of the file's own `received`, so that the same file is the same case
    whatever --received says. Raises `BadInput` with one sentence when it is refused.
    """
    if file.endswith(".eml"):
        raise BadInput("A report by mail cannot be read yet. Write it down as .toml.")
    text = read_text(file, MAX_REPORT_BYTES)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{file} is not TOML: {error}.") from None
    written = values.get("received")
    if received is not None:
        values["received"] = received
    try:
        report = Report.model_validate(values)
    except ValidationError as error:
        complaint = complaint_of(error)
        if complaint == "received: is missing":
            complaint += ". Write received = 2026-11-21T16:00:00Z into it, or say --received now"
        raise BadInput(f"{file} is refused: {complaint}.") from None
    return report, (written if isinstance(written, datetime) else report.received).year


async def start(report: Report, policy: Policy, year: int) -> str:
    """Start the case of a report, or find the one it already has, and return its id."""
    server = await session.client()
    key = id_key(session.home(), os.environ)
    digest = digest_of(report, key)
    opening = contract.Opening(report=report, policy=policy)
    for attempt in range(MOST_CLASHES):
        case = case_id(report, key, year, attempt)
        try:
            if await _start(server, case, digest, opening):
                return case
            if await _is_case_of(server, case, digest):
                return case
        except RPCError as error:
            raise session.explained(error, case) from None
    raise Refused("No free id was found for the report. Report this: it should not happen.")


async def _start(
    server: Client,
    case: str,
    digest: str,
    opening: contract.Opening,
) -> bool:
    """Start a case; return False where the id is taken, be it by one that has ended."""
    try:
        await server.start_workflow(
            contract.WORKFLOW,
            opening,
            id=case,
            task_queue=contract.TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            memo={contract.REPORT_DIGEST: digest},
            search_attributes=TypedSearchAttributes(
                [SearchAttributePair(contract.STATE, State.ACKNOWLEDGE.value)]
            ),
            static_summary=case,
            rpc_timeout=session.ANSWER_WITHIN,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def _is_case_of(server: Client, case: str, digest: str) -> bool:
    """Whether the case that has that id is the case of this very report.

    Raises `Refused` when it was terminated: what people did in it is brought back by a
    reset, not by opening the report again.
    """
    description = await session.handle_of(server, case).describe(rpc_timeout=session.ANSWER_WITHIN)
    if await description.memo_value(contract.REPORT_DIGEST, "", type_hint=str) != digest:
        return False
    if description.status is WorkflowExecutionStatus.TERMINATED:
        raise Refused(f"{case} was terminated. Bring it back: {bring_back(server, case)}")
    if description.status is WorkflowExecutionStatus.COMPLETED:
        note(f"The case of this report was closed on {moment(description.close_time)}.")
    else:
        note(f"This report has been open since {moment(description.start_time)}.")
    return True
