"""What letters, refusals and documents tell people to type exists."""

import re
from pathlib import Path

import click
import pytest

from tacenda.cli import COMMANDS, cli

ROOT = Path(__file__).parent.parent.parent
SPEAKING = [
    *sorted((ROOT / "tacenda").rglob("*.py")),
    *sorted((ROOT / "tacenda" / "templates").glob("*.txt")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "README.md",
]
NAMED = re.compile(r"(?:`|uv run |: |    )tacenda (?:--as \w+ )?([a-z]+)(?= |`|$)", re.M)
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]+)")


@pytest.mark.parametrize("path", SPEAKING, ids=[str(p.relative_to(ROOT)) for p in SPEAKING])
def test_a_command_that_somebody_is_told_to_type_exists(path: Path) -> None:
    """No letter sends a person to a command that is not there."""
    named = set(NAMED.findall(path.read_text(encoding="utf-8")))
    assert named <= set(COMMANDS)


def options_of(name: str) -> set[str]:
    """Return the options of a command."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    return {option for parameter in command.params for option in parameter.opts}


def test_every_command_stands_in_the_readme() -> None:
    """A command that nobody documents is a command that nobody finds."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if not re.search(rf"\b{name}\b", readme)] == []


def test_the_options_in_the_table_of_acts_exist() -> None:
    """The README's table of acts shows options as the commands have them."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `tacenda ([a-z]+) (.*)` \|.*$", readme, re.M)
    acts = {name for name in COMMANDS if "--override" in options_of(name)}
    assert acts <= {name for name, _ in rows}
    for name, usage in rows:
        assert set(OPTION.findall(usage)) <= options_of(name), name


def test_the_help_lists_every_command_with_its_sentence() -> None:
    """`tacenda --help` says in a sentence what each command does, without loading it."""
    text = cli.get_help(click.Context(cli))
    assert all(name in text for name in COMMANDS)
