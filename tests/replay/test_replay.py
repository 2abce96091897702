"""Cases that began under an older version go on under this one."""

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import Replayer

from tacenda.converter import PLAIN, encrypting
from tacenda.keystore import open_store
from tests.replay.record import CASE, KEYS
from workflows.disclosure import Disclosure
from workflows.runner import CarefulRunner

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*/*.json"))


def converter_of(file: Path) -> DataConverter:
    """Return what a history is read with: those from before 0.3.0 are not encrypted."""
    keys = file.parent / KEYS
    return encrypting(open_store(keys)) if keys.is_dir() else PLAIN


def test_there_are_histories() -> None:
    """The gate below is worth nothing without a history of either sort."""
    encrypted = [file for file in HISTORIES if converter_of(file) is not PLAIN]
    assert len(encrypted) >= 4
    assert len(HISTORIES) - len(encrypted) >= 4


@pytest.mark.parametrize("file", HISTORIES, ids=lambda f: f"{f.parent.name}/{f.stem}")
async def test_a_saved_history_replays(file: Path) -> None:
    """Every saved history replays without a difference."""
    history = WorkflowHistory.from_json(CASE, file.read_text(encoding="utf-8"))
    replayer = Replayer(
        workflows=[Disclosure],
        workflow_runner=CarefulRunner(),
        data_converter=converter_of(file),
    )
    await replayer.replay_workflow(history)


@pytest.mark.parametrize("file", [HISTORIES[0], HISTORIES[-1]], ids=["plain", "encrypted"])
async def test_the_gate_sees_a_difference(file: Path) -> None:
    """A history in which another activity was scheduled does not replay: the gate can fail."""
    saved = json.loads(file.read_text(encoding="utf-8"))
    scheduled = next(e for e in saved["events"] if "activityTaskScheduledEventAttributes" in e)
    scheduled["activityTaskScheduledEventAttributes"]["activityType"]["name"] = "shout"
    history = WorkflowHistory.from_json(CASE, json.dumps(saved))
    replayer = Replayer(
        workflows=[Disclosure],
        workflow_runner=CarefulRunner(),
        data_converter=converter_of(file),
    )
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    assert result.replay_failure is not None


async def test_an_encrypted_history_needs_its_keys() -> None:
    """Without the keys an encrypted history does not replay: it is what it says it is."""
    history = WorkflowHistory.from_json(CASE, HISTORIES[-1].read_text(encoding="utf-8"))
    replayer = Replayer(workflows=[Disclosure], data_converter=PLAIN)
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    assert result.replay_failure is not None
