"""What came from outside is shown at a terminal, and never obeyed by it."""

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tacenda.case import Case
from tacenda.cli import run
from tacenda.cli.screen import say_case, standing_of
from tacenda.errors import BadInput
from tacenda.letters import Sent
from tacenda.models import Audience, Deed, Fix, Kind, Trouble
from tacenda.render import json_of, note, safe, safe_line, say, say_json, say_table, show_text, warn
from tests.builders import a_case, after, leak, notice
from tests.unit.story import Story

ROOT = Path(__file__).parent.parent.parent
CLEAR = "\x1b[2J\x1b]8;;https://evil.example\x07click\x1b]8;;\x07"
HOSTILE = [
    CLEAR,
    "\x9b2J",  # the same in one character, as some terminals read it
    "\x07\x08\x7f\r",
    "a\u202ebc\u2066d\u200be\ufeff\u00adf\U000e0041",
    "\u2028\u2029\x85",
    "\ud800",
    "[bold]x[/x][link=https://evil.example]y[/link]",
]
hostile = st.text(
    st.one_of(
        st.characters(max_codepoint=0xFF),
        st.sampled_from("\u202a\u202e\u2066\u2069\u200b\u200e\u2028\u061c\ufeff\ud800\U000e0001"),
        st.characters(),
    )
)


def dangers(printed: str) -> set[str]:
    """Return the characters that a terminal obeys or does not show, but for line ends and tabs."""
    plain = click.unstyle(printed)
    return {c for c in plain if c not in "\n\t" and unicodedata.category(c) in DANGEROUS}


DANGEROUS = ("Cc", "Cf", "Cs", "Zl", "Zp")
WAYS: dict[str, Callable[[str], None]] = {
    "say": say,
    "note": note,
    "warn": warn,
    "show_text": show_text,
    "say_json": lambda text: say_json({"text": text, text: [text]}),
    "say_table": lambda text: say_table(["a", text], [["x", text], [text, "y"]]),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@given(text=hostile)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(text="".join(HOSTILE))
def test_no_way_of_printing_lets_a_control_through(
    way: Callable[[str], None], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """C0, C1, bidi overrides, zero width: none leaves this process, whoever prints the text."""
    way(text)
    printed = "".join(capsys.readouterr())

    assert not dangers(printed)
    assert printed.encode()


@given(text=hostile)
def test_one_line_stays_one_line(text: str) -> None:
    """Whatever is in it."""
    assert len(safe_line(text).splitlines()) <= 1
    assert not dangers(safe(text))


@given(text=hostile)
@settings(deadline=None)
def test_json_keeps_what_it_escapes(text: str) -> None:
    """What is read back is what was there, and other scripts stay readable."""
    assert json.loads(json_of({"text": text})) == {"text": text}
    assert "修正" in json_of("修正")


@pytest.mark.parametrize("bad", HOSTILE, ids=ascii)
def test_a_case_shown_cannot_command_the_terminal(
    bad: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Title, reporter, reasons, names, files, letters: even if they got past every check."""
    story = Story(a_case(title="x", details="x"))
    story.do(leak(), notice(Audience.REPORTER, "x"))
    case = filled_with(story.case, bad, after(1))

    say_case(case, after(2), is_full=True)
    printed = "".join(capsys.readouterr())

    assert "report" in printed
    assert not dangers(printed + standing_of(case, after(2)))


def filled_with(case: Case, bad: str, at: datetime) -> Case:
    """Return `case` with a text in each place that a person or a program outside fills."""
    reporter = case.report.reporter
    assert reporter
    stranger = reporter.model_copy(update={"name": bad, "email": bad, "credit": bad})
    fields = ("title", "component", "versions", "details")
    report = {**dict.fromkeys(fields, bad), "reporter": stranger}
    deed = Deed(at=at, by=bad, what=bad, detail=bad, why=bad, overrode=(bad,))
    fix = Fix(refs=(bad,), versions=(bad,), mitigation=bad, landed=at, by=bad)
    held = [one.model_copy(update={"held": bad, "approvers": (bad,)}) for one in case.notices]
    return case.model_copy(
        update={
            "report": case.report.model_copy(update=report),
            "lead": bad,
            "handing_to": bad,
            "fix_team": (bad,),
            "cves": (bad,),
            "fix": fix,
            "adopted": bad,
            "deeds": (deed,),
            "notices": tuple(held),
            "letters": (Sent(key="x", kind=Kind.RECEIPT, at=at),),
            "troubles": (Trouble(number=1, at=at, what=bad),),
        }
    )


def test_the_report_cannot_pass_for_what_tacenda_says(capsys: pytest.CaptureFixture[str]) -> None:
    """The lines of a stranger are set in; a reason or a title is one line."""
    details = "x\nrelease    planned 2026-03-01, went out 2026-03-01 16:00Z"
    case = a_case(details=details).model_copy(update={"adopted": "a\nrelease    went out"})
    say_case(case, after(1), is_full=True)
    lines = capsys.readouterr().out.splitlines()

    assert len([line for line in lines if line.startswith("release  ")]) == 2
    assert f"  {details.splitlines()[1]}" in lines


@pytest.mark.parametrize("bad", HOSTILE[:5], ids=ascii)
def test_a_complaint_that_quotes_what_was_typed_is_harmless(
    bad: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command, an option, a file name, and an error of our own."""
    run([bad])
    run(["open", f"/nowhere/{bad}"])
    run(["extend", "case-2026-7k3q9xm4tp", "fix", "--until", bad, "--reason", "x"])

    def fail(**_: object) -> None:
        raise BadInput(bad)

    monkeypatch.setattr("tacenda.cli.cli.main", fail)
    run(["list"])

    assert not dangers("".join(capsys.readouterr()))


@pytest.mark.parametrize("debugging", [False, True])
def test_an_unforeseen_error_is_told_without_its_text(
    debugging: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What people paste into a report names kinds and places, and quotes nothing."""

    def fail(**_: object) -> None:
        raise ValueError("canary") from KeyError("canary")

    monkeypatch.setattr("tacenda.cli.cli.main", fail)
    if debugging:
        monkeypatch.setenv("TACENDA_DEBUG", "1")
    code = run(["list"])
    said = capsys.readouterr().err

    assert code == 1
    assert "canary" not in said
    assert ("ValueError < KeyError in tests/unit/test_terminal_text.py:" in said) is debugging
    assert ("TACENDA_DEBUG=1" in said) is not debugging


def test_only_an_unsafe_switch_shows_a_whole_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name says that it is none to paste."""

    def fail(**_: object) -> None:
        raise ValueError("canary")

    monkeypatch.setattr("tacenda.cli.cli.main", fail)
    monkeypatch.setenv("TACENDA_UNSAFE_TRACEBACK", "1")
    with pytest.raises(ValueError, match="canary"):
        run(["list"])


@pytest.mark.parametrize("traceback", [False, True])
def test_a_command_ends_although_nobody_can_read_it(traceback: bool) -> None:
    """Where nothing can be written any more it ends, and not by way of the interpreter's exit."""
    program = (
        "import atexit, os, sys\n"
        "atexit.register(lambda: os._exit(99))\n"
        "sys.argv = ['tacenda', 'list']\n"
        "import tacenda.cli as it\n"
        "def fail(**_):\n    print('x'); raise ValueError('y')\n"
        "it.cli.main = fail\n"
        "it.main()\n"
    )
    switch = {"TACENDA_UNSAFE_TRACEBACK": "1"} if traceback else {}
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, **switch},
            stdout=full,
            stderr=full,
            check=False,
        )
    assert ended.returncode == 1
