"""`doctor` says which keys cannot be used, and 30 days before which soon cannot."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tacenda.checks import check_settings
from tacenda.pgpchecks import check_keys
from tacenda.settings import Settings
from tests.activities.keys import LEAD, SIGNER, TEAM, VENDOR, Box, settings
from tests.gpg import LONG_AGO

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def found(known: Settings, now: datetime = NOW) -> list[tuple[str, str]]:
    """Return what is said of the keys, and how bad it is."""
    return [(finding.status, finding.says) for finding in check_keys(known, now)]


@pytest.mark.parametrize(
    ("before", "status"), [(31, "ok"), (29, "warning"), (1, "warning"), (-1, "alarm")]
)
def test_a_key_is_warned_of_30_days_before_it_expires(before: int, status: str, box: Box) -> None:
    """Whose key it is and its last day are named: a vendor's, a member's, the team's, and ours."""
    known = settings(
        box.keep(VENDOR, valid="100d"),
        member_key=box.keep(LEAD, valid="100d", kind="rsa"),
        team_key=box.keep(TEAM, valid="100d"),
        signing_key=box.secret(SIGNER, valid="100d"),
    )
    end = NOW + 100 * DAY
    said = found(known, end - before * DAY)

    assert [how for how, _ in said] == [status] * 4
    for (_, sentence), whose in zip(
        said, ("of Distro One", "of alice", "of the team", "letters are signed with"), strict=True
    ):
        assert whose in sentence
        assert any(f"{end + n * DAY:%Y-%m-%d}" in sentence for n in (-1, 0, 1))


def test_keys_that_last_are_well(box: Box) -> None:
    """A key without an end needs no attention."""
    known = settings(box.keep(VENDOR), required=True)

    assert found(known) == [
        ("ok", "The OpenPGP key of Distro One can be used, and does not expire.")
    ]
    assert not [f for f in check_settings(known) if "encrypted" in f.says]


def test_what_cannot_be_used_is_an_alarm(box: Box, tmp_path: Path) -> None:
    """Expired, revoked, not there, not able to encrypt: each is said by name, with a way out."""
    dead = box.gpg.make(LEAD)
    box.gpg.revoke(dead)
    known = settings(
        box.keep(VENDOR, valid="30d", since=LONG_AGO),
        member_key=box.file(dead),
        team_key=box.keep(TEAM, encrypts=False),
        signing_key=tmp_path / "none",
    )
    findings = [*check_keys(known, NOW)]

    assert [finding.status for finding in findings] == ["alarm"] * 4
    assert [finding.says.partition(",")[0].partition(":")[0] for finding in findings] == [
        "The OpenPGP key of Distro One expired on 2024-01-31",
        "The OpenPGP key of alice is revoked",
        "The OpenPGP key of the team cannot encrypt",
        "The key that letters are signed with cannot be read",
    ]
    assert all(finding.mend for finding in findings)


def test_a_required_key_that_is_not_named_is_an_alarm() -> None:
    """A vendor that would get nothing is known before the notice."""
    (finding,) = check_keys(settings(required=True), NOW)

    assert finding.status == "alarm"
    assert "of Distro One is required and not named" in finding.says
    assert "[[vendors]] key" in finding.mend


def test_no_keys_are_nothing_to_say() -> None:
    """Settings without keys are as they always were."""
    assert found(settings()) == []
