"""`tacenda demo`: one sample case through all five steps and 21 days, in a minute."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
import tomllib
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import click
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from tacenda import acts, approvals, contract
from tacenda.act import Act
from tacenda.attributes import WORKFLOW
from tacenda.case import Case
from tacenda.cli import dialogue, session
from tacenda.connect import admit, client_at, converter_for, task_queue
from tacenda.drafts import draft_of, planned_for
from tacenda.local.maildir import Maildir, opened
from tacenda.local.stack import Stack
from tacenda.models import NOTICES, Audience, CloseReason, Kind, Matter, Report, Step
from tacenda.render import note, safe, safe_line, say
from tacenda.settings import load
from tacenda.timeline import plan

SAMPLE = Path(__file__).parent.parent / "sample.toml"
CASE = "case-demo"
OPEN = "open"
CVE = "CVE-2026-99999"
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:N/I:H/A:L"
PATIENCE = 30.0
INTERRUPTED, TERMINATED = 130, 143


@click.command()
@click.option("--keep", is_flag=True, help="Leave the stack and its Web UI up; Ctrl-C ends it.")
def demo(keep: bool) -> int:
    """Carry one sample case through all five steps and 21 days, on a stack of its own.

    A real Temporal server, a real worker and real SMTP to a mail catcher; only the time
    between the steps is skipped. Every letter is shown as it is delivered. With --keep a second
    case stays open.
    """
    home = Path(tempfile.mkdtemp(prefix="tacenda-demo-"))
    try:
        return session.run(_until_stopped(home, keep))
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def _until_stopped(home: Path, keep: bool) -> int:
    """Play the demo; Ctrl-C or SIGTERM stops the stack before the program ends."""
    playing = asyncio.ensure_future(_demo(home, keep))
    caught: list[int] = []

    def on_signal(number: int) -> None:
        caught.append(number)
        playing.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, on_signal, number)
    try:
        return await playing
    except asyncio.CancelledError:
        if not caught:
            raise
    return INTERRUPTED if caught[0] == signal.SIGINT else TERMINATED


async def _demo(home: Path, keep: bool) -> int:
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("TACENDA_", "TEMPORAL_"))}
    note("Starting Temporal, the mail catcher and the worker ...")
    async with Stack(home, time_skipping=True, environ=ours) as stack:
        converter = converter_for(ours, stack.settings_file, home)
        server = await client_at(stack.endpoints.temporal, converter)
        page = f"{stack.endpoints.ui}/namespaces/default/workflows/{CASE}"
        note(f"Watch it in the Web UI while it lasts: {page}")
        note(f"It is encrypted there; this link lets you read it: {stack.login_link()}")
        await Show(server, stack).play()
        if not keep:
            note("\nWith --keep it stays, with a case that is open. For your own cases: tacenda up")
            return 0
        await Show(server, stack).open_another()
        note(f"\nThe stack stays up. Letters: {stack.endpoints.mail}")
        note(f"The case that is closed: {page}\nThe one that is open: {page}-{OPEN}")
        note(f"To read them in the Web UI, log in, once: {stack.login_link()}")
        note("Its page says what to click there, once in each browser. In another terminal:")
        note(f"  export TACENDA_HOME={home}; tacenda show {CASE}-{OPEN}")
        note("Ctrl-C ends it and removes what it kept.")
        await asyncio.Event().wait()
    return 0


class Show:
    """The sample case on its stack: what people do, and the letters that follow."""

    def __init__(self, server: Client, stack: Stack) -> None:
        """Take the stack; nothing has happened yet."""
        self._skipper = TimeSkipper(server, config=TimeSkippingConfig(enabled=False))
        assert stack.settings_file is not None
        self._settings = load(stack.settings_file)
        self._letters = Maildir(stack.mail)
        self._shown: set[str] = set()
        self._started = time.monotonic()
        self._opened = datetime.now(UTC)
        self._skipped = timedelta()
        self._handle: WorkflowHandle[Any, Any]

    @property
    def now(self) -> datetime:
        """The instant (UTC) in the life of the case."""
        return self._opened + self._skipped + timedelta(seconds=time.monotonic() - self._started)

    async def play(self) -> None:
        """Play the whole story."""
        await self._open(CASE)
        await self._wait_until(timedelta(hours=2))
        await self._say("alice takes the case, with bob on the fix")
        await self._act(acts.Acknowledge(by="alice", team=("bob",)))
        await self._wait_until(timedelta(days=1))
        await self._say("alice scores it and assigns a CVE id")
        await self._act(acts.Score(by="alice", vector=VECTOR))
        await self._act(acts.AssignCve(by="alice", cves=(CVE,)))
        await self._wait_until(timedelta(days=3))
        await self._say("the fix lands: a signal, here from CI")
        await self._fix()
        await self._wait_until(timedelta(days=6, hours=20))
        await self._say(
            "nobody told the users yet, so the case reminded; alice approves the notice"
        )
        await self._approve(Audience.USERS)
        await self._say("and she tells the reporter when it will be out, who agrees to be named")
        await self._approve(Audience.REPORTER)
        await self._act(acts.Confirm(by="alice", what=Matter.CREDIT, credit="Mira Sample"))
        await self._wait_until(timedelta(days=10))
        await self._say("alice approves the vendor notice; it goes to those under the embargo")
        await self._approve(Audience.VENDORS)
        await self._release()
        await self._say("after a day the case will remind of what is still open")
        await self._skip(timedelta(days=1, hours=1))
        await self._say("the CVE record is public and the retrospective held; alice says so")
        await self._act(acts.AssignCve(by="alice", cves=(CVE,), published=True))
        await self._act(acts.Confirm(by="alice", what=Matter.RETROSPECTIVE))
        await self._say("alice closes the case")
        await self._act(acts.Close(by="alice", reason=CloseReason.COMPLETE))
        case = await self._case()
        days = (case.released - case.report.received).days if case.released else 0
        say(
            f"\nThe case is {case.state.label}: {len(case.letters)} letters, "
            f"released on day {days} of 21, in "
            f"{time.monotonic() - self._started:.0f} seconds of yours."
        )

    async def open_another(self) -> None:
        """Leave a case that alice has taken and scored, for whoever wants to look at one."""
        self._opened, self._skipped = datetime.now(UTC), timedelta()
        self._started = time.monotonic()
        await self._open(
            f"{CASE}-{OPEN}", title="A second way for the importer to write outside its folder"
        )
        await self._act(acts.Acknowledge(by="alice", team=("bob",)))
        await self._act(acts.Score(by="alice", vector=VECTOR))

    async def _open(self, case: str, **values: str) -> None:
        sample = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))
        report = Report.model_validate({**sample, **values, "received": self._opened})
        policy = self._settings.policy_from(self._opened.year)
        await self._say("a report comes in, and its case is opened")
        await admit(self._skipper.client, case)
        self._handle = await self._skipper.client.start_workflow(
            WORKFLOW,
            contract.Opening(report=report, policy=policy),
            id=case,
            task_queue=task_queue(self._skipper.client),
            static_summary=case,
        )
        await self._settle()

    async def _fix(self) -> None:
        landed = acts.FixLanded(
            by="ci",
            refs=("https://git.example.org/lantern/pull/512",),
            versions=("2.5.4", "2.6.1"),
        )
        await self._handle.signal(contract.FIX_LANDED, landed)
        await self._settle()

    async def _approve(self, audience: Audience) -> None:
        case = await self._case()
        planned = self._date(case) if audience is not Audience.REPORTER else case.planned
        supposed = case.model_copy(update={"planned": planned})
        text = draft_of(supposed, NOTICES[audience], self.now).body
        await self._act(
            approvals.ApproveNotice(by="alice", audience=audience, text=text, planned=planned)
        )

    async def _release(self) -> None:
        case = await self._case()
        at = self._date(case)
        await self._wait_until(at - self._opened - timedelta(days=2))
        await self._say(f"alice approves the release for {at:%A %Y-%m-%d %H:%M} UTC")
        supposed = case.model_copy(update={"planned": at})
        text = draft_of(supposed, Kind.RELEASE, at).body
        await self._act(
            approvals.ApproveRelease(by="alice", text=text, at=at, artifacts_confirmed=True)
        )
        await self._wait_until(at - self._opened - timedelta(hours=23))
        await self._wait_until(at - self._opened + timedelta(minutes=5))

    def _date(self, case: Case) -> datetime:
        """Return the release date that alice names: so late that all 21 days are seen."""
        calendar, limit = case.policy.calendar, case.limit(Step.RELEASE)
        return calendar.last_slot(limit, self.now) or planned_for(case, self.now)

    async def _act(self, act: Act) -> None:
        await self._handle.execute_update(
            act.name, act, result_type=contract.Answer, rpc_timeout=session.ANSWER_WITHIN
        )
        await self._settle()
        state = (await self._case()).state
        say(f"    -> {act.name.replace('_', ' ')} done; the case is in: {state.label}")

    async def _case(self) -> Case:
        return (await dialogue.view_of(self._handle)).case

    async def _wait_until(self, since_opening: timedelta) -> None:
        await self._skip(self._opened + since_opening - self.now)

    async def _skip(self, span: timedelta) -> None:
        if span > timedelta():
            await self._skipper.fast_forward(self._handle, span)
            self._skipped += span
        await self._settle()

    async def _settle(self) -> None:
        """Wait until nothing is on its way, then show what was delivered."""
        async with asyncio.timeout(PATIENCE):
            while True:
                case = await self._case()
                waiting = case.under_way or case.proposed_lead is None
                if not waiting and not self._is_due(case):
                    break
                await asyncio.sleep(0.05)
        self._show_letters()

    def _is_due(self, case: Case) -> bool:
        """Whether a letter that is due has not left yet."""
        return any(e.kind and e.at <= self.now for e in plan(case, case.policy, self.now))

    async def _say(self, what: str) -> None:
        say("")
        click.secho(f"{self._day(self.now)}  {what}", bold=True)

    def _day(self, at: datetime) -> str:
        day = max(0.0, (at - self._opened) / timedelta(days=1))
        return f"day {day:4.1f}  {at:%a %Y-%m-%d %H:%M} UTC"

    def _show_letters(self) -> None:
        """Show each new letter once, with everybody who got it."""
        new = [letter for letter in self._letters.letters() if letter.id not in self._shown]
        shown: dict[tuple[datetime, str, str], list[str]] = {}
        for letter in reversed(new):
            self._shown.add(letter.id)
            source = self._letters.source(letter.id) or b""
            at = message_from_bytes(source, policy=default)["date"].datetime
            shown.setdefault((at, letter.subject, opened(source).text), []).append(letter.to)
        for (at, subject, text), recipients in shown.items():
            to = safe_line(" and to ".join(recipients))
            click.secho(f"\n{self._day(at)}  letter to {to}", fg="cyan")
            click.secho(f"    Subject: {safe_line(subject)}", fg="cyan")
            click.echo("".join(f"    | {line}\n" for line in safe(text).rstrip().splitlines()))
