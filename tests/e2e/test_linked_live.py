"""Several flaws, one release; and a duplicate: typed by hand, on the whole stack."""

from functools import partial

from tests.e2e.machine import Machine, eventually


def state_of(office: Machine, case: str) -> str:
    """Return where a case stands."""
    return str(office.json("show", case)["state"])


def thanked(office: Machine, case: str) -> int:
    """Return how often the reporter of a case was thanked."""
    return len(office.about(case, "thanks"))


def test_three_cve_ids_have_one_announcement(office: Machine) -> None:
    """Each recipient has it once, with all three in it; each reporter is thanked."""
    cases = [office.open(title=f"Linked flaw number {n}") for n in (1, 2, 3)]
    leading, *others = cases
    for number, case in enumerate(cases):
        office.done("ack", case)
        office.done("cve", case, f"CVE-2026-8880{number}")
        office.done("fixed", case, "--ref", f"https://example.org/linked/{number}")
    for case in others:
        said = office.done("link", case, "--to", leading, "--reason", "one release")
        assert f"{leading} knows it." in said.out
    refused = office.tacenda("release", others[0], "--confirm-artifacts")
    assert refused.code == 1
    assert f"tacenda release {leading}" in refused.err
    office.done("notify", leading, "vendors")
    office.done("release", leading, "--confirm-artifacts", "--override", "a test")
    for case in cases:
        eventually(partial(state_of, office, case), "released", "the release of each")

    said_of = [office.json("show", case) for case in cases]
    assert [shown["follows"] for shown in said_of] == [None, leading, leading]
    assert {link["case"] for link in said_of[0]["linked"]} == set(others)
    announcements = [letter for letter in office.letters(kind="release") if b"88801" in letter.body]
    to = [letter.to for letter in announcements]
    assert sorted(to) == sorted(set(to))
    assert {"announce@example.org"} <= set(to)
    for letter in announcements:
        assert all(f"CVE-2026-8880{n}".encode() in letter.body for n in range(3))
    for case in cases:
        eventually(partial(thanked, office, case), 1, "each to be thanked")


def test_a_duplicate_closes_pointing_at_the_first(office: Machine) -> None:
    """The first case knows it, its lead hears; one that points at itself in the end is refused."""
    first, second = office.open(), office.open()
    office.done("ack", first)
    refused = office.tacenda("close", second, "--as", "duplicate")
    assert "--of CASE" in refused.complaint
    refused = office.tacenda("close", second, "--as", "duplicate", "--of", "case-2026-n0where000")
    assert "There is no case" in refused.complaint

    office.done("close", second, "--as", "duplicate", "--of", first)

    eventually(lambda: len(office.about(second, "closing")), 1, "the closing letter")
    [letter] = office.about(second, "closing")
    assert first.encode() not in letter.body
    assert office.json("show", second)["duplicate_of"] == first
    eventually(lambda: len(office.about(first, "alarm")) > 0, True, "the lead to hear")
    assert any(second in line["detail"] for line in office.json("history", first))
    refused = office.tacenda("close", first, "--as", "duplicate", "--of", second)
    assert refused.code == 1
