"""Encrypted mail from end to end: a real worker, real SMTP, and GnuPG at the other end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.machine import Machine, eventually
from tests.e2e.samples import ANY_DAY, SHORT, TEAM
from tests.gpg import Gpg, a_gpg

REPORTER, ONE = "mira@home.example.org", "one@vendors.example.org"
MAIL = """\
Received: from relay.example.org by mx.example.org; Sat, 21 Nov 2026 08:00:00 +0100
From: Mira <{reporter}>
To: team@example.org
Subject: The importer writes outside its folder
Message-ID: <report-1@home.example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="part"

--part
Content-Type: text/plain

A name can climb out of the folder.
--part
Content-Type: application/pgp-keys
Content-Disposition: attachment; filename="mira.asc"

{key}
--part--
"""


@pytest.fixture
def gpg() -> Iterator[Gpg]:
    """The gpg of everybody outside the team."""
    with a_gpg() as gpg:
        yield gpg


def sources(machine: Machine, kind: str) -> dict[str, bytes]:
    """Return the caught letters of a kind to the last byte, by recipient."""
    found = {}
    for file in (machine.home / "mail" / "new").iterdir():
        source = file.read_bytes()
        head = source.partition(b"\n\n")[0].replace(b"\r\n", b"\n").decode().splitlines()
        if f"X-Tacenda-Kind: {kind}" in [line.strip() for line in head]:
            to = next(line for line in head if line.startswith("To: "))
            found[to.removeprefix("To: ").strip()] = source
    return found


def with_keys(machine: Machine, gpg: Gpg) -> None:
    """Give one vendor a key, ask another for one, and let the team sign."""
    keys: Path = machine.home / "keys"
    keys.mkdir()
    for address in (REPORTER, ONE, "team@example.org"):
        gpg.make(address)
    (keys / "one.asc").write_text(gpg.public(ONE))
    ours = keys / "ours.asc"
    ours.touch(0o600)
    ours.write_text(gpg.secret("team@example.org"))
    team = TEAM.replace(f'"{ONE}"', f'"{ONE}"\nkey = "keys/one.asc"').replace(
        '"two@vendors.example.org"', '"two@vendors.example.org"\nkey_required = true'
    )
    signing = '[mail]\nsigning_key = "keys/ours.asc"\n'
    machine.settings.write_text(team + ANY_DAY + SHORT + signing)


def test_a_case_whose_letters_are_encrypted(machine: Machine, gpg: Gpg) -> None:
    """Reporter and vendor read under their keys, lists verify, and the lead hears who cannot."""
    with_keys(machine, gpg)
    us = gpg.fingerprint("team@example.org")
    with machine.up():
        machine.write(MAIL.format(reporter=REPORTER, key=gpg.public(REPORTER)), "report.eml")
        opened = machine.done("open", "report.eml")
        case = opened.out.strip()
        assert "is taken as the reporter's" in opened.err
        machine.done("ack", case)
        machine.done("fixed", case, "--ref", "https://example.org/1")
        machine.done("notify", case, "vendors")
        machine.done("notify", case, "users")
        eventually(lambda: [*sources(machine, "vendor_notice")], [ONE], "the vendor's letter")
        wanted = ["announce@example.org"]
        eventually(lambda: [*sources(machine, "user_notice")], wanted, "the list's letter")
        eventually(lambda: len(sources(machine, "alarm")), 2, "the alarm")
        eventually(lambda: [*sources(machine, "receipt")], [REPORTER], "the receipt")
        shown = machine.json("show", case)
        findings = machine.tacenda("doctor", "--json")

    for kind, to in (("vendor_notice", ONE), ("receipt", REPORTER)):
        source = sources(machine, kind)[to]
        assert f"\nSubject: {case}".encode() in source.replace(b"\r\n", b"\n")
        letter = gpg.open(source)
        assert letter.signer == us
        assert case in letter.text
    assert gpg.verify(in_mail(sources(machine, "user_notice")["announce@example.org"])) == us
    (trouble,) = shown["troubles"]
    assert trouble.startswith("Distro Two did not get the letter (vendor notice)")
    assert trouble.endswith(f"tacenda notify {case} vendors --to 'Distro Two'")
    assert findings.code == 1
    assert "The OpenPGP key of Distro Two is required and not named" in findings.out


def in_mail(source: bytes) -> bytes:
    """Return a letter with the line ends that it came with, which a mailbox may not keep."""
    return source.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
