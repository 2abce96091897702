"""What whoever acts should know about vendors and their consent."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.approvals import ApproveNotice
from tacenda.askings import is_meant, small
from tacenda.case import Case
from tacenda.fields import moment
from tacenda.models import Word
from tacenda.parties import MAY_HEAR, Consent, embargo_end, may_hear, standing_of, standings
from tacenda.releases import may_ask_vendors
from tacenda.rules import SURE_POST
from tacenda.sharing import waits_for_approval
from tacenda.vendor_acts import VendorReply
from tacenda.vendorwords import named

_NO = (Consent.DECLINED, Consent.SILENT)


def on_consent(act: ApproveNotice, case: Case, now: datetime) -> Iterator[str]:
    """Yield which of the vendors that a notice is for do not get it, as far as the case knows."""
    if case.rules < SURE_POST or case.is_public:
        return
    names = small(act.to)
    meant = [s for s in standings(case).values() if not s.left and is_meant(s.vendor, names)]
    if waiting := [s.vendor.name for s in meant if s.consent not in (*MAY_HEAR, *_NO)]:
        yield (
            f"Not before they have accepted the embargo, and then by itself: {named(waiting)}. "
            "Who has not been invited is invited now."
            if may_ask_vendors(case)
            else "Not these, for what is being exploited has no new embargo to accept: "
            f"{named(waiting)}. They hear the release itself."
        )
    may = [s for s in meant if s.may_hear]
    if over := [s.vendor.name for s in may if not (act.planned or may_hear(case, s, now))]:
        yield (
            f"No detail goes to these, for the date that they accepted is past: {named(over)}. "
            "With a new one, --planned T, they are asked again."
        )
    if refusing := [s.vendor.name for s in meant if s.consent in _NO]:
        yield f"No detail goes to these, who declined or did not answer: {named(refusing)}."


def on_reply(act: VendorReply, case: Case, now: datetime) -> Iterator[str]:
    """Yield what follows from a vendor's answer, where that is not what one may think."""
    standing = standing_of(case, act.vendor)
    if standing is None:
        return
    end = embargo_end(case)
    if act.word is Word.ACCEPTED and act.until and act.until < end:
        yield (
            f"The release is planned for {moment(end)}, later than that: no detail goes to "
            f"{standing.vendor.name} until it accepts that date as well."
        )
    if act.word is Word.ACCEPTED and waits_for_approval(case, standing):
        yield (
            f"The vendor notice is held, so {standing.vendor.name} gets it once it is approved "
            f"anew: tacenda notify {case.id} vendors."
        )
    if act.word is Word.DECLINED and standing.told and not case.is_public:
        yield (
            f"{standing.vendor.name} has the notice already. It hears nothing new before the "
            "release; ask it to keep what it has."
        )
