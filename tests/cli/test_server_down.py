"""Where no server answers: one sentence from every command, and never a traceback."""

import pytest

from tests.cli.conftest import Type

CASE = "case-2026-0000000000"
COMMANDS = (
    "list",
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
