"""What somebody who approves a text hears before it leaves."""

from pathlib import Path

import pytest

from tacenda.cli.addressees import _warn_of_keys
from tacenda.cli.options import text_from
from tacenda.errors import BadInput
from tacenda.settings import load

SETTINGS = """
[team]
address = "team@example.org"
[[vendors]]
name = "Distro One"
email = "one@example.org"
embargo = "standing"
key = "gone.asc"
[[vendors]]
name = "Distro Two"
email = "two@example.org"
embargo = "standing"
key_required = true
"""


def test_who_will_get_nothing_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A vendor to whom nothing can be encrypted is named before the approval, and why."""
    (folder / "tacenda.toml").write_text(SETTINGS)
    settings = load(folder / "tacenda.toml")

    _warn_of_keys(settings, {"one@example.org"})
    said = capsys.readouterr().err
    _warn_of_keys(settings, {"two@example.org"})
    also = capsys.readouterr().err

    assert "Distro One will not get it: their OpenPGP key cannot be read" in said
    assert "Distro Two" not in said
    assert "Distro Two will not get it: their OpenPGP key is required and not named" in also


def test_a_preview_is_no_text(folder: Path) -> None:
    """What `preview` printed is refused as a text: its first line would go out as well."""
    (folder / "text.txt").write_text("Subject: Soon\n\nA release is coming.\n")
    (folder / "good.txt").write_text("A release is coming.\n")

    with pytest.raises(BadInput, match="begins with a line `Subject:`"):
        text_from("text.txt", False, str)
    assert text_from("good.txt", False, str) == "A release is coming.\n"
