"""What changes when vendors answer, and who calls the lead where a notice waits for their word."""

from datetime import datetime

from tacenda.case import Case
from tacenda.models import Word
from tacenda.parties import Consent, Standing, embargo_end, may_hear, standing_of, standings
from tacenda.rules import SURE_POST
from tacenda.sharing import is_current, last_for, later
from tacenda.troubles import with_trouble
from tacenda.vendor_acts import VendorReply
from tacenda.vendors import Reply
from tacenda.vendorwords import named


def answered(act: VendorReply, case: Case, now: datetime) -> Case:
    """Return the case that knows what a vendor answered; the same one if it knew that."""
    before = standing_of(case, act.vendor)
    if before is None:
        return case
    until = _until(act, case, before) if act.word is Word.ACCEPTED else None
    if is_known(case, act) and before.answered and before.answered.until == until:
        return case
    address = before.vendor.address
    reply = Reply(address=address, word=act.word, at=now, by=act.by, until=until)
    case = case.model_copy(update={"replies": (*case.replies, reply)})
    after = standings(case)[address.casefold()]
    if act.word is Word.ACCEPTED and may_hear(case, after, now):
        return _with_stale_notice(case, after, now)
    return case


def is_known(case: Case, act: VendorReply) -> bool:
    """Whether the case knows that a vendor answered that, and nothing was asked since."""
    vendor = standing_of(case, act.vendor)
    if vendor is None or vendor.answered is None or vendor.is_asked:
        return False
    return vendor.answered.word is act.word and vendor.consent is not Consent.SILENT


def _until(act: VendorReply, case: Case, before: Standing) -> datetime:
    """Return the release date (UTC) up to which a vendor accepts: what it said, or was asked."""
    asked = before.invited_for if before.is_asked else None
    return act.until or asked or embargo_end(case)


def _with_stale_notice(case: Case, vendor: Standing, now: datetime) -> Case:
    """Call the lead where the notice that a vendor waited for does not hold any more."""
    notice = last_for(case, vendor)
    if notice is None or notice.key in vendor.notices or is_current(case, notice):
        return case
    what = (
        f"{vendor.vendor.name} has accepted the embargo, but the vendor notice that was approved "
        "speaks of facts or of a date that have changed since, so it does not get it by itself. "
        f"Send it what holds now: {_command(case, [vendor.vendor.name])}."
    )
    return with_trouble(case, what, now)


def with_vendors_called(before: Case, after: Case, now: datetime, what: str) -> Case:
    """Return `after`, with the lead called where vendors wait for a notice that is void by it.

    They would have got it by itself: once their time had come, for they keep no embargo for
    so long, or in this very moment.
    """
    if before.rules < SURE_POST or before.released or not before.vendors:
        return after
    waited = [
        standing
        for notice, standing in later(before, standings(before), now)
        if before.started(notice.key)
    ]
    if not waited:
        return after
    vendors = standings(after)
    still = (vendors[standing.vendor.address.casefold()] for standing in waited)
    names = [standing.vendor.name for standing in still if may_hear(after, standing, now)]
    if not names:
        return after
    return with_trouble(
        after,
        f"The approved vendor notice does not go to {named(names)} any more because {what}. "
        f"Send them what holds now: {_command(after, names)}.",
        now,
    )


def _command(case: Case, names: list[str]) -> str:
    to = " ".join(f"--to '{name}'" for name in names[:5])
    return f"tacenda notify {case.id} vendors {to}"
