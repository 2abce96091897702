"""What each letter says, and what it must not say, whatever is known."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacenda import notices
from tacenda.errors import BadInput
from tacenda.lifecycle import apply
from tacenda.models import DAY, Kind, Step
from tacenda.notices import MAY_USE, Draft, Facts, facts_of, render
from tacenda.prose import placeholders
from tests.builders import (
    Story,
    a_case,
    acknowledge,
    after,
    fixed,
    release,
    skip,
    slot,
    user_notice,
    vendor_notice,
)

CASE = "case-2026-7k3q9xm4tp"
PLANNED = slot(15)
TEMPLATES = Path(notices.__file__).parent / "templates"
ADVISORIES = (Kind.RELEASE, Kind.CORRECTION)
DRAFTS = (Kind.REPORTER_UPDATE, Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.RELEASE)


def bare(**known: Any) -> Facts:
    """Return the facts of a case of which only the title is known."""
    facts = facts_of(a_case(reporter=None), known.get("now", after(minutes=1)))
    return facts.model_copy(update={"proposed_lead": "", **known})


def full(**known: Any) -> Facts:
    """Return the facts of a case of which everything is known, eight days after the report."""
    case = apply(a_case(), acknowledge(team=("bob", "carol")), after(0.5))
    everything = {
        "title": "A subPath volume mount follows a symbolic link out of the volume",
        "component": "kubelet, volume subPath",
        "versions": "1.3 to 1.9",
        "reporter_name": "Storage Researcher",
        "credit": "credit by name",
        "band": "High",
        "score": 8.8,
        "vector": "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H",
        "cves": ("CVE-2026-10001", "CVE-2026-10002"),
        "fix_refs": ("https://git.example.org/fix/1", "https://git.example.org/fix/2"),
        "fix_versions": ("1.7.14", "1.8.9", "1.9.4"),
        "mitigation": "Disallow these mounts with an admission policy until every node is "
        "updated.\n\n\n\n  kubectl apply -f deny.yaml   \n",
        "planned": PLANNED,
        "release_at": PLANNED,
        "about": ("fix", "user notice"),
        "every": 2 * DAY,
        "troubles": (f"The fix changed. Approve it anew: tacenda release {CASE} --at T.",) * 2,
        "text": "What we publish.\n\nWord for word.\n",
    }
    facts = facts_of(case, known.get("now", after(8)))
    return facts.model_copy(update={**everything, **known})


def released() -> Facts:
    """Return the facts of a case that went its whole way, on the day after the release."""
    story = Story(a_case()).do(acknowledge(team=("bob",)), fixed(), user_notice(), vendor_notice())
    story.do(release(PLANNED)).wait(PLANNED + DAY)
    return facts_of(story.case, story.now)


_LINES = ("title", "component", "versions", "reporter_name", "credit", "vector", "mitigation")
_LISTS = ("cves", "fix_refs", "fix_versions", "fix_team", "troubles")


def marked(**known: Any) -> Facts:
    """Return facts whose texts are canaries that carry their name."""
    values: dict[str, Any] = {name: f"canary_{name}" for name in (*_LINES, "text")}
    values |= {name: f"canary_{name}" for name in ("lead", "proposed_lead")}
    values |= {name: (f"canary_{name}", f"canary_{name}") for name in _LISTS}
    return full(**{**values, **known})


def canaries(text: str) -> set[str]:
    """Return the facts whose canaries sing in `text`."""
    return set(re.findall(r"canary_(\w+)", text))


def said(draft: Draft) -> str:
    """Return a letter as one text without line ends, to search in."""
    return " ".join(f"{draft.subject} {draft.body}".split())


MOMENTS = {
    "bare": bare(),
    "bare and late": bare(now=after(30)),
    "bare and public": bare(public=True, acknowledge_by=after(0)),
    "full": full(),
    "full and public": full(public=True, acknowledge_by=after(0)),
    "released": released(),
    "vendors": full(about=("vendor notice",), vendors_by=after(9)),
    "vendors too late": full(about=("vendor notice",), vendors_by=after(7)),
    "release": full(about=("acknowledge", "release"), planned=None, every=None),
    "unfixed": full(fix_refs=(), fix_versions=(), credit="no credit wanted"),
    "no version": full(fix_versions=(), cves=("CVE-2026-10001",) * 7, credit="as J. Doe"),
    **{
        f"{reason}, public: {public}": full(close_reason=reason, public=public)
        for reason in ("complete", "invalid", "duplicate", "withdrawn", "not-ours")
        for public in (False, True)
    },
}


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
    others = r"owner|assignee|partner|distro|rating|stage|phase"

    assert re.findall(rf"\b(?:{words}|{others})s?\b", path.read_text(), re.IGNORECASE) == []


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in ADVISORIES])
def test_subjects_say_nothing_of_the_report(kind: Kind) -> None:
    """A subject under embargo carries the case id and not one word of what is known."""
    subject = render(kind, marked()).subject

    assert (CASE in subject) == (kind is not Kind.USER_NOTICE)
    assert canaries(subject) == set()


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


@given(st.timedeltas(-3 * DAY, 30 * DAY), st.booleans())
def test_the_receipt_never_promises_a_past_instant(since: timedelta, public: bool) -> None:
    """It promises an instant still to come, or says that a person has been called."""
    now = after(0) + since
    text = said(render(Kind.RECEIPT, bare(now=now, public=public)))

    assert ("will answer you by 2026-03-03 09:00 UTC" in text) == (now < after(1))
    assert ("has been called" in text) == (now >= after(1))
    assert ("later than we promise" in text) == (now >= after(1) and not public)


@pytest.mark.parametrize("facts", [bare(now=after(8)), full()], ids=["bare", "full"])
def test_the_acknowledgement_names_no_limit_that_is_past(facts: Facts) -> None:
    """A late answer to the reporter does not pretend that the first limits are still ahead."""
    text = said(render(Kind.ACKNOWLEDGEMENT, facts))

    assert "2026-03-09" not in text
    assert "fix as soon as we can" in text
    assert "release 2026-03-23 09:00 UTC" in text
    assert "no verdict" in text


@pytest.mark.parametrize(
    ("credit", "name", "thanked"),
    [
        ("credit by name", "Jo", "We thank Jo for"),
        ("Please credit me by name.", "Jo", "We thank Jo for"),
        ("", "Jo", "We thank an anonymous reporter for"),
        ("no credit wanted", "Jo", "We thank an anonymous reporter for"),
        ("do not credit by name", "Jo", "We thank an anonymous reporter for"),
        ("credit by name is not wanted", "Jo", "We thank an anonymous reporter for"),
        ("credit by name, but as j0", "Jo", "We thank an anonymous reporter for"),
        ("credit by name", "", "We thank an anonymous reporter for"),
        ("", "", "Product Security"),
    ],
)
def test_nobody_is_named_who_has_not_asked_for_it(credit: str, name: str, thanked: str) -> None:
    """The reporter's name is in the advisory by their own wish, or not at all."""
    text = said(render(Kind.RELEASE, bare(credit=credit, reporter_name=name)))

    assert thanked in text
    assert ("Jo" in text) == ("Jo" in thanked)
    assert ("We thank" in text) == ("We thank" in thanked)


@pytest.mark.parametrize(
    "title",
    [
        "A bug\r\nBcc: somebody@example.org",
        "A bug\nBcc: somebody@example.org",
        "A bug\n\nBcc, in a text of my own",
        "A bug\x00Bcc",
        "A bug\u2028Bcc: somebody@example.org",
        "=?utf-8?q?hi=0ABcc:_somebody@example.org?=",
        "=?utf-8?b?aGkKQmNjOiB4QGV4YW1wbGUub3Jn?=",
    ],
)
@pytest.mark.parametrize("kind", Kind)
def test_no_title_becomes_a_header(kind: Kind, title: str) -> None:
    """A title that could end a subject is refused and not quoted; most subjects hold none."""
    if kind not in ADVISORIES:
        assert "Bcc" not in render(kind, full(title=title)).subject
        return
    with pytest.raises(BadInput, match="one plain line") as refused:
        render(kind, full(title=title))
    assert "Bcc" not in str(refused.value)


def test_letters_are_plain_text() -> None:
    """Nothing is escaped, and nothing that a reporter wrote is carried out."""
    draft = render(Kind.RELEASE, full(title="<b> & {{ 7 * 7 }} bold"))

    assert draft.subject.endswith(": <b> & {{ 7 * 7 }} bold")
    assert draft.body.startswith("<b> & {{ 7 * 7 }} bold\n")


def test_an_escalation_says_that_nothing_is_published_and_how_to_act() -> None:
    """Somebody woken at night reads what is wrong, and the commands that end it."""
    draft = render(Kind.ESCALATION, full())

    assert draft.subject == f"{CASE}: overdue: fix and user notice"
    assert "Nothing was published because of that, and nothing will be by itself" in said(draft)
    for command in (
        f"tacenda fixed {CASE} --ref URL",
        f"tacenda notify {CASE} users --planned 2026-03-17T16:00Z",
        f"tacenda extend {CASE} user_notice --until T --reason WHY",
        f"tacenda extend {CASE} fix --skip --reason WHY",
    ):
        assert f"\n    {command}\n" in draft.body


def test_nobody_is_told_to_skip_what_cannot_be_skipped() -> None:
    """For the first and the last step the way out is to close the case."""
    body = render(Kind.ESCALATION, full(about=("acknowledge", "release"))).body

    assert "--skip" not in body
    assert body.count(f"tacenda close {CASE} --as REASON") == 2


def test_a_release_date_that_is_past_is_not_offered_again() -> None:
    """A command from a letter does not fail for a date that has gone by."""
    body = render(Kind.ESCALATION, full(about=("release",), now=PLANNED + DAY)).body

    assert f"tacenda release {CASE} --at T --confirm-artifacts" in body


def test_a_digest_lists_every_overdue_step_and_when_the_next_comes() -> None:
    """One letter tells all that is late, for how long, and when it will be told again."""
    text = said(render(Kind.DIGEST, full(now=after(16))))

    assert "still overdue: fix, user notice and vendor notice" in text
    assert "Fix: overdue for 9 days, limit 2026-03-09 09:00 UTC" in text
    assert "Vendor notice: overdue for 2 days" in text
    assert "next digest comes within 2 days" in text


def test_the_final_warning_carries_the_approved_text_untouched() -> None:
    """The vendors read exactly what will be published, below a line, and when."""
    text = "A text.\n\n\n\n  With its own layout,\tas approved. " + "long " * 30 + "\n"
    body = render(Kind.FINAL_WARNING, full(text=text, now=PLANNED - DAY)).body

    assert "2026-03-17 16:00 UTC, in 24 hours\n" in body
    assert body.endswith(f"---\n\n{text}")


def test_a_public_report_says_so_first() -> None:
    """The team hears before anything else that there is nothing left to keep."""
    assert render(Kind.TEAM_ALERT, full(public=True)).body.startswith("THIS REPORT IS ALREADY")


def test_a_skipped_step_is_not_told_as_done() -> None:
    """The retrospective tells when each step was done, and what was done without."""
    story = Story(a_case()).do(acknowledge(), fixed(), skip(Step.VENDOR_NOTICE))
    facts = facts_of(story.case, story.now)

    assert [step.done_at is not None for step in facts.steps] == [True, True, False, False, False]
    assert re.search(
        r"vendor notice  done without +\(limit", render(Kind.RETROSPECTIVE, facts).body
    )


def test_vendors_must_know_before_their_notice_period_begins() -> None:
    """The last moment follows the planned release, and is never after the limit."""
    story = Story(a_case()).do(acknowledge(), fixed())
    assert facts_of(story.case, story.now).vendors_by == after(14)

    story.do(user_notice(planned=slot(9)))
    assert facts_of(story.case, story.now).vendors_by == slot(8)
