"""How an approval comes to be, is held, and becomes void."""

from datetime import datetime
from typing import Any

from tacenda.answering import with_vendors_called
from tacenda.approvals import ApproveNotice, ApproveRelease
from tacenda.case import Case
from tacenda.enclosures import enclosures_of
from tacenda.fields import hash_of
from tacenda.letters import Notice
from tacenda.models import Audience, Fix, Kind, Step
from tacenda.objections import command_for
from tacenda.releases import is_approved, standing_release
from tacenda.rules import RIGHT_DATE, WHOLE_CASE
from tacenda.settling import settled
from tacenda.troubles import with_trouble
from tacenda.turning import moved_limits, with_turn
from tacenda.vendors import Asking

_OF_WHAT_COMES = (Kind.USER_NOTICE, Kind.VENDOR_NOTICE)
_BOUND_TO_FACTS = (*_OF_WHAT_COMES, Kind.RELEASE, Kind.CORRECTION)


def notice_of(case: Case, act: ApproveNotice | ApproveRelease, now: datetime) -> Notice:
    """Return what `act`, done at `now` (UTC), approves, or records as told elsewhere."""
    text = act.text or ""
    kind = Kind.RELEASE
    if isinstance(act, ApproveNotice):
        kind = case.notice_for(act.audience, act.when)
    notice = Notice(
        kind=kind,
        number=1 + sum(notice.kind is kind for notice in case.notices),
        text=text,
        sha256=hash_of(text) if text else "",
        approved=now,
        approvers=(act.by,),
        send_at=act.when or act.at or now,
        revision=case.revision,
        elsewhere=act.elsewhere,
    )
    if not isinstance(act, ApproveNotice):
        return notice.model_copy(update={"planned": notice.send_at})
    return notice.model_copy(
        update={
            "audience": act.audience,
            "to": act.to,
            "planned": act.planned or case.planned,
            "attachments": enclosures_of(act.attachments),
        }
    )


def with_approval(case: Case, act: ApproveNotice | ApproveRelease, now: datetime) -> Case:
    """Return the case with what `act` approves, planned for the date that it names."""
    notice = notice_of(case, act, now)
    for waits in tuple(case.all_waiting(notice.kind)):
        if notice.kind in _OF_WHAT_COMES and _takes_the_place(notice, waits):
            case = held(case, waits, f"{act.by} replaced it")
    release = _approved_release(case)
    if release and _names_another_date(notice, release):
        case = void(case, release, f"the {notice.kind.label} names another date", now)
    planned = _date_by(case, notice)
    approved = case.model_copy(update={"notices": (*case.notices, notice)})
    return _with_date(approved, planned, act, now)


def with_invitation(case: Case, act: ApproveNotice, now: datetime) -> Case:
    """Return the case that wants vendors invited, planned for the date that they are asked for."""
    asking = Asking(at=now, by=act.by, to=act.to)
    case = case.model_copy(update={"askings": (*case.askings, asking)})
    if act.planned is None:
        return case
    return planned_for(case, act.planned, now, "the invitation names another date", act)


def planned_for(
    case: Case, planned: datetime, now: datetime, what: str, act: ApproveNotice | None = None
) -> Case:
    """Return the case planned for that date (UTC); a release approved for another is void."""
    release = _approved_release(case)
    if release and release.send_at == planned:
        return case
    if release:
        case = void(case, release, what, now)
    return _with_date(case, planned, act, now)


def with_second(case: Case, act: ApproveRelease, standing: Notice, now: datetime) -> Case:
    """Return the case whose approved release is seconded: from here on its date counts."""
    update = {"approvers": (*standing.approvers, act.by), "approved": now}
    seconded = with_notice(case, standing.model_copy(update=update))
    if case.rules < WHOLE_CASE:
        return seconded
    return _with_date(seconded, standing.send_at, act, now)


def _takes_the_place(notice: Notice, waits: Notice) -> bool:
    """Whether nobody misses the notice that `waits` when there is this one."""
    return not (notice.elsewhere or waits.elsewhere) and notice.to in ((), waits.to)


def _approved_release(case: Case) -> Notice | None:
    release = standing_release(case) if case.rules >= WHOLE_CASE else None
    return release if release and is_approved(release, case.policy) else None


def _names_another_date(notice: Notice, release: Notice) -> bool:
    """Whether people now hear from us another date than that of the release that waits."""
    is_ours = notice.kind in _OF_WHAT_COMES and not (notice.elsewhere or release.elsewhere)
    return is_ours and notice.planned not in (None, release.send_at)


def says_what_was(case: Case, told: datetime) -> bool:
    """Whether a date told at that instant (UTC) elsewhere had been changed since."""
    said = (n.send_at if n.elsewhere else n.approved for n in case.notices if n.planned)
    return any(at > told for at in said)


def _date_by(case: Case, notice: Notice) -> datetime | None:
    """Return the release date (UTC) that holds with `notice`.

    A release that is approved goes before what was said elsewhere; one that somebody must
    still second changes nothing.
    """
    if case.rules < WHOLE_CASE:
        return notice.planned
    if notice.kind is Kind.RELEASE:
        return notice.planned if is_approved(notice, case.policy) else case.planned
    if notice.kind not in _OF_WHAT_COMES:
        return case.planned
    if notice.elsewhere and says_what_was(case, notice.send_at):
        return case.planned
    release = _approved_release(case)
    return release.send_at if release else notice.planned


def _with_date(
    case: Case, planned: datetime | None, act: ApproveNotice | ApproveRelease | None, now: datetime
) -> Case:
    """Return the case planned for that date (UTC); what would still name another one is void."""
    if planned == case.planned:
        return case
    told = {Audience.USERS: act.users_told, Audience.VENDORS: act.vendors_told} if act else {}
    news = {audience: text for audience, text in told.items() if text}
    before = case
    case = settled(case, case.model_copy(update={"planned": planned, "news": news}), now)
    if act:
        case = _with_limits_told(before, case, act, now)
    if case.rules < WHOLE_CASE or planned is None or planned <= now:
        return case
    case = with_vendors_called(before, case, now, "the release date has changed")
    return without_another_date(case, now)


def without_another_date(case: Case, now: datetime) -> Case:
    """Return the case without the notices that would still name another date than the planned."""
    for notice in [n for kind in _OF_WHAT_COMES for n in case.all_waiting(kind)]:
        if notice.planned not in (None, case.planned) and not notice.elsewhere:
            case = void(case, notice, "the release date that it names has changed", now)
    return case


def _with_limits_told(
    before: Case, case: Case, act: ApproveNotice | ApproveRelease, now: datetime
) -> Case:
    """Return the case with the limits on record that moved with the release date.

    One that an approved notice keeps is no news.
    """
    moved = moved_limits(before, case)
    notice = case.approved(Kind.VENDOR_NOTICE)
    if not moved or (notice and notice.send_at <= case.limit(Step.VENDOR_NOTICE)):
        return case
    return with_turn(before, case, now, by=act.by, what="another release date", why=act.why)


def seconds(case: Case, act: ApproveRelease) -> Notice | None:
    """Return the approved release that `act` seconds: same text and instant, by another person."""
    standing = case.waiting(Kind.RELEASE)
    if standing is None or act.text is None or act.elsewhere or act.by in standing.approvers:
        return None
    is_wanted = len(standing.approvers) < case.policy.release.approvals
    is_same = act.text == standing.text and act.at in (None, standing.send_at)
    return standing if is_wanted and is_same else None


def with_notice(case: Case, changed: Notice) -> Case:
    """Return the case with a notice changed."""
    notices = tuple(changed if n.key == changed.key else n for n in case.notices)
    return case.model_copy(update={"notices": notices})


def held(case: Case, notice: Notice | None, reason: str) -> Case:
    """Return the case with that approval held, if there is one: it does not go out any more."""
    if notice is None:
        return case
    return with_notice(case, notice.model_copy(update={"held": reason}))


def with_new_facts(case: Case, now: datetime, what: str, **facts: Any) -> Case:
    """Return the case with new facts: an approval that speaks of the old ones is void."""
    before = case
    case = case.model_copy(update={**facts, "revision": case.revision + 1})
    case = with_vendors_called(before, case, now, what)
    for notice in [n for kind in _BOUND_TO_FACTS for n in case.all_waiting(kind)]:
        is_late = case.released and notice.kind in _OF_WHAT_COMES and case.rules >= WHOLE_CASE
        if not (notice.elsewhere or is_late):
            case = void(case, notice, what, now)
    return case


def newly_void(before: Case, after: Case) -> tuple[str, ...]:
    """Say which approvals an act made void: its author may be the only one awake."""
    stood = {notice.key for notice in before.notices if not notice.held}
    return tuple(
        f"The approval of the {notice.kind.label} is void now because {notice.held}. "
        "Nothing of it leaves until it is approved anew."
        for notice in after.notices
        if notice.void and notice.key in stood
    )


def void(case: Case, notice: Notice, what: str, now: datetime) -> Case:
    """Return the case with that approval void, and somebody called to give it anew."""
    is_known = case.rules >= RIGHT_DATE
    return with_trouble(
        with_notice(case, notice.model_copy(update={"held": what, "void": is_known})),
        f"The approval of the {notice.kind.label} is void because {what}. "
        f"Read the text again and approve it anew: {command_for(case, notice)}.",
        now,
    )


def with_another_fix(
    case: Case, fix: Fix | None, now: datetime, what: str, since: datetime | None = None
) -> Case:
    """Return the case with another fix, or none; who has the old one must get the new one.

    `since` is when it was so (UTC), where that was before: who was told later knows it.
    """
    case = with_new_facts(case, now, what, fix=fix)
    told = case.released or case.vendors_told()
    if case.rules < WHOLE_CASE or (since and told and since <= told):
        return case
    if case.released:
        return with_trouble(
            case,
            f"After the release {what}. Everybody who was told must hear what holds now: "
            f"tacenda notify {case.id} users --edit sends them a correction.",
            now,
        )
    if not case.told(Audience.VENDORS):
        return case
    if fix and fix.is_landed:
        send = "what holds now, and the new patches"
        command = f"tacenda notify {case.id} vendors --attach FILE"
    else:
        send = "what holds now"
        command = f"tacenda notify {case.id} vendors --edit"
    return with_trouble(
        case, f"The vendors were told before {what}. Send them {send}: {command}.", now
    )
