"""`tacenda doctor`: what is misconfigured, and how to mend it."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import click
from temporalio.client import Client
from temporalio.service import RPCError

from tacenda import checks, ledgerchecks, pgpchecks
from tacenda.archive.checkup import check_records
from tacenda.checks import Finding
from tacenda.cli import session
from tacenda.cli.listing import find_cases
from tacenda.cli.options import as_json
from tacenda.codecchecks import check_codec
from tacenda.connect import UNSAFE_PLAINTEXT
from tacenda.errors import BadInput, TacendaError
from tacenda.home import recorded, settings_file
from tacenda.keystore import NoKeys
from tacenda.keystore.checkup import check_keys, check_keys_of
from tacenda.render import say, say_json
from tacenda.settings import Settings, load

MANY_ATTEMPTS = 3
MARKS = {"ok": "ok     ", "warning": "warning", "alarm": "ALARM  "}


@click.command()
@as_json
def doctor(as_json: bool) -> int:
    """Look at settings, server, worker, mail and cases; exit 1 where something is wrong."""
    findings = session.run(_examine())
    if as_json:
        say_json([finding.model_dump() for finding in findings])
    else:
        for finding in findings:
            say(f"{MARKS[finding.status]}  {finding.part}: {finding.says}")
            if finding.mend:
                say(f"         -> {finding.mend}")
    return int(any(finding.status == "alarm" for finding in findings))


async def _examine() -> list[Finding]:
    options = click.get_current_context().find_root().obj or {}
    findings: list[Finding] = []
    settings: Settings | None = None
    file = None
    try:
        file = settings_file(options.get("config"), os.environ)
        settings = load(file) if file else None
        findings += checks.check_settings(settings)
        findings += pgpchecks.check_keys(settings, session.now()) if settings else ()
    except TacendaError as error:
        findings.append(_alarm("settings", error))
    findings += checks.check_templates(settings)
    try:
        findings += _keys()
    except BadInput:
        return findings  # without the settings file, of which it is said, the keys are unknown
    findings += check_records(session.record_location())
    stack = recorded(session.home())
    named = settings.codec.address if settings else None
    findings += check_codec(named or (stack.codec if stack else None))
    try:
        server = await session.client()
    except NoKeys:
        pass  # that is said of the keys already
    except TacendaError as error:
        findings.append(_alarm("server", error))
    else:
        findings += await _on_server(server, checks.check_server)
        findings += await _on_server(server, _cases)
        if settings:
            mail = settings.mail
            findings += await _on_server(server, lambda it: ledgerchecks.check_hosts(it, mail))
    if settings and file:
        findings.append(ledgerchecks.check_ledger(settings.mail, session.home()))
        findings.append(await checks.check_mail(settings, file, recorded(session.home())))
    return findings


def _keys() -> Iterable[Finding]:
    if os.environ.get(UNSAFE_PLAINTEXT) == "1":
        says = f"{UNSAFE_PLAINTEXT} is set: nothing is encrypted."
        return [Finding(part="keys", status="alarm", says=says, mend=f"unset {UNSAFE_PLAINTEXT}")]
    return check_keys(session.key_location())


async def _on_server(
    server: Client, look: Callable[[Client], Awaitable[list[Finding]]]
) -> list[Finding]:
    try:
        return await look(server)
    except (RPCError, TacendaError) as error:
        reason = error.status.name if isinstance(error, RPCError) else str(error)
        return [
            Finding(
                part="server",
                status="alarm",
                says=f"The Temporal server did not answer ({reason}).",
                mend="Is it running, and is the namespace there? `tacenda up` starts one.",
            )
        ]


async def _cases(server: Client) -> list[Finding]:
    found = await find_cases(server, everything=False)
    alarming = [case for case in found if case["alarm"]]
    overdue = [case for case in found if case["overdue"] and not case["alarm"]]
    findings = [
        Finding(
            part="cases",
            status="alarm",
            says=f"{case['id']} was {case['alarm']} in {case['state']}: nothing keeps it going.",
            mend=_mend(server, case),
        )
        for case in alarming
    ]
    if overdue:
        ids = ", ".join(case["id"] for case in overdue)
        findings.append(
            Finding(
                part="cases",
                status="warning",
                says=f"Overdue: {ids}.",
                mend="`tacenda show CASE` says what is missing.",
            )
        )
    if ended := [case["id"] for case in found if case["state"] == "closed" and not case["alarm"]]:
        findings.append(
            Finding(
                part="records",
                status="warning",
                says=f"Closed, and not on record yet: {', '.join(ended)}.",
                mend="It is tried each minute; what is said of the records above tells why not.",
            )
        )
    running = [case["id"] for case in found if not case["alarm"]]
    findings += [finding for case in running async for finding in _stuck(server, case)]
    if server.data_converter.payload_codec:
        findings += check_keys_of(running, session.key_location())
    if not findings:
        findings.append(
            Finding(part="cases", status="ok", says=f"{len(found)} open, none overdue.")
        )
    return findings


async def _stuck(server: Client, case: str) -> AsyncIterator[Finding]:
    """Yield a finding for a case whose task fails again and again, whatever somebody sent it."""
    description = await server.get_workflow_handle(case).describe(rpc_timeout=session.ANSWER_WITHIN)
    attempts = description.raw_description.pending_workflow_task.attempt
    if attempts >= MANY_ATTEMPTS:
        yield Finding(
            part="cases",
            status="alarm",
            says=f"{case} has come no further in {attempts} attempts: nothing of it goes on.",
            mend="The worker's log says where. If keys are missing, bring those back. If somebody "
            f"gave it an answer that cannot be read: {session.bring_back(server, case)}",
        )


def _mend(server: Client, case: dict[str, Any]) -> str:
    if case["alarm"] != "failed":
        return f"Bring it back: {session.bring_back(server, case['id'])}"
    return (
        "It never was a case: it was started with other keys, or by somebody without any. If it "
        "was yours, open the report again with the keys that your worker has. Then remove it: "
        f"temporal workflow delete --workflow-id {case['id']}"
    )


def _alarm(part: str, error: TacendaError) -> Finding:
    return Finding(part=part, status="alarm", says=str(error))
