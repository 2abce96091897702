"""Where no server answers: one sentence from every command, and never a traceback."""

from pathlib import Path

import pytest

from tests.cli.conftest import Type

CASE = "case-2026-0000000000"
COMMANDS = (
    "list",
    "report",
    f"show {CASE}",
    f"next {CASE}",
    f"preview {CASE} users",
    f"ack {CASE}",
    f"fixed {CASE} --ref https://example.org/1",
    f"notify {CASE} users",
    f"release {CASE}",
    f"extend {CASE} fix --skip --reason R",
    f"close {CASE} --as invalid",
)


@pytest.fixture(autouse=True)
def alice(folder: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let alice type."""
    monkeypatch.setenv("TACENDA_ACTOR", "alice")


@pytest.mark.parametrize("line", COMMANDS)
def test_no_server_is_known(typed: Type, line: str) -> None:
    """Where no stack was ever started the sentence says how to start or name one."""
    said = typed(*line.split())

    assert said.code == 1
    assert "tacenda up" in said.complaint
    assert "TEMPORAL_ADDRESS" in said.complaint


@pytest.mark.parametrize("line", COMMANDS)
def test_a_server_that_is_down_is_named(
    typed: Type, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """Where nothing listens the sentence names the address."""
    typed("keys", "new")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")

    said = typed(*line.split())

    assert said.code == 1
    assert "127.0.0.1:1 does not answer" in said.complaint


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "nonsense", "127.0.0.1:99999", "127.0.0.1", ":"]
)
def test_an_address_that_is_none_is_named(
    typed: Type, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """An address that cannot be one is answered with one sentence that shows it."""
    typed("keys", "new")
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)

    said = typed("list")

    assert said.code in (1, 2)
    assert address in said.complaint


def test_a_profile_that_is_not_there_is_named(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with Temporal's own configuration is said in one sentence."""
    monkeypatch.setenv("TEMPORAL_PROFILE", "nowhere")

    said = typed("list")

    assert said.code == 2
    assert "nowhere" in said.complaint


def test_doctor_goes_on_without_a_server(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Doctor says what starts a server, exits with 1, and looks at the other parts."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")

    said = typed("doctor")

    assert said.code == 1
    assert said.err == ""
    assert "tacenda up" in said.out
    assert "templates" in said.out
    assert "There is no tacenda.toml" in said.out


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[team\n", "Expected ']' at the end of a table declaration (at line 1, column 6)"),
        (
            "[team]\naddress = 'a@example.org'\n[vendors]\n",
            "vendors: must be a list; write [[vendors",
        ),
        (
            "[policy.limits]\nfix = '12h'\n[team]\naddress = 'a@example.org'\n",
            'policy.limits.fix: must be a duration, as in "7d" or "PT12H".',
        ),
        ("[team]\naddress = 'a@example.org'\n[lists]\nusers = 1\n", "lists.users: must be a list."),
    ],
)
def test_doctor_says_what_is_wrong_with_the_settings(
    typed: Type, tmp_path: Path, text: str, why: str
) -> None:
    """Doctor itself says where the file is wrong, once, and sends nobody to doctor."""
    file = tmp_path / "bad.toml"
    file.write_text(text, encoding="utf-8")

    said = typed("--config", str(file), "doctor")

    assert (said.code, said.err) == (1, "")
    assert said.out.count("ALARM    settings") == said.out.count(why) == 1
    assert "`tacenda doctor`" not in said.out


def test_every_command_says_where_the_settings_cannot_be_read(
    typed: Type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A command that only looks for the keys in the file names the line as well."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    file = tmp_path / "bad.toml"
    file.write_text("[team\n", encoding="utf-8")

    said = typed("--config", str(file), "list")

    assert said.code == 2
    assert "line 1, column 6" in said.complaint
