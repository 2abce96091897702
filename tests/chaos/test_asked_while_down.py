"""Somebody asks where a case stands while no worker runs, and a limit passes meanwhile.

The question waits in the server. The worker that comes next is given it with a history that ends
in a timer that has fired and in no workflow task. Whoever answers must not go on from there at the
time of the task before: the next worker could not carry the case (`workflows/runner.py`). Found by
a run of chaos.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.worker import Replayer

from tacenda.cli.dialogue import handle_of
from tacenda.connect import client_at, converter_for
from tacenda.contract import Disclosure
from tests.chaos.aftermath import kill
from tests.e2e.machine import Machine
from tests.e2e.running import wait_for
from tests.e2e.samples import ANY_DAY, TEAM
from workflows.disclosure import Disclosure as DisclosureWorkflow

HASTY = """
[policy.limits]
acknowledge = "PT40S"
fix = "PT41S"
[policy.reminders]
before = ["PT1S"]
digest_every = "PT3S"
"""
PATIENCE = timedelta(seconds=90)


async def test_a_question_that_waits_for_a_worker_wedges_no_case(machine: Machine) -> None:
    """Whoever answers it knows of the limit that has passed; another worker can go on."""
    machine.settings.write_text(TEAM + ANY_DAY + HASTY)
    with machine.up("--no-worker"):
        with machine.worker() as first:
            case = machine.open()
            converter = converter_for(machine.environ, machine.settings, machine.home)
            server = await client_at(machine.at["temporal"], converter)
            wait_for(lambda: len(machine.json("show", case)["letters"]) >= 2, "both letters")
            while await is_at_work(server, case):
                await asyncio.sleep(0.2)
            # The server takes no question for a worker that it has not seen for a while.
            before = limit(machine, case) - timedelta(seconds=5)
            while datetime.now(UTC) < before:
                await asyncio.sleep(0.5)
            kill(first.pid)
        asked = [asyncio.create_task(ask(server, case))]
        while not await has_fired(server, case):
            await asyncio.sleep(0.2)
        with machine.worker():
            await asyncio.gather(*asked)
            wait_for(lambda: machine.letters(kind="escalation"), "the escalation")
        history = await server.get_workflow_handle(case).fetch_history()
    replayer = Replayer(workflows=[DisclosureWorkflow], data_converter=converter)
    replayed = await replayer.replay_workflow(history, raise_on_replay_failure=False)

    assert replayed.replay_failure is None


def limit(machine: Machine, case: str) -> datetime:
    """Return the first limit of a case."""
    return datetime.fromisoformat(machine.json("show", case)["steps"][0]["limit"])


async def ask(server: Client, case: str) -> None:
    """Ask where a case stands, and wait for a worker to answer."""
    with suppress(TimeoutError, WorkflowQueryFailedError):
        await handle_of(server, case).query(Disclosure.view, rpc_timeout=PATIENCE)


async def is_at_work(server: Client, case: str) -> bool:
    """Whether a worker has yet to decide what comes next."""
    described = await server.get_workflow_handle(case).describe()
    return described.raw_description.HasField("pending_workflow_task")


async def has_fired(server: Client, case: str) -> bool:
    """Whether a timer of the case has fired."""
    events = (await server.get_workflow_handle(case).fetch_history()).events
    return events[-1].event_type == EventType.EVENT_TYPE_TIMER_FIRED or any(
        event.event_type == EventType.EVENT_TYPE_TIMER_FIRED for event in events
    )
