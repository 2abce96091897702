"""Where a run of chaos plays: a real stack, its mail server, and a clerk who insists."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from temporalio.client import Client
from temporalio.service import RPCError

from tacenda import contract
from tacenda.act import Act
from tacenda.acts import FixLanded
from tacenda.case import Case
from tacenda.cli import dialogue
from tacenda.cli.starting import begin
from tacenda.connect import client_at, converter_for
from tacenda.errors import Refused, Unavailable
from tacenda.ids import case_id, digest_of
from tacenda.models import Report, State
from tacenda.policy import Policy, on_top_of
from tacenda.settings import load
from tests.chaos.hostile import Hostile
from tests.e2e.machine import Machine, RealUp
from tests.e2e.samples import ANY_DAY, SHORT

T = TypeVar("T")

CONNECTIONS = 4
LOOK_EVERY = 0.7
PATIENCE = 150.0
"""How long a story waits for one thing while everything around it breaks (seconds)."""

TEAM = "team@example.org"
ONCALL = "oncall@example.org"
MEMBERS = {"alice": "alice@example.org", "bob": "bob@example.org"}
USERS = tuple(f"reader-{n}@users.example.org" for n in range(200))
GONE = "nobody@users.example.org"
VENDORS = tuple(f"psirt@distro-{n}.example.org" for n in range(30))
STRANGERS = tuple(f"psirt@stranger-{n}.example.org" for n in range(3))
"""Vendors without consent to any embargo."""
LISTS = tuple(f"list-{n}@example.org" for n in range(8))
HASTY = {
    "limits": {
        "acknowledge": "PT4S",
        "fix": "PT6S",
        "user_notice": "PT7S",
        "vendor_notice": "PT8S",
        "release": "PT9S",
    },
    "reminders": {"before": ["PT1S"], "digest_every": "PT10S"},
}


def settings(post: Hostile) -> str:
    """Return the tacenda.toml of the town, whose letters leave through `post`."""
    members = "".join(
        f'[[team.members]]\nname = "{name}"\nemail = "{email}"\n' for name, email in MEMBERS.items()
    )
    consents = {**dict.fromkeys(VENDORS, "standing"), **dict.fromkeys(STRANGERS, "per-case")}
    vendors = "".join(
        f'[[vendors]]\nname = "{email}"\nemail = "{email}"\nembargo = "{embargo}"\n'
        for email, embargo in consents.items()
    )
    return f"""
[team]
address = "{TEAM}"
escalate_to = ["{ONCALL}"]
{members}
[lists]
users = {[*USERS, GONE]}
release = {list(LISTS)}
{vendors}{ANY_DAY}{SHORT}
[mail]
host = "127.0.0.1"
port = {post.port}
security = "none"
timeout = 5
connections = {CONNECTIONS}
retry_after = "PT2S"
"""


class Town:
    """One stack under chaos, and the acts that are done in it however often it takes."""

    def __init__(self, machine: Machine, up: RealUp, post: Hostile, luck: random.Random) -> None:
        self.machine = machine
        self.up = up
        self.post = post
        self._key = luck.randbytes(32)
        self._known: Client | None = None

    async def client(self) -> Client:
        """Return a client with the keys of the machine."""
        if self._known is None:
            machine = self.machine
            converter = converter_for(machine.environ, machine.settings, Path(machine.home))
            self._known = await client_at(machine.at["temporal"], converter)
        return self._known

    async def insist(self, attempt: Callable[[Client], Awaitable[T]], what: str) -> T:
        """Repeat something until it is answered; who refuses it has answered."""
        until = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                return await attempt(await self.client())
            except (Unavailable, RPCError, Refused) as error:
                if isinstance(error, Refused) and "it holds no case" not in str(error):
                    raise  # else the worker took the case up anew, and can be asked again
                if asyncio.get_running_loop().time() > until:
                    raise AssertionError(f"waited in vain for {what}: {error}") from None
            await asyncio.sleep(0.3)

    async def open(self, report: Report, hasty: bool) -> str:
        """Open the case of a report, and return its id."""
        case, digest = case_id(report, self._key, 2026), digest_of(report, self._key)
        policy = load(self.machine.settings).policy_from(2026)
        if hasty:
            policy = Policy.model_validate(on_top_of(policy, HASTY))
        opening = contract.Opening(report=report, policy=policy)
        await self.insist(
            lambda server: begin(server, case, opening, digest, State.ACKNOWLEDGE), f"open {case}"
        )
        return case

    async def do(self, case: str, act: Act) -> None:
        """Do an act; repeated until it is answered, it is done once."""

        async def attempt(server: Client) -> None:
            if isinstance(act, FixLanded):
                await dialogue.signal_fix(server, case, act)
            else:
                await dialogue.act(server, await dialogue.ask(server, case), act)

        await self.insist(attempt, f"{act.name} on {case}")

    async def view(self, case: str) -> Case:
        """Return a case as its workflow knows it."""
        answer = await self.insist(lambda server: dialogue.ask(server, case), f"a view of {case}")
        return answer.case

    async def until(self, case: str, is_so: Callable[[Case], bool], what: str) -> None:
        """Wait until a case is as it should be; say what keeps it, if it never is."""
        until = asyncio.get_running_loop().time() + PATIENCE
        while not is_so(await self.view(case)):
            if asyncio.get_running_loop().time() > until:
                raise AssertionError(f"{case}: waited in vain for {what}; {await self.stuck(case)}")
            await asyncio.sleep(LOOK_EVERY)

    async def stuck(self, case: str) -> str:
        """Say what of a case is tried again and again."""
        described = await self.insist(
            lambda server: server.get_workflow_handle(case).describe(), f"a look at {case}"
        )
        raw = described.raw_description
        tries = [f"workflow task: attempt {raw.pending_workflow_task.attempt}"]
        for each in raw.pending_activities:
            failure = each.last_failure.application_failure_info.type or "no failure"
            tries.append(f"{each.activity_type.name}: attempt {each.attempt}, {failure}")
        return "; ".join(tries)


def now() -> datetime:
    """Return the instant (UTC)."""
    return datetime.now(UTC)
