"""What letters promise, to whom they give credit, and what they tell people to do."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacenda.acts import Confirm
from tacenda.errors import BadInput
from tacenda.facts import Facts, facts_of
from tacenda.models import DAY, Kind, Reporter, Step
from tacenda.notices import render
from tests.builders import (
    a_case,
    acknowledge,
    after,
    credit,
    fixed,
    skip,
    slot,
    user_notice,
)
from tests.unit.letters import (
    ADVISORIES,
    CASE,
    PLANNED,
    bare,
    full,
    said,
)
from tests.unit.story import Story


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
    ("wish", "confirmed", "thanked"),
    [
        ("credit by name", (), "We thank an anonymous reporter for"),
        ("", (), "We thank an anonymous reporter for"),
        ("credit by name", (credit("Jo of Example"),), "We thank Jo of Example for"),
        ("no credit wanted", (credit("Jo"), credit("")), "Product Security"),
        (None, (), "Product Security"),
    ],
)
def test_nobody_is_named_before_a_person_has_confirmed_it(
    wish: str | None, confirmed: tuple[Confirm, ...], thanked: str
) -> None:
    """What a report says of credit is a wish; the name that is printed has been confirmed."""
    reporter = None if wish is None else Reporter(name="Jo", credit=wish)
    story = Story(a_case(reporter=reporter)).do(acknowledge(), fixed(), *confirmed)
    text = said(render(Kind.RELEASE, facts_of(story.case, story.now)))

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
    """The retrospective tells when each step was done, and what was skipped."""
    story = Story(a_case()).do(
        acknowledge(), fixed(), skip(Step.VENDOR_NOTICE, override="a small list")
    )
    facts = facts_of(story.case, story.now)

    assert [step.done_at is not None for step in facts.steps] == [True, True, False, False, False]
    assert re.search(r"vendor notice  skipped +\(limit", render(Kind.RETROSPECTIVE, facts).body)


def test_vendors_must_know_before_their_notice_period_begins() -> None:
    """The last moment follows the planned release, and is never after the limit."""
    story = Story(a_case()).do(acknowledge(), fixed())
    assert facts_of(story.case, story.now).vendors_by == after(14)

    story.do(user_notice(planned=slot(9)))
    assert facts_of(story.case, story.now).vendors_by == slot(8)
