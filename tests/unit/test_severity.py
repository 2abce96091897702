"""CVSS vectors become scores and bands, or are refused with the reason."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacenda.errors import BadInput
from tacenda.models import Band
from tacenda.severity import band_of, severity_of

PUBLISHED = [
    ("CVE-2017-1002101", "3.0/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 8.8, Band.HIGH),
    ("CVE-2018-1002105", "3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, Band.CRITICAL),
    ("CVE-2019-11246", "3.0/AV:N/AC:H/PR:H/UI:R/S:U/C:H/I:H/A:H", 6.4, Band.MEDIUM),
    ("CVE-2019-11253", "3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5, Band.HIGH),
    ("CVE-2020-8554", "3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:L", 6.3, Band.MEDIUM),
    ("CVE-2021-25741", "3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 8.8, Band.HIGH),
    ("CVE-2023-3955", "3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 8.8, Band.HIGH),
    ("CVE-2024-3177", "3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:L/I:N/A:N", 2.7, Band.LOW),
    ("CVE-2024-9486", "3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, Band.CRITICAL),
    ("CVE-2024-10220", "3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:N", 8.1, Band.HIGH),
    ("CVE-2025-1974", "3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, Band.CRITICAL),
    ("CVE-2025-4563", "3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:N/I:N/A:L", 2.7, Band.LOW),
]

# Examples of FIRST: the CVSS 2.0 guide, section 3.3, and the CVSS 4.0 example document.
GUIDES = [
    ("2.0", "AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8, Band.HIGH),
    ("2.0", "AV:L/AC:H/Au:N/C:C/I:C/A:C", 6.2, Band.MEDIUM),
    ("2.0", "AV:N/AC:L/Au:N/C:N/I:N/A:N", 0.0, Band.NONE),
    ("4.0", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 10.0, Band.CRITICAL),
    ("4.0", "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N", 8.3, Band.HIGH),
    ("4.0", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N", 6.9, Band.MEDIUM),
    ("4.0", "CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N", 4.6, Band.MEDIUM),
    ("4.0", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0.0, Band.NONE),
]

FULL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"

MALFORMED = [
    ("CVSS:3.1/av:N", 'metric "av"'),
    ("CVSS:3.1/AV:n/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 'value "n"'),
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H", "Missing mandatory metrics"),
    ("CVSS:4.0/AV:N/AC:L", "Missing mandatory metrics"),
    ("AV:N/AC:L/Au:N", "Missing mandatory metrics"),
    (f"{FULL}/A:H", 'Duplicate metric "A"'),
    (f"{FULL}/E:Z", 'value "Z"'),
    (f"{FULL}/AT:N", 'metric "AT"'),
    (f"{FULL}/", "trailing"),
    ("CVSS:3.1//AV:N", "Empty field"),
    ("CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "version"),
    ("CVSS:5.0/AV:N", "version"),
    ("cvss:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "version"),
    ("CVSS:2.0/AV:N/AC:L/Au:N/C:C/I:C/A:C", "version"),
    ("CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "metric"),
    ("9.8", "Malformed"),
    ("High", "Malformed"),
    ("", "empty"),
    (" \n", "empty"),
    ("\x00", "cannot be read"),
    ("CVSS:3.1/" + "AV:N/" * 200_000, "cannot be read"),
    ("A" * 1_000_000, "too long"),
]


@pytest.mark.parametrize(("cve", "vector", "score", "band"), PUBLISHED, ids=str)
def test_published_vectors_have_their_published_scores(
    cve: str, vector: str, score: float, band: Band
) -> None:
    """Rule 19: the band is that of the recomputed score, as published for real cases."""
    severity = severity_of(f"CVSS:{vector}")

    assert (severity.score, severity.band) == (score, band)
    assert severity.version == vector[:3]


@pytest.mark.parametrize(("version", "vector", "score", "band"), GUIDES)
def test_other_versions_have_the_scores_of_their_guides(
    version: str, vector: str, score: float, band: Band
) -> None:
    """Rule 19: CVSS 2.0 and 4.0 vectors are recomputed too, and know their version."""
    severity = severity_of(vector)

    assert (severity.version, severity.score, severity.band) == (version, score, band)


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (0.0, Band.NONE),
        (0.1, Band.LOW),
        (3.9, Band.LOW),
        (4.0, Band.MEDIUM),
        (6.9, Band.MEDIUM),
        (7.0, Band.HIGH),
        (8.9, Band.HIGH),
        (9.0, Band.CRITICAL),
        (10.0, Band.CRITICAL),
    ],
)
def test_bands_change_at_their_published_edges(score: float, band: Band) -> None:
    """Rule 19: each edge of the table of bands belongs to the band above it."""
    assert band_of(score) is band


@pytest.mark.parametrize(("vector", "reason"), MALFORMED, ids=lambda v: v[:40])
def test_a_malformed_vector_is_refused_with_the_reason(vector: str, reason: str) -> None:
    """Rule 20: a malformed vector is refused, and the sentence says what is wrong with it."""
    with pytest.raises(BadInput, match=reason) as refused:
        severity_of(vector)

    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("vector", ["\x00", f"{FULL[:-1]}H\x1b[31m", FULL.replace("C:H", "C:\nH")])
def test_the_reason_is_one_printable_line(vector: str) -> None:
    """Rule 20: a refused vector cannot put control characters into the sentence."""
    with pytest.raises(BadInput) as refused:
        severity_of(vector)

    assert str(refused.value).isprintable()


def test_blanks_around_a_vector_are_not_part_of_it() -> None:
    """A vector pasted with blanks and a newline is the vector without them."""
    assert severity_of(f"  {FULL}\n") == severity_of(FULL)


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.text(), st.text(alphabet="CVSS:3.104/AVNLHP").map(lambda t: f"CVSS:3.1/{t}")))
def test_no_text_does_anything_but_score_or_be_refused(vector: str) -> None:
    """Rule 20: whatever is typed is scored or refused, never a crash."""
    try:
        severity = severity_of(vector)
    except BadInput:
        return
    assert severity.band is band_of(severity.score)
