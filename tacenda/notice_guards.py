"""What speaks against a notice or a release."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.approvals import ApproveNotice, ApproveRelease
from tacenda.approving import seconds
from tacenda.bouncing import lost_reporter
from tacenda.case import Case
from tacenda.decisions import Choice
from tacenda.extending import within_the_longest
from tacenda.fields import moment
from tacenda.letters import Notice
from tacenda.linking_guards import alone, alone_in_notice, not_ready
from tacenda.models import Audience, Kind, Step
from tacenda.objections import (
    Objection,
    facts_as_read,
    filled_in,
    held_only_if_waiting,
    not_past,
    once_only,
    release_day,
    released_once,
    told_before,
    vendors_period,
)
from tacenda.promises import is_going_out
from tacenda.prose import span
from tacenda.public_guards import against_public_text
from tacenda.releases import is_approved, standing_release
from tacenda.rules import SURE_POST
from tacenda.vendor_guards import against_invitation, longest_embargo, without_consent


def against_notice(act: ApproveNotice, case: Case, now: datetime) -> Iterator[Objection]:
    """Yield what speaks against a notice."""
    if act.hold:
        yield from held_only_if_waiting(case, case.notice_for(act.audience), act.audience)
        return
    yield from alone_in_notice(act, case)
    if act.invite:
        yield from against_invitation(act, case, now)
        yield from _against_the_release(act, case)
        yield from within_the_longest(case, act.planned)
        return
    if act.audience is Audience.REPORTER:
        yield from _no_reporter(act, case)
    is_news = act.audience is not Audience.REPORTER and not act.elsewhere
    if is_news and case.released is None and is_going_out(case):
        yield Objection(
            name="released",
            sentence="The release is just going out; a notice of what is coming would come "
            "after it. Once it is out, the same command sends a correction.",
            yields=False,
        )
    yield from once_only(case, act, now)
    if act.elsewhere:
        yield from told_before(case, act.when, now)
        return
    yield from not_past(act.at, now)
    yield from facts_as_read(case, act.revision)
    yield from filled_in(act.text or "")
    yield from against_public_text(act, case)
    if case.released:
        return
    if act.audience is Audience.REPORTER:
        return
    release = standing_release(case)
    yield from _against_the_release(act, case)
    yield from longest_embargo(case, act.planned)
    yield from within_the_longest(case, act.planned)
    if act.audience is Audience.VENDORS:
        yield from without_consent(act, case)
    if act.audience is Audience.USERS:
        yield from _user_notice(act, case, now)
    elif planned := _named_to_vendors(act, case):
        yield from _still_to_come(planned, act, now)
    if act.audience is Audience.VENDORS and release:
        yield from vendors_period(case, act.at or now, release.send_at)


def _against_the_release(act: ApproveNotice, case: Case) -> Iterator[Objection]:
    release = standing_release(case)
    if release and is_approved(release, case.policy):
        yield from _another_date(act, case, release)


def _no_reporter(act: ApproveNotice, case: Case) -> Iterator[Objection]:
    """Nobody is written to who has no address, or whose letters come back."""
    if case.lost_reporter:
        if not act.elsewhere:
            yield lost_reporter(case)
    elif case.reporter is None:
        yield Objection(
            name="no reporter",
            sentence="The case has no address of a reporter to write to.",
            yields=False,
        )


def _another_date(act: ApproveNotice, case: Case, release: Notice) -> Iterator[Objection]:
    """Nobody is promised another release than the one that is approved."""
    planned = act.planned or case.planned
    if planned and planned != release.send_at:
        yield Objection(
            name="approved date",
            sentence=f"The release is approved for {moment(release.send_at)}, and the notice "
            f"names {moment(planned)}. Name the approved one, "
            f"--planned {release.send_at:%Y-%m-%dT%H:%MZ}, or stop that release first: "
            f"tacenda release {case.id} --hold REASON.",
        )


def _named_to_vendors(act: ApproveNotice, case: Case) -> datetime | None:
    """Return the release date (UTC) that a notice names to vendors who are to keep it, or None."""
    is_kept = case.rules >= SURE_POST and not case.is_public
    return act.planned or (case.planned if is_kept else None)


def _still_to_come(planned: datetime, act: ApproveNotice, now: datetime) -> Iterator[Objection]:
    """A notice names a release that is still to come when it leaves."""
    if planned <= (act.at or now):
        yield Objection(
            name="planned date",
            sentence=f"The release date {moment(planned)} is not after the notice. "
            "Give a later one with --planned T.",
        )


def _user_notice(act: ApproveNotice, case: Case, now: datetime) -> Iterator[Objection]:
    """The process tells users only of a fix that exists or is sure to (its 2017 text)."""
    planned = act.planned or case.planned
    if planned is None:
        yield Objection(
            name="planned date",
            sentence="The notice names no release date. Give one with --planned T.",
        )
    else:
        yield from _still_to_come(planned, act, now)
    is_early = Choice.WARN_EARLY in case.decisions
    if case.fix is None and not (act.fix_expected or is_early):
        yield Objection(
            name="fix or mitigation",
            sentence=f"No fix has landed and no mitigation is known. Record one with "
            f"tacenda fixed {case.id} --ref URL (or --mitigation TEXT), or give your word that "
            "the fix will be ready by the planned date with --fix-expected.",
        )
    if act.attachments:
        yield Objection(
            name="files to the public",
            sentence="The files would be public before the release. Send them to the vendors: "
            f"tacenda notify {case.id} vendors --attach FILE.",
        )


def disclosed_early(act: ApproveNotice, case: Case, now: datetime) -> tuple[str, ...]:
    """Return the guards that do not stand only because users are warned early (rule 9)."""
    if Choice.WARN_EARLY not in case.decisions or act.audience is not Audience.USERS:
        return ()
    others = {made: each for made, each in case.decisions.items() if made != Choice.WARN_EARLY}
    usual = case.model_copy(update={"decisions": others})
    standing = {objection.name for objection in against_notice(act, case, now)}
    before = (objection.name for objection in against_notice(act, usual, now))
    return tuple(name for name in before if name not in standing)


def against_release(act: ApproveRelease, case: Case, now: datetime) -> Iterator[Objection]:
    """Yield what speaks against a release."""
    if act.hold:
        yield from held_only_if_waiting(case, Kind.RELEASE)
        return
    at = act.at or now
    standing = seconds(case, act)
    if act.elsewhere:
        yield from _released_elsewhere(case, act, now)
        return
    yield from alone(case, "release", f"tacenda release {case.follows}")
    if standing:
        yield from _still_in_time(case, standing, now)
        at = max(standing.send_at, now)
    else:
        yield from released_once(case)
        yield from not_past(act.at, now)
    yield from facts_as_read(case, act.revision)
    if not (case.fix and case.fix.is_landed) and Step.FIX not in case.skipped:
        yield Objection(
            name="fix",
            sentence=f"No fix has landed. Record it with tacenda fixed {case.id} --ref URL, or "
            "record the decision to publish without one: "
            f"tacenda extend {case.id} fix --skip --reason WHY.",
        )
    yield from not_ready(case)
    if not act.artifacts_confirmed and not _has_no_fix(case):
        yield Objection(
            name="artifacts",
            sentence="Nobody has confirmed that the fixed artifacts are public and verified. "
            "Say so with --confirm-artifacts.",
        )
    yield from filled_in(act.text or "")
    yield from against_public_text(act, case)
    if told := case.vendors_told():
        yield from vendors_period(case, told, at)
    else:
        yield from _vendors_untold(case, at)
    yield from release_day(case, at)
    yield from longest_embargo(case, at)
    yield from within_the_longest(case, act.at)


def _vendors_untold(case: Case, at: datetime) -> Iterator[Objection]:
    """Where the limits run back from the publication, vendors are told of every release.

    The process as it is run today tells them at least 7 days before (rule 14 of the facts).
    """
    if case.policy.anchor == "publication" and Step.VENDOR_NOTICE in case.open_steps():
        yield Objection(
            name="vendor notice",
            sentence="The vendors have had no notice, and the release would be at "
            f"{moment(at)}. Tell them, {span(case.policy.release.vendor_notice)} before it: "
            f"tacenda notify {case.id} vendors. Or do without: "
            f"tacenda extend {case.id} vendor_notice --skip --reason WHY.",
        )


def _has_no_fix(case: Case) -> bool:
    """Whether a person decided to publish without a fix: there is no artifact to confirm."""
    return Step.FIX in case.skipped and not (case.fix and case.fix.is_landed)


def _released_elsewhere(case: Case, act: ApproveRelease, now: datetime) -> Iterator[Objection]:
    notice = case.approved(Kind.RELEASE)
    if notice and case.started(notice.key):
        yield from released_once(case)
    yield from told_before(case, act.when, now)


def _still_in_time(case: Case, standing: Notice, now: datetime) -> Iterator[Objection]:
    if standing.send_at + case.policy.release.grace < now:
        yield Objection(
            name="instant",
            sentence=f"It was approved for {moment(standing.send_at)}, which is past. Hold it "
            f"(tacenda release {case.id} --hold REASON) and approve it anew, both of you.",
            yields=False,
        )
