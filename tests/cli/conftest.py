"""Fixtures: the command line inside this process, in an environment that knows nothing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tacenda.cli import run
from tests.e2e.programs import Said

Type = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory and the home directory of somebody who has just installed it."""
    for name in list(os.environ):
        if name.startswith(("TEMPORAL_", "TACENDA_", "XDG_", "GIT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def typed(folder: Path, capsys: pytest.CaptureFixture[str]) -> Type:
    """Type a command; nothing that it says comes from a server, for there is none."""

    def type_(*words: str) -> Said:
        code = run(words)
        return Said(code, *capsys.readouterr())

    return type_
