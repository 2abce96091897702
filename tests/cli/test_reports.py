"""Reports that are refused at the edge, before any server is asked."""

from pathlib import Path

import pytest

from tests.cli.conftest import Type
from tests.e2e.programs import ESCAPE

GOOD = {
    "title": '"A flaw"',
    "received": "2026-01-05T09:00:00Z",
    "details": '"It falls."',
    "reporter": '{ name = "Rita", email = "rita@example.org" }',
}
BREAK = "\\nBcc: x@example.org"
BROKEN_KEY = '"-----BEGIN PGP PUBLIC KEY BLOCK-----\\n\\nYQ==\\n-----END PGP PUBLIC KEY BLOCK-----"'
SMUGGLED = "=?utf-8?q?hi=0ABcc:_x@example.org?="


def but(**values: str) -> bytes:
    """Return the good report with other values, written as TOML."""
    return "".join(f"{key} = {value}\n" for key, value in (GOOD | values).items()).encode()


def without(key: str) -> bytes:
    """Return the good report without a key."""
    return "".join(f"{k} = {value}\n" for k, value in GOOD.items() if k != key).encode()


def by(**values: str) -> bytes:
    """Return the good report from somebody else."""
    fields = {"name": '"Rita"', "email": '"rita@example.org"'} | values
    return but(reporter="{ " + ", ".join(f"{k} = {v}" for k, v in fields.items()) + " }")


REPORTS: dict[str, tuple[bytes, str]] = {
    "an unknown key": (but(severity='"high"'), "severity"),
    "no time": (without("received"), "received"),
    "a time without a zone": (but(received="2026-01-05T09:00:00"), "time zone"),
    "from the future": (but(received="2150-01-05T09:00:00Z"), "future"),
    "an address with a line break": (by(email=f'"rita@example.org{BREAK}"'), "email"),
    "an unknown key of the reporter": (by(phone='"1"'), "phone"),
    "no title": (without("title"), "title"),
    "an empty title": (but(title='"  "'), "title"),
    "a number as title": (but(title="7"), "title"),
    "a list as reporter": (but(reporter="[1]"), "reporter"),
    "a day": (but(received="2026-01-05"), "received"),
    "no address": (by(email='"rita"'), "email"),
    "a name with a line break": (by(name=f'"Rita{BREAK}"'), "name"),
    "a smuggled name": (by(name=f'"{SMUGGLED}"'), "name"),
    "a key that is none": (by(key='"-----BEGIN PGP"'), "armored OpenPGP public key"),
    "a secret key": (by(key='"-----BEGIN PGP PRIVATE KEY BLOCK-----"'), "SECRET key"),
    "a broken key": (by(key=BROKEN_KEY), "reporter.key cannot be read"),
    "a key that is too large": (by(key=BROKEN_KEY.replace("YQ", "YQ" * 40_000)), "64 kB"),
    "a smuggled component": (but(component=f'"{SMUGGLED}"'), "component"),
    "an escape code in the details": (but(details='"\\u001b]0;owned\\u0007"'), "details"),
    "details that are a little too long": (but(details='"' + "\u00fc" * 131_072 + '"'), "256 kB"),
    "binary": (b"\x7fELF\x02\x01\x01\x00", "TOML"),
    "a smuggled header": (but(title=f'"{SMUGGLED}"'), "title"),
    "an escape code": (but(title='"\\u001b[31mred"'), "title"),
    "5 MB": (but(details='"' + "x" * 5_000_000 + '"'), "256 kB"),
    "not UTF-8": (but(title='"Gruesse"').replace(b"ue", b"\xfc"), "UTF-8"),
    "broken TOML": (b'title = "half', "TOML"),
    "an empty file": (b"", "missing"),
}


@pytest.mark.parametrize(("report", "names"), REPORTS.values(), ids=REPORTS.keys())
def test_a_bad_report_is_refused(typed: Type, folder: Path, report: bytes, names: str) -> None:
    """It is refused in one sentence that names what is wrong, and does not repeat it."""
    (folder / "bad.toml").write_bytes(report)

    said = typed("open", "bad.toml")

    assert said.code == 2
    assert names in said.complaint
    assert len(said.complaint) < 400
    assert ESCAPE not in said.complaint
    assert "x@example.org" not in said.complaint


@pytest.mark.parametrize("file", ["nowhere.toml", ".", "", "a\x1b[31mred.toml", "x" * 5000])
def test_a_report_that_is_not_there_is_refused(typed: Type, file: str) -> None:
    """A missing file or a directory is refused in one sentence."""
    said = typed("open", file)

    assert said.code == 2
    assert "cannot be read" in said.complaint
    assert ESCAPE not in said.complaint


def test_a_good_report_asks_for_a_server(typed: Type, folder: Path) -> None:
    """The report that all the others are made from is refused for nothing but that."""
    (folder / "good.toml").write_bytes(but())

    said = typed("open", "good.toml")

    assert said.code == 1
    assert "No Temporal server is known" in said.err
