"""What a worker says of itself: numbers for Prometheus, health for a supervisor, no case text."""

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.machine import Machine, eventually
from tests.e2e.programs import free_port
from tests.e2e.samples import ANY_DAY, TEAM

OPS = Path(__file__).parent.parent.parent / "ops"
METRIC = re.compile(r"\b((?:tacenda|temporal)_[a-z_]+)\b")
TITLE = "canary title"


def page(port: int, path: str) -> tuple[int, str]:
    """Return the status and the text of a page of the worker."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def test_a_worker_says_how_it_is(machine: Machine) -> None:
    """Cases by state, letters by fate, what the SDK counts; healthy, ready; nothing of a case.

    What the alerts and the dashboard look at is there.
    """
    port = free_port()
    monitored = f'\n[metrics]\nlisten = "127.0.0.1:{port}"\n'
    machine.settings.write_text(TEAM + ANY_DAY + monitored)
    with machine.up():
        eventually(lambda: page(port, "/readyz"), (200, "ok\n"), "the worker to be ready")
        case = machine.open(title=TITLE, reporter="canary@example.org")
        machine.done("ack", case)
        eventually(lambda: len(machine.letters(kind="acknowledgement")), 1, "the answer")
        eventually(
            lambda: (
                'tacenda_letters_total{fate="delivered",kind="acknowledgement"} 1'
                in page(port, "/metrics")[1]
            ),
            True,
            "the letter to be counted",
        )
        status, text = page(port, "/metrics")
        others = [page(port, path)[0] for path in ("/healthz", "/", "/metrics/../etc/passwd")]

    assert status == 200
    assert others == [200, 404, 404]
    assert "tacenda_oldest_unsent_letter_seconds 0" in text
    assert "tacenda_cases_open{" in text
    assert "temporal_workflow_completed" in text or "temporal_request" in text
    for secret in ("canary", case, "alice", "example.org"):
        assert secret not in text
    assert looked_at() - exported(text) <= LATER


LATER = {
    "tacenda_pgp_key_expiry_timestamp_seconds",  # where the settings name a key
    "temporal_activity_execution_failed_total",  # once an activity has failed
}


def exported(text: str) -> set[str]:
    """Return the names of the metrics on a page."""
    return {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}


def looked_at() -> set[str]:
    """Return the metrics that alerts and dashboard look at."""
    files = [(OPS / name).read_text(encoding="utf-8") for name in ("alerts.yml", "dashboard.json")]
    return {name for text in files for name in METRIC.findall(text)}


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    """Each panel has a place, a query and a source that is asked for on import."""
    board = json.loads((OPS / "dashboard.json").read_text(encoding="utf-8"))

    assert {"title", "uid", "schemaVersion", "panels", "templating"} <= board.keys()
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in board["panels"]:
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["targets"][0]["expr"]
        assert {"x", "y", "w", "h"} == panel["gridPos"].keys()


@pytest.mark.parametrize("listen", ["0.0.0.0:9464", "127.0.0.1", "127.0.0.1:0"])
def test_metrics_reach_nobody_else_by_mistake(machine: Machine, listen: str) -> None:
    """Another machine only where the settings say so, and an address has its port."""
    machine.settings.write_text(TEAM + ANY_DAY + f'\n[metrics]\nlisten = "{listen}"\n')

    assert "metrics" in machine.tacenda("policy").complaint
