"""At a terminal: what cannot be undone is asked first, unless --yes answers."""

from tests.e2e.machine import Machine


def test_closing_is_asked_first(office: Machine) -> None:
    """Whoever says no has closed nothing, and the exit code says so; --yes is not asked."""
    case = office.open()
    words = ("close", case, "--as", "invalid")

    no = office.at_a_terminal(*words, typing="n\n")
    state = office.json("show", case)["state"]
    yes = office.at_a_terminal(*words, "--yes")

    assert f"Close {case} as invalid?" in no.out
    assert state == "acknowledge"
    assert yes.code == 0
    assert "?" not in yes.out
    assert office.json("show", case)["state"] == "closed"
    assert no.code == 1


def test_a_text_is_shown_before_it_is_approved(office: Machine) -> None:
    """Whoever says no has read the text and approved nothing; whoever says yes has."""
    case = office.open()
    office.done("fixed", case, "--ref", "https://example.org/1")
    words = ("notify", case, "users", "--text", office.write("We publish soon.", "soon.txt"))

    no = office.at_a_terminal(*words, typing="n\n")
    state = office.json("show", case)["planned_release"]
    yes = office.at_a_terminal(*words, typing="y\n")

    assert no.code == 1
    assert "We publish soon." in no.out
    assert "Approve exactly this text" in no.out
    assert state is None
    assert yes.code == 0
    assert office.json("show", case)["planned_release"] is not None


def test_secret_words_are_asked_for(office: Machine) -> None:
    """Words typed one by one are kept out of public texts, unless somebody insists, on record."""
    case = office.open()
    office.done("fixed", case, "--ref", "https://example.org/1")
    text = office.write("Soon.\nIt is the blue lantern.", "slip.txt")
    words = ("notify", case, "users", "--text", text)

    typed = office.at_a_terminal("secret", case, typing="Blue Lantern\nanother\n\n")
    refused = office.tacenda(*words)
    office.done(*words, "--override", "agreed with everybody")
    history = office.tacenda("history", case)

    assert typed.code == 0
    assert "2 marked" in typed.out
    assert refused.code == 1
    assert "line 2, columns 11-22" in refused.err
    assert "overrode public text: marked word" in " ".join(history.out.split())
    assert "lantern" not in (refused.err + history.out).lower()
