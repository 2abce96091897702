"""Bad input on a real stack: one clear sentence, nothing on stdout, nothing stored."""

import asyncio

from temporalio.client import Client

from tests.e2e.machine import Machine
from tests.e2e.programs import ESCAPE
from tests.e2e.samples import HIGH, REPORT

SMUGGLED = "=?utf-8?q?hi=0ABcc:_x@example.org?="
GOOD = "received = 2026-01-05T09:00:00Z\n" + REPORT
WHO = "rita@example.org"
BAD: dict[str, tuple[str | bytes, str]] = {
    "smuggled.toml": (GOOD.format(title=SMUGGLED, reporter=WHO), "title"),
    "escape.toml": (GOOD.format(title="\\u001b[31mred", reporter=WHO), "title"),
    "break.toml": (GOOD.format(title="T", reporter="rita@example.org\\nBcc: x"), "email"),
    "future.toml": (GOOD.replace("2026", "2150").format(title="T", reporter=WHO), "future"),
    "large.toml": (GOOD.format(title="T", reporter=WHO) + "#" * 5_000_000, "256 kB"),
    "latin.toml": (GOOD.format(title="Gr\u00fc\u00dfe", reporter=WHO).encode("latin-1"), "UTF-8"),
}


def test_bad_reports_are_refused_and_start_nothing(office: Machine) -> None:
    """Each is refused with 2 and one sentence that names what is wrong, and no case is there."""
    before = stored(office)

    names = [office.write(content, name) for name, (content, _) in BAD.items()]
    said = office.at_once(*(("open", name) for name in (*names, "nowhere.toml", ".")))

    words = [*(word for _, word in BAD.values()), "cannot be read", "cannot be read"]
    for one, word in zip(said, words, strict=True):
        assert one.code == 2
        assert word in one.complaint
        assert ESCAPE not in one.complaint
    assert stored(office) == before


def stored(office: Machine) -> int:
    """Return how many cases the server has, of whatever state."""

    async def count() -> int:
        client = await Client.connect(office.at["temporal"])
        return (await client.count_workflows("")).count

    return asyncio.run(count())


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


UNKNOWN = (f"score CASE {HIGH}", "fixed CASE --ref https://x", "notify CASE users", "show CASE")


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
