"""A case moves to other rules by hand: what would change is shown first, and then told."""

from collections.abc import Iterator

import pytest

from tests.e2e.machine import Machine, eventually
from tests.e2e.samples import ANY_DAY, TEAM

CURRENT = TEAM + ANY_DAY + '[policy]\nprofile = "kubernetes-current"\n'
OURS = CURRENT.replace("kubernetes-current", "ours") + (
    '[profiles.ours]\nlike = "kubernetes-current"\n[profiles.ours.limits]\nfix = "9d"\n'
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A stack whose settings have the process of 2017."""
    machine = Machine(tmp_path_factory.mktemp("policy"), TEAM + ANY_DAY)
    with machine.up():
        yield machine


def test_a_case_is_moved_to_the_policy_of_the_settings(office: Machine) -> None:
    """Shown without a change, then adopted once; the reporter hears of the new limits."""
    reporter = "rita@example.org"
    case = office.open(reporter=reporter)
    office.done("ack", case)
    eventually(lambda: office.kinds(reporter)[-1], "acknowledgement", "the answer")
    assert "nothing would change" in office.done("policy", case).out
    current = office.write(CURRENT, "current.toml")
    with_current = ("--config", current, "policy", case)

    shown = office.json(*with_current)
    assert {d["name"] for d in shown["differences"]} >= {"profile", "anchor", "limits.release"}
    assert {x["step"]: bool(x["new"]) for x in shown["limits"]} == {
        "user_notice": False,
        "vendor_notice": True,
        "release": True,
    }
    assert [x["kind"] for x in shown["letters"]] == ["plan_change", "new_limits", "calendar"]
    assert office.json("show", case)["steps"][2]["status"] == "pending"

    assert office.tacenda(*with_current, "--adopt").code == 2
    assert office.tacenda(*with_current, "--reason", "x").code == 2
    refused = office.at_a_terminal(*with_current, "--adopt", "--reason", "it is 2026", typing="n\n")
    assert refused.code == 1
    assert "release.vendor_notice" in refused.out
    done = office.done(*with_current, "--adopt", "--reason", "it is 2026", "--yes")
    assert "release, from " in done.out
    again = office.tacenda(*with_current, "--adopt", "--reason", "it is 2026")
    assert again.code == 1
    assert "nothing would change" in again.err

    eventually(lambda: office.kinds(reporter)[-1], "new_limits", "the news to the reporter")
    steps = office.json("show", case)["steps"]
    assert (steps[2]["status"], steps[2]["limit"]) == ("without", None)
    assert "not in kubernetes-current" in office.done("show", case).out
    [line] = [x for x in office.json("history", case) if x["what"] == "adopt policy"]
    assert (line["who"], line["why"]) == ("alice", "it is 2026")
    assert "user notice, not needed any more" in line["detail"]


def test_the_settings_show_their_policy(office: Machine) -> None:
    """Without a case: the profile that new ones take, also a team's own; a wrong name is said."""
    ours = office.write(OURS, "ours.toml")
    said = office.done("--config", ours, "policy").out

    assert "New cases take the profile ours" in said
    assert "within 9 days of the receipt" in said
    assert office.json("policy")["profile"] == "kubernetes-2017"
    wrong = office.write(OURS.replace('"ours"', '"yours"'), "wrong.toml")
    refused = office.tacenda("--config", wrong, "policy")
    assert refused.code == 2
    assert "there is kubernetes-2017, kubernetes-current, ours" in refused.err
    assert office.tacenda("policy", "--adopt", "--reason", "x").code == 2
