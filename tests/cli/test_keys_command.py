"""`tacenda keys`, as somebody types it who has no server yet."""

import json
import stat
from pathlib import Path

import pytest

from tacenda.keystore import open_store
from tests.cli.conftest import Type

CASE = "case-2026-7k3q9xm4tp"


@pytest.fixture
def keys(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the keys are said to be."""
    monkeypatch.setenv("TACENDA_KEYS__STORE", str(folder / "mine"))
    return folder / "mine"


def test_keys_are_made_once(typed: Type, keys: Path) -> None:
    """The first time keys are made, for their owner alone; the second time nothing changes."""
    first, second = typed("keys", "new"), typed("keys", "new")

    assert first.code == second.code == 0
    assert f"Keys were made in {keys}" in first.out
    assert "nothing was changed" in second.out
    assert {stat.S_IMODE(file.stat().st_mode) for file in keys.iterdir()} == {0o600}


@pytest.mark.parametrize("words", [("list",), ("rotate", "--all"), ("shred", CASE, "--yes")])
def test_without_keys_the_command_that_makes_them_is_named(
    typed: Type, keys: Path, words: tuple[str, ...]
) -> None:
    """What needs keys says where it looked for them, and how to make them."""
    said = typed("keys", *words)

    assert said.code == 1
    assert str(keys) in said.complaint
    assert "tacenda keys new" in said.complaint


def test_a_command_without_keys_does_not_begin(
    typed: Type, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a server and no keys, no command sends anything."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    said = typed("list")

    assert said.code == 1
    assert "tacenda keys new" in said.complaint


def test_the_list_shows_no_key(typed: Type, keys: Path) -> None:
    """Who has keys since when is listed, and no key is."""
    typed("keys", "new")
    store = open_store(keys)
    store.admit(CASE)
    said = typed("keys", "list", "--json")
    shown = json.loads(said.out)

    assert [(row["for"], row["keys"]) for row in shown] == [(CASE, 1), ("codec server", 1)]
    assert CASE in typed("keys", "list").out
    for secret in (store.of(CASE).keys[0].secret, store.ring().secret):
        assert secret.hex() not in said.out


def test_a_key_is_rotated(typed: Type, keys: Path) -> None:
    """A case, the codec server, or all of them get a new key beside the old one."""
    typed("keys", "new")
    open_store(keys).admit(CASE)

    assert typed("keys", "rotate", CASE).code == 0
    assert typed("keys", "rotate", "--codec").code == 0
    assert typed("keys", "rotate", "--all").code == 0
    assert [len(stored.keys) for stored in open_store(keys).scopes()] == [3, 3]


def test_what_is_rotated_must_be_said(typed: Type, keys: Path) -> None:
    """Nothing is rotated by default, and nothing that has no key."""
    typed("keys", "new")
    assert (typed("keys", "rotate").code, typed("keys", "rotate", CASE).code) == (2, 1)


def test_only_what_is_known_to_be_over_is_shredded(
    typed: Type, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a server nobody can say that the case is closed, so its keys stay."""
    typed("keys", "new")
    open_store(keys).admit(CASE)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    said = typed("keys", "shred", CASE, "--yes")

    assert said.code == 1
    assert len(open_store(keys).of(CASE).keys) == 1


def test_doctor_sees_keys_that_others_can_read(typed: Type, keys: Path) -> None:
    """Keys whose folder is open to others are an alarm, with the command that closes it."""
    typed("keys", "new")
    keys.chmod(0o755)
    said = typed("doctor")

    assert said.code == 1
    assert f"Others can read {keys}" in said.out
    assert f"chmod -R go= {keys}" in said.out
