"""A case that goes all the way, saying a word in whatever a command has an option for."""

from pysequoia import Tsk

from tacenda.bounced import Bounced
from tacenda.bounces import BounceKind, Returned
from tacenda.identities import message_id_of
from tests.canary.clerk import Clerk
from tests.canary.story import LATER, NOW
from tests.e2e.running import wait_for

BOUNCE = """\
From: MAILER-DAEMON@example.org
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1

--part
Content-Type: text/rfc822-headers

Message-ID: {identity}

--part--
"""


class Straight:
    """A case from a report as TOML, through all five steps; it is closed, and goes on."""

    def __init__(self, clerk: Clerk) -> None:
        self.clerk, self.w = clerk, clerk.words
        self.cves = [self.w.cve("AssignCve.cves") for _ in range(2)]
        self.case = clerk.does("open", clerk.text("report.toml", self._report()), *NOW)

    def _report(self) -> str:
        w = self.w
        email = f"{w.of('Reporter.email')}@example.org"
        key = str(Tsk.generate(f"<{email}>").extract_certificate())
        begin, _, rest = key.partition("\n")
        return f"""
title = "{w.of("Report.title")}"
component = "{w.of("Report.component")}"
versions = "{w.of("Report.versions")}"
details = "{w.of("Report.details")}"
secret = ["{w.of("Report.secret")}"]
message_id = "<{w.of("Report.message_id")}@example.org>"
[reporter]
name = "{w.of("Reporter.name")}"
email = "{email}"
credit = "{w.of("Reporter.credit")}"
key = '''{begin}\nComment: {w.of("Reporter.key")}\n{rest}'''
"""

    def act(self, command: str, *typed: str, kind: str) -> tuple[str, ...]:
        """Return an act on the case, done by a word and overriding with one."""
        by, override = self.w.of(f"{kind}.by"), self.w.of(f"{kind}.override")
        return (command, self.case, *typed, "--as", by, "--override", override)

    def refusals(self) -> None:
        """Be refused in every way: by the command, by guards, for what a text says."""
        w, case = self.w, self.case
        told = self.clerk.text("told.txt", f"It is {w.said_in('Report.secret')}, soon.")
        new = [w.of("refused", w.refused) for _ in range(8)]
        self.clerk.fails(
            ("score", case, new[0]),
            ("cve", case, f"CVE-{new[1]}"),
            ("fixed", case, "--withdraw", new[2]),
        )
        self.clerk.fails(
            ("confirm", case, "retrospective", "--ref", new[3]),
            ("extend", case, "fix", "--until", "2020-01-01T00:00Z", "--reason", new[4]),
            ("notify", case, "users", "--text", told, "--planned", f"{LATER:%Y-%m-%dT%H:%MZ}"),
        )
        assert "words that were marked secret" in self.clerk.ran[-1].said.err
        self.clerk.fails(
            ("leak", case, "--hold-on", "--reason", new[5]),
            ("open", self.clerk.text("bad.toml", f'title = "{new[6]}"\nnobody = "{new[7]}"')),
        )

    def to_the_vendors(self) -> None:
        """Take it, score it, fix it, move a limit, and tell the vendors with a patch."""
        w, case, act = self.w, self.case, self.act
        answer = self.clerk.text("answer.txt", w.of("Acknowledge.text"))
        team = ("--team", w.said_in("Acknowledge.team"), "--text", answer)
        self.clerk.does("ack", case, *team, "--override", w.of("Acknowledge.override"))
        ref, version = f"https://{w.of('FixLanded.refs')}.example/1", w.of("FixLanded.versions")
        secret = self.clerk.text("secret.txt", w.of("MarkSecret.words"))
        first, second = self.cves
        self.clerk.do(
            act("score", w.vector("Score.vector"), kind="Score"),
            act("cve", first, second, kind="AssignCve"),
            act("fixed", "--ref", ref, "--version", version, kind="FixLanded"),
        )
        early = ("warn-early", "--reason", w.of("Decide.why"))
        discussed = ("--discussion", f"https://{w.of('Decide.discussion')}.example/7")
        self.clerk.does(*act("decide", *early, *discussed, kind="Decide"))
        self.clerk.do(
            act("decide", "warn-early", "--withdraw", w.of("Decide.withdraw"), kind="Decide"),
            act("cve", second, "--withdraw", w.of("AssignCve.withdraw"), kind="AssignCve"),
            act("extend", "release", "--by", "3d", "--reason", w.of("Extend.why"), kind="Extend"),
            act("secret", "--words", secret, kind="MarkSecret"),
        )
        patch = self.clerk.text(f"{w.of('Attachment.name')}.patch", w.of("Attachment.content"))
        vendor = ("--to", w.said_in("ApproveNotice.to"), "--attach", patch)
        self.clerk.does(*act("notify", "vendors", *vendor, kind="ApproveNotice"))
        wait_for(lambda: self.clerk.view(case).case.vendors, "the vendors to be known")
        no = ("declined", "--reason", w.of("VendorReply.why"))
        name = w.said_in("VendorReply.vendor")
        self.clerk.does(*act("vendor", name, *no, kind="VendorReply"))

    def came_back(self) -> None:
        """The receipt comes back for good; the address works again, and the receipt was delayed."""
        w, case, by = self.w, self.case, ("--as", self.w.of("Bounced.by"))
        address = f"{w.said_in('Reporter.email')}@example.org"
        identity = message_id_of(case, address, "receipt", "example.org")
        bounce = self.clerk.text("bounce.eml", BOUNCE.format(address=address, identity=identity))
        wait_for(lambda: self.clerk.view(case).case.finished("receipt"), "the receipt")
        self.clerk.does("bounces", bounce, *by, "--override", w.of("Bounced.override"))
        why = ("--reason", w.of("Bounced.withdraw"))
        self.clerk.does("bounces", "--works-again", case, address, *why, *by)
        delayed = Returned(
            letter="receipt", address=address, kind=BounceKind.DELAYED, status="4.4.1"
        )
        self.clerk.acts(case, Bounced(by="alice", returned=(delayed,), why=w.of("Bounced.why")))

    def to_the_users(self) -> None:
        """Announce it to the users; write to the reporter; hand it over; it leaks, perhaps."""
        w, case, act = self.w, self.case, self.act
        text = self.clerk.text("update.txt", w.of("ApproveNotice.text"))
        self.clerk.do(
            act("notify", "reporter", "--text", text, kind="ApproveNotice"),
            act("notify", "users", kind="ApproveNotice"),
            act("leak", "--reason", w.of("ReportEvent.why"), kind="ReportEvent"),
        )
        why = ("--to", "bob", "--reason", w.of("HandOff.why"))
        self.clerk.do(
            act("leak", "--hold-on", "--reason", w.of("ReportEvent.why"), kind="ReportEvent"),
            act("handoff", *why, kind="HandOff"),
        )
        self.clerk.does("--as", "bob", "ack", case)

    def released(self) -> None:
        """Hold a release, take a mitigation up, and release."""
        w, act = self.w, self.act
        credit = ("credit", "--name", w.of("Confirm.credit"))
        help_ = ("--mitigation", w.of("FixLanded.mitigation"))
        self.clerk.do(
            act("fixed", *help_, kind="FixLanded"), act("confirm", *credit, kind="Confirm")
        )
        text = self.clerk.text("release.txt", w.of("ApproveRelease.text"))
        ready = ("--text", text, "--confirm-artifacts")
        self.clerk.does(*act("release", *ready, kind="ApproveRelease"))

    def ended(self) -> None:
        """Close it complete, take it up again, and close it once more."""
        w, case, act = self.w, self.case, self.act
        self.clerk.do(
            act("confirm", "reporter", "--ref", w.of("Confirm.ref"), kind="Confirm"),
            act("confirm", "retrospective", "--ref", w.of("Confirm.ref"), kind="Confirm"),
            act("cve", self.cves[0], "--published", kind="AssignCve"),
        )
        text = self.clerk.text("closing.txt", w.of("Close.text"))
        override = ("--override", w.of("Close.override"))
        by = ("--as", w.of("Close.by"))
        self.clerk.does(*by, "close", case, "--as", "complete", "--text", text, *override)
        wait_for(lambda: case not in self.clerk.does("list"), "the end")
        self.clerk.does("close", case, "--reopen", w.of("Close.reopen"))
