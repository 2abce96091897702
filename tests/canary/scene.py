"""The scene of the story, and what is looked at in it; what may stand where, and why.

Left out are the environment of processes and the command lines of commands, which hold what
a person typed; and what a command shows to whoever typed it, to read or to approve.
"""

import gzip
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tacenda.codec import ServerCodec
from tacenda.keystore import open_store
from tests.canary import story
from tests.canary.clerk import Clerk, run
from tests.canary.fields import PUBLISHED
from tests.canary.post import Indiscreet
from tests.canary.surfaces import Surfaces, fetched, histories, payloads_in
from tests.canary.words import Words, digest_of
from tests.e2e.machine import Machine, RealUp
from tests.e2e.programs import free_port
from tests.receiver import Receiver

LISTS = ("announce@example.org", "oss@example.org")
PUBLIC = "letters to public lists before the release"
TO_REPORTER = "outer headers of letters to reporters"
COMMANDS = "what commands print"
CALLED = "what is posted to the webhook"
SPANS = "spans of the worker"

_A_FORGER_WROTE_THERE = (
    "temporal.db, running",
    "temporal.db, stopped",
    "temporal.db-wal, running",
    "temporal.db-wal, stopped",
    "history: events, failures, summaries, ids",
    "update ids, signal and activity names",
    "HTTP API",
    "answers of the host of the Web UI",
)
ALLOWED = {
    PUBLIC: PUBLISHED,
    TO_REPORTER: {"Report.message_id": "they answer the reporter's own mail"},
    COMMANDS: {
        "Acknowledge.team": "a name in tacenda.toml, shown to whoever has that file",
        "ApproveNotice.to": "the same",
        "VendorReply.vendor": "the same",
    },
    **{
        surface: {"forged": "a forger wrote it there, without a key"}
        for surface in _A_FORGER_WROTE_THERE
    },
}
"""On which surface which word may stand, and why; nowhere else, and no other."""


class Posted:
    """Where a worker posts what calls for a person, and its spans; and where it says how it is."""

    def __init__(self) -> None:
        self.webhook, self.collector = Receiver(200), Receiver(200)
        self.metrics = free_port()

    @property
    def settings(self) -> str:
        """The tables that tell a worker so."""
        return f"""
[webhook]
url = "{self.webhook.url}"
[traces]
endpoint = "{self.collector.url}"
[metrics]
listen = "127.0.0.1:{self.metrics}"
"""

    def close(self) -> None:
        """Listen no more."""
        self.webhook.close()
        self.collector.close()


@dataclass
class Scene:
    """A running stack, who types there, its mail server, and what was looked at."""

    up: RealUp
    clerk: Clerk
    post: Indiscreet
    posted: Posted
    surfaces: Surfaces
    words: Words

    def hits(self) -> dict[str, set[str]]:
        """Return by surface what is there and must not be: words by their places, and hashes."""
        found = {}
        for name, seen in self.surfaces.seen.items():
            places = {self.words.said.get(x, x) for x in self.words.found_in(bytes(seen))}
            hashes = {f"a hash of {what}" for what in self.words.told_by(bytes(seen))}
            if wrong := (places | hashes) - ALLOWED.get(name, {}).keys():
                found[name] = wrong
        return found

    def table(self, hits: dict[str, set[str]]) -> str:
        """Return every surface with its size and what was found, and the figure below it."""
        rows = []
        for name, seen in sorted(self.surfaces.seen.items()):
            found = ", ".join(sorted(hits.get(name, ()))) or "nothing"
            rows.append(f"{len(seen):>10} bytes  {name}: {found}")
        return "\n".join((*rows, self.figure(hits)))

    def figure(self, hits: dict[str, set[str]]) -> str:
        """Return what was found, in a line."""
        number, size = len(self.surfaces.seen), self.surfaces.size // 1024**2
        return (
            f"canary: {len(self.words.said)} words x {number} surfaces ({size} MB), "
            f"hits: {sum(map(len, hits.values()))}"
        )


@contextmanager
def scene(folder: Path, **environ: str) -> Iterator[Scene]:
    """A stack of its own that sends its letters to an indiscreet server."""
    words, post = Words(), Indiscreet({story.ONCALL: 550})
    with post, post.open(), closing(Posted()) as posted:
        machine = Machine(folder / "machine", story.settings(words, post) + posted.settings)
        machine.environ |= environ | {"TACENDA_WEBHOOK__SECRET": "between us"}
        story.quoting_letters(machine.home / "letters")
        clerk = Clerk(machine, words)
        surfaces = Surfaces(clerk)
        with machine.up() as up:
            yield Scene(up, clerk, post, posted, surfaces, words)
            _, out, err = up.stop(signal.SIGTERM)
        surfaces.add("stdout and stderr of `tacenda up`", out.encode(), err.encode())
        look_at_posts(surfaces, posted)
        surfaces.look_at_files("stopped")


def look_at_letters(at: Scene) -> None:
    """Read the letters to the public, and what is outside of all others."""
    for mail in at.post.mail:
        if mail.to in LISTS:
            at.surfaces.add(PUBLIC, mail.raw)
        elif at.words.said.get(mail.to.partition("@")[0]) == "Reporter.email":
            at.surfaces.add(TO_REPORTER, mail.outer)
        else:
            at.surfaces.add("outer headers of all other letters", mail.outer)


def look_at_the_worker(at: Scene) -> None:
    """Read what a worker says of itself to whoever asks."""
    for page in ("metrics", "healthz", "readyz"):
        said = fetched(f"http://127.0.0.1:{at.posted.metrics}/{page}")
        at.surfaces.add("metrics and health of the worker", said)


def look_at_posts(surfaces: Surfaces, posted: Posted) -> None:
    """Read what a worker posted, with its headers."""
    for name, receiver in ((CALLED, posted.webhook), (SPANS, posted.collector)):
        for headers, body in receiver.came:
            unpacked = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
            surfaces.add(name, repr(headers).encode(), unpacked)


def look_at_commands(at: Scene) -> None:
    """Read what commands printed, without what their author had just typed."""
    at.clerk.looks(("list",), ("doctor",), ("keys", "list"))
    for ran in at.clerk.ran:
        if not ran.reads:
            printed = ran.said.out + ran.said.err
            for word in (word for word in at.words.said if word in " ".join(ran.typed)):
                printed = printed.replace(word, "…")
            at.surfaces.add(COMMANDS, printed.encode())


def know_hashes(at: Scene, *cases: str) -> None:
    """Learn what could be worked out from a case by anybody who guesses what it says."""
    for name in cases:
        case = at.clerk.view(name).case
        at.words.digest("the report", digest_of(case.report.model_dump_json()))
        for deed in case.deeds:
            at.words.digest(f"an act ({deed.what})", deed.digest)
        for notice in case.notices:
            at.words.digest(f"a text ({notice.kind})", notice.sha256)
        files = [*case.report.enclosures, *(file for n in case.notices for file in n.attachments)]
        for file in files:
            at.words.digest("a file", file.sha256)


def really_said(at: Scene, *cases: str) -> set[str]:
    """Return the words that are in the histories of cases for whoever has the keys."""
    codec = ServerCodec(open_store(str(at.clerk.machine.home / "keys")))

    async def decoded() -> bytes:
        client, found = await at.clerk.bare(), b""
        for case in cases:
            for _, history in await histories(client, case):
                opened = await codec.decode(payloads_in(history))
                found += b"\n".join(payload.data for payload in opened)
        return found

    return at.words.found_in(run(decoded()))
