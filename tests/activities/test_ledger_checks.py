"""`tacenda doctor` looks at the ledger: whether it can be written, and by how many hosts."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.taskqueue.v1 import PollerInfo
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueResponse,
    PollWorkflowTaskQueueResponse,
)

from activities.ledger.claims import Claim
from activities.ledger.opening import ledger_at
from tacenda.ledgerchecks import check_hosts, check_ledger
from tacenda.tables import Mail
from tests.activities.ledgers import CASE, SECRET

IDS = ["<letter@example.org>"]


def test_a_ledger_that_is_still_to_be_made_is_well(tmp_path: Path) -> None:
    """Before the first letter there is none, and the doctor makes none."""
    found = check_ledger(Mail(), tmp_path / "home")

    assert (found.status, list(tmp_path.iterdir())) == ("ok", [])
    assert "is made with the first letter" in found.says


@pytest.mark.parametrize("kind", ["file", "database"])
async def test_a_ledger_in_use_is_well(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """One that is there can be written, and the worker goes on with it as before."""
    named = "" if kind == "file" else request.getfixturevalue("ledger_address")
    ledger = ledger_at(named, tmp_path, SECRET)
    if kind == "database":
        assert check_ledger(Mail(ledger=named), tmp_path).status == "ok"
    assert await ledger.claim(CASE, IDS) == [Claim.OURS]
    found = check_ledger(Mail(ledger=named), tmp_path)
    await ledger.mark(IDS[0], delivered=True)

    assert (found.status, "can be written" in found.says) == ("ok", True)
    assert await ledger.claim(CASE, IDS) == [Claim.DELIVERED]
    await ledger.close()


def test_a_file_that_is_no_ledger_is_an_alarm(tmp_path: Path) -> None:
    """What stands there and is no ledger is named, with what happens and what to do."""
    file = tmp_path / "a ?#% name.db"
    file.write_text("no ledger\n" * 500)
    found = check_ledger(Mail(ledger=str(file)), tmp_path)

    assert found.status == "alarm"
    assert f"{file} cannot be written (SQLITE_NOTADB), and without it no letter" in found.says
    assert "moved away" in found.mend


def test_a_place_that_is_none_is_an_alarm(tmp_path: Path) -> None:
    """A file where the folder of the ledger should be is said so."""
    (tmp_path / "file").write_text("")
    found = check_ledger(Mail(ledger=str(tmp_path / "file" / "letters.db")), tmp_path)

    assert found.status == "alarm"
    assert "cannot be made" in found.says


def test_a_database_that_is_away_is_an_alarm(tmp_path: Path) -> None:
    """A database that does not answer is said so, without its address."""
    found = check_ledger(Mail(ledger="postgresql://nobody@127.0.0.1:1/none"), tmp_path)

    assert found.status == "alarm"
    assert "cannot be used (OperationalError), and without it no letter leaves" in found.says


def server(*pollers: str) -> Any:
    """Return a client of a server at which workers of these names ask for work."""

    async def describe(*_arguments: object, **_named: object) -> DescribeTaskQueueResponse:
        now = Timestamp()
        now.FromDatetime(datetime.now(UTC))
        asked = [PollerInfo(identity=name, last_access_time=now) for name in pollers]
        return DescribeTaskQueueResponse(pollers=asked)

    async def poll(*_arguments: object, **_named: object) -> PollWorkflowTaskQueueResponse:
        return PollWorkflowTaskQueueResponse()

    return SimpleNamespace(
        namespace="default",
        data_converter=SimpleNamespace(payload_codec=None),
        workflow_service=SimpleNamespace(
            describe_task_queue=describe, poll_workflow_task_queue=poll
        ),
    )


async def test_a_file_on_each_of_two_hosts_is_warned_of() -> None:
    """Where workers of several hosts ask for work, a file serves none of them well."""
    [found] = await check_hosts(server("7@alpha", "8@alpha", "7@beta"), Mail())

    assert found.status == "warning"
    assert "Workers run on alpha, beta" in found.says
    assert "postgresql://" in found.mend


async def test_workers_of_one_host_share_a_file() -> None:
    """Several on one host are well, and so are several hosts with a database."""
    assert await check_hosts(server("7@alpha", "8@alpha", "nameless"), Mail()) == []
    database = Mail(ledger="postgresql://tacenda@db.example.org/tacenda")
    assert await check_hosts(server("7@alpha", "7@beta"), database) == []
