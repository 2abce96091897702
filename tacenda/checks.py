"""What `tacenda doctor` looks at: one finding for each part, with the way to mend it."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from aiosmtplib import SMTP, SMTPException
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from tacenda.attributes import SEARCH_ATTRIBUTES
from tacenda.calendardates import YEARS
from tacenda.errors import TacendaError
from tacenda.facts import facts_of
from tacenda.fields import Value
from tacenda.home import Endpoints
from tacenda.lifecycle import open_case
from tacenda.local.worker_process import names_a_relay
from tacenda.models import Kind, Report
from tacenda.policy import Policy
from tacenda.proofs import faults_of, strays
from tacenda.settings import Settings
from tacenda.tables import Mail
from tacenda.vendorwords import named

SHORTEST_RETENTION = timedelta(days=30)
WITHIN = timedelta(seconds=5)


class Finding(Value):
    """One part of the set-up: how it is, and what mends it."""

    part: str
    status: Literal["ok", "warning", "alarm"]
    says: str
    mend: str = ""


def check_settings(settings: Settings | None) -> Iterator[Finding]:
    """Yield what is to be said of the settings."""
    if settings is None:
        yield Finding(
            part="settings",
            status="alarm",
            says="There is no tacenda.toml.",
            mend="`tacenda up` writes one to start from.",
        )
        return
    yield from calendar(settings, datetime.now(UTC).year)
    yield Finding(part="settings", status="ok", says="The settings are read and valid.")
    for missing, what in (
        (not settings.team.members, "[[team.members]]: nobody can be proposed as fix lead"),
        (not settings.lists.users, "[lists] users: a user notice would go to nobody"),
        (not settings.lists.release, "[lists] release: a release would go to nobody"),
        (not settings.pager.command, "[pager] command: nobody hears that mail itself has stopped"),
        (not settings.team.escalate_to, "[team] escalate_to: a missed limit stays in the team"),
    ):
        if missing:
            yield Finding(
                part="settings",
                status="warning",
                says=f"Nothing stands under {what}.",
                mend="Add it to tacenda.toml.",
            )
    yield from _pager(settings.pager.command)
    yield from _vendors(settings)


def calendar(settings: Settings, year: int) -> Iterator[Finding]:
    """Yield what is to be said of the dates that a case of `year` takes along."""
    try:
        until = settings.policy_from(year).calendar.known_until
    except TacendaError as error:
        yield Finding(part="calendar", status="alarm", says=str(error), mend="Correct it.")
        return
    if until and until.year < year + YEARS - 1:
        yield Finding(
            part="calendar",
            status="warning",
            says=f"The holiday data of at least one of the countries ends on {until}: a plan says "
            "of later days that nobody knows.",
            mend="Update the package holidays, or look later days up.",
        )


def _pager(command: tuple[str, ...]) -> Iterator[Finding]:
    """Look for the program that calls the lead, and call nobody."""
    if not command:
        return  # which is said with the rest of what is missing
    if program := shutil.which(command[0]):
        yield Finding(part="pager", status="ok", says=f"{program} calls the lead.")
    else:
        yield Finding(
            part="pager",
            status="alarm",
            says=f"There is no program {command[0]} that can be run: nobody hears that mail itself "
            "has stopped.",
            mend="Correct [pager] command: the path of a program that may be run, or a name in the "
            "PATH of the worker.",
        )


def _vendors(settings: Settings) -> Iterator[Finding]:
    asked = [vendor.name for vendor in settings.vendors if vendor.embargo != "standing"]
    if asked:
        yield Finding(
            part="vendors",
            status="ok",
            says=f"Invited to the embargo in each case, before any detail: {named(asked)}.",
        )
    notice = settings.policy.release.vendor_notice
    brief = [v.name for v in settings.vendors if v.max_embargo and v.max_embargo < notice]
    if brief:
        yield Finding(
            part="vendors",
            status="warning",
            says="The notice period of the vendors is longer than these keep an embargo: "
            f"{named(brief)}.",
            mend="Shorten [policy.release] vendor_notice, or agree on a longer max_embargo.",
        )


def check_templates(settings: Settings | None) -> Iterator[Finding]:
    """Yield what is wrong in each template, read and filled in every variation of the facts."""
    opened = datetime(2026, 1, 5, 9, tzinfo=UTC)
    report = Report(title="A sample", received=opened)
    facts = facts_of(open_case("case-2026-0000000000", report, Policy(), opened), opened)
    folder = settings.mail.templates if settings else None
    try:
        faults = dict.fromkeys(fault for kind in Kind for fault in faults_of(kind, facts, folder))
    except TacendaError as error:
        yield _broken(str(error))
        return
    yield from (_broken(str(fault)) for fault in faults)
    for name in strays(folder) if folder else ():
        yield Finding(
            part="templates",
            status="warning",
            says=f"{name} is the template of no letter, and none names it.",
            mend="Give it the name of the letter that it is meant for, such as receipt.txt.",
        )
    if not faults:
        yield Finding(part="templates", status="ok", says="Every letter can be written.")


def _broken(says: str) -> Finding:
    return Finding(
        part="templates",
        status="alarm",
        says=says,
        mend="Mend that template, or take it away to use ours.",
    )


async def check_server(server: Client) -> list[Finding]:
    """Return what is to be said of the Temporal server that `server` reaches."""
    from tacenda.workerchecks import check_workers

    return [
        await _retention(server),
        await _search_attributes(server),
        *await check_workers(server),
    ]


async def _retention(server: Client) -> Finding:
    described = await server.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=server.namespace), timeout=WITHIN
    )
    kept = described.config.workflow_execution_retention_ttl.ToTimedelta()
    if kept >= SHORTEST_RETENTION:
        return Finding(
            part="namespace", status="ok", says=f"Closed cases are kept {kept.days} days."
        )
    return Finding(
        part="namespace",
        status="warning",
        says=f"Closed cases vanish after {kept}.",
        mend=f"temporal operator namespace update --namespace {server.namespace} --retention 90d",
    )


async def _search_attributes(server: Client) -> Finding:
    try:
        listed = await server.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=server.namespace), timeout=WITHIN
        )
    except RPCError as error:
        return Finding(
            part="search attributes",
            status="warning",
            says=f"They could not be listed ({error.status.name}).",
            mend="Ask who runs the server.",
        )
    known = {*listed.custom_attributes, *listed.system_attributes}
    missing = [key for key in SEARCH_ATTRIBUTES if key.name not in known]
    if not missing:
        return Finding(part="search attributes", status="ok", says="All are registered.")
    flags = " ".join(
        f"--name {key.name} --type {_type_name(key.indexed_value_type.name)}" for key in missing
    )
    return Finding(
        part="search attributes",
        status="alarm",
        says=f"Not registered: {', '.join(key.name for key in missing)}.",
        mend=f"temporal operator search-attribute create {flags}",
    )


def _type_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


async def check_mail(settings: Settings, file: Path, stack: Endpoints | None) -> Finding:
    """Log in to the mail server as the worker would, and send nothing."""
    mail = settings.mail
    if stack and not names_a_relay(file, os.environ):
        host, _, port = stack.smtp.rpartition(":")
        mail = Mail(host=host, port=int(port), security="none")
    where = f"{mail.host}:{mail.port}"
    try:
        await _log_in(mail)
    except (SMTPException, OSError) as error:
        return Finding(
            part="mail",
            status="alarm",
            says=f"The mail server {where} did not let us in ({type(error).__name__}).",
            mend="Check [mail] host, port, security and the password, and that it runs.",
        )
    return Finding(part="mail", status="ok", says=f"The mail server {where} lets us in.")


async def _log_in(mail: Mail) -> None:
    connection = SMTP(
        hostname=mail.host,
        port=mail.port,
        use_tls=mail.security == "tls",
        start_tls=mail.security == "starttls",
        timeout=WITHIN.total_seconds(),
    )
    async with connection:
        if mail.username:
            await connection.login(mail.username, mail.secret())
