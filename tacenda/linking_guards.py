"""What speaks against linking cases, and against acting alone in one that is linked."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.acts import Close
from tacenda.approvals import ApproveNotice
from tacenda.case import Case
from tacenda.fields import moment
from tacenda.link_acts import LinkCase, LinkedNews
from tacenda.linkage import is_led, known_of
from tacenda.links import MOST_LINKS
from tacenda.models import Audience, CloseReason, Kind
from tacenda.objections import Objection
from tacenda.promises import is_going_out
from tacenda.rules import RIGHT_DATE

_SENT_ONCE = (Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.RELEASE)


def against_link(act: LinkCase, case: Case, now: datetime) -> Iterator[Objection]:
    """Yield what speaks against letting `case` follow another, or parting the two."""
    if act.part:
        yield from _against_parting(case)
        return
    yield from _takes_part(case)
    if act.to == case.id:
        yield Objection(
            name="itself",
            sentence="A case cannot follow itself. Name the one that leads: --to CASE.",
            yields=False,
        )
    if case.follows and case.released is None and case.follows != act.to:
        yield Objection(
            name="follows already",
            sentence=f"It follows {case.follows}. To part them first: "
            f"tacenda link {case.id} --part --reason WHY.",
            yields=False,
        )
    if case.links:
        others = " and ".join(link.case for link in case.links)
        yield Objection(
            name="leads",
            sentence=f"{case.id} leads {others}, and one that leads follows none. Part them "
            f"first: tacenda link {case.links[0].case} --part --reason WHY.",
            yields=False,
        )
    yield from _nothing_on_its_way(case)


def _nothing_on_its_way(case: Case) -> Iterator[Objection]:
    """A case that follows announces nothing by itself, and so nothing that it has approved."""
    for notice in filter(None, map(case.waiting, _SENT_ONCE)):
        held = "release" if notice.kind is Kind.RELEASE else "notify"
        whom = "" if notice.kind is Kind.RELEASE else f" {notice.audience}"
        yield Objection(
            name="approved already",
            sentence=f"The {notice.kind.label} of {case.id} is approved. Stop it first: "
            f"tacenda {held} {case.id}{whom} --hold REASON.",
            yields=False,
        )
    if case.told(Audience.USERS, Audience.VENDORS):
        yield Objection(
            name="told already",
            sentence=f"Users or vendors were told of {case.id} alone, and hear of the common "
            "release only as far as they are told of the other case too. Let this one lead: "
            f"tacenda link CASE --to {case.id} --reason WHY.",
        )


def _takes_part(case: Case) -> Iterator[Objection]:
    """A case can be linked that is open, not out, and of this version."""
    if case.rules < RIGHT_DATE:
        yield Objection(
            name="earlier version",
            sentence=f"{case.id} was opened by an earlier version of Tacenda, whose cases cannot "
            "be linked. Approve the releases of both for the same instant.",
            yields=False,
        )
    if is_going_out(case):
        yield Objection(
            name="released",
            sentence=f"The release of {case.id} is out, so nothing can be released with it.",
            yields=False,
        )


def _against_parting(case: Case) -> Iterator[Objection]:
    if not case.follows:
        yield Objection(
            name="follows none",
            sentence=f"{case.id} follows no case, so there is nothing to part. Those that follow "
            "it are parted from it one by one: tacenda link CASE --part --reason WHY.",
            yields=False,
        )
    elif case.released:
        yield Objection(
            name="released", sentence=f"It was released together with {case.follows}.", yields=False
        )
    elif case.leading and (told := case.leading.told):
        what = " and ".join(f"{step.label} on {moment(at)}" for step, at in told.items())
        yield Objection(
            name="told together",
            sentence=f"People were told in the common announcement ({what}) and wait for one "
            "release.",
        )


def against_news(act: LinkedNews, case: Case, now: datetime) -> Iterator[Objection]:
    """Yield what speaks against taking news from another case: whoever is not linked has none."""
    if act.leading and case.follows != act.by:
        yield Objection(
            name="not linked", sentence=f"{case.id} does not follow {act.by}.", yields=False
        )
    if act.link and known_of(case, act.by) is None:
        yield from _takes_part(case)
        if act.by == case.id:
            yield Objection(name="itself", sentence="A case cannot follow itself.", yields=False)
        if is_led(case):
            yield Objection(
                name="follows already",
                sentence=f"{case.id} itself follows {case.follows}. Link to that one instead: "
                f"tacenda link {act.by} --to {case.follows} --reason WHY.",
                yields=False,
            )
        if len(case.links) >= MOST_LINKS:
            yield Objection(
                name="links",
                sentence=f"{case.id} leads {MOST_LINKS} cases, which is the most.",
                yields=False,
            )


def alone(case: Case, what: str, command: str) -> Iterator[Objection]:
    """Object to announcing a case by itself that another one releases."""
    if is_led(case):
        yield Objection(
            name="released together",
            sentence=f"The {what} goes out with {case.follows}: {command}. To release this case "
            f"by itself: tacenda link {case.id} --part --reason WHY.",
        )


def alone_in_notice(act: ApproveNotice, case: Case) -> Iterator[Objection]:
    """Object to a notice of a case that another one announces; the reporter is its own."""
    if act.audience is Audience.REPORTER or act.elsewhere:
        return
    what = "invitation" if act.invite else f"{act.audience.removesuffix('s')} notice"
    yield from alone(case, what, f"tacenda notify {case.follows} {act.audience}")


def not_ready(case: Case) -> Iterator[Objection]:
    """Object to the release of several flaws while one of them has no fix."""
    for link in case.links:
        if not link.is_ready:
            yield Objection(
                name="fix of another case",
                sentence=f"No fix has landed in {link.case}, which is released together with "
                f"this case. Record it with tacenda fixed {link.case} --ref URL; or record the "
                f"decision to publish without one: tacenda extend {link.case} fix --skip "
                f"--reason WHY; or part them: tacenda link {link.case} --part --reason WHY.",
            )


def beyond_links(case: Case, until: datetime) -> Iterator[Objection]:
    """Object to a limit of the release (UTC) that another case does not allow."""
    for link in case.links:
        if until > link.limit:
            yield Objection(
                name="limit of another case",
                sentence=f"{link.case} must be released by {moment(link.limit)}, and the earliest "
                f"limit counts. Move that one first: tacenda extend {link.case} release "
                "--until T --reason WHY.",
            )


def of_which(act: Close, case: Case) -> Iterator[Objection]:
    """Object to a duplicate that does not say of which case, or of one that is its own."""
    if act.reason is not CloseReason.DUPLICATE:
        return
    if not act.duplicate_of:
        yield Objection(
            name="first case",
            sentence="A duplicate closes pointing at the first case of the flaw. Name it: "
            f"tacenda close {case.id} --as duplicate --of CASE.",
            in_public=True,
        )
    elif act.duplicate_of == case.id:
        yield Objection(
            name="itself",
            sentence="A case is no duplicate of itself. Name the first one: --of CASE.",
            yields=False,
        )
    elif act.duplicate_of in case.duplicates:
        yield Objection(
            name="duplicates of each other",
            sentence=f"{act.duplicate_of} was closed as a duplicate of this case. One of both "
            "must stay.",
            yields=False,
        )
