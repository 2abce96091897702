"""A case with everything in it that can be a secret, and those secrets as somebody writes them."""

from typing import Any

from tacenda.case import Case
from tacenda.embargoed import Secret
from tacenda.lifecycle import apply
from tacenda.publictext import slips
from tests.builders import HIGH, RECEIVED, a_case, acknowledge, assign_cve, fixed, score

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
