"""`tacenda open` on a real stack: one report, one case, limits from its receipt."""

from datetime import UTC, datetime, timedelta

from tests.e2e.machine import Machine, eventually
from tests.e2e.running import wait_for
from tests.e2e.samples import HIGH, REPORT


def test_the_same_report_twice_is_one_case(office: Machine) -> None:
    """The second time, from stdin, prints the same id, starts nothing and sends nothing."""
    report = office.report(reporter="twice@example.org")

    first = office.done("open", report, "--received", "now")
    eventually(lambda: office.kinds("twice@example.org"), ["receipt"], "the receipt")
    content = (office.folder / report).read_bytes()
    second = office.fed(content, "open", "-", "--received", "now")
    office.done("ack", first.out.strip())
    eventually(
        lambda: office.kinds("twice@example.org"), ["receipt", "acknowledgement"], "the answer"
    )

    assert second.code == 0
    assert first.out == second.out
    assert len(first.out.splitlines()) == 1
    assert [case["id"] for case in office.json("list")].count(first.out.strip()) == 1


def test_two_people_open_the_same_report_at_once(office: Machine) -> None:
    """Both get the same id, and the reporter one receipt."""
    words = ("open", office.report(reporter="both@example.org"), "--received", "now")

    said = office.at_once(words, words)
    eventually(lambda: office.kinds("both@example.org"), ["receipt"], "the receipt")

    assert [one.code for one in said] == [0, 0]
    assert said[0].out == said[1].out


def test_a_closed_case_does_not_start_again(office: Machine) -> None:
    """The report of a case that was closed prints its id, and the case stays closed."""
    report = office.report(reporter="closed@example.org")
    case = office.done("open", report, "--received", "now").out.strip()
    office.done("close", case, "--as", "invalid")
    eventually(lambda: office.kinds("closed@example.org"), ["receipt", "closing"], "the end")

    assert office.done("open", report, "--received", "now").out.strip() == case
    assert office.json("show", case)["state"] == "closed"
    assert office.kinds("closed@example.org") == ["receipt", "closing"]


def test_a_report_two_days_old_is_overdue_at_once(office: Machine) -> None:
    """Its 24 hours are over: one escalation leaves, however often it is opened."""
    came = datetime.now(UTC) - timedelta(days=2)
    report = f"received = {came.isoformat()}\n" + REPORT.format(
        title="Old", reporter="old@example.org"
    )
    file = office.write(report, "old.toml")

    case = office.done("open", file).out.strip()
    wait_for(lambda: office.about(case, "escalation"), "the escalation")
    assert office.done("open", file).out.strip() == case
    office.done("score", case, HIGH)
    shown = office.json("show", case)

    kinds = sorted(letter["kind"] for letter in shown["letters"])
    assert kinds == ["escalation", "receipt", "team_alert"]
    assert shown["state"] == "acknowledge"
    [step] = [step for step in shown["steps"] if step["status"] == "overdue"]
    assert step["name"] == "acknowledge"
    assert datetime.fromisoformat(step["limit"]) == came + timedelta(hours=24)
    [listed] = [found for found in office.json("list") if found["id"] == case]
    assert listed["overdue"] == ["acknowledge"]
    told = [letter.to for letter in office.about(case, "escalation")]
    assert sorted(told) == sorted({*told})
    assert {"oncall@example.org", "team@example.org"} < {*told}
