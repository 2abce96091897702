"""A case that is not straight, by hand: held, handed over, leaked, fixed twice, reopened."""

import signal
import time
from pathlib import Path

from tests.e2e.machine import Machine, eventually
from tests.e2e.programs import SCRIPTS, ended
from tests.e2e.running import wait_for

VENDORS = ["one@vendors.example.org", "two@vendors.example.org"]
MAIL = b"""\
Return-Path: <%(who)s>
Received: from relay.example.org by mx.example.org; Sat, 21 Nov 2026 08:00:00 +0100
Received: from home.example.org by relay.example.org; Mon, 2 Mar 2020 08:00:00 +0100
From: =?utf-8?q?Mira_M=C3=BCller?= <%(who)s>
To: team@example.org
Subject: The importer writes outside its folder
Message-ID: <report-1@home.example.org>
Date: Mon, 2 Mar 2020 07:59:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="part"

--part
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe! A name can climb out of the folder.
--part
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="../climb.zip"
Content-Transfer-Encoding: base64

UEsDBAAB
--part--
"""


def told(office: Machine, case: str, kind: str) -> list[str]:
    """Return who got letters of a kind about a case, in order, as the case knows it."""
    letters = office.json("show", case)["letters"]
    return [to for letter in letters if letter["kind"] == kind for to in letter["to"]]


def test_patches_reach_the_vendors_and_a_new_fix_reaches_them_again(office: Machine) -> None:
    """A second notice carries the new patches, once; the approval of the release is void."""
    case = office.open()
    office.done("ack", case)
    office.done("fixed", case, "--ref", "https://example.org/1")
    first, second = b"--- first\r\n\0", b"--- second"
    office.write(first, "first.patch")
    office.write(second, "second.patch")
    office.done("notify", case, "vendors", "--attach", "first.patch")
    eventually(lambda: told(office, case, "vendor_notice"), VENDORS, "the vendors to be told")
    office.done("release", case, "--at", "2027-06-01T16:00Z", "--confirm-artifacts")
    office.done("fixed", case, "--ref", "https://example.org/2")
    eventually(lambda: len(told(office, case, "alarm")), 2, "the lead to hear of the void approval")
    words = ("notify", case, "vendors", "--attach", "second.patch")
    office.done(*words)
    eventually(lambda: told(office, case, "vendor_notice"), VENDORS * 2, "the new patches")
    again = office.tacenda(*words)

    assert again.code == 1
    assert "it has gone out" in again.err
    notices = office.about(case, "vendor_notice")
    assert [notice.files for notice in notices if notice.to == VENDORS[0]] == [
        (("first.patch", first),),
        (("second.patch", second),),
    ]
    assert "is void because the fix changed" in " ".join(office.json("show", case)["troubles"])
    assert "first.patch, attached to this letter" in notices[0].body.decode()
    assert "This replaces what we sent you" in notices[-1].body.decode()


def test_a_hand_over_takes_effect_when_the_other_accepts(office: Machine) -> None:
    """The old lead leads until then; whoever names themselves leads at once."""
    case = office.open()
    office.done("ack", case, "--team", "bob")
    office.done("handoff", case, "--to", "bob", "--reason", "on holiday")
    shown = office.json("show", case)
    assert (shown["lead"], shown["handing_to"]) == ("alice", "bob")
    eventually(lambda: len(told(office, case, "handover")), 2, "both to hear of it")
    office.done("--as", "bob", "ack", case)
    assert office.json("show", case)["lead"] == "bob"

    office.done("handoff", case, "--to", "alice", "--reason", "bob is silent")
    assert office.json("show", case)["lead"] == "alice"


def test_a_broken_embargo_asks_for_a_decision_and_public_lifts_the_guards(office: Machine) -> None:
    """After `leak` a decision is asked for; once `public`, the release needs no override."""
    case = office.open()
    office.done("ack", case)
    office.done("leak", case, "--reason", "a post on a forum")
    expected = ["alice@example.org", "team@example.org", "oncall@example.org"]
    eventually(lambda: told(office, case, "decision"), expected, "the question")
    assert office.json("show", case)["decision_asked"] is not None
    office.done("leak", case, "--hold-on", "--reason", "it was another flaw")
    assert office.json("show", case)["decision_asked"] is None

    office.done("public", case, "--reason", "the press has it")
    text = office.write("We know of it. Switch it off until there is a fix.\n", "now.txt")
    office.done("release", case, "--text", text)
    eventually(lambda: office.json("show", case)["state"], "released", "the release")


def test_what_was_told_elsewhere_is_recorded_and_not_sent(office: Machine) -> None:
    """A case adopted in the middle of its life sends nothing twice, and ends like any other."""
    case = office.open("--sent-elsewhere", "our old tracker")
    elsewhere = ("--sent-elsewhere", "the old tracker")
    office.done("ack", case, *elsewhere)
    office.done("fixed", case, "--ref", "https://example.org/1")
    office.done("notify", case, "vendors", "--to", "Distro One", *elsewhere)
    eventually(lambda: told(office, case, "vendor_notice"), VENDORS[:1], "the record")
    office.done("release", case, "--sent-elsewhere", "https://example.org/advisory")
    eventually(lambda: office.json("show", case)["state"], "released", "the record of the release")

    assert office.about(case, "receipt") == []
    assert office.about(case, "acknowledgement") == []
    assert office.about(case, "vendor_notice") == []
    assert told(office, case, "acknowledgement") != []
    lines = [line["detail"] for line in office.json("history", case)]
    assert any("told elsewhere" in line for line in lines)


def listed(office: Machine, *words: str) -> list[str]:
    """Return the cases that `tacenda list` shows with these options."""
    return [case["id"] for case in office.json("list", *words)]


def test_a_closed_case_is_taken_up_again_under_its_id(office: Machine) -> None:
    """Its acts and letters are still there, and nothing is sent twice."""
    case = office.open()
    office.done("ack", case)
    eventually(lambda: len(office.about(case, "acknowledgement")), 1, "the answer")
    office.done("close", case, "--as", "invalid")
    eventually(lambda: case in [c["id"] for c in office.json("list")], False, "the end")
    refused = office.tacenda("score", case, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H")
    assert f"tacenda close {case} --reopen REASON" in refused.complaint

    office.done("close", case, "--reopen", "it can be reproduced")
    eventually(lambda: office.json("show", case)["state"], "fix", "its second life")
    acts = [act["what"] for act in office.json("show", case)["acts"]]
    assert acts == ["acknowledge", "close", "close"]
    eventually(lambda: case in listed(office, "--all"), True, "it to be listed")
    assert case not in listed(office, "--state", "closed")
    office.done("close", case, "--as", "invalid")
    eventually(lambda: len(office.about(case, "closing")), 2, "the second closing letter")
    assert len(office.about(case, "receipt")) == 1
    assert len(office.about(case, "acknowledgement")) == 1


def test_a_report_that_came_as_mail(office: Machine) -> None:
    """Its time is our own server's, its files are kept, and the receipt answers the mail."""
    who = b"mira-mail@example.org"
    file = office.write(MAIL % {b"who": who}, "report.eml")
    case = office.done("open", file, "--component", "importer").out.strip()
    again = office.done("open", file)
    eventually(lambda: office.kinds(who.decode())[:1], ["receipt"], "the receipt")
    shown = office.json("show", case, "--files", "kept")
    [kept] = (Path(office.folder) / "kept").iterdir()

    assert again.out.strip() == case
    assert shown["received"] == "2026-11-21T07:00:00Z"
    assert office.letters(who.decode())[0].answers == "<report-1@home.example.org>"
    assert kept.read_bytes() == b"PK\x03\x04\0\x01"
    assert kept.name.endswith("climb.zip")
    assert "Grüße! A name can climb" in office.done("show", case).out


def test_watching_goes_on_until_it_is_interrupted(office: Machine) -> None:
    """It shows the case again when it changes, and Ctrl-C ends it with 130."""
    case = office.open()
    process = office.popen(SCRIPTS / "tacenda", "watch", case)
    assert process.stdout is not None
    first = process.stdout.readline() + process.stdout.readline()  # when, and what
    office.done("ack", case)
    seen = b""
    until = time.monotonic() + 60
    while b"lead       alice," not in seen and time.monotonic() < until:
        seen += process.stdout.readline()
    process.send_signal(signal.SIGINT)
    said = ended(process)

    assert case.encode() in first
    assert b"lead       alice," in seen
    assert said.code == 130
    assert "Traceback" not in said.err


def test_watching_all_cases_shows_a_new_one(office: Machine) -> None:
    """Without a case it shows the list of all."""
    process = office.popen(SCRIPTS / "tacenda", "watch")
    assert process.stdout is not None
    case = office.open()
    seen: list[bytes] = []

    def is_there() -> bool:
        assert process.stdout is not None
        seen.append(process.stdout.readline())
        return case.encode() in b"".join(seen)

    wait_for(is_there, "the new case")
    process.send_signal(signal.SIGINT)
    assert ended(process).code == 130
