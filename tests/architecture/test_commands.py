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


DOCUMENTS = [path for path in SPEAKING if path.suffix == ".md"]
TYPED = re.compile(r"tacenda (?:--as \w+ )?([a-z]+)(?: ([a-z]+))?((?:\\\||[^`\n|])*)")
EVERYWHERE = {"--as", "--override", "--yes", "--json", "--config", "--text", "--edit"}
"""Options that mean the same wherever they are, and are explained once."""


def commands() -> dict[str, click.Command]:
    """Return every command and subcommand by its name: `record verify`."""
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in COMMANDS}
    whole = {name: command for name, command in found.items() if command is not None}
    for name, command in list(whole.items()):
        if isinstance(command, click.Group):
            whole |= {f"{name} {each}": sub for each, sub in command.commands.items()}
    return whole


def options_of(name: str) -> set[str]:
    """Return the options of a command or subcommand."""
    parameters = commands()[name].params
    return {o for parameter in parameters for o in parameter.opts if o.startswith("--")}


def sections() -> list[str]:
    """Return the sections of the documents, each with its heading."""
    texts = (path.read_text(encoding="utf-8") for path in DOCUMENTS)
    return [section for text in texts for section in re.split(r"\n(?=#+ )", text)]


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_option_stands_in_a_section_that_names_its_command(name: str) -> None:
    """What `--help` offers is in the README or in docs, where the command is spoken of."""
    speaking = "\n".join(s for s in sections() if re.search(rf"\b{name.split(maxsplit=1)[0]}\b", s))
    assert options_of(name) - EVERYWHERE <= set(OPTION.findall(speaking))


def test_every_option_that_is_explained_once_is_explained() -> None:
    """None of those that stand everywhere stands nowhere."""
    assert set(OPTION.findall("\n".join(sections()))) >= EVERYWHERE


@pytest.mark.parametrize("path", DOCUMENTS, ids=[path.name for path in DOCUMENTS])
def test_a_line_that_somebody_is_told_to_type_has_options_that_exist(path: Path) -> None:
    """No document shows a command with an option that it has not."""
    for name, further, rest in TYPED.findall(path.read_text(encoding="utf-8")):
        if name not in COMMANDS:
            continue
        whole = f"{name} {further}" if f"{name} {further}" in commands() else name
        assert set(OPTION.findall(rest)) <= options_of(whole), f"tacenda {whole}{rest}"


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
