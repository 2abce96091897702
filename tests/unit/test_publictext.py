"""Where a text for the public says what is under embargo."""

import pytest
from pydantic import ValidationError

from tacenda.acts import MarkSecret
from tacenda.drafts import closing_draft, draft_of
from tacenda.embargoed import Secret
from tacenda.errors import Refused
from tacenda.ids import case_id
from tacenda.lifecycle import apply, check
from tacenda.models import CloseReason, Kind
from tacenda.notices import MAY_USE
from tacenda.publictext import Slip, slips
from tests.builders import (
    RECEIVED,
    a_report,
    acknowledge,
    credit,
    fixed,
    leak,
    mitigated,
    release,
    slot,
    user_notice,
)
from tests.unit.canaries import CANARIES, KNOWN, a_known_case, found
from tests.unit.story import Story


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


def test_a_template_for_users_may_use_nothing_that_is_secret() -> None:
    """What goes to users without their lead's own words knows only dates, and a mitigation.

    Of an attack they learn that there is one: Article 14(8) of the Cyber Resilience Act.
    """
    known = MAY_USE[Kind.USER_NOTICE] | MAY_USE[Kind.DATE_CHANGE]

    assert known - {"case_id", "lead", "audience", "again", "told", "close_reason", "now"} == {
        "planned",
        "public",
        "mitigation",
        "unfixed",
        "exploited",
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


def test_words_marked_secret_tell_no_reports_apart() -> None:
    """Whoever takes a report in twice, and marks more the second time, has one case."""
    plain, marked = a_report(), a_report(secret=("Blue Lantern",))

    assert case_id(plain, bytes(32), 2026) == case_id(marked, bytes(32), 2026)


@pytest.mark.parametrize("words", [("???",), ("",), ("two\nlines",), ("a",) * 51])
def test_words_that_could_not_be_found_are_refused(words: tuple[str, ...]) -> None:
    """What no text can be searched for is no secret: it is refused, not ignored."""
    with pytest.raises(ValidationError):
        a_report(secret=words)
    with pytest.raises(ValidationError):
        MarkSecret(by="alice", words=words)


def test_who_marks_a_word_hears_which_approved_text_holds_it() -> None:
    """A text that waits was held against fewer words when it was approved."""
    case = (
        Story().do(acknowledge(), fixed(), user_notice("Blue Lantern is coming.", at=slot(1))).case
    )

    warnings = check(case, MarkSecret(by="alice", words=("blue lantern",)), RECEIVED)
    others = check(case, MarkSecret(by="alice", words=("red lantern",)), RECEIVED)

    assert warnings == (
        "The user notice that is approved holds words marked secret. To stop it: "
        f"tacenda notify {case.id} users --hold REASON.",
    )
    assert others == ()


def test_the_record_counts_the_words_and_repeats_none() -> None:
    """The history of a case says that words were marked, and not which."""
    case = apply(KNOWN, MarkSecret(by="alice", words=("one thing", "another")), RECEIVED)

    assert case.secrets == ("one thing", "another")
    assert case.deeds[-1].detail == "2 marked"
    assert "thing" not in repr(case.deeds)


def test_a_slip_can_be_compared() -> None:
    """A slip is a plain value: what, from where, to where."""
    assert slips(KNOWN, "PR 512") == (Slip(Secret.FIX, 0, 6),)
