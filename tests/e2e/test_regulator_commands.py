"""The regulator's clock by hand: what is owed, the drafts, and what was filed."""

from tests.e2e.machine import Machine, eventually


def names(duties: list[dict[str, str]], key: str) -> list[str]:
    """Return one thing of each duty."""
    return [duty[key] for duty in duties]


def test_an_exploited_flaw_is_reported_by_a_person(office: Machine) -> None:
    """The drafts come, are read, and what was filed stands in the case; nothing is filed twice."""
    case = office.open()
    office.done("ack", case)
    early = ("filed", case, "early-warning", "--ref", "SRP-1")
    assert f"tacenda exploited {case} --reason WHO" in office.tacenda(*early).complaint
    said = office.done("exploited", case, "--reason", "a customer saw it")
    assert f"tacenda preview {case} early-warning" in said.err
    eventually(
        lambda: len(office.about(case, "regulator_report")), 2, "the draft, to lead and team"
    )
    draft = office.json("preview", case, "early-warning")
    [letter, _] = office.about(case, "regulator_report")
    office.done(*early)
    eventually(lambda: len(office.about(case, "regulator_report")), 4, "the draft of the next one")
    again = office.tacenda("filed", case, "early-warning", "--ref", "SRP-2")
    office.done("filed", case, "notification", "--not-required", "the warning said it all")
    office.done("fixed", case, "--ref", "https://example.org/1")
    eventually(lambda: len(office.about(case, "regulator_report")), 6, "the draft of the last one")
    shown = office.json("show", case)["duties"]

    assert draft["body"] in letter.body.decode()
    assert "lantern" in draft["body"]
    assert again.code == 1
    assert "(SRP-1)" in again.complaint
    assert names(shown, "name") == [
        "early_warning",
        "notification",
        "final_report",
        "users_informed",
    ]
    assert names(shown, "status") == ["done", "not_required", "pending", "pending"]
    assert names(shown, "ref") == ["SRP-1", None, None, None]
    assert shown[1]["not_required"] == "the warning said it all"
    assert shown[2]["limit"] is not None
    for kind in ("notification", "final-report"):
        assert "<name and main establishment>" in office.done("preview", case, kind).out


def test_what_is_overdue_stands_in_the_list_and_keeps_the_case_open(office: Machine) -> None:
    """Awareness of four days ago is overdue at once, until it is filed; so is the decision."""
    case = office.open()
    office.done("ack", case)
    aware = ("--aware", "2026-01-02T09:00Z", "--override", "we found it in an old log")
    office.done("exploited", case, "--reason", "an old log", *aware)

    def overdue() -> list[str]:
        [listed] = [c for c in office.json("list") if c["id"] == case]
        found: list[str] = listed["overdue"]
        return found

    late = ["decision", "early_warning", "notification"]
    eventually(overdue, late, "both to be overdue, and what to do now to be undecided")
    eventually(lambda: len(office.about(case, "duty_overdue")), 6, "both to escalate, to three")
    assert office.about(case, "regulator_report") == []
    office.done("filed", case, "early-warning", "--ref", "SRP-1")
    office.done("filed", case, "notification", "--ref", "SRP-2")
    eventually(overdue, ["decision"], "nothing but the decision to be overdue")
    office.done("exploited", case, "--hold-on", "--reason", "nobody else has it")
    eventually(overdue, [], "nothing to be overdue")
    refused = office.tacenda("--as", "alice", "close", case, "--as", "duplicate")
    table = office.done("show", case).out

    assert f"tacenda filed {case} final-report --ref REF" in refused.complaint
    assert "14 days after a fix or mitigation is available" in table
    assert "early warning to the regulator" in office.done("history", case).out
