"""Help, version and usage errors: what a person reads who knows nothing yet."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from tacenda.cli import COMMANDS
from tests.cli.conftest import Type


def test_help_names_every_command(typed: Type) -> None:
    """--help lists each command with its sentence, and exits with 0."""
    said = typed("--help")

    assert (said.code, said.err) == (0, "")
    unfolded = " ".join(said.out.split())
    for name, (_, sentence) in COMMANDS.items():
        assert f" {name} {sentence}" in unfolded


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_explains_itself(typed: Type, command: str, option: str) -> None:
    """Each command has a help that needs no server, and lists its options."""
    said = typed(command, option)

    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Usage: tacenda {command}")
    assert "--help" in said.out


def test_the_version_is_that_of_the_package(typed: Type) -> None:
    """--version names what is installed."""
    said = typed("--version")

    assert (said.code, said.err) == (0, "")
    assert version("tacenda") in said.out


def test_help_is_quick() -> None:
    """Help imports neither the SDK nor what renders, sends or serves."""
    heavy = ("temporalio", "jinja2", "holidays", "aiosmtplib", "uvicorn", "cvss")
    look = f"print(sys.modules.keys() & {heavy})"
    code = f"import sys, tacenda.cli; tacenda.cli.run(['--help']); {look}"

    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert said.stdout.splitlines()[-1] == "set()"


def test_nothing_typed_shows_the_help(typed: Type) -> None:
    """Whoever types nothing more reads what there is."""
    said = typed()

    assert said.code in (0, 2)
    assert "Commands:" in said.out + said.err


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("opne",), "opne"),
        (("open",), "FILE"),
        (("open", "a.toml", "b.toml"), "b.toml"),
        (("list", "--jsno"), "--jsno"),
        (("score", "CASE"), "VECTOR"),
        (("cve", "CASE"), "CVE"),
        (("extend", "CASE", "fix", "--skip"), "--reason"),
        (("extend", "CASE", "publish", "--skip", "--reason", "R"), "publish"),
        (("notify", "CASE", "everyone"), "everyone"),
        (("preview", "CASE", "nothing"), "nothing"),
        (("close", "CASE", "--as", "boring"), "boring"),
        (("up", "--port", "0"), "--port"),
        (("up", "--port", "99999"), "--port"),
        (("demo", "fast"), "fast"),
    ],
)
def test_bad_usage_is_explained(typed: Type, words: tuple[str, ...], names: str) -> None:
    """Below the usage one sentence names what is wrong, and the exit code is 2."""
    assert names in typed(*words).usage_error
