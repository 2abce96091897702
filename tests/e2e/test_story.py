"""The whole story by hand: every act typed, every letter looked for in its mailbox."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.machine import Machine, eventually
from tests.e2e.samples import HIGH, SHORT, TEAM

USERS_TEXT = "Grüße!\n\nA release comes.  \n-- \nEs folgt mehr, am üblichen Ort"
REPORTER = "rita@example.org"
TODAY = datetime.now(UTC)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A stack of one's own, on two days on which nobody publishes."""
    quiet = {f"{day:%a}".lower() for day in (TODAY, TODAY + timedelta(days=1))}
    days = [d for d in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") if d not in quiet]
    machine = Machine(
        tmp_path_factory.mktemp("story"), f"{TEAM}{SHORT}[calendar]\nrelease_days = {days}\n"
    )
    with machine.up():
        yield machine


def test_the_whole_story_by_hand(office: Machine) -> None:
    """Every act succeeds, and everybody gets exactly the letters they were promised, in order."""
    case = office.open(reporter=REPORTER)
    assert re.fullmatch(r"case-\d{4}-[0-9a-z]{10}", case)
    eventually(lambda: office.kinds(REPORTER), ["receipt"], "the receipt")
    eventually(lambda: office.kinds("alice@example.org"), ["team_alert"], "the alert")

    office.done("ack", case, "--team", "bob")
    eventually(lambda: office.kinds(REPORTER), ["receipt", "acknowledgement"], "the answer")
    eventually(lambda: office.kinds("bob@example.org"), ["fix_team"], "the letter to the fix team")
    office.done("score", case, HIGH)
    office.done("cve", case, "CVE-2026-12345", "CVE-2026-12346")
    office.done("fixed", case, "--ref", "https://git.example.org/fix/1", "--version", "2.5.4")

    text = office.write(USERS_TEXT, "users.txt")
    office.done("notify", case, "users", "--text", text)
    eventually(lambda: len(office.letters(kind="user_notice")), 1, "the user notice")
    vendors_text = office.json("preview", case, "vendors")["body"]
    office.done("notify", case, "vendors")
    eventually(lambda: len(office.letters(kind="vendor_notice")), 2, "the vendor notices")

    refused = office.tacenda("release", case, "--confirm-artifacts")
    assert refused.code == 1
    assert refused.out == ""
    assert f"{TODAY:%A}" in refused.err or f"{TODAY + timedelta(days=1):%A}" in refused.err
    assert "--override REASON" in refused.err
    assert office.letters(kind="release") == []

    why = ("--override", "it is being exploited")
    shown = office.done("release", case, "--confirm-artifacts", *why).err
    [others] = [line for line in shown.splitlines() if line.startswith("And to:")]
    assert "Distro One <one@vendors.example.org>" in others
    assert others.endswith(", who had a notice or wait for one")
    eventually(lambda: len(office.letters(kind="release")), 5, "the release")
    eventually(lambda: office.kinds("team@example.org")[-1], "retrospective", "the retrospective")
    eventually(lambda: office.kinds(REPORTER)[-1], "thanks", "the thanks")
    assert office.json("show", case)["state"] == "released"
    assert "--published" in office.tacenda("close", case, "--as", "complete").complaint
    office.done("cve", case, "CVE-2026-12345", "CVE-2026-12346", "--published")
    office.done("confirm", case, "retrospective", "--ref", "https://wiki.example.org/minutes")
    office.done("close", case, "--as", "complete")
    eventually(lambda: len(office.letters(kind="calendar")), 2, "the letters for calendars")

    assert {letter.to: office.kinds(letter.to) for letter in office.letters()} == {
        REPORTER: ["receipt", "acknowledgement", "thanks"],
        "team@example.org": ["team_alert", "retrospective"],
        "alice@example.org": ["team_alert", "fix_team", "retrospective", "calendar"],
        "bob@example.org": ["fix_team", "calendar"],
        "announce@example.org": ["user_notice", "release"],
        "one@vendors.example.org": ["vendor_notice", "final_warning", "release"],
        "two@vendors.example.org": ["vendor_notice", "final_warning", "release"],
        "three@vendors.example.org": ["invitation", "release"],
        "oss@example.org": ["release"],
    }
    [users] = office.letters(kind="user_notice")
    assert users.body.decode() == USERS_TEXT
    assert {x.body.decode() for x in office.letters(kind="vendor_notice")} == {vendors_text}
    assert len({letter.message_id for letter in office.letters()}) == len(office.letters())
    check_the_records(office, case)


def check_the_records(office: Machine, case: str) -> None:
    """What the reading commands say of the case that is closed."""
    shown = office.json("show", case)
    assert shown["state"] == "closed"
    assert shown["severity"] == {"band": "High", "score": 7.5, "vector": HIGH}
    assert shown["cves"] == ["CVE-2026-12345", "CVE-2026-12346"]
    assert [step["status"] for step in shown["steps"]] == ["done"] * 5
    kinds = [letter["kind"] for letter in shown["letters"]]
    assert set(kinds[:2]) == {"receipt", "team_alert"}
    assert set(kinds[2:4]) == {"acknowledgement", "fix_team"}
    assert kinds[4] == "user_notice"
    assert set(kinds[5:7]) == {"vendor_notice", "invitation"}
    assert kinds[7:9] == ["final_warning", "release"]
    assert set(kinds[9:]) == {"thanks", "retrospective", "calendar"}
    assert all(letter["failed"] == 0 for letter in shown["letters"])
    assert case not in [listed["id"] for listed in office.json("list")]
    assert case in [listed["id"] for listed in office.json("list", "--all")]
    again = office.tacenda("ack", case)
    assert again.code == 1
    assert "closed" in again.complaint or "ended" in again.complaint
