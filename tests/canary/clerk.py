"""Types commands on a machine, keeps what they printed, and does what no command can say."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio.client import Client

from tacenda.act import Act
from tacenda.acts import FixLanded
from tacenda.cli import dialogue
from tacenda.connect import client_at, converter_for
from tacenda.contract import View
from tacenda.errors import NoWorker
from tests.canary.words import Words
from tests.e2e.machine import Machine
from tests.e2e.programs import Said

READERS = (
    "show",
    "vendors",
    "history",
    "next",
    "preview",
    "watch",
    "notify",
    "release",
    "close",
    "bounces",
)
"""The commands that show a case to whoever typed them: to read it, or to approve a text."""


@dataclass(frozen=True)
class Ran:
    """A command as it was typed, and what came of it."""

    typed: tuple[str, ...]
    said: Said

    @property
    def reads(self) -> bool:
        """Whether showing the case is what it is for, and it did."""
        return self.said.code == 0 and any(word in READERS for word in self.typed[:3])


@dataclass
class Clerk:
    """One person at one machine."""

    machine: Machine
    words: Words
    ran: list[Ran] = field(default_factory=list)

    def does(self, *typed: str) -> str:
        """Type a command that succeeds and return what it printed."""
        [said] = self._type(typed)
        assert said.code == 0, (typed, said)
        return said.out.strip()

    def do(self, *commands: tuple[str, ...]) -> None:
        """Type commands that succeed, at the same time."""
        for typed, said in zip(commands, self._type(*commands), strict=True):
            assert said.code == 0, (typed, said)

    def looks(self, *commands: tuple[str, ...]) -> None:
        """Type commands that may find something wrong, at the same time."""
        self._type(*commands)

    def fails(self, *commands: tuple[str, ...]) -> None:
        """Type commands that are refused, at the same time."""
        for typed, said in zip(commands, self._type(*commands), strict=True):
            assert said.code in (1, 2), (typed, said)
            assert "Traceback" not in said.err

    def _type(self, *commands: tuple[str, ...]) -> list[Said]:
        said = self.machine.at_once(*commands)
        self.ran += [Ran(typed, one) for typed, one in zip(commands, said, strict=True)]
        return said

    def text(self, name: str, content: str) -> str:
        """Write a file to name in a command."""
        return self.machine.write(content, name)

    def acts(self, case: str, *acts: Act) -> None:
        """Do what the commands have no options for, as a client of the library could."""

        async def send() -> None:
            client = await self.client()
            for act in acts:
                if isinstance(act, FixLanded):
                    await dialogue.signal_fix(client, case, act)
                else:
                    view = await dialogue.ask(client, case)
                    await dialogue.act(client, view, act)

        asyncio.run(send())

    def view(self, case: str) -> View:
        """Return the case as its workflow knows it."""

        async def look() -> View:
            return await dialogue.ask(await self.client(), case)

        return asyncio.run(look())

    def answered(self, case: str) -> bool:
        """Whether a worker answers for the case."""
        try:
            return self.view(case).case.id == case
        except NoWorker:
            return False

    def failing(self, case: str) -> set[str]:
        """Return of which kinds the last failures of the activities are that are tried again."""

        async def look() -> set[str]:
            described = await (await self.bare()).get_workflow_handle(case).describe()
            pending = described.raw_description.pending_activities
            return {each.last_failure.application_failure_info.type for each in pending}

        return asyncio.run(look())

    async def client(self) -> Client:
        """Return a client with the keys of the machine."""
        converter = converter_for(
            self.machine.environ, self.machine.settings, Path(self.machine.home)
        )
        return await client_at(self.machine.at["temporal"], converter)

    async def bare(self) -> Client:
        """Return a client without any key, as somebody else's would be."""
        return await Client.connect(self.machine.at["temporal"])


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run something to its end."""
    return asyncio.run(work)
