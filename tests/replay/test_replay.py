"""Cases that began under an older version go on under this one."""

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from tacenda.converter import PLAIN
from workflows.disclosure import Disclosure

HISTORIES = sorted((Path(__file__).parent / "histories").rglob("*.json"))


def test_there_are_histories() -> None:
    """The gate below is worth nothing without a history."""
    assert len(HISTORIES) >= 4


@pytest.mark.parametrize("file", HISTORIES, ids=lambda f: f"{f.parent.name}/{f.stem}")
async def test_a_saved_history_replays(file: Path) -> None:
    """Every saved history replays without a difference."""
    history = WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8"))
    replayer = Replayer(workflows=[Disclosure], data_converter=PLAIN)
    await replayer.replay_workflow(history)


async def test_the_gate_sees_a_difference() -> None:
    """A history in which another activity was scheduled does not replay: the gate can fail."""
    saved = json.loads(HISTORIES[0].read_text(encoding="utf-8"))
    scheduled = next(e for e in saved["events"] if "activityTaskScheduledEventAttributes" in e)
    scheduled["activityTaskScheduledEventAttributes"]["activityType"]["name"] = "shout"
    history = WorkflowHistory.from_json("tampered", json.dumps(saved))
    replayer = Replayer(workflows=[Disclosure], data_converter=PLAIN)
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    assert result.replay_failure is not None
