"""The vendors of a case by hand: invited, told once they accept, in the table, asked anew."""

from tests.e2e.machine import Machine, eventually

THREE = "three@vendors.example.org"
DATE = "2027-06-01T16:00Z"


def kinds(office: Machine, case: str, to: str = THREE) -> list[str]:
    """Return the kinds of letters that somebody got about a case, in order."""
    letters = office.json("show", case)["letters"]
    return [letter["kind"] for letter in letters if to in letter["to"]]


def row(office: Machine, case: str, name: str = "Distro Three") -> dict[str, object]:
    """Return the row of a vendor in the table."""
    rows = office.json("vendors", case)["vendors"]
    (found,) = [each for each in rows if each["name"] == name]
    assert isinstance(found, dict)
    return found


def test_a_vendor_is_invited_and_told_when_it_accepts(office: Machine) -> None:
    """The table knows all of tacenda.toml; the approved text follows the vendor's word."""
    case = office.open()
    assert office.json("vendors", case)["summary"] == "3 not told"
    assert row(office, case)["consent"] == "not asked"
    office.done("ack", case)
    office.done("fixed", case, "--ref", "https://example.org/1")
    shown = office.done("notify", case, "vendors", "--invite", "--planned", DATE)
    assert "Silence is not consent" in shown.err
    assert "To:      Distro Three" in shown.err
    eventually(lambda: kinds(office, case), ["invitation"], "the invitation")

    office.done("notify", case, "vendors")
    eventually(lambda: row(office, case, "Distro One")["consent"], "standing", "the notice")
    eventually(lambda: office.json("vendors", case)["summary"], "2 told, 1 invited", "the others")
    assert "vendor_reminder" in office.done("next", case, "--json").out
    assert "Distro Three" in office.done("next", case).out

    office.done("vendor", case, "distro three", "accepted", "--reason", "a mail")
    eventually(lambda: kinds(office, case), ["invitation", "vendor_notice"], "the text")
    assert row(office, case)["answer"] == "accepted"
    said = office.done("vendors", case).out
    assert "3 told" in said
    assert "Distro Three" in said
    [notice] = [n for n in office.about(case, "vendor_notice") if n.to == THREE]
    [other] = [n for n in office.about(case, "vendor_notice") if n.to.startswith("one@")]
    assert notice.body == other.body


def test_what_cannot_be_a_vendors_answer_is_refused(office: Machine) -> None:
    """An unknown name, a vendor who was not told, options that mean nothing here."""
    case = office.open()
    unknown = office.tacenda("vendor", case, "Nobody", "accepted")
    early = office.tacenda("vendor", case, "Distro Three", "ready")
    more = office.tacenda("notify", case, "vendors", "--invite", "--fix-expected")
    standing = office.tacenda("notify", case, "vendors", "--invite", "--to", "Distro One")

    assert (unknown.code, early.code, more.code, standing.code) == (2, 1, 2, 2)
    assert "tacenda.toml has no vendor of the name Nobody" in unknown.err
    assert "knows no vendor of the name Distro Three" in early.err
    assert "sends an invitation and nothing else" in more.err
    assert "needs no invitation" in standing.err


def test_an_invitation_can_be_read_before_it_leaves(office: Machine) -> None:
    """`preview` shows it with a date and a deadline, and not a word of the report."""
    case = office.open(title="A secret flaw in the lantern")
    said = office.done("preview", case, "invitation").out

    assert "invitation to an embargo" in said
    assert "Please answer by" in said
    assert "lantern" not in said
    assert "<" not in said
