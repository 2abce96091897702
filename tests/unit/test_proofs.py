"""What `doctor` finds in templates before a letter needs them."""

from pathlib import Path

import pytest

from tacenda.checks import Finding, check_templates
from tacenda.models import Kind
from tacenda.notices import MAY_USE
from tacenda.proofs import variations
from tacenda.settings import Settings
from tests.builders import a_case
from tests.unit.test_prose import FACTS


def findings(folder: Path) -> list[Finding]:
    """Return what is found in the templates of a team."""
    team = {"address": "security@example.org"}
    settings = Settings.model_validate({"team": team, "mail": {"templates": folder}})
    return list(check_templates(settings))


def test_our_own_letters_can_be_written_whatever_the_facts() -> None:
    """In every variation, and no name is used that a letter has not."""
    assert [finding.status for finding in check_templates(None)] == ["ok"]


def test_the_variations_have_each_fact_there_and_not_there() -> None:
    """Also when all others are otherwise; so each branch on one fact is taken."""
    used = MAY_USE[Kind.TEAM_ALERT]
    varied = list(variations(FACTS, used))

    for name in used - {"case_id", "now", "received", "acknowledge_by", "vendors_by", "state"}:
        assert {bool(getattr(facts, name)) for facts in varied} >= {True}, name
        if name != "steps":
            assert {bool(getattr(facts, name)) for facts in varied} == {True, False}, name
    assert {step.done for facts in varied for step in facts.steps} == {True, False}
    assert {step.overdue for facts in varied for step in facts.steps} == {True, False}


@pytest.mark.parametrize(
    ("file", "template", "says"),
    [
        (
            "thanks.txt",
            "Subject: x\n\n{% if released %}\nHello {{ reportername }}\n{% endif %}\n",
            "thanks.txt, line 4: uses what its letter has not, or may not say: reportername. "
            "It may use acknowledge_by, case_id, credit, cves",
        ),
        (
            "receipt.txt",
            "Subject: x\n\n{% if public and false %}{{ title }}{% endif %}\n",
            "receipt.txt, line 3: uses what its letter has not, or may not say: title.",
        ),
        (
            "receipt.txt",
            "Subject: {{ 'x' if case_id else received }}\n\nx\n",
            "receipt.txt, line 1: uses what its letter has not, or may not say: received.",
        ),
        (
            "receipt.txt",
            "Subject: x\n\n{% if public %}\n{{ now | momnet }}\n{% endif %}\n",
            "receipt.txt, line 4: there is no filter momnet",
        ),
        (
            "receipt.txt",
            "Subject: x\n\n{% if public %}{{ now is evenn }}{% endif %}\n",
            "receipt.txt, line 3: there is no test evenn",
        ),
        (
            "receipt.txt",
            "Subject: x\n\n{% from '_shared.txt' import legend, tood %}\n",
            "receipt.txt, line 3: _shared.txt has no tood",
        ),
        (
            "receipt.txt",
            "Subject: x\n\n{% if public %}{% include 'footer.txt' %}{% endif %}\n",
            "footer.txt: there is no such template",
        ),
        (
            "receipt.txt",
            "Subject: x\n\none\n{% if public %}\n",
            "receipt.txt, line 4: is no template from here on",
        ),
        ("receipt.txt", "Hello\n\nx\n", "receipt.txt, line 1: "),
        (
            "reminder.txt",
            "Subject: x\n\n{% for step in steps if step.overdue %}{{ step.limmit }}{% endfor %}\n",
            "reminder.txt: The body of the template reminder.txt uses what this letter has not",
        ),
        (
            "thanks.txt",
            "Subject: x\n\n{% if not planned %}{{ planned | moment }}{% endif %}\n",
            "thanks.txt: The body of the template thanks.txt cannot be filled in",
        ),
        (
            "closing.txt",
            "Subject: x\n\n{% if close_reason == 'not-ours' %}{{ lead + 1 }}{% endif %}\n",
            "closing.txt: The body of the template closing.txt cannot be filled in: TypeError",
        ),
        (
            "receipt.txt",
            "Subject: x\n\n{% for n in range(99999) %}{% endfor %}\n",
            "receipt.txt: The body of the template receipt.txt asks for too much",
        ),
    ],
)
def test_a_slip_in_a_branch_that_is_seldom_taken_is_found(
    file: str, template: str, says: str, tmp_path: Path
) -> None:
    """With its file and line, and with what the letter may use."""
    (tmp_path / file).write_text(template)

    (found,) = findings(tmp_path)

    assert found.status == "alarm"
    assert found.says.startswith(says)
    assert "take it away" in found.mend


def test_a_template_that_is_no_utf_8_is_found(tmp_path: Path) -> None:
    """Also where another one includes it."""
    (tmp_path / "receipt.txt").write_text("Subject: x\n\n{% include 'end.txt' %}\n")
    (tmp_path / "end.txt").write_bytes(b"Gr\xfc\xdfe")
    (tmp_path / "thanks.txt").write_bytes(b"Subject: x\n\nGr\xfc\xdfe")

    assert [finding.says for finding in findings(tmp_path)] == [
        "end.txt: cannot be read as UTF-8 text",
        "thanks.txt: cannot be read as UTF-8 text",
    ]


def test_a_slip_in_a_part_that_letters_share_is_found(tmp_path: Path) -> None:
    """What is included knows the facts of the letter, what is imported knows none."""
    (tmp_path / "receipt.txt").write_text("Subject: x\n\n{% include 'end.txt' %}\n")
    (tmp_path / "end.txt").write_text("{{ case_id }}\n{% if public %}{{ titel }}{% endif %}\n")
    (tmp_path / "thanks.txt").write_text("Subject: x\n\n{% import 'bits.txt' as bits %}\nx\n")
    (tmp_path / "bits.txt").write_text("{% macro m(a) %}{{ a }}{{ case_id }}{% endmacro %}\n")

    found = [finding.says for finding in findings(tmp_path)]

    assert found == [
        "end.txt, line 2: uses what its letter has not, or may not say: titel. It may use "
        "acknowledge_by, case_id, now, public, received.",
        "bits.txt, line 1: uses what its letter has not, or may not say: case_id. "
        "It gets no facts.",
    ]


def test_all_slips_are_told_at_once(tmp_path: Path) -> None:
    """A person mends them in one go, and not one a run."""
    (tmp_path / "receipt.txt").write_text("Subject: x\n\n{{ one }}\n{{ two }}\n")
    (tmp_path / "thanks.txt").write_text("Subject: {{ three }}\n\nx\n")

    assert [finding.says.partition(":")[0] for finding in findings(tmp_path)] == [
        "receipt.txt, line 3",
        "receipt.txt, line 4",
        "thanks.txt, line 1",
    ]


def test_a_template_with_a_mistyped_name_is_pointed_out(tmp_path: Path) -> None:
    """It would silently replace nothing."""
    (tmp_path / "reciept.txt").write_text("Subject: x\n\nx\n")
    (tmp_path / "receipt.txt").write_text("Subject: x\n\n{% include 'end.txt' %}\n")
    (tmp_path / "end.txt").write_text("Bye.\n")

    stray, fine = findings(tmp_path)

    assert (stray.status, fine.status) == ("warning", "ok")
    assert stray.says.startswith("reciept.txt is the template of no letter")


def test_a_finding_quotes_no_fact(tmp_path: Path) -> None:
    """The facts it is tried with are samples, and even those are not repeated."""
    (tmp_path / "receipt.txt").write_text("Subject: x\n\n{{ case_id + 1 }}{{ {}[case_id] }}\n")
    case = a_case()

    assert all(case.id not in f.says and "a sample" not in f.says for f in findings(tmp_path))
