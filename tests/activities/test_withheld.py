"""Where a key is known and cannot be used, nothing leaves in plain, and a person hears of it."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tacenda.enclosures import Attachment
from tacenda.models import Audience, Kind
from tests.activities.keys import (
    LEAD,
    LIST,
    REPORTER,
    TEAM,
    VENDOR,
    Box,
    both,
    mailer_with,
    settings,
    to,
)
from tests.activities.post import ANN, BOB, CASE, Attempt, Post, fails, letter
from tests.activities.sink import Sink
from tests.gpg import LONG_AGO

NOW = datetime.now(UTC)
AGAIN = f"then tacenda notify {CASE} vendors --to 'Distro One'"


def expired(box: Box) -> Path:
    """Return a key that has expired."""
    return box.keep(VENDOR, valid="30d", since=LONG_AGO)


def half_expired(box: Box) -> Path:
    """Return a key of which only the part that encrypts has expired."""
    fingerprint = box.gpg.make(VENDOR, encrypts=False, since=LONG_AGO)
    when = ("--faked-system-time", LONG_AGO)
    box.gpg.run(*when, "--quick-add-key", fingerprint, "cv25519", "encr", "30d")
    return box.file(fingerprint)


def revoked(box: Box) -> Path:
    """Return a key that was revoked."""
    fingerprint = box.gpg.make(VENDOR)
    box.gpg.revoke(fingerprint)
    return box.file(fingerprint)


def sign_only(box: Box) -> Path:
    """Return a key that nothing can be encrypted to."""
    return box.keep(VENDOR, encrypts=False)


def secret(box: Box) -> Path:
    """Return a secret key."""
    return box.secret(VENDOR)


def two(box: Box) -> Path:
    """Return a file with two keys."""
    path = box.keep(VENDOR)
    path.write_text(path.read_text() + box.gpg.public(box.gpg.make(LEAD)))
    return path


def broken(box: Box) -> Path:
    """Return half a key."""
    path = box.keep(VENDOR)
    path.write_text(path.read_text()[:200])
    return path


def missing(box: Box) -> Path:
    """Return a file that is not there."""
    return box.folder / "none.asc"


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (expired, "expired on 2024-01-31"),
        (half_expired, "expired on 2024-01-31 (the part of it that encrypts)"),
        (revoked, "is revoked"),
        (sign_only, "cannot encrypt"),
        (secret, "is a secret key; only the public one belongs here"),
        (two, "is not one key: there are several in one file"),
        (broken, "cannot be read: it is no OpenPGP key"),
        (missing, "cannot be read: No such file or directory"),
    ],
)
async def test_a_key_that_cannot_be_used_is_refused_by_name(
    made: object, why: str, sink: Sink, post: Post, box: Box
) -> None:
    """Nothing is sent to its holder, and one sentence says whose it is, why, and what to do."""
    assert callable(made)
    mailer = mailer_with(post, sink, settings(made(box)), NOW)
    one = to(VENDOR, text="The canary text.\n")
    delivery = await post.deliver(mailer, one)

    assert sink.received == []
    assert delivery.failed == one.recipients
    assert delivery.withheld == (VENDOR,)
    assert delivery.troubles == (
        f"Distro One did not get the letter (vendor notice): its OpenPGP key {why}. Put a "
        f"current key where [[vendors]] key names it in tacenda.toml, {AGAIN}",
    )


async def test_no_key_where_one_is_required_is_refused(sink: Sink, post: Post) -> None:
    """A vendor marked key_required gets no letter in plain, of whatever kind."""
    mailer = mailer_with(post, sink, settings(required=True), NOW)
    for kind in (Kind.VENDOR_NOTICE, Kind.RELEASE):
        delivery = await post.deliver(mailer, to(VENDOR, key=f"{kind}.1", kind=kind))
        (trouble,) = delivery.troubles

        assert sink.received == []
        assert f"({kind.label}): its OpenPGP key is required and not named. Name it" in trouble
        assert trouble.endswith(
            AGAIN if kind is Kind.VENDOR_NOTICE else "this letter is not sent again."
        )


async def test_a_required_key_is_used(sink: Sink, post: Post, box: Box) -> None:
    """With its key a vendor marked key_required gets every letter, encrypted."""
    mailer = mailer_with(post, sink, settings(box.keep(VENDOR), required=True), NOW)
    delivery = await post.deliver(mailer, to(VENDOR, Audience.TOLD))

    assert (delivery.troubles, delivery.failed) == ((), ())
    assert box.gpg.open(sink.received[0].raw).text == "The approved text.\n"


async def test_a_part_that_expired_is_passed_over_for_one_that_has_not(
    sink: Sink, post: Post, box: Box
) -> None:
    """A key that was renewed with a new subkey is encrypted to under that one."""
    fingerprint = box.gpg.make(VENDOR, encrypts=False, since=LONG_AGO)
    when = ("--faked-system-time", LONG_AGO)
    box.gpg.run(*when, "--quick-add-key", fingerprint, "cv25519", "encr", "30d")
    box.gpg.run("--quick-add-key", fingerprint, "cv25519", "encr", "1y")
    await post.deliver(mailer_with(post, sink, settings(box.file(fingerprint)), NOW), to(VENDOR))

    [received] = sink.received
    assert box.gpg.open(received.raw).text == "The approved text.\n"
    assert box.gpg.said.count("[GNUPG:] ENC_TO ") == 1


async def test_the_others_get_the_letter(sink: Sink, post: Post, box: Box) -> None:
    """One vendor's bad key holds up nobody else."""
    mailer = mailer_with(post, sink, settings(revoked(box)), NOW)
    one = both(to(ANN), to(VENDOR), to(BOB))
    delivery = await post.deliver(mailer, one)

    assert sink.reached == [ANN, BOB]
    assert delivery.failed == one.recipients[1:2]


async def test_a_later_attempt_looks_at_the_key_again(sink: Sink, post: Post, box: Box) -> None:
    """What was withheld is put back in the ledger: it goes out if the key was mended."""
    good = box.keep(VENDOR).read_text()
    path = box.folder / "vendor.asc"
    path.write_text(box.keep(LEAD, encrypts=False).read_text())
    attempt = Attempt(mailer_with(post, sink, settings(path), NOW))
    sink.rcpt[ANN] = "451 later"
    one = both(to(VENDOR), to(ANN), to(BOB))
    await fails(attempt, one)

    sink.rcpt.clear()
    path.write_text(good)
    delivery = await Attempt(attempt.mailer).deliver(one)

    assert sink.reached == [BOB, VENDOR, ANN]
    assert (delivery.troubles, delivery.failed) == ((), ())


async def test_a_reporters_key_that_cannot_be_used_is_told_without_a_name(
    sink: Sink, post: Post, box: Box
) -> None:
    """The lead hears that the reporter has not got a letter; the sentence quotes no report."""
    key = box.keep(REPORTER, valid="30d", since=LONG_AGO).read_text()
    one = to(REPORTER, Audience.REPORTER, kind=Kind.RECEIPT, key="receipt")
    one = one.model_copy(update={"reporter_key": key})
    delivery = await post.deliver(mailer_with(post, sink, settings(), NOW), one)

    assert sink.received == []
    assert delivery.troubles == (
        "The reporter did not get the letter (receipt): the OpenPGP key of the report expired on "
        "2024-01-31. Reach them another way.",
    )


async def test_a_reporters_key_counts_without_any_settings(
    sink: Sink, post: Post, box: Box
) -> None:
    """Also a mailer that has no keys of its own never writes past the key of a report."""
    one = letter(REPORTER).model_copy(update={"reporter_key": box.keep(REPORTER).read_text()})
    reporter = one.recipients[0].model_copy(update={"audience": Audience.REPORTER})
    one = one.model_copy(update={"recipients": (reporter,)})
    await post.deliver(post.mailer(sink, now=NOW), one)

    assert box.gpg.open(sink.received[0].raw).text == "The approved text.\n"


@pytest.mark.parametrize("audience", [Audience.LEAD, Audience.TEAM, Audience.FIX_TEAM])
async def test_the_team_is_told_that_a_letter_waits(
    audience: Audience, sink: Sink, post: Post, box: Box
) -> None:
    """Instead of silence a member gets a plain letter that names the case, and begets no alarm."""
    member, team = revoked(box), box.keep(TEAM, valid="30d", since=LONG_AGO)
    mailer = mailer_with(post, sink, settings(member_key=member, team_key=team), NOW)
    address = TEAM if audience is Audience.TEAM else LEAD
    files = (Attachment.of("canary.patch", b"+canary\n"),)
    one = to(address, audience, kind=Kind.ALARM, text="The canary text.\n", attachments=files)
    delivery = await post.deliver(mailer, one)

    [received] = sink.received
    assert received.message["Subject"] == CASE
    assert b"canary" not in received.raw
    body = received.body.decode()
    assert f"A letter of {CASE} waits for you (alarm)" in body
    assert "expired on 2024-01-31" in body if address == TEAM else "is revoked" in body
    assert f"tacenda show {CASE}" in body
    assert delivery.delivered == one.recipients
    assert delivery.troubles == delivery.withheld == ()


async def test_a_vendor_on_a_public_list_is_not_in_the_way(sink: Sink, post: Post) -> None:
    """A release reaches the lists, whatever key is missing elsewhere."""
    mailer = mailer_with(post, sink, settings(required=True), NOW)
    one = both(to(LIST, Audience.RELEASE, kind=Kind.RELEASE), to(VENDOR, Audience.TOLD))
    delivery = await post.deliver(mailer, one)

    assert sink.reached == [LIST]
    assert delivery.withheld == (VENDOR,)


async def test_a_withheld_letter_tells_nothing_of_itself(
    sink: Sink, post: Post, box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither log nor sentence holds a word of the letter, or of the key."""
    caplog.set_level(logging.DEBUG)
    path = broken(box)
    attempt = Attempt(mailer_with(post, sink, settings(path), NOW))
    one = to(VENDOR, text="The canary text.\n", title="canary")
    delivery = await attempt.deliver(one)

    told = caplog.text + repr(delivery.troubles) + repr(attempt.beats)
    assert "recipient 0 has no key that can be used" in caplog.text
    assert "canary" not in told
    assert path.read_text().splitlines()[2] not in told
