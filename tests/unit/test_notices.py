"""What each letter says, and what it must not say, whatever is known."""

import re
from pathlib import Path

import pytest

from tacenda.facts import Facts
from tacenda.models import Kind
from tacenda.notices import MAY_USE, render
from tacenda.prose import placeholders
from tests.builders import after
from tests.unit.letters import (
    ADVISORIES,
    CASE,
    DRAFTS,
    MOMENTS,
    TEMPLATES,
    bare,
    canaries,
    full,
    marked,
    said,
)


@pytest.mark.parametrize("facts", MOMENTS.values(), ids=MOMENTS.keys())
@pytest.mark.parametrize("kind", Kind)
def test_every_letter_is_tidy_whatever_is_known(kind: Kind, facts: Facts) -> None:
    """A letter is complete, narrow and clean with everything known, and with next to nothing."""
    draft = render(kind, facts)
    lines = draft.body.splitlines()

    assert draft.subject == draft.subject.strip()
    assert len(draft.body) > 100
    assert draft.body.endswith("\n")
    assert not draft.body.startswith("\n")
    assert "\n\n\n" not in draft.body
    assert not draft.body.endswith("\n\n")
    assert [line for line in lines if len(line) > 76 or line != line.rstrip()] == []
    assert not re.search(r"None|\{|\}|#|\( *\)| [,.;:]| {2,}[.,]", draft.body)
    assert "  " not in draft.subject


@pytest.mark.parametrize("facts", MOMENTS.values(), ids=MOMENTS.keys())
@pytest.mark.parametrize("kind", Kind)
def test_no_heading_stands_over_nothing(kind: Kind, facts: Facts) -> None:
    """What is not known has no heading either."""
    paragraphs = render(kind, facts).body.strip().split("\n\n")
    headings = [n for n, text in enumerate(paragraphs) if re.fullmatch(r"[^:\n]+:", text)]

    assert [paragraphs[n] for n in headings if not paragraphs[n + 1 :]] == []
    assert [paragraphs[n] for n in headings if n + 1 in headings] == []


def test_there_is_a_template_for_every_kind_and_no_other() -> None:
    """Each kind has its template and its list of facts; besides, there are shared parts only."""
    files = {path.name for path in TEMPLATES.glob("*") if not path.name.startswith("_")}

    assert files == {f"{kind}.txt" for kind in Kind}
    assert set(MAY_USE) == set(Kind)
    assert frozenset().union(*MAY_USE.values()) <= set(Facts.model_fields)


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.txt")), ids=lambda path: path.stem)
def test_letters_use_our_words(path: Path) -> None:
    """Letters say case, report, limit, notice and embargo, as everything here does."""
    words = r"incident|ticket|issue|submission|finder|SLA|deadline|due date|notification|secrecy"
    # The law's own name for one of the reports to the regulator.
    text = path.read_text()
    if path.stem in ("regulator_report", "_notification", "_final_report"):
        text = re.sub(r"notification", "report", text, flags=re.IGNORECASE)
    others = r"owner|assignee|partner|distro|rating|stage|phase"

    assert re.findall(rf"\b(?:{words}|{others})s?\b", text, re.IGNORECASE) == []


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in ADVISORIES])
def test_subjects_say_nothing_of_the_report(kind: Kind) -> None:
    """A subject under embargo carries the case id and not one word of what is known."""
    subject = render(kind, marked()).subject

    assert (CASE in subject) == (kind not in (Kind.USER_NOTICE, Kind.DATE_CHANGE))
    assert canaries(subject) == set()


@pytest.mark.parametrize("reason", ["", "invalid"])
def test_only_the_vendors_read_the_case_id_in_news_of_another_date(reason: str) -> None:
    """The users' list learns the date and no id; the vendors know the id, and the embargo."""
    users = render(Kind.DATE_CHANGE, marked(audience="users", close_reason=reason))
    vendors = render(Kind.DATE_CHANGE, marked(audience="vendors", close_reason=reason))

    assert CASE not in said(users)
    assert "EMBARGO" not in users.subject
    assert vendors.subject.startswith(f"[EMBARGOED] {CASE}: ")


def test_vendor_letters_say_embargoed_in_the_subject() -> None:
    """What is under embargo says so before it is opened; what is public does not claim it."""
    for kind in (Kind.INVITATION, Kind.VENDOR_NOTICE, Kind.FINAL_WARNING):
        assert render(kind, full()).subject.startswith("[EMBARGOED] ")
    for kind in (Kind.VENDOR_NOTICE, Kind.FINAL_WARNING):
        assert "EMBARGO" not in said(render(kind, full(public=True)))


@pytest.mark.parametrize("kind", Kind)
def test_a_letter_says_only_what_it_may(kind: Kind) -> None:
    """No canary of a withheld fact sings in any letter."""
    assert canaries(said(render(kind, marked(close_reason="invalid")))) <= MAY_USE[kind]


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (Kind.RECEIPT, set()),
        (Kind.INVITATION, {"lead"}),
        (Kind.USER_NOTICE, {"mitigation"}),
        (Kind.FINAL_WARNING, {"lead", "text"}),
        (Kind.ACKNOWLEDGEMENT, {"lead", "reporter_name", "credit"}),
        (Kind.REPORTER_UPDATE, {"lead", "reporter_name"}),
        (Kind.THANKS, {"lead", "reporter_name", "cves"}),
        (Kind.CLOSING, {"lead", "reporter_name"}),
        (Kind.ESCALATION, {"lead"}),
    ],
)
def test_what_a_delicate_letter_tells(kind: Kind, facts: set[str]) -> None:
    """Of all that is known, these letters tell exactly this much."""
    assert canaries(said(render(kind, marked(close_reason="invalid")))) == facts


def test_the_user_notice_gives_the_instant_twice() -> None:
    """Before the release the public hears when, with the zone, in the subject and the text."""
    draft = render(Kind.USER_NOTICE, full())

    assert draft.subject == "Security release scheduled for 2026-03-17 16:00 UTC"
    assert "    2026-03-17 16:00 UTC\n" in draft.body
    assert CASE not in draft.body


def test_a_notice_without_a_date_shows_where_it_belongs() -> None:
    """The person who approves sees that the date is missing."""
    for kind in (Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.INVITATION):
        assert "<release date and time, UTC>" in render(kind, bare()).body
        assert "<" not in render(kind, bare()).subject


@pytest.mark.parametrize("kind", DRAFTS)
def test_a_draft_with_all_facts_leaves_nothing_to_fill_in(kind: Kind) -> None:
    """Where everything is known, the draft can be approved as it stands."""
    assert placeholders(render(kind, full()).body) == ()


def test_a_release_shows_what_a_person_must_fill_in() -> None:
    """An advisory without a fix says what to do; the place for it cannot be overlooked."""
    assert placeholders(render(Kind.RELEASE, bare()).body) == (
        "<what users should do now, without a fix>",
    )


def test_a_call_for_a_decision_offers_what_can_be_done() -> None:
    """Each command in it can be run as it stands; what is public is not made public once more."""
    known = {"leaked": None, "exploited": after(7)}
    broken, public = (said(render(Kind.DECISION, full(public=p, **known))) for p in (False, True))

    assert f"tacenda public {CASE} --reason WHY" in broken
    assert "tacenda public" not in public
    for text in (broken, public):
        assert f"tacenda release {CASE} --confirm-artifacts" in text
        assert f"tacenda exploited {CASE} --hold-on --reason WHY" in text
