"""`tacenda doctor` looks for the program that calls the lead, and calls nobody."""

import sys
from pathlib import Path

from tacenda.checks import Finding, check_settings
from tacenda.settings import load

TEAM = '[team]\naddress = "security@example.org"\n'


def found(folder: Path, program: str) -> Finding | None:
    """Return what is said of the pager where `program` is set, if anything."""
    file = folder / "tacenda.toml"
    file.write_text(f"{TEAM}[pager]\ncommand = ['{program}', 'x']\n", encoding="utf-8")
    return next((it for it in check_settings(load(file)) if it.part == "pager"), None)


def test_a_pager_that_is_not_there_is_an_alarm(tmp_path: Path) -> None:
    """Neither by name, nor by path, nor where it is there and may not be run."""
    (tmp_path / "note.txt").write_text("no program")
    for program in ("no-such-program", "/nowhere/page", "./note.txt"):
        finding = found(tmp_path, program)

        assert finding
        assert finding.status == "alarm"
        assert "nobody hears" in finding.says
        assert "[pager] command" in finding.mend


def test_a_pager_that_can_be_run_is_named(tmp_path: Path) -> None:
    """By its path, or by its name in the PATH."""
    for program in (sys.executable, "sh"):
        finding = found(tmp_path, program)

        assert finding
        assert finding.status == "ok"


def test_a_relative_pager_lies_beside_the_settings(tmp_path: Path) -> None:
    """Wherever doctor and the worker were started, they mean the same program."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "page"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)

    finding = found(tmp_path, "bin/page")

    assert finding
    assert finding.status == "ok"
    assert str(program) in finding.says
