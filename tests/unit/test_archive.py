"""The record of a case: whole, in order, and nobody changes a byte of it unseen."""

import json
import random
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant

from tacenda.archive.chain import Broken
from tacenda.archive.entries import entries_of
from tacenda.archive.keeping import heads, keep
from tacenda.archive.keys import TeamKey
from tacenda.archive.public import in_markdown, timeline_of
from tacenda.archive.record import Record, record_of, schema, verified
from tacenda.archive.storage import NotStored, records_at
from tacenda.docket import Docket
from tacenda.errors import BadInput, Refused
from tacenda.keys import Ring
from tacenda.models import CloseReason, Step
from tacenda.profiles import KUBERNETES_CURRENT
from tests.builders import (
    a_case,
    acknowledge,
    after,
    assign_cve,
    close,
    credit,
    extend,
    fixed,
    held_retrospective,
    published,
    release,
    score,
    skip,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.anybody import Anybody
from tests.unit.anycase import SETTINGS
from tests.unit.story import Story

OURS = TeamKey.of(Ring(b"o" * 32))
THEIRS = TeamKey.of(Ring(b"t" * 32))
SCHEMA = Path(__file__).parent.parent.parent / "docs" / "record.schema.json"


def a_released() -> Story:
    """Return a case that went straight to its end, with words in it that nobody may see."""
    case = a_case(title="canary title", details="canary details", component="canary component")
    story = Story(case).do(acknowledge(team=("bob",)), score(), assign_cve(), fixed())
    story.do(user_notice(planned=slot(9)), vendor_notice(planned=slot(9)), release(slot(9)))
    story.wait(after(12)).do(published(), held_retrospective(), close(CloseReason.COMPLETE))
    return story


def recorded(story: Story, key: TeamKey = OURS) -> bytes:
    """Return the record of a story as it stands."""
    return record_of(story.case, story.now, key)


RELEASED = recorded(a_released())
SEALED = recorded(Story(a_case(title="canary")).do(acknowledge(), close(CloseReason.INVALID)))


def read(content: bytes) -> Record:
    """Return what a record of ours says."""
    return verified(content, OURS.public, OURS)


class Recorded(Anybody):
    """Whatever happens to a case, its record is whole, signed, and the same when made again."""

    @invariant()
    def reads_as_written(self) -> None:
        """It reads; it is sealed until the release; and every fact is in it."""
        content = record_of(self.case, self.now, OURS)
        record = read(content)
        assert record_of(self.case, self.now, OURS) == content
        assert record.head.sealed is (self.case.released is None)
        assert record.entries == tuple(map(as_read, entries_of(self.case, self.now)))


Recorded.TestCase.settings = SETTINGS
TestRecorded = Recorded.TestCase


def as_read(entry: object) -> object:
    """Return an entry as JSON gives it back."""
    kind = type(entry)
    return kind.model_validate_json(entry.model_dump_json())  # type: ignore[attr-defined]


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, len(RELEASED) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_is_found_and_its_line_is_named(place: int, bit: int) -> None:
    """Wherever it is, also in the signature or at the end of a line."""
    spoilt = bytearray(RELEASED)
    spoilt[place] ^= 1 << bit
    line = RELEASED[:place].count(b"\n") + 1
    # Without the end of its line, the next one is part of it; without the last, the end is missing.
    with pytest.raises(Broken, match=rf"[Ll]ine {line}\b|not whole"):
        verified(bytes(spoilt), OURS.public, OURS)


@pytest.mark.parametrize("content", [RELEASED, SEALED], ids=["released", "sealed"])
def test_no_byte_can_be_changed(content: bytes) -> None:
    """Hundreds of places, each changed to another byte; with a line less, doubled or moved."""
    luck = random.Random(7)
    for _ in range(400):
        spoilt = bytearray(content)
        spoilt[luck.randrange(len(content))] ^= luck.randrange(1, 256)
        with pytest.raises(Broken):
            read(bytes(spoilt))
    lines = content.splitlines(keepends=True)
    for number in range(len(lines)):
        for changed in (
            [*lines[:number], *lines[number + 1 :]],
            [*lines[: number + 1], *lines[number:]],
        ):
            with pytest.raises(Broken):
                read(b"".join(changed))


def test_somebody_elses_signature_is_not_ours() -> None:
    """A record that others signed, or that was signed anew after a change, is not believed."""
    others = recorded(a_released(), THEIRS)

    with pytest.raises(Broken, match="another key"):
        read(others)
    assert verified(others, THEIRS.public).head.case == "case-2026-7k3q9xm4tp"
    with pytest.raises(Broken):
        read(others.replace(THEIRS.public.encode(), OURS.public.encode()))


def test_who_has_keys_of_their_own_can_check_the_sealed_record_of_others() -> None:
    """Another team trusts the public key that it was given; its own opens nothing, and need not."""
    assert verified(SEALED, OURS.public, THEIRS).entries is None


def test_a_file_url_is_a_folder_for_the_owner_alone(tmp_path: Path) -> None:
    """What fsspec would write there, everybody could read."""
    story = Story().do(acknowledge())
    keep(records_at(f"file://{tmp_path}/some%20records"), story.case, story.now, OURS)

    [record] = (tmp_path / "some records").iterdir()
    assert record.stat().st_mode & 0o777 == 0o600
    assert record.parent.stat().st_mode & 0o777 == 0o700


def test_the_limit_by_policy_is_where_the_policy_puts_it() -> None:
    """Counted back from the publication where the profile does so; moving it does not change it."""
    story = Story(a_case(policy=KUBERNETES_CURRENT)).do(acknowledge())
    before = by_policy(story)
    story.do(extend(Step.FIX, after(9)))

    assert before[Step.VENDOR_NOTICE] == story.case.limit(Step.VENDOR_NOTICE)
    assert before == by_policy(story)
    assert before[Step.FIX] == after(7)


def by_policy(story: Story) -> dict[str, datetime]:
    """Return where the record says that the policy puts each limit."""
    limits = [e.facts for e in entries_of(story.case, story.now) if e.what == "limit"]
    return {facts["step"]: datetime.fromisoformat(facts["by policy"]) for facts in limits}


@pytest.mark.parametrize(
    ("ref", "is_told"),
    [
        ("https://github.com/example/repo/pull/512", True),
        ("https://git.corp.internal/fixes/1", False),
        ("https://10.1.2.3/fixes/1", False),
        ("https://alice:word@github.com/example/repo", False),
        ("SEC-123 in our tracker", False),
    ],
)
def test_the_timeline_leads_to_no_host_inside(ref: str, is_told: bool) -> None:
    """Only addresses that anybody can follow are told; what is no address is not."""
    story = Story().do(acknowledge(), score(), fixed(refs=(ref,)))
    story.do(user_notice(planned=slot(9)), vendor_notice(planned=slot(9)), release(slot(9)))
    story.wait(after(12))

    timeline = timeline_of(read(recorded(story)))

    assert timeline.references == ((ref,) if is_told else ())
    assert (ref in in_markdown(timeline)) is is_told


def test_what_is_not_released_is_sealed() -> None:
    """The head says how the steps stand, and nothing of what the case is about or who leads it."""
    assert b"canary" not in SEALED
    assert b"alice" not in SEALED
    assert verified(SEALED, OURS.public).entries is None
    assert read(SEALED).entries is not None


def test_every_fact_of_a_case_is_on_record() -> None:
    """A field that somebody adds to the docket is on record, or this test asks why not."""
    story = a_released()
    record = read(recorded(story))
    assert record.entries is not None
    told = {
        "report", "opened", "policy", "moved", "kept", "hours", "notices", "letters", "under_way",
        "askings", "replies", "silences", "bounces", "troubles", "turns", "deeds", "decisions",
        "filings", "former_policies", "left",
    }  # fmt: skip
    assert set(record.entries[-1].facts) == set(Docket.model_fields) - told
    kinds = [entry.what for entry in record.entries]
    assert kinds.count("act") == len(story.case.deeds)
    assert kinds.count("letter") == len(story.case.letters)
    assert kinds.count("limit") == len(Step)


def test_the_record_holds_hashes_of_texts_and_no_texts() -> None:
    """What was approved can be held against its hash; the texts themselves stay where they are."""
    story = a_released()
    [notice] = [n for n in story.case.notices if n.kind == "release"]

    assert notice.text.strip().encode() not in RELEASED
    assert notice.sha256.encode() in RELEASED


def test_the_published_schema_is_that_of_the_lines() -> None:
    """To make it anew: python -c "import json, sys; from tacenda.archive.record import schema;
    json.dump(schema(), sys.stdout, indent=2)" > docs/record.schema.json
    """
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema()


@pytest.mark.parametrize("place", ["folder", "url"])
def test_a_record_is_kept_once_and_replaced_when_the_case_changed(
    tmp_path: Path, place: str
) -> None:
    """The same case leaves it alone; a changed one names the hash of what it replaced."""
    where = str(tmp_path / "records") if place == "folder" else f"memory://{tmp_path}/records"
    records, story = records_at(where), Story().do(acknowledge())

    first = keep(records, story.case, story.now, OURS)
    before = records.read(story.case.id)
    again = keep(records, story.case, story.now, OURS)
    unchanged = records.read(story.case.id)
    story.do(close(CloseReason.WITHDRAWN))
    changed = keep(records, story.case, story.now, OURS)

    assert (first, again, changed) == (True, False, True)
    assert before == unchanged
    [head] = heads(where)
    assert head.reason is CloseReason.WITHDRAWN
    assert len(head.replaces) == 64
    assert not keep(records, story.case, story.now, OURS)


def test_what_is_no_record_is_left_out_of_lists_and_replaced(tmp_path: Path) -> None:
    """A file that somebody spoilt keeps no other from being read, nor the case from its record."""
    story = Story().do(acknowledge(), close(CloseReason.WITHDRAWN))
    file = tmp_path / f"{story.case.id}.jsonl"
    file.write_bytes(b"{}\n")

    assert list(heads(str(tmp_path))) == []
    assert keep(records_at(str(tmp_path)), story.case, story.now, OURS)
    assert [head.case for head in heads(str(tmp_path))] == [story.case.id]


def test_a_folder_that_cannot_be_written_to_says_what_to_do(tmp_path: Path) -> None:
    """One sentence, which names the setting; nothing half written stays."""
    (tmp_path / "file").write_text("no folder")
    story = Story()
    with pytest.raises(NotStored, match=r"\[records\] store"):
        keep(records_at(str(tmp_path / "file")), story.case, story.now, OURS)
    with pytest.raises(BadInput, match="fsspec"):
        records_at("nonsense://somewhere")


def test_only_we_may_read_the_folder(tmp_path: Path) -> None:
    """The folder and its files are for the account of the worker alone."""
    keep(records_at(str(tmp_path / "records")), a_case(), after(0), OURS)

    assert (tmp_path / "records").stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "records").iterdir())


def test_the_public_timeline_names_nobody_and_repeats_nothing() -> None:
    """What was done when, how many vendors, which promises were kept; no word of the report."""
    case = a_case(title="canary title", details="canary details", component="canary component")
    story = Story(case).do(acknowledge(team=("bob",)), score(), assign_cve(), fixed())
    story.do(skip(Step.USER_NOTICE, why="canary reason"), vendor_notice("canary text"))
    story.do(credit("Rita R."), release(slot(9), override="canary override"))
    story.wait(after(12)).do(published(), held_retrospective(), close(CloseReason.COMPLETE))
    page = in_markdown(timeline_of(read(recorded(story))))

    assert "canary" not in page
    assert "alice" not in page
    assert "bob" not in page
    assert "@" not in page
    assert "CVE-2026-12345" in page
    assert "Rita R." in page
    assert "vendors were told under embargo (" in page
    assert "| release | 2026-03-23 09:00 | 2026-03-11 16:00 | kept |" in page


def test_what_was_not_released_has_no_public_timeline() -> None:
    """Fail closed: also for those who have the key."""
    with pytest.raises(Refused, match="was not released"):
        timeline_of(read(SEALED))
