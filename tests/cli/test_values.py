"""What is typed: instants and durations, and values that no command takes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from tacenda.cli.options import INSTANT, SPAN
from tests.cli.conftest import Type
from tests.e2e.samples import TEAM

SMUGGLED = "=?utf-8?q?hi=0ABcc:_x@example.org?="
INSTANTS = {
    "2026-12-10T16:00Z": datetime(2026, 12, 10, 16, tzinfo=UTC),
    "2026-12-10T16:00:30.5Z": datetime(2026, 12, 10, 16, 0, 30, 500_000, tzinfo=UTC),
    "2026-12-10T18:00+02:00": datetime(2026, 12, 10, 16, tzinfo=UTC),
    "2026-12-10 01:00-05:30": datetime(2026, 12, 10, 6, 30, tzinfo=UTC),
}
NO_INSTANTS = (
    "", " ", "now", "tomorrow", "16:00Z", "2026-12-10", "2026-12-10T16:00", "2026-13-01T00:00Z",
    "2026-12-10T25:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "\x1b[31m",
)  # fmt: skip
SPANS = {
    "3d": timedelta(days=3),
    "PT12H": timedelta(hours=12),
    "P1DT6H": timedelta(days=1, hours=6),
    "PT0.5S": timedelta(seconds=0.5),
}
NO_SPANS = (
    "", "soon", "3", "0d", "PT0S", "-3d", "-PT1H", "3 apples", "P", "1e400d", "99999999999d", "d",
)  # fmt: skip


@pytest.mark.parametrize("text", INSTANTS)
def test_an_instant_is_read_in_utc(text: str) -> None:
    """An instant has a zone, and is the same moment in UTC."""
    moment = INSTANT.convert(text, None, None)

    assert moment == INSTANTS[text]
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("text", NO_INSTANTS)
def test_what_is_no_instant_is_refused(typed: Type, text: str) -> None:
    """A time without a zone, a day, a word: the sentence shows how to write one."""
    with pytest.raises(click.UsageError, match="2026-12-10T16:00Z"):
        INSTANT.convert(text, None, None)

    assert typed("release", "CASE", "--at", text).usage_error


@pytest.mark.parametrize("text", SPANS)
def test_a_duration_is_read(text: str) -> None:
    """Durations are written as in tacenda.toml."""
    assert SPAN.convert(text, None, None) == SPANS[text]


@pytest.mark.parametrize("text", NO_SPANS)
def test_what_is_no_duration_is_refused(typed: Type, text: str) -> None:
    """Nothing, a negative one, a bare number or a word is no duration."""
    with pytest.raises(click.UsageError):
        SPAN.convert(text, None, None)

    assert typed("extend", "CASE", "fix", "--by", text, "--reason", "R").usage_error


ACTS: dict[str, tuple[str, str]] = {
    "half a vector": ("score CASE CVSS:3.1/AV:N", "vector"),
    "a vector of the future": ("score CASE CVSS:9.9/AV:N", "vector"),
    "an escape code in a vector": ("score CASE CVSS:3.1/\x1b[31m", "vector"),
    "a CVE id in lower case": ("cve CASE cve-2026-12345", "CVE-"),
    "a short CVE id": ("cve CASE CVE-2026-123", "CVE-"),
    "a second CVE id that is none": ("cve CASE CVE-2026-12345 CVE", "CVE-"),
    "a fix without reference": ("fixed CASE", "reference"),
    "a smuggled reference": (f"fixed CASE --ref {SMUGGLED}", "refs"),
    "a smuggled version": (f"fixed CASE --ref https://x --version {SMUGGLED}", "versions"),
    "a smuggled lead": (f"ack CASE --lead {SMUGGLED}", "lead"),
    "a smuggled team": (f"ack CASE --team {SMUGGLED}", "team"),
    "a text that is not there": ("ack CASE --text nowhere.txt", "cannot be read"),
    "a text that is a folder": ("ack CASE --text .", "cannot be read"),
    "an empty text": ("ack CASE --text empty.txt", "text"),
    "a text that is too long": ("ack CASE --text long.txt", "64 kB"),
    "a text that is not UTF-8": ("ack CASE --text latin.txt", "UTF-8"),
    "a text with an escape code": ("ack CASE --text escape.txt", "control"),
    "no way to extend": ("extend CASE fix --reason R", "--until"),
    "two ways to extend": ("extend CASE fix --skip --by 3d --reason R", "--until"),
    "a mail that is not there": ("open report.eml", "report.eml cannot be read"),
    "an empty hold": ("notify CASE users --hold", "--hold"),
    "no reason to close": ("close CASE", "--as REASON"),
    "no secret words in the file": ("secret CASE --words empty.txt", "No words are named"),
    "secret words twice": ("secret CASE word --words good.toml", "either named or in the file"),
    "secret words that are none": ("secret CASE ???", "needs a letter or a digit"),
    "closing and reopening": ("close CASE --as invalid --reopen R", "--reopen REASON"),
    "a file that is not there": ("notify CASE vendors --attach none.patch", "none.patch"),
    "settings that are not there": ("--config nowhere.toml open good.toml", "nowhere.toml"),
    "settings that are broken": ("--config broken.toml open good.toml", "broken.toml"),
    "settings with a password": ("--config password.toml open good.toml", "password"),
    "settings with an unknown key": ("--config unknown.toml open good.toml", "is not a known key"),
}


@pytest.mark.parametrize(("line", "names"), ACTS.values(), ids=ACTS.keys())
def test_a_bad_value_is_refused_before_anything_is_sent(
    typed: Type, folder: Path, monkeypatch: pytest.MonkeyPatch, line: str, names: str
) -> None:
    """One sentence names what is wrong; no server is asked, for there is none."""
    monkeypatch.setenv("TACENDA_ACTOR", "alice")
    (folder / "good.toml").write_text('title = "A flaw"\nreceived = 2026-01-05T09:00:00Z\n')
    (folder / "empty.txt").write_bytes(b"")
    (folder / "long.txt").write_text("x" * 65_537)
    (folder / "latin.txt").write_bytes(b"Gr\xfc\xdfe")
    (folder / "escape.txt").write_text("a \x1b[31mred text")
    (folder / "broken.toml").write_text("[team")
    (folder / "password.toml").write_text(TEAM + '[mail]\npassword = "hunter2"\n')
    (folder / "unknown.toml").write_text(TEAM + "[typo]\nx = 1\n")

    said = typed(*line.split())

    assert said.code == 2, said
    assert names in said.complaint
    assert "hunter2" not in said.complaint
