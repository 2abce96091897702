"""`tacenda record`, as an auditor types it: with files and keys, and no server anywhere."""

import json
from pathlib import Path

import pytest

from tacenda.archive.keeping import keep
from tacenda.archive.keys import TeamKey
from tacenda.archive.storage import Records, records_at
from tacenda.keystore import make_store
from tests.builders import (
    a_case,
    acknowledge,
    after,
    fixed,
    release,
    score,
    slot,
    user_notice,
    vendor_notice,
)
from tests.cli.conftest import Type
from tests.unit.story import Story

FIRST, SECOND = "case-2026-0000000001", "case-2026-0000000002"


@pytest.fixture
def records(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Records:
    """Two records of a team: of a case that was released, and of one that is under embargo."""
    monkeypatch.setenv("TACENDA_KEYS__STORE", str(folder / "keys"))
    monkeypatch.setenv("TACENDA_RECORDS__STORE", str(folder / "records"))
    ours = TeamKey.of(make_store(folder / "keys")[0].ring())
    records = records_at(str(folder / "records"))
    keep(records, released().case, after(12), ours)
    embargoed = a_case().model_copy(update={"id": SECOND})
    keep(records, embargoed, after(1), ours)
    return records


def released() -> Story:
    """Return a case that was released."""
    story = Story(a_case().model_copy(update={"id": FIRST}))
    story.do(acknowledge(), score(), fixed(), user_notice(planned=slot(9)))
    return story.do(vendor_notice(planned=slot(9)), release(slot(9))).wait(after(12))


def spoil(records: Records, case: str) -> None:
    """Change one letter in the second line of a record."""
    lines = (records.read(case) or b"").split(b"\n")
    lines[1] = lines[1].replace(b"a", b"e", 1)
    records.write(case, b"\n".join(lines))


def test_all_records_are_verified_at_once(typed: Type, records: Records) -> None:
    """One command for a whole folder; the exit code says whether all are as they were written."""
    said = typed("record", "verify", "--all")

    assert (said.code, said.out.split(",")[0]) == (0, "2 of 2 records: whole")
    assert [v["valid"] for v in json.loads(typed("record", "verify", "--all", "--json").out)] == [
        True,
        True,
    ]


def test_the_broken_one_of_many_is_named_with_its_line(typed: Type, records: Records) -> None:
    """Whoever looks after a thousand records learns which line of which is not as it was."""
    spoil(records, SECOND)
    said = typed("record", "verify", "--all")

    assert said.code == 1
    assert said.out.splitlines()[0].startswith(f"{SECOND}: BROKEN. Line 2 ")
    assert "1 of 2 records" in said.out
    assert typed("record", "verify", SECOND).code == 1


def test_the_record_of_one_case_does_not_pass_for_that_of_another(
    typed: Type, records: Records
) -> None:
    """A file that was put into the place of another is signed, and still not the one asked for."""
    records.write(SECOND, records.read(FIRST) or b"")

    assert typed("record", "verify", SECOND).code == 1
    assert f"is the record of {FIRST}" in typed("record", "verify", "--all").out


@pytest.mark.parametrize("words", [(), (FIRST, "--all")], ids=["none", "both"])
def test_it_must_be_said_which_record(
    typed: Type, records: Records, words: tuple[str, ...]
) -> None:
    """Neither nothing nor two things at once."""
    assert typed("record", "verify", *words).code == 2


def test_an_auditor_needs_the_file_and_the_public_key_alone(
    typed: Type, records: Records, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where they have keys of their own, and where the record is sealed for the team."""
    (folder / "their.key").write_text(typed("record", "key").out)
    (folder / "sealed.jsonl").write_bytes(records.read(SECOND) or b"")
    asked = ("record", "verify", "sealed.jsonl", "--key", "their.key")
    make_store(folder / "auditors")
    monkeypatch.setenv("TACENDA_KEYS__STORE", str(folder / "auditors"))
    with_keys = typed(*asked)
    without_trust = typed("record", "verify", "sealed.jsonl")
    monkeypatch.setenv("TACENDA_KEYS__STORE", str(folder / "nowhere"))
    without_keys = typed(*asked)

    assert (with_keys.code, without_keys.code) == (0, 0), with_keys.err
    assert "(sealed)" in with_keys.out
    assert without_trust.code == 1
    assert "another key" in without_trust.complaint


def test_the_timeline_is_written_in_the_form_that_is_asked_for(
    typed: Type, records: Records, folder: Path
) -> None:
    """Into a file as well, as JSON as well; and never of what is under embargo."""
    asked = ("record", "export", FIRST, "--public", "--out", "timeline.json", "--json")
    made, refused = typed(*asked), typed("record", "export", SECOND, "--public")

    assert made.code == 0, made.err
    assert json.loads((folder / "timeline.json").read_text())["case"] == FIRST
    assert (refused.code, refused.out) == (1, "")
