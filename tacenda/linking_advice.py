"""What the author of an act on linked cases should know, and may do all the same."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.acts import Close
from tacenda.approvals import ApproveNotice
from tacenda.case import Case
from tacenda.fields import moment
from tacenda.link_acts import LinkCase
from tacenda.models import Audience, Kind


def on_link(act: LinkCase, case: Case, now: datetime) -> Iterator[str]:
    """Yield what follows from linking a case, or from parting it."""
    if act.part:
        yield (
            f"{case.id} stands alone again, without a date. Plan its own release: "
            f"tacenda notify {case.id} users --planned T."
        )
    elif case.planned:
        yield (
            f"The release was planned for {moment(case.planned)}; from now on the date is that of "
            f"{act.to}."
        )


def on_closing(act: Close, case: Case) -> Iterator[str]:
    """Yield who waits for the release of a case that is closed without one."""
    if case.links and case.released is None:
        others = " and ".join(link.case for link in case.links)
        yield f"{others} would have been released together with it, and stand alone now."
    elif case.follows and case.released is None:
        yield f"{case.follows} is told that this case is not released together with it."


def on_common_notice(act: ApproveNotice, case: Case) -> Iterator[str]:
    """Yield which flaws the vendors are told of without a fix."""
    if act.audience is not Audience.VENDORS or act.invite:
        return
    for link in case.links:
        if not link.is_ready:
            yield f"No fix has landed in {link.case}: the vendors get this notice without one."


def waiting_approvals(case: Case) -> tuple[Kind, ...]:
    """Return the kinds of the approvals that a case joining `case` makes void."""
    kinds = (Kind.USER_NOTICE, Kind.VENDOR_NOTICE, Kind.RELEASE)
    return tuple(kind for kind in kinds if case.waiting(kind))
