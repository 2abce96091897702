"""How letters are set, and what a team's own templates may do and must not."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tacenda.errors import BadInput
from tacenda.facts import facts_of
from tacenda.models import Kind
from tacenda.notices import Draft, render
from tacenda.prose import Part, fill, placeholders
from tests.builders import a_case, after

FACTS = facts_of(a_case(title="canary"), after(hours=1))


def filled(folder: Path, text: str, **known: object) -> str:
    """Return what a template of a team makes of `known`."""
    (folder / "own.txt").write_text(f"Subject: x\n\n{text}\n")
    return fill("own.txt", Part.BODY, known, folder).strip("\n")


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(seconds=20), "0 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=5, minutes=59, seconds=58), "6 hours"),
        (timedelta(hours=24), "24 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(hours=50), "50 hours"),
        (timedelta(days=7), "7 days"),
        (timedelta(days=8, hours=20), "9 days"),
    ],
)
def test_durations_read_as_a_person_says_them(
    duration: timedelta, words: str, tmp_path: Path
) -> None:
    """Hours up to a day or two, days after that."""
    assert filled(tmp_path, "{{ it | span }}", it=duration) == words


@pytest.mark.parametrize(
    ("items", "words"),
    [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")],
)
def test_lists_read_as_a_person_says_them(
    items: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    """Commas, and one `and`."""
    assert filled(tmp_path, "{{ it | listed }}", it=items) == words


def test_instants_and_commands_are_never_torn(tmp_path: Path) -> None:
    """Wherever a paragraph is folded, what will be copied stays on one line."""
    kept = ("2026-03-17 16:00 UTC", "tacenda extend case-2026-ab STEP --skip --reason WHY")
    for n in range(80):
        text = filled(tmp_path, "{{ it | wrap }}", it="x " * n + ", ".join(kept) + ". The end.")
        assert all(any(it in line for line in text.splitlines()) for it in kept)
        assert max(map(len, text.splitlines())) <= 76


def test_a_layout_is_kept_and_only_what_is_too_long_is_folded(tmp_path: Path) -> None:
    """Commands in a mitigation stay as they were written; its prose is folded and indented."""
    text = f"First:\n\n\n\n  run   {'x ' * 50}y\n{'word ' * 20}end  \n"
    assert filled(tmp_path, "{{ it | block(2) }}", it=text).splitlines() == [
        "  First:",
        "",
        f"    run   {'x ' * 50}y",
        "  " + " ".join(["word"] * 15),
        "  " + " ".join(["word"] * 5) + " end",
    ]


def test_links_and_addresses_are_no_places_to_fill_in() -> None:
    """What a person writes between angle brackets stays theirs."""
    assert placeholders("See <https://example.org/a>, <me@example.org>, 1 < 2 > 0, <br>.") == ()
    assert placeholders("The <affected\n  versions> are open.") == ("<affected versions>",)


def test_a_team_can_replace_a_single_letter(tmp_path: Path) -> None:
    """A file in the folder goes before ours, the other letters stay, and edits count at once."""
    own = tmp_path / "receipt.txt"
    own.write_text("Subject: [{{ case_id }}] received\r\n\r\nMoin!\r\n")
    assert render(Kind.RECEIPT, FACTS, tmp_path) == Draft(
        subject=f"[{FACTS.case_id}] received", body="Moin!\n"
    )
    assert render(Kind.CLOSING, FACTS, tmp_path) == render(Kind.CLOSING, FACTS)

    own.write_text("Subject: Received\n\nServus!\n")
    os.utime(own, (1, 1))
    assert render(Kind.RECEIPT, FACTS, tmp_path).body == "Servus!\n"


def test_a_team_can_use_the_parts_that_our_letters_share(tmp_path: Path) -> None:
    """The commands for a step need not be copied into a template of one's own."""
    text = "{% from '_shared.txt' import todo %}{{ todo('case-2026-ab', 'fix', none, none) }}"
    assert "tacenda fixed case-2026-ab --ref URL" in filled(tmp_path, text)


def test_a_folder_of_templates_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A team's letters are not silently replaced by ours."""
    with pytest.raises(BadInput, match="no folder"):
        render(Kind.RECEIPT, FACTS, tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("Subject: x\n\n{{ nonsense }}\n", "body .*receipt.txt .*: nonsense. It may use acknow"),
        ("Subject: x\n\n{{ title }}\n", "may not say: title. It may use acknowledge_by, case_id"),
        ("Subject: {{ received }}\n\nx\n", "subject .*receipt.txt .*: received. It may use"),
        ("Subject: x\n\n{{ case_id.nonsense }}\n", "receipt.txt .*: part of a fact"),
        ("Subject: x\n\n{{ {}[case_id] }}\n", "receipt.txt .*: part of a fact"),
        ("Subject: x\n\none\n{% if %}\n", "receipt.txt is no template: see line 4 of receipt.txt"),
        ("Subject: x\n\n{{ case_id + 1 }}\n", "receipt.txt cannot be filled in: TypeError"),
        ("Subject: x\n\n{{ case_id.__class__.__mro__ }}\n", "cannot be filled in: SecurityErr"),
        ("Subject: x\n\n{{ received.__init__ }}\n", "cannot be filled in: SecurityError"),
        ("Subject: x\n\n{% include 'nothing.txt' %}\n", "receipt.txt cannot be filled in"),
        ("Subject: x\n\n{% include '../../secret' %}\n", "receipt.txt cannot be filled in"),
        ("Thank you\n\nx\n", "receipt.txt must begin with a line `Subject"),
        ("Subject: x\nx\n", "receipt.txt must begin with a line `Subject"),
        ("Subject:\n\nx\n", "receipt.txt would not be one plain line"),
        ("Subject: {{ '\\n' }}x\n\nx\n", "receipt.txt would not be one plain line"),
    ],
)
def test_a_broken_template_says_what_to_mend(template: str, complaint: str, tmp_path: Path) -> None:
    """The message names the template and what is wrong, and quotes nothing that is known."""
    (tmp_path / "receipt.txt").write_text(template)
    with pytest.raises(BadInput, match=complaint) as refused:
        render(Kind.RECEIPT, FACTS, tmp_path)

    assert FACTS.case_id not in str(refused.value)
    assert refused.value.__cause__ is None
