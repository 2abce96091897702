"""Two cases that say what no straight one does: by mail, by a program, in haste; and a forger."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tacenda.acts import (
    Acknowledge,
    AssignCve,
    Close,
    Confirm,
    FixLanded,
    HandOff,
    MarkSecret,
    Score,
)
from tacenda.approvals import ApproveNotice, ApproveRelease
from tacenda.link_acts import LinkCase
from tacenda.models import Audience, CloseReason, Matter
from tests.canary.clerk import Clerk
from tests.canary.post import Indiscreet
from tests.canary.words import Words
from tests.chaos.aftermath import kill
from tests.e2e.machine import RealUp
from tests.e2e.running import wait_for
from tests.e2e.samples import ANY_DAY, SHORT
from tests.e2e.test_limits import HASTY

MAIL = """\
Received: from relay.example.org by mx.example.org; Sat, 21 Nov 2026 08:00:00 +0100
From: {name} <{email}@example.org>
To: team@example.org
Subject: {title}
Message-ID: <{id}@example.org>
Date: Sat, 21 Nov 2026 07:59:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="part"

--part
Content-Type: text/plain; charset="utf-8"

{details}
--part
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="{file}.bin"
Content-Transfer-Encoding: base64

{content}
--part--
"""
NOW = ("--received", "now")
ONCALL = "oncall@example.org"
LATER = datetime(2027, 6, 1, 16, tzinfo=UTC)


def settings(words: Words, post: Indiscreet) -> str:
    """Return settings whose names are words too; `[mail]` leads to the indiscreet server."""
    member, vendor = words.of("Acknowledge.team", words.settings), _vendor(words)
    replying = words.of("VendorReply.vendor", words.settings)
    return f"""
[team]
address = "team@example.org"
escalate_to = ["{ONCALL}"]
[[team.members]]
name = "alice"
email = "alice@example.org"
[[team.members]]
name = "bob"
email = "bob@example.org"
[[team.members]]
name = "{member}"
email = "{member}@example.org"
[lists]
users = ["announce@example.org"]
release = ["announce@example.org", "oss@example.org"]
[[vendors]]
name = "{vendor}"
email = "{vendor}@example.org"
embargo = "standing"
[[vendors]]
name = "{replying}"
email = "two@vendors.example.org"
embargo = "standing"
{ANY_DAY}{SHORT}{post.settings}templates = "letters"
"""


def _vendor(words: Words) -> str:
    return words.of("ApproveNotice.to", words.settings)


def quoting_letters(folder: Path) -> None:
    """Write a letter to the fix team whose error quotes the title of a case with no component."""
    folder.mkdir()
    quoting = "{% if not component %}{{ {}[title] }}{% endif %}"
    (folder / "fix_team.txt").write_text(f"Subject: yours\n\nIt is yours.{quoting}\n")


class ByMail:
    """A case from a mail, with what no command says; it becomes public and is given up."""

    def __init__(self, clerk: Clerk) -> None:
        self.clerk, self.w, w = clerk, clerk.words, clerk.words
        content = b64encode(w.of("Attachment.content").encode()).decode()
        mail = MAIL.format(
            name=w.of("Reporter.name"),
            email=w.of("Reporter.email"),
            title=w.of("Report.title"),
            id=w.of("Report.message_id"),
            details=w.of("Report.details"),
            file=w.of("Enclosure.name"),
            content=content,
        )
        more = ("--component", w.of("Report.component"), "--versions", w.of("Report.versions"))
        self.case = clerk.does("open", clerk.text("report.eml", mail), *more)

    def linked_for_a_while(self, leading: str) -> None:
        """Be released together with another case, which hears what there is to know; or not."""
        of, acts = self.w.of, self.clerk.acts
        said = {"by": of("LinkCase.by"), "why": of("LinkCase.why")}
        acts(self.case, LinkCase(**said, to=leading, override=of("LinkCase.override")))
        wait_for(lambda: self.clerk.view(leading).case.links, "the other case to hear of it")
        acts(self.case, LinkCase(**said, part=True))
        wait_for(lambda: not self.clerk.view(leading).case.links, "the other case to hear the end")

    def said_by_a_program(self, leading: str = "") -> None:
        """Fill the fields that the commands leave empty; it follows `leading` for a while."""
        of, cve, by = self.w.of, self.w.cve("AssignCve.cves"), "alice"
        told = {
            name: {
                "users_told": of(f"{name}.users_told"),
                "vendors_told": of(f"{name}.vendors_told"),
            }
            for name in ("ApproveNotice", "ApproveRelease", "Close")
        }
        self.clerk.acts(
            self.case,
            Acknowledge(by=by, why=of("Acknowledge.why"), elsewhere=of("Acknowledge.elsewhere")),
            Score(by=by, vector=self.w.vector("Score.vector"), why=of("Score.why")),
            AssignCve(by=by, cves=(cve,), why=of("AssignCve.why")),
            FixLanded(
                by=by, refs=(f"https://{of('FixLanded.refs')}.example/2",), why=of("FixLanded.why")
            ),
            Confirm(by=by, what=Matter.CREDIT, why=of("Confirm.why")),
            MarkSecret(by=by, words=(of("MarkSecret.words"),), why=of("MarkSecret.why")),
        )
        if leading:
            self.linked_for_a_while(leading)
        self.clerk.acts(
            self.case,
            HandOff(by=by, to="bob", why=of("HandOff.why")),
            ApproveNotice(
                by=by,
                audience=Audience.VENDORS,
                text=of("ApproveNotice.text"),
                at=LATER,
                planned=LATER + timedelta(days=1),
                why=of("ApproveNotice.why"),
                **told["ApproveNotice"],
            ),
            ApproveNotice(by=by, audience=Audience.VENDORS, hold=of("ApproveNotice.hold")),
            ApproveNotice(by=by, audience=Audience.USERS, elsewhere=of("ApproveNotice.elsewhere")),
            ApproveRelease(
                by=by,
                text=of("ApproveRelease.text"),
                at=LATER,
                artifacts_confirmed=True,
                why=of("ApproveRelease.why"),
                override=of("ApproveRelease.override"),
                **told["ApproveRelease"],
            ),
            ApproveRelease(by=by, hold=of("ApproveRelease.hold")),
            FixLanded(by=by, withdraw=of("FixLanded.withdraw")),
        )
        self._closing = Close(
            by=by,
            reason=CloseReason.WITHDRAWN,
            why=of("Close.why"),
            elsewhere=of("Close.elsewhere"),
            **told["Close"],
        )

    def ended(self) -> None:
        """It is exploited and public; it was released elsewhere, and is closed."""
        w, case = self.w, self.case
        why = w.of("ReportEvent.why"), w.of("ReportEvent.why")
        self.clerk.does("exploited", case, "--reason", why[0])
        self.clerk.does("public", case, "--reason", why[1])
        elsewhere = w.of("ApproveRelease.elsewhere")
        self.clerk.acts(case, ApproveRelease(by="alice", elsewhere=elsewhere), self._closing)


class Hasty:
    """A case whose limits pass at once, with a template that quotes and mail that is put off."""

    def __init__(self, clerk: Clerk, post: Indiscreet) -> None:
        self.clerk, self.w = clerk, clerk.words
        w, reporter = self.w, f"{self.w.of('Reporter.email')}@example.org"
        post.refuses[reporter] = 451
        hasty = clerk.machine.settings.read_text().replace(SHORT, HASTY)
        # A table may be named once in a file.
        (clerk.machine.home / "hasty.toml").write_text(hasty)
        report = f"""
title = "{w.of("Report.title")}"
[reporter]
email = "{reporter}"
"""
        self.case = clerk.does(
            "--config", str(clerk.machine.home / "hasty.toml"),
            "open", clerk.text("hasty.toml", report), *NOW,
            "--sent-elsewhere", w.of("Opening.elsewhere"),
        )  # fmt: skip

    def trouble(self) -> None:
        """Let a template quote the title in its error, and the mail server put a letter off."""
        template = self.clerk.machine.home / "letters" / "fix_team.txt"
        self.clerk.does("ack", self.case, "--team", "bob")
        wait_for(lambda: "TemplateBroken" in self.clerk.failing(self.case), "the template to fail")
        template.write_text("Subject: mended\n\nmended\n")
        wait_for(lambda: "MailDeferred" in self.clerk.failing(self.case), "a letter put off")


def forged(clerk: Clerk, case: str) -> None:
    """Signal and update a case without a key, in words that are then in the clear."""
    temporal, to = clerk.machine.temporal, ("--workflow-id", case)

    def word() -> str:
        return clerk.words.of("forged", clerk.words.forged)

    fix = json.dumps({"refs": [f"https://{word()}.example"], "by": word()})
    score = json.dumps({"vector": word(), "by": word()})
    temporal("workflow", "signal", *to, "--name", "fix_landed", "--input", fix)
    temporal("workflow", "signal", *to, "--name", word(), "--input", json.dumps(word()))
    temporal("workflow", "update", "execute", *to, "--name", "score", "--input", score)


def worker_killed(up: RealUp, clerk: Clerk, case: str) -> None:
    """End the worker as a power cut would, and wait until the next one answers."""
    worker = up.pid("worker")
    kill(worker)
    wait_for(lambda: up.renewed("worker", worker) and clerk.answered(case), "a new worker")
