"""Where a text for the public says what is under embargo."""

import re
import sys
from types import FrameType
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacenda.case import Case
from tacenda.drafts import closing_draft, draft_of, news_of_closing, news_of_date
from tacenda.embargoed import OURS, Secret
from tacenda.errors import Refused
from tacenda.lifecycle import apply, check
from tacenda.models import Audience, CloseReason, Kind, Step
from tacenda.notices import MAY_USE
from tacenda.publictext import Slip, slips
from tests.builders import (
    HIGH,
    RECEIVED,
    a_case,
    acknowledge,
    assign_cve,
    credit,
    fixed,
    leak,
    mitigated,
    public,
    release,
    score,
    skip,
    slot,
    user_notice,
)
from tests.unit.story import Story

DETAILS = (
    "A name in an uploaded archive can climb out of the work folder. It was seen at "
    "https://tracker.example.org/bugs/77?show=all and bisected to 1f2e3d4c5b6a79880."
)


def a_known_case(**report: Any) -> Case:
    """Return a case with everything in it that can be a secret."""
    case = a_case(
        **{
            "title": "The importer writes outside its folder",
            "details": DETAILS,
            "reporter": {"name": "Mira Sample", "email": "mira@post.example"},
            "secret": ("Blue Lantern", "lanternfish"),
            **report,
        }
    )
    for act in (
        acknowledge(),
        score(HIGH),
        assign_cve("CVE-2026-4242"),
        fixed("https://git.example.org/acme/lantern/pull/512"),
        fixed("https://github.com/acme/lantern/commit/abc1234def5678abc1234def5678abc1234def56"),
        fixed("https://gitlab.com/acme/lantern/-/merge_requests/77"),
    ):
        case = apply(case, act, RECEIVED)
    return case


KNOWN = a_known_case()
CANARIES = [
    (Secret.CVE, "CVE-2026-4242"),
    (Secret.CVE, "CVE-2019-123456"),
    (Secret.VECTOR, HIGH),
    (Secret.VECTOR, "A:H/C:N/I:N/AV:N/AC:L/PR:N/UI:N/S:U"),
    (Secret.VECTOR, "AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N"),
    (Secret.FIX, "git.example.org/acme/lantern/pull/512"),
    (Secret.FIX, "lantern/pull/512"),
    (Secret.FIX, "lantern#512"),
    (Secret.COMMIT, "abc1234def5678abc1234def5678abc1234def56"),
    (Secret.COMMIT, "1f2e3d4c5b6a"),
    (Secret.COMMIT, "0123456789abcdef0123456789abcdef01234567"),
    (Secret.ADDRESS, "tracker.example.org/bugs/77?show=all"),
    (Secret.ADDRESS, "git.example.org"),
    (Secret.INTERNAL, "wiki.acme.corp"),
    (Secret.REPORTER, "Mira Sample"),
    (Secret.REPORTER, "mira@post.example"),
    (Secret.MARKED, "Blue Lantern"),
    (Secret.MARKED, "lanternfish"),
    (Secret.WORDS, "The importer writes outside its folder"),
    (Secret.WORDS, "name in an uploaded archive can climb"),
]


def found(secret: Secret, text: str, case: Case = KNOWN) -> list[str]:
    """Return what a text says of one kind of secret, as it stands there."""
    return [text[s.begin : s.end] for s in slips(case, text) if s.secret is secret]


@pytest.mark.parametrize(("secret", "canary"), CANARIES)
def test_rule_9_no_canary_passes_before_the_release(secret: Secret, canary: str) -> None:
    """Rule 9: a public text before the release that holds a secret is refused, and quoted not."""
    act = user_notice(f"Soon.\nMind {canary}, please.")

    with pytest.raises(Refused) as refused:
        check(KNOWN, act, RECEIVED)

    assert canary in found(secret, act.text or "")
    assert f"line 2, columns 6-{5 + len(canary)}" in str(refused.value)
    assert canary.lower() not in str(refused.value).lower()
    assert check(KNOWN, act.model_copy(update={"override": "agreed"}), RECEIVED)


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (Secret.CVE, "cve 2026 4242"),
        (Secret.CVE, "CVE\N{NON-BREAKING HYPHEN}2026\N{NON-BREAKING HYPHEN}4242"),
        (Secret.CVE, "CVE:2026-4242"),
        (Secret.CVE, "2026-4242"),
        (Secret.CVE, "\uff23\uff36\uff25-2026-4242"),
        (Secret.CVE, "CVE-20\u200b26-\u00ad4242"),
        (Secret.CVE, "CVE-2026-\n> 4242"),
        (Secret.CVE, "CVE-20\n> > 26-4242"),
        (Secret.VECTOR, "av:n ac:l pr:n"),
        (Secret.VECTOR, "AV:N / AC:L / Au:N / C:P"),
        (Secret.VECTOR, "CVSS:3.1/AV:N/AC:L/\r\n| PR:N"),
        (Secret.FIX, "git[.]example[.]org/acme/lantern/pull/512"),
        (Secret.FIX, "git(dot)example(dot)org/acme/lantern/pull/512"),
        (Secret.FIX, "git.example.org/acme/lantern/pu\n> ll/512"),
        (Secret.FIX, "PR 512"),
        (Secret.FIX, "pull request #512"[5:]),
        (Secret.FIX, "#512"),
        (Secret.FIX, "acme/lantern!77"[5:]),
        (Secret.COMMIT, "ABC1234DEF5"),
        (Secret.ADDRESS, "tracker.example.org/bugs/77"),
        (Secret.REPORTER, "sample, mira"),
        (Secret.REPORTER, "MIRA\nSAMPLE"),
        (Secret.REPORTER, "Míra Sample"),
        (Secret.REPORTER, "mira [at] post [dot] example".replace(" ", "")),
        (Secret.MARKED, "blue-lantern"),
        (Secret.MARKED, "BLUE_LANTERN"),
        (Secret.PATCH, "diff --git a/x b/x"),
        (Secret.INTERNAL, "wiki"),
        (Secret.INTERNAL, "10.1.2.3"),
        (Secret.INTERNAL, "[fd00::1]"),
        (Secret.ADDRESS, "localhost"),
        (Secret.ADDRESS, "127.0.0.1"),
    ],
)
def test_haste_does_not_hide_a_secret(secret: Secret, text: str) -> None:
    """What is written, wrapped or quoted otherwise is the same secret, and its place is exact."""
    case = KNOWN
    if secret is Secret.ADDRESS and "tracker" in text:
        case = a_known_case(details="See hxxp://www.tracker.example[.]org/bugs/77/.")
    is_host = text.strip("[]") in ("wiki", "10.1.2.3", "fd00::1", "localhost", "127.0.0.1")
    before = "hxxps://" if is_host else "\n" if secret is Secret.PATCH else "soon "

    assert text.strip("[]") in [f.strip("[]") for f in found(secret, f"{before}{text}\n", case)]


@pytest.mark.parametrize(
    "text",
    [
        "Bind it to 127.0.0.1, and close port 10.0.0.0/8 to the world.",
        "Look into /etc/rc.local and settings.local.json.",
        "Our page is https://example.org/security, and https://github.com/acme/lantern.",
        "It is High (9.8). Update from 2.6 to 2.7, see page 512 and issue 5121.",
        "It is about the importer of archives, in every folder.",
        "Write to security@example.org. The release is on 2026-03-17 16:00 UTC.",
        "Mira, the telescope, is a sample. A lantern is blue.",
        "See https://192.0.2.1/ and git.example.com/acme/lantern/pull/513.",
        "At a low price in a nice car I pick a C, a U and an S.",
    ],
)
def test_what_only_looks_like_it_passes(text: str) -> None:
    """Dates, versions, public pages, part of a name, and advice for one machine are no secret."""
    assert slips(KNOWN, text) == ()


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


@given(hidden())
def test_a_canary_is_found_wherever_it_stands(it: Hidden) -> None:
    """Whatever its case, hyphens, line breaks and company, it is found, exactly where it is."""
    places = [(s.begin, s.end) for s in slips(KNOWN, it.text) if s.secret is it.secret]

    assert (it.begin, it.end) in places


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


def test_a_template_for_users_may_use_nothing_that_is_secret() -> None:
    """What goes to users without their lead's own words knows only dates, and a mitigation."""
    known = MAY_USE[Kind.USER_NOTICE] | MAY_USE[Kind.DATE_CHANGE]

    assert known - {"case_id", "lead", "audience", "again", "told", "close_reason", "now"} == {
        "planned",
        "public",
        "mitigation",
        "unfixed",
    }
    assert closing_draft(KNOWN, CloseReason.INVALID, RECEIVED).subject


def test_a_mitigation_that_quotes_the_report_is_a_slip() -> None:
    """It is public by a person's decision, and held against the report all the same."""
    quoting = "Uploads are the problem: a name in an uploaded archive can climb out."
    case = apply(KNOWN, mitigated(quoting), RECEIVED)
    draft = draft_of(case, Kind.USER_NOTICE, RECEIVED).body

    assert "archive can climb" in " ".join(found(Secret.WORDS, draft, case))


def test_an_agreed_credit_is_no_slip() -> None:
    """Who is named as they wish is named; another name of theirs, and their address, are not."""
    named = apply(KNOWN, credit("Mira Sample of Example Labs"), RECEIVED)
    by_handle = apply(KNOWN, credit("mir4"), RECEIVED)

    assert found(Secret.REPORTER, "We thank Mira Sample.", named) == []
    assert found(Secret.REPORTER, "We thank Mira Sample.", by_handle) == ["Mira Sample"]
    assert found(Secret.REPORTER, "mira@post.example", named) == ["mira@post.example"]


def test_what_was_said_in_an_act_is_secret_too() -> None:
    """An address in a reason or in a fix that was taken back is not public."""
    case = apply(KNOWN, leak("see https://forum.example.org/t/9"), RECEIVED)

    assert found(Secret.ADDRESS, "forum.example.org/t/9", case) == ["forum.example.org/t/9"]


def test_a_release_says_what_it_must_and_keeps_the_rest() -> None:
    """An advisory holds CVE id, vector, references and words; hosts, names, marks stay unsaid."""
    case = apply(KNOWN, credit(""), RECEIVED)
    text = draft_of(case, Kind.RELEASE, RECEIVED).body
    check(case, release(slot(2), text), RECEIVED)

    for canary, way_out in (
        ("http://10.2.3.4/", "internal host"),
        ("Mira Sample", f"tacenda confirm {case.id} credit"),
        ("blue lantern", "marked secret"),
    ):
        with pytest.raises(Refused, match=way_out):
            check(case, release(slot(2), f"{text}\n{canary}\n"), RECEIVED)


def test_the_subject_of_a_release_is_looked_at_too() -> None:
    """The subject repeats the title, whatever the text says."""
    case = a_known_case(title="Crash in the lanternfish")

    with pytest.raises(Refused, match="columns 14-24 of the title"):
        check(case, release(slot(2), "Please update."), RECEIVED)


def test_only_the_first_places_are_named() -> None:
    """A text full of slips is refused in a sentence that can be read."""
    with pytest.raises(Refused, match=r"line 5, columns 1-13; and 3 more\."):
        check(KNOWN, user_notice("CVE-2026-4242\n" * 8), RECEIVED)


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


def test_a_slip_can_be_compared() -> None:
    """A slip is a plain value: what, from where, to where."""
    assert slips(KNOWN, "PR 512") == (Slip(Secret.FIX, 0, 6),)
