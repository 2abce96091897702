"""The list of cases: filters, what comes first, what a shell completes; and JSON that stays."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.e2e.machine import Machine, eventually
from tests.e2e.programs import SCRIPTS
from tests.e2e.samples import HIGH

SHAPES = Path(__file__).parent / "json_keys.json"
COMPLETE = """
eval "$(_TACENDA_COMPLETE=bash_source tacenda)"
COMP_WORDS=(%s) COMP_CWORD=%d
_tacenda_completion tacenda
printf '%%s\\n' "${COMPREPLY[@]}"
"""


def ids(office: Machine, *words: str) -> list[str]:
    """Return the ids that `list` shows with these words."""
    return [case["id"] for case in office.json("list", "--limit", "1000", *words)]


def test_a_list_is_filtered_by_the_server(office: Machine) -> None:
    """Overdue ones come first, whatever the order; each filter leaves only what it names."""
    received = (datetime.now(UTC) - timedelta(days=60)).isoformat(timespec="seconds")
    late = office.done("open", office.report(), "--received", received).out.strip()
    mine = office.open()
    office.done("ack", mine, "--lead", "bob")
    office.done("score", mine, HIGH)
    eventually(lambda: late in ids(office, "--overdue"), True, "it to be overdue")
    eventually(lambda: mine in ids(office, "--severity", "High"), True, "its score to be listed")

    assert mine not in ids(office, "--overdue")
    assert mine in ids(office, "--lead", "bob", "--state", "fix", "--due", "8d")
    assert late not in ids(office, "--due", "8d")
    assert late in ids(office, "--lead", "nobody")
    assert office.tacenda("--as", "bob", "list", "--lead", "me", "--json").out.count(mine) == 1
    everything = ids(office, "--sort", "id")
    assert everything.index(late) < everything.index(mine)
    few = office.done("list", "--limit", "1")
    assert "These are 1 of" in few.err
    assert "listed" in few.err


def completed(office: Machine, *words: str) -> list[str]:
    """Return what bash completes after these words."""
    script = COMPLETE % (" ".join(f'"{word}"' for word in words), len(words) - 1)
    path = f"{SCRIPTS}:{office.environ.get('PATH', '/usr/bin:/bin')}"
    done = subprocess.run(
        ["bash", "-c", script],
        env={**office.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_bash_completes_commands_cases_and_steps(office: Machine) -> None:
    """In a real shell, by what it was told to evaluate; a word that is none brings nothing."""
    case = office.open()

    assert "handoff" in completed(office, "tacenda", "ha")
    assert "user_notice" in completed(office, "tacenda", "extend", case, "us")
    eventually(lambda: case in completed(office, "tacenda", "show", case[:12]), True, "the case")
    assert completed(office, "tacenda", "show", "nothing-") == []


def shape_of(value: Any) -> Any:
    """Return the keys of a value, all the way down; of a list those of its first."""
    if isinstance(value, dict):
        return {key: shape_of(each) for key, each in sorted(value.items())}
    if isinstance(value, list):
        return [shape_of(value[0])] if value else []
    return "value"


def test_the_json_of_reading_commands_keeps_its_keys(office: Machine) -> None:
    """What scripts rely on: a changed key is a change of `json_keys.json`, and is reviewed."""
    case = office.open(title="A case with everything", reporter="shape@example.org")
    office.done("ack", case, "--team", "bob")
    office.done("score", case, HIGH)
    office.done("fixed", case, "--ref", "https://example.org/1")
    eventually(lambda: len(office.about(case, "fix_team")), 2, "the letters of the fix team")
    reading = {
        "list": ("list", "--limit", "1"),
        "show": ("show", case),
        "next": ("next", case),
        "history": ("history", case),
        "plan": ("plan", case),
        "vendors": ("vendors", case),
        "preview": ("preview", case, "release"),
        "policy": ("policy", case),
        "report": ("report", "--since", "1d"),
        "doctor": ("doctor",),
        "keys list": ("keys", "list"),
    }
    said = {
        name: shape_of(json.loads(office.tacenda(*words, "--json").out))
        for name, words in reading.items()
    }
    # What other cases are there decides about these.
    for apart in ("steps", "bands", "months", "times"):
        said["report"][apart] = list(said["report"][apart].values())[:1]
    del said["report"]["missed"], said["list"][0]["overdue"]

    assert said == json.loads(SHAPES.read_text(encoding="utf-8"))
