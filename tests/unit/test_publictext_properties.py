"""A canary is found wherever it stands, innocent texts pass, and the work stays small."""

import re
import sys
from types import FrameType
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacenda.case import Case
from tacenda.drafts import draft_of, news_of_closing, news_of_date
from tacenda.embargoed import OURS, Secret
from tacenda.lifecycle import apply
from tacenda.models import Audience, CloseReason, Kind, Step
from tacenda.publictext import slips
from tests.builders import (
    RECEIVED,
    a_case,
    acknowledge,
    mitigated,
    public,
    skip,
    slot,
    user_notice,
)
from tests.unit.canaries import CANARIES, KNOWN
from tests.unit.story import Story


class Hidden(NamedTuple):
    """A secret as somebody wrote it, in a text, and where it stands."""

    secret: Secret
    text: str
    begin: int
    end: int


HYPHENS = "-\u2010\u2011\u2012\u2013\u2212"
UNSEEN = "\u200b\u200d\u2060\u00ad\ufeff"
INNOCENT = st.lists(
    st.sampled_from(["soon", "please", "update", "on", "Tuesday", "or", "later", "and", "Ünal"]),
    min_size=1,
    max_size=40,
)
GAPS = st.sampled_from([" ", "\n", "\n> ", "  \r\n>> ", ", "])


@st.composite
def hidden(draw: st.DrawFn) -> Hidden:
    """A canary anywhere in a text: in another case, with other hyphens, quoted and wrapped."""
    secret, canary = draw(st.sampled_from(CANARIES))
    change = draw(st.sampled_from([str.upper, str.lower, str.swapcase, str.title]))
    written = change(canary).replace("-", draw(st.sampled_from(HYPHENS)))
    at = draw(st.integers(1, len(written) - 1))
    written = written[:at] + draw(st.sampled_from(UNSEEN)) + written[at:]
    if draw(st.booleans()) and secret is not Secret.WORDS:
        at = draw(st.integers(1, len(written) - 1))
        written = written[:at] + draw(st.sampled_from(["\n", "\n> ", "\r\n> > "])) + written[at:]
    else:
        written = written.replace(" ", draw(st.sampled_from([" ", "\n", "\n> ", "  \n>> "])))
    before = draw(GAPS).join(draw(INNOCENT)) + draw(GAPS)
    after = draw(GAPS) + draw(GAPS).join(draw(INNOCENT))
    return Hidden(secret, before + written + after, len(before), len(before) + len(written))


@settings(deadline=None)
@given(hidden())
def test_a_canary_is_found_wherever_it_stands(it: Hidden) -> None:
    """Whatever its case, hyphens, line breaks and company, it is found, exactly where it is."""
    places = [(s.begin, s.end) for s in slips(KNOWN, it.text) if s.secret is it.secret]

    assert (it.begin, it.end) in places


@settings(deadline=None)
@given(INNOCENT, GAPS)
def test_innocent_words_are_none(words: list[str], gap: str) -> None:
    """A text that says nothing of the case is never refused for it."""
    assert slips(KNOWN, gap.join(words)) == ()


LETTERS = st.text("abcdefgstüßéñ漢字", min_size=1, max_size=9)
ANY_WORDS = st.lists(st.one_of(LETTERS, st.sampled_from(OURS)), min_size=1, max_size=40)
REPORTS = st.builds(
    lambda title, details, name, mail: {
        "title": " ".join(title[:12]),
        "details": " ".join(details),
        "reporter": {"name": " ".join(name[:2]), "email": f"{mail}@reporters.example"},
    },
    ANY_WORDS,
    ANY_WORDS,
    ANY_WORDS,
    st.text("abcxyz", min_size=1, max_size=8),
)


def drafts(case: Case) -> list[str]:
    """Return every text that the templates make for users before the release."""
    notice = user_notice("We publish soon.", override="sure")
    told = Story(case).do(acknowledge(), notice).case
    variants = (
        case,
        apply(case, mitigated("Disconnect whatever printers you own."), RECEIVED),
        apply(case, skip(Step.FIX), RECEIVED),
        apply(case, public(), RECEIVED),
    )
    planned = [v.model_copy(update={"planned": slot(15)}) for v in variants]
    news = (
        news_of_date(told, slot(16), RECEIVED),
        news_of_closing(told, CloseReason.INVALID, RECEIVED),
    )
    return [
        *(
            draft_of(v, Kind.USER_NOTICE, RECEIVED, again=again).body
            for v in planned
            for again in (False, True)
        ),
        *(n[Audience.USERS].body for n in news),
    ]


@settings(deadline=None, max_examples=40)
@given(REPORTS)
def test_the_drafts_for_users_pass_whatever_came_in(report: dict[str, Any]) -> None:
    """No report makes our own templates a slip: they say nothing of it."""
    case = a_case(**report)

    assert [slips(case, draft) for draft in drafts(case) if slips(case, draft)] == []


def test_a_report_that_quotes_our_templates_makes_no_secret_of_them() -> None:
    """The words that the core takes for ours are those of the templates."""
    said = [draft for draft in drafts(a_case()) if "printers" not in draft]
    undated = re.sub(r"[0-9-]+ [0-9:]+ UTC(, in [0-9]+ days)?", "some day", " ".join(said))
    quoted = a_case(title="Security release called off", details=undated)

    assert [slips(quoted, draft) for draft in said if slips(quoted, draft)] == []


def calls(case: Case, text: str) -> int:
    """Return how many calls it takes to look through a text."""
    count = 0

    def profiler(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profiler)
    try:
        slips(case, text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("unit", ["a ", "a/", "a\n> ", "CVE-2026-", "a.b@", "av:n ", "[.] ", "é-"])
def test_the_work_grows_with_the_text_and_no_faster(unit: str) -> None:
    """Twice the text is about twice the work, also for what nobody would write."""
    urls = "".join(f"http://{'/'.join('a' * n)} " for n in range(2, 30))
    case = a_case(details=urls + "a " * 500)
    small, large = calls(case, unit * 2000), calls(case, unit * 4000)

    assert large < 2.5 * small + 1000
