"""Bad input: one clear sentence, nothing on stdout, nothing stored."""

import asyncio
from collections.abc import Callable

import pytest
from temporalio.client import Client

from tests.e2e.machine import ESCAPE, HIGH, Machine

GOOD = {
    "title": '"A flaw"',
    "received": "2026-01-05T09:00:00Z",
    "details": '"It falls."',
    "reporter": '{ name = "Rita", email = "rita@example.org" }',
}
BROKEN = '{ email = "rita@example.org\\nBcc: x@example.org" }'
SMUGGLED = "=?utf-8?q?hi=0ABcc:_x@example.org?="


def but(**values: str) -> bytes:
    """Return the good report with other values, written as TOML."""
    return "".join(f"{key} = {value}\n" for key, value in (GOOD | values).items()).encode()


def without(key: str) -> bytes:
    """Return the good report without a key."""
    return "".join(f"{k} = {value}\n" for k, value in GOOD.items() if k != key).encode()


REPORTS: dict[str, tuple[bytes, str]] = {
    "an unknown key": (but(severity='"high"'), "severity"),
    "no time": (without("received"), "received"),
    "a time without a zone": (but(received="2026-01-05T09:00:00"), "time zone"),
    "from the future": (but(received="2150-01-05T09:00:00Z"), "future"),
    "an address with a line break": (but(reporter=BROKEN), "email"),
    "a smuggled header": (but(title=f'"{SMUGGLED}"'), "title"),
    "an escape code": (but(title='"\\u001b[31mred"'), "title"),
    "5 MB": (but(details='"' + "x" * 5_000_000 + '"'), "256 kB"),
    "not UTF-8": (but(title='"Gruesse"').replace(b"ue", b"\xfc"), "UTF-8"),
    "broken TOML": (b'title = "half', "TOML"),
    "an empty file": (b"", "missing"),
}


@pytest.fixture
def stored(office: Machine) -> Callable[[], int]:
    """How many cases the server has, of whatever state."""

    async def count() -> int:
        client = await Client.connect(office.at["temporal"])
        return (await client.count_workflows("")).count

    return lambda: asyncio.run(count())


@pytest.mark.parametrize(("report", "names"), REPORTS.values(), ids=REPORTS.keys())
def test_a_bad_report_is_refused(
    office: Machine, stored: Callable[[], int], report: bytes, names: str
) -> None:
    """A report that cannot be used is refused in one sentence that names what is wrong."""
    before = stored()

    said = office.tacenda("open", office.write(report, "bad.toml"))

    assert said.code == 2
    assert names in said.complaint
    assert len(said.complaint) < 400
    assert ESCAPE not in said.complaint
    assert "x@example.org" not in said.complaint
    assert stored() == before


@pytest.mark.parametrize("file", ["nowhere.toml", "."])
def test_a_report_that_is_not_there_is_refused(
    office: Machine, stored: Callable[[], int], file: str
) -> None:
    """A missing file or a directory is named in one sentence."""
    before = stored()

    said = office.tacenda("open", file)

    assert said.code == 2
    assert said.complaint.startswith(f"tacenda: {file} cannot be read: ")
    assert stored() == before


def test_a_bad_act_is_refused_and_changes_nothing(office: Machine) -> None:
    """A malformed vector and a CVE id with a command behind it leave the case as it was."""
    case = office.open()

    said = office.at_once(
        ("score", case, "CVSS:3.1/av:N"),
        ("cve", case, "CVE-2024-1234; rm -rf"),
        ("extend", case, "publish", "--by", "3d", "--reason", "R"),
        ("extend", case, "fix", "--by", "3000000d", "--reason", "R"),
    )

    assert [one.code for one in said[:3]] == [2, 2, 2]
    assert "av" in said[0].complaint
    assert "CVE-" in said[1].complaint
    assert "publish" in said[2].usage_error
    assert "vendor_notice" in said[2].usage_error
    assert said[3].code in (1, 2)
    assert "unforeseen" not in said[3].err
    shown = office.json("show", case)
    assert (shown["state"], shown["severity"], shown["cves"]) == ("acknowledge", None, [])


UNKNOWN = (
    f"score CASE {HIGH}",
    "ack CASE",
    "fixed CASE --ref https://x",
    "notify CASE users",
    "release CASE",
    "show CASE",
)


def test_an_unknown_case_is_named(office: Machine) -> None:
    """A command that takes a case says in one sentence that there is none of that id."""
    unknown = "case-2026-0000000000"

    said = office.at_once(*(tuple(line.replace("CASE", unknown).split()) for line in UNKNOWN))

    for one in said:
        assert one.code == 1
        assert one.complaint.startswith(f"tacenda: There is no case {unknown}.")


def test_a_file_name_does_not_command_the_terminal(office: Machine) -> None:
    """A name from outside that holds an escape code is shown without it."""
    said = office.at_a_terminal("open", "a\x1b[31mred.toml")

    assert said.code == 2
    assert "red.toml cannot be read" in said.out
    assert ESCAPE not in said.out
