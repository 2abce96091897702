"""`tacenda bounces` on a real stack: real letters come back, and lie in a Maildir or an mbox."""

from pathlib import Path

from tests.e2e.machine import Letter, Machine, eventually
from tests.e2e.running import wait_for

ONE, TWO = "one@vendors.example.org", "two@vendors.example.org"
WHO_CARES = b"From: rita@example.org\nSubject: Hello\n\nAnd thank you.\n"
IN_WORDS = (
    b"Return-Path: <>\nFrom: MAILER-DAEMON@example.org\n\nHi. This is the qmail-send program.\n"
)


def came_back(letter: Letter, status: str = "5.1.1", to: str = "", action: str = "failed") -> bytes:
    """Return the notification of a mail server about a letter, as Postfix writes it."""
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: team@example.org
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; {to or letter.to}
Action: {action}
Status: {status}

--b
Content-Type: message/rfc822

Subject: {letter.subject}
Message-ID: {letter.message_id}

Whatever it said.

--b--
""".encode()


def maildir(machine: Machine, *mails: bytes, name: str) -> Path:
    """Return a Maildir of the machine with these mails, one of them seen already."""
    folder = machine.folder / name
    for below in ("new", "cur", "tmp"):
        (folder / below).mkdir(parents=True)
    for number, mail in enumerate(mails):
        file = f"cur/{number}.host:2,S" if number == 1 else f"new/{number}.host"
        (folder / file).write_bytes(mail)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def told(machine: Machine) -> tuple[str, dict[str, Letter]]:
    """Return a case whose vendors and users have been told, and those letters by recipient."""
    case = machine.open()
    machine.done("ack", case, "--team", "bob")
    machine.done("fixed", case, "--ref", "https://example.org/fix/1")
    before = {letter.message_id for letter in machine.letters()}
    machine.done("notify", case, "vendors")
    machine.done("notify", case, "users")
    kinds = ("vendor_notice", "user_notice")
    letters: dict[str, Letter] = {}

    def have_come() -> bool:
        caught = [x for x in machine.letters() if x.kind in kinds and x.message_id not in before]
        letters.update({letter.to: letter for letter in caught})
        return {ONE, TWO, "announce@example.org"} <= letters.keys()

    wait_for(have_come, "the notices")
    eventually(
        lambda: sorted(
            s["kind"] for s in machine.json("show", case)["letters"] if "notice" in s["kind"]
        ),
        ["user_notice", "vendor_notice"],
        "their fates",
    )
    return case, letters


def test_a_maildir_of_bounces_is_read_into_its_case(office: Machine) -> None:
    """Hard, soft and delayed are recorded, the Maildir stays as it was; again is no news."""
    case, letters = told(office)
    folder = maildir(
        office,
        came_back(letters[ONE]),
        came_back(letters["announce@example.org"], "4.4.7"),
        WHO_CARES,
        IN_WORDS,
        came_back(letters[TWO], "4.4.1", action="delayed"),
        came_back(letters[ONE]),
        name="bounces",
    )
    before = contents(folder)

    first = office.done("bounces", str(folder))
    again = office.json("bounces", str(folder))

    assert first.out.splitlines()[-1] == "3 recorded, 1 known already, 0 not recorded."
    assert "1 mail was skipped: it is no delivery status notification." in first.err
    assert "read it yourself" in first.err
    assert "3.host" in first.err
    assert contents(folder) == before
    assert (again["recorded"], again["known"], again["not_recorded"]) == (0, 4, 0)
    by_kind = {s["kind"]: s["bounced"] for s in office.json("show", case)["letters"]}
    hard, delayed = sorted(by_kind["vendor_notice"], key=lambda b: b["address"])
    assert (hard["address"], hard["kind"], hard["status"]) == (ONE, "hard", "5.1.1")
    assert (delayed["address"], delayed["kind"]) == (TWO, "delayed")
    assert [b["kind"] for b in by_kind["user_notice"]] == ["soft"]
    shown = office.done("show", case).out
    assert "5.1.1, there is no such address" in shown
    assert office.done("history", case).out.count("bounced") == 1
    [step] = [s for s in office.json("show", case)["steps"] if s["name"] == "user_notice"]
    assert step["done"] is None
    wait_for(lambda: office.about(case, "alarm"), "the alarm")
    alarm = office.about(case, "alarm")[0].body.decode()
    assert "tacenda notify" in " ".join(alarm.split())

    office.done("release", case, "--confirm-artifacts")
    wait_for(lambda: TWO in [x.to for x in office.about(case, "final_warning")], "the warning")
    assert ONE not in [letter.to for letter in office.about(case, "final_warning")]


def test_what_is_forged_or_late_changes_nothing(office: Machine) -> None:
    """Another address, a letter that nobody sent, a case that is closed: each is said."""
    case, letters = told(office)
    one = letters[ONE]
    other = came_back(one, to="mallory@example.org")
    made_up = came_back(
        Letter("vendor_notice", ONE, f"{case}: x", f"<{'0' * 32}@example.org>", b"")
    )
    foreign = came_back(Letter("x", ONE, "Hello", "<hello@example.org>", b""))
    before = office.json("show", case)
    box = office.write(b"\n".join(b"From x\n" + mail for mail in (other, made_up, foreign)), "mbox")

    said = office.json("bounces", box)

    assert said["recorded"] == 0
    done = [found["done"] for found in said["bounces"]]
    assert "names another address" in done[0]
    assert "no case knows this letter" in done[1]
    assert said["skipped"] == [
        {"mail": "mbox, mail 3", "why": "it is about a letter that is none of ours"}
    ]
    assert office.json("show", case)["letters"] == before["letters"]
    office.done("close", case, "--as", "invalid")
    wait_for(lambda: office.json("show", case)["state"] == "closed", "the end")
    late = office.fed(came_back(one), "bounces", "-")
    assert late.code == 0
    assert "not recorded: the case is closed" in " ".join(late.out.split())


def test_an_address_that_works_again(office: Machine) -> None:
    """A reporter who is lost is not written to until somebody says that the address works."""
    report = office.report(reporter="lost@example.org")
    case = office.done("open", report, "--received", "now").out.strip()
    eventually(lambda: office.kinds("lost@example.org"), ["receipt"], "the receipt")
    eventually(
        lambda: sorted(x["kind"] for x in office.json("show", case)["letters"]),
        ["receipt", "team_alert"],
        "its fate",
    )
    [receipt] = office.letters("lost@example.org")
    mail = office.write(came_back(receipt), "bounce.eml")
    assert "tacenda bounces FILE" in office.tacenda("open", mail).complaint
    office.done("bounces", mail)
    office.done("ack", case)
    refused = office.tacenda("notify", case, "reporter", "--text", office.write("Hi.", "hi.txt"))
    assert refused.code == 1
    assert "--works-again" in refused.err

    said = office.done("bounces", "--works-again", case, "lost@example.org", "--reason", "a call")

    assert "lost@example.org works again" in said.out
    eventually(lambda: office.kinds("lost@example.org"), ["receipt", "acknowledgement"], "the rest")
    assert office.json("bounces", mail)["known"] == 1
    twice = office.tacenda("bounces", "--works-again", case, "lost@example.org", "--reason", "x")
    assert (twice.code, "nothing keeps letters from it" in twice.err) == (1, True)
