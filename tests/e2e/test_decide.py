"""What severity leaves to people, by hand: offered, refused, decided, undone by a score."""

from tests.e2e.machine import Machine, eventually
from tests.e2e.samples import HIGH

LOW = "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:L/I:N/A:N"
WHY = ("--reason", "the team is away")
LINK = ("--discussion", "https://chat.example.org/7")


def limit(office: Machine, case: str, step: str) -> str:
    """Return the limit of a step, as the case has it now."""
    steps = office.json("show", case)["steps"]
    found: str = next(each["limit"] for each in steps if each["name"] == step)
    return found


def test_a_low_score_lets_it_slow_down_and_a_high_one_does_not(office: Machine) -> None:
    """Rules 17 and 21: the limits move, are told, and come back with the letter about it."""
    case = office.open()
    office.done("ack", case, "--team", "bob")
    unscored = office.tacenda("decide", case, "slow-down", *WHY, *LINK)
    office.done("score", case, LOW)
    offered = office.json("show", case)["offers"]
    unlinked = office.tacenda("decide", case, "slow-down", *WHY, "--by", "10d")
    before = limit(office, case, "release")
    said = office.done("decide", case, "slow-down", *WHY, *LINK, "--by", "10d")
    office.done("decide", case, "skip-vendors", *WHY)
    later = limit(office, case, "release")
    shown = office.done("show", case)
    again = office.tacenda("decide", case, "slow-down", *WHY, *LINK)
    scored = office.done("score", case, HIGH)

    assert (unscored.code, unlinked.code, again.code) == (1, 1, 1)
    assert f"tacenda score {case} VECTOR" in unscored.err
    assert "--discussion URL" in unlinked.err
    assert "--withdraw REASON" in again.err
    assert any(f"tacenda decide {case} slow-down" in offer for offer in offered)
    assert "decide (slow down, to" in said.out
    assert later > before
    assert "decided    slow down to" in shown.out
    assert "The decision to slow down falls with that" in scored.err
    after = office.json("show", case)
    assert limit(office, case, "release") == before
    assert (after["decisions"], after["offers"]) == ({}, [])
    assert [s["status"] for s in after["steps"] if s["name"] == "vendor_notice"] == ["pending"]
    eventually(lambda: len(office.about(case, "new_limits")) > 0, True, "the reporter to hear")
    eventually(lambda: len(office.about(case, "plan_change")) > 2, True, "the team to hear")
    letters = [" ".join(x.body.decode().split()) for x in office.about(case, "plan_change")]
    assert "it was decided to slow down until" in letters[0]


def test_vendors_are_not_skipped_without_a_low_score_or_a_reason(office: Machine) -> None:
    """The step is left out by a decision that has its ground, or by an override on record."""
    case = office.open()
    office.done("ack", case)
    office.done("score", case, HIGH)
    skip = ("extend", case, "vendor_notice", "--skip", *WHY)
    refused = office.tacenda(*skip)
    office.done(*skip, "--override", "all of them were at the table")

    assert refused.code == 1
    assert "scored 7.5 (High)" in refused.err
    assert f"tacenda decide {case} skip-vendors" in refused.err
    assert office.json("show", case)["acts"][-1]["overrode"] == ["vendors"]


def test_a_command_that_says_two_things_sends_nothing(office: Machine) -> None:
    """A decision is made or taken back, with one instant and one choice."""
    usage = (
        office.tacenda("decide", "case-x", "slow-down"),
        office.tacenda("decide", "case-x", "hurry", *WHY),
        office.tacenda("decide", "case-x", "slow-down", *WHY, "--withdraw", "x"),
        office.tacenda("decide", "case-x", "semi-public", *WHY, "--low-risk"),
        office.tacenda(
            "decide", "case-x", "slow-down", *WHY, "--until", "2030-01-01T16:00Z", "--by", "3d"
        ),
    )
    assert [said.code for said in usage] == [2] * 5
    assert not any("Traceback" in said.err for said in usage)
