"""Who acts: --as NAME, else TACENDA_ACTOR, else git's user name."""

from pathlib import Path

import pytest

from tacenda.cli import COMMANDS
from tests.cli.conftest import Type


@pytest.fixture(autouse=True)
def whoami(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command line have a command that only says who acts."""
    monkeypatch.setitem(COMMANDS, "whoami", ("tests.cli.whoami:whoami", "Say who acts."))


@pytest.fixture
def git_user(folder: Path) -> str:
    """A user name that git knows."""
    (folder / ".gitconfig").write_text("[user]\nname = Grace of Git\n")
    return "Grace of Git"


@pytest.mark.parametrize("words", [("--as", "bob", "whoami"), ("whoami", "--as", "bob")])
def test_as_names_the_actor_before_and_after_the_command(
    typed: Type, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """--as wins over the environment, wherever it stands."""
    monkeypatch.setenv("TACENDA_ACTOR", "alice")

    said = typed(*words)

    assert (said.code, said.out) == (0, "bob\n")


def test_the_nearest_as_wins(typed: Type) -> None:
    """When it is said twice, the one after the command counts."""
    assert typed("--as", "alice", "whoami", "--as", "bob").out == "bob\n"


def test_the_environment_wins_over_git(
    typed: Type, monkeypatch: pytest.MonkeyPatch, git_user: str
) -> None:
    """TACENDA_ACTOR is asked before git."""
    monkeypatch.setenv("TACENDA_ACTOR", "alice")

    assert typed("whoami").out == "alice\n"


def test_the_user_name_of_git_is_the_last_resort(typed: Type, git_user: str) -> None:
    """Where nobody is named, git knows who sits there."""
    assert typed("whoami").out == f"{git_user}\n"


@pytest.mark.parametrize("path", [None, ""])
def test_nobody_is_no_actor(typed: Type, monkeypatch: pytest.MonkeyPatch, path: str | None) -> None:
    """Without a name, and even without git, one sentence says how to give one."""
    if path is not None:
        monkeypatch.setenv("PATH", path)

    said = typed("whoami")

    assert said.code == 2
    assert "--as NAME" in said.complaint


def test_an_actor_who_smuggles_is_refused(typed: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with a hidden line break acts on nothing."""
    monkeypatch.setenv("TACENDA_ACTOR", "=?utf-8?q?hi=0ABcc:_x@example.org?=")

    said = typed("fixed", "case-2026-0000000000", "--ref", "https://x")

    assert said.code == 2
    assert "by" in said.complaint


def test_closing_takes_its_reason_where_others_take_the_actor(typed: Type) -> None:
    """`close --as` is the reason; whoever gives a name there is told the reasons."""
    said = typed("close", "case-2026-0000000000", "--as", "alice")

    assert "duplicate" in said.usage_error
