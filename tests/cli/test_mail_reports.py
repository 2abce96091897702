"""`tacenda open` with a report that came as mail, up to the server that is not there."""

import io
import sys
from pathlib import Path

import pytest

from tacenda.cli import opening
from tacenda.contract import Opening
from tacenda.mailreport import Intake
from tests.cli.conftest import Type
from tests.cli.test_reports import but
from tests.e2e.programs import ESCAPE
from tests.e2e.samples import TEAM
from tests.unit.mails import a_file, a_mail, a_mail_of, sample, text

CASE = "case-2026-7k3q9xm4tp"
UNDATED = a_mail({"Received": None})
SILENT = a_mail({"From": "Mira Sample", "Subject": "\x1b]0;canary\x07"})


@pytest.fixture
def opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Opening, int]]:
    """What a server got that starts every case it is asked for, with the year in its id."""
    (folder / "tacenda.toml").write_text(TEAM.replace("team@example.org", "security@example.org"))
    got: list[tuple[Opening, int]] = []

    async def start(an_opening: Opening, came: Intake) -> str:
        got.append((an_opening, came.year))
        return CASE

    monkeypatch.setattr(opening, "start", start)
    return got


def feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Let stdin hold `content`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_a_mail_opens_a_case(typed: Type, folder: Path, opened: list[tuple[Opening, int]]) -> None:
    """The id alone is on stdout; report, files and policy are what the case starts from."""
    (folder / "flaw.eml").write_bytes(sample("forwarded"))

    said = typed("open", "flaw.eml")
    ((an_opening, year),) = opened

    assert (said.code, said.out, said.err) == (0, f"{CASE}\n", "")
    assert an_opening.report.title == "Fwd: your exporter"
    assert [file.name for file in an_opening.attachments] == [
        file.name for file in an_opening.report.enclosures
    ]
    assert (an_opening.elsewhere, year) == ("", 2026)


@pytest.mark.parametrize("name", ["flaw.EML", "1772442007.M12P34.mail:2,S", "-"])
def test_a_mail_is_told_by_its_name_or_its_first_line(
    typed: Type,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    opened: list[tuple[Opening, int]],
    name: str,
) -> None:
    """From a Maildir or from stdin, where no name says what it is, the first line does."""
    feed(monkeypatch, sample("signed"))
    (folder / name).write_bytes(sample("signed"))

    assert typed("open", name).out == f"{CASE}\n"
    assert opened[0][0].report.title == "Re: Signed"


@pytest.mark.parametrize("first", [b"", b"# a: b\n", b"\n", b'"message_id" = ""\n'])
def test_toml_is_told_by_its_first_line(
    typed: Type,
    monkeypatch: pytest.MonkeyPatch,
    opened: list[tuple[Opening, int]],
    first: bytes,
) -> None:
    """What somebody wrote down comes from stdin as well, and has no files."""
    feed(monkeypatch, first + but())

    assert typed("open", "-").out == f"{CASE}\n"
    assert (opened[0][0].report.title, opened[0][0].attachments) == ("A flaw", ())


def test_the_team_is_not_the_reporter(
    typed: Type, folder: Path, opened: list[tuple[Opening, int]]
) -> None:
    """Where a list put the address of the team into From, the settings tell that it is ours."""
    (folder / "list.eml").write_bytes(sample("list"))

    typed("open", "list.eml")
    reporter = opened[0][0].report.reporter

    assert reporter
    assert reporter.email == "rita@example.org"


def test_remarks_are_on_stderr(
    typed: Type, folder: Path, opened: list[tuple[Opening, int]]
) -> None:
    """Nobody to write to, and files too large to keep: the case opens, and its opener hears it."""
    large = a_mail_of(text("See."), a_file("canary.bin", 2_000_000), From="canary")
    (folder / "large.eml").write_bytes(large)

    said = typed("open", "large.eml")

    assert (said.code, said.out) == (0, f"{CASE}\n")
    assert [line[:6] for line in said.err.splitlines()] == ["Note: ", "Note: "]
    assert "1 of 1 files" in said.err
    assert "canary" not in said.err


def test_what_happened_before_is_named(
    typed: Type, folder: Path, opened: list[tuple[Opening, int]]
) -> None:
    """--sent-elsewhere goes into the case, whether its report is a mail or was written down."""
    (folder / "flaw.eml").write_bytes(a_mail())
    (folder / "flaw.toml").write_bytes(but())

    typed("open", "flaw.eml", "--sent-elsewhere", "ticket 17")
    typed("open", "flaw.toml", "--sent-elsewhere", "ticket 18")

    assert [an_opening.elsewhere for an_opening, _ in opened] == ["ticket 17", "ticket 18"]


def test_received_is_what_a_person_says(
    typed: Type, folder: Path, opened: list[tuple[Opening, int]]
) -> None:
    """--received wins over the headers, and leaves the id its year."""
    (folder / "flaw.eml").write_bytes(a_mail({"Received": None, "Date": "1 Feb 2025 00:00 +0000"}))

    typed("open", "flaw.eml", "--received", "2026-03-05T09:00Z")
    ((an_opening, year),) = opened

    assert (an_opening.report.received.day, year) == (5, 2025)


REFUSED: dict[str, tuple[bytes, str, str]] = {
    "an undated mail": (UNDATED, "", "--received"),
    "an automatic mail": (sample("bounce"), "", ".toml"),
    "an encrypted mail": (sample("encrypted"), "", "Decrypt"),
    "a mail from the future": (
        a_mail({"Received": "by x; 1 Jan 2150 00:00:00 +0000"}),
        "",
        "future",
    ),
    "an empty mail": (b"", "", "no mail"),
    "TOML by the name of a mail": (but(), "", "no mail"),
    "binary": (b"\x7fELF\x02\x01\x01\x00", "--received now", "no mail"),
    "a mail without end": (a_mail({}, "x" * 26_300_000), "", "25 MB"),
    "nothing elsewhere": (a_mail(), "--sent-elsewhere=", "--sent-elsewhere"),
    "a smuggled elsewhere": (a_mail(), "--sent-elsewhere==?utf-8?q?=0A?=", "--sent-elsewhere"),
}


@pytest.mark.parametrize(("content", "options", "names"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_a_report_is_refused(
    typed: Type, folder: Path, content: bytes, options: str, names: str
) -> None:
    """It is refused in one sentence that says what to do, before any server is asked."""
    (folder / "flaw.eml").write_bytes(content)

    said = typed("open", "flaw.eml", *options.split())

    assert said.code == 2
    assert names in said.complaint
    assert len(said.complaint) < 400


def test_files_are_not_written_down(typed: Type, folder: Path) -> None:
    """Only a mail brings files along: a list of them in TOML would promise what is not there."""
    files = but(enclosures='[{ name = "poc.py", sha256 = "00", size = 1 }]')
    (folder / "files.toml").write_bytes(files)
    (folder / "none.toml").write_bytes(but(enclosures="[]"))

    for name in ("files.toml", "none.toml"):
        said = typed("open", name)
        assert said.code == 2
        assert "enclosures" in said.complaint


def test_the_identity_of_a_mail_may_be_written_down(
    typed: Type, folder: Path, opened: list[tuple[Opening, int]]
) -> None:
    """A mail that had to be retold keeps its thread, and a reporter needs no address."""
    values = but(message_id='"<flaw@example.org>"', reporter='{ name = "Rita" }')
    (folder / "flaw.toml").write_bytes(values)

    typed("open", "flaw.toml")
    report = opened[0][0].report

    assert report.message_id == "<flaw@example.org>"
    assert report.reporter
    assert report.reporter.email is None


def test_a_good_mail_asks_for_a_server(typed: Type, folder: Path) -> None:
    """Nothing is wrong with it but that no server is known; what it says stays off the terminal."""
    (folder / "flaw.eml").write_bytes(SILENT)

    said = typed("open", "flaw.eml")

    assert (said.code, said.out) == (1, "")
    assert "No Temporal server is known" in said.err
    assert ESCAPE not in said.err
    assert "canary" not in said.err
