"""A machine of its own for a test: a home, settings, and whatever is typed on it."""

import os
import pty
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from json import loads
from pathlib import Path
from typing import Any

from tacenda.home import RECORD, write_record
from tests.e2e.programs import ROOT, SCRIPTS, Said, chunks, ended, its_ports, limited, scrubbed
from tests.e2e.running import Up, runs, wait_for
from tests.e2e.samples import ANY_DAY, REPORT, SHORT, TEAM


@dataclass(frozen=True)
class Letter:
    """A letter as it was delivered to one recipient."""

    kind: str
    to: str
    subject: str
    message_id: str
    body: bytes
    answers: str = ""
    files: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def of(cls, source: bytes, to: str = "") -> "Letter":
        """Read a letter from its source; `to` is the recipient if the source does not say."""
        message = message_from_bytes(source, policy=default)
        text, *attached = message.iter_parts() if message.is_multipart() else [message]
        body = text.get_payload(decode=True)
        assert isinstance(body, bytes)
        return cls(
            kind=message["X-Tacenda-Kind"],
            to=message["Delivered-To"] or to,
            subject=message["Subject"],
            message_id=message["Message-ID"],
            body=body.replace(b"\r\n", b"\n"),
            answers=message["In-Reply-To"] or "",
            files=tuple((part.get_filename(""), part.get_content()) for part in attached),
        )


class Machine:
    """A folder to work in, a home with settings, and an environment that knows nothing else."""

    def __init__(self, folder: Path, settings: str = TEAM + ANY_DAY + SHORT) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.settings = self.home / "tacenda.toml"
        self.settings.write_text(settings)
        self.environ = scrubbed() | {
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / ".config"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "TACENDA_HOME": str(self.home),
            "TACENDA_ACTOR": "alice",
        }

    @property
    def at(self) -> dict[str, Any]:
        """Where the parts of the stack in the home answer."""
        at: dict[str, Any] = loads((self.home / RECORD).read_text())
        return at

    def popen(self, program: str | Path, *words: str, **environ: str) -> "subprocess.Popen[bytes]":
        """Start a program; whoever does so waits for it with `ended`."""
        return subprocess.Popen(
            [str(program), *words],
            env=self.environ | environ,
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def tacenda(self, *words: str, **environ: str) -> Said:
        """Type a command, without a terminal, and return what came of it."""
        return ended(self.popen(SCRIPTS / "tacenda", *words, **environ))

    def fed(self, stdin: bytes, *words: str) -> Said:
        """Type a command that reads stdin."""
        return ended(self.popen(SCRIPTS / "tacenda", *words), stdin)

    def done(self, *words: str, **environ: str) -> Said:
        """Type a command that succeeds."""
        said = self.tacenda(*words, **environ)
        assert said.code == 0, said
        assert "Traceback" not in said.err
        return said

    def insist(self, *words: str) -> None:
        """Repeat an act until it is done; an earlier attempt, unanswered, may have done it."""

        def is_done() -> bool:
            said = self.tacenda(*words)
            assert "Traceback" not in said.err
            return said.code == 0 or "approved the" in said.err or "took the case" in said.err

        wait_for(is_done, f"{words[0]} to be done")

    def json(self, *words: str, **environ: str) -> Any:
        """Type a command that reads, and return its JSON."""
        return loads(self.done(*words, "--json", **environ).out)

    def at_once(self, *commands: tuple[str, ...]) -> list[Said]:
        """Type several commands at the same time."""
        started = [self.popen(SCRIPTS / "tacenda", *words) for words in commands]
        return [ended(process) for process in started]

    def at_a_terminal(self, *words: str, typing: str = "", **environ: str) -> Said:
        """Type a command at a terminal; what it says on both streams is one text."""
        ours, theirs = pty.openpty()
        try:
            with subprocess.Popen(
                [str(SCRIPTS / "tacenda"), *words],
                env=self.environ | {"TERM": "xterm-256color"} | environ,
                cwd=self.folder,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
            ) as process:
                os.close(theirs)
                os.write(ours, typing.encode())
                with limited(process):
                    said = b"".join(chunks(ours))
        finally:
            os.close(ours)
        return Said(process.returncode, said.decode(), "")

    def temporal(self, *words: str) -> Said:
        """Type a command of the Temporal CLI, led through the codec server as `up` says."""
        token = (self.home / "codec" / "token").read_text().strip()
        through = {
            "TEMPORAL_CODEC_ENDPOINT": str(self.at["codec"]),
            "TEMPORAL_CODEC_AUTH": f"Bearer {token}",
        }
        return self.plainly(*words, **through)

    def plainly(self, *words: str, **environ: str) -> Said:
        """Type a command of the plain Temporal CLI, for the server of the home."""
        address = self.at["temporal"]
        return ended(self.popen(SCRIPTS / "temporal", *words, TEMPORAL_ADDRESS=address, **environ))

    def write(self, content: str | bytes, name: str = "report.toml") -> str:
        """Write a file into the folder and return its name."""
        data = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)
        return name

    def open(self, *words: str, **values: str) -> str:
        """Open a case from a report that just came in, and return its id."""
        return self.done("open", self.report(**values), "--received", "now", *words).out.strip()

    def report(self, **values: str) -> str:
        """Write a report that is like no other, and return the name of its file."""
        number = secrets.token_hex(4)
        known = {"title": f"Flaw {number}", "reporter": f"rita-{number}@example.org"}
        return self.write(REPORT.format(**known | values), f"report-{number}.toml")

    def letters(self, to: str = "", kind: str = "") -> list[Letter]:
        """Return the caught letters in their order, all or those to an address or of a kind."""
        files = sorted((self.home / "mail" / "new").iterdir(), key=_order)
        letters = [Letter.of(file.read_bytes()) for file in files]
        return [x for x in letters if (not to or x.to == to) and (not kind or x.kind == kind)]

    def about(self, case: str, kind: str) -> list[Letter]:
        """Return the caught letters of a kind that name the case in their subject."""
        return [letter for letter in self.letters(kind=kind) if case in letter.subject]

    def kinds(self, to: str) -> list[str]:
        """Return the kinds of the letters to an address, in order."""
        return [letter.kind for letter in self.letters(to)]

    @contextmanager
    def up(self, *words: str) -> Iterator["RealUp"]:
        """Run `tacenda up` until the end of the block."""
        with RealUp(self, *words) as running:
            running.line()
            yield running

    @contextmanager
    def worker(self, **environ: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Run worker.py beside a stack until the end of the block; a kill there is no error."""
        host, _, port = self.at["smtp"].partition(":")
        relay = {"HOST": host, "PORT": port, "SECURITY": "none"}
        told = {
            "TEMPORAL_ADDRESS": self.at["temporal"],
            "TACENDA_CONFIG": str(self.settings),
            **{f"TACENDA_MAIL__{name}": value for name, value in relay.items()},
        }
        process = self.popen(sys.executable, str(ROOT / "worker.py"), **told | environ)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            ended(process)


class RealUp(Up):
    """A `tacenda up` with the real worker."""

    def __init__(self, machine: Machine, *words: str) -> None:
        self.home = machine.home
        self.endpoints = {}
        if not (self.home / RECORD).exists():
            write_record(its_ports(self.home))
        self.process = subprocess.Popen(
            [str(SCRIPTS / "tacenda"), "up", "--json", *words],
            env=machine.environ,
            cwd=machine.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def pid(self, part: str) -> int:
        """Return the process of a part that runs."""
        found: int = wait_for(lambda: self.pids().get(part), f"the {part}")
        return found

    def renewed(self, part: str, killed: int) -> bool:
        """Whether a part runs again as another process than the one that was killed."""
        pid = self.pids().get(part)
        return pid is not None and pid != killed and runs(pid)


def eventually(look: Callable[[], Any], wanted: Any, what: str) -> None:
    """Wait until `look` returns what is wanted; say what it was, if it never does."""
    seen: list[Any] = [None]

    def is_so() -> bool:
        seen[0] = look()
        return bool(seen[0] == wanted)

    try:
        wait_for(is_so, what)
    except AssertionError as error:
        raise AssertionError(f"{error}: {seen[0]!r} is not {wanted!r}") from None


def _order(file: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", file.name))
