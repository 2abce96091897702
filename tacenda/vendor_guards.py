"""What speaks against inviting vendors, against what they are said to have answered, and a date."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.approvals import ApproveNotice
from tacenda.askings import is_meant, small
from tacenda.case import Case
from tacenda.fields import moment
from tacenda.models import Word
from tacenda.objections import Objection
from tacenda.parties import Consent, Standing, standing_of, standings
from tacenda.promises import is_going_out
from tacenda.releases import may_ask_vendors
from tacenda.rules import SURE_POST
from tacenda.vendor_acts import VendorReply
from tacenda.vendorwords import named

_OF_THE_TOLD = (Word.READY, Word.NOT_AFFECTED)


def against_reply(act: VendorReply, case: Case, now: datetime) -> Iterator[Objection]:
    """Yield what speaks against writing down that a vendor answered that."""
    if case.rules < SURE_POST:
        yield _of_an_earlier_version(case)
        return
    vendor = standing_of(case, act.vendor)
    if vendor is None:
        yield Objection(
            name="unknown vendor",
            sentence=f"The case knows no vendor of the name {act.vendor}. It learns who they are "
            f"when they are invited: tacenda notify {case.id} vendors --invite --to NAME. The "
            f"names that it knows: tacenda vendors {case.id}.",
            yields=False,
        )
        return
    if act.word is Word.ACCEPTED and not may_ask_vendors(case):
        yield _embargo_over(case, "no embargo left to accept", "They hear the release itself.")
    if act.until is not None and act.until <= now:
        yield Objection(
            name="instant",
            sentence=f"{moment(act.until)} is past. Give the release date up to which they "
            "accept the embargo with --until T.",
            yields=False,
        )
    if act.word in _OF_THE_TOLD and vendor.told is None:
        yield Objection(
            name="not told",
            sentence=f"{vendor.vendor.name} has had no notice yet that it could answer. If it was "
            f"told elsewhere: tacenda notify {case.id} vendors --to '{vendor.vendor.name}' "
            "--sent-elsewhere REF.",
        )


def against_invitation(act: ApproveNotice, case: Case, now: datetime) -> Iterator[Objection]:
    """Yield what speaks against inviting vendors to the embargo."""
    if case.rules < SURE_POST:
        yield _of_an_earlier_version(case)
        return
    if not may_ask_vendors(case):
        instead = "Who is meant by an approved vendor notice hears the release itself."
        if case.is_public:
            instead = f"What vendors must know goes out with tacenda notify {case.id} vendors."
        yield _embargo_over(case, "no embargo to invite anybody to", instead)
    elif case.asked:
        yield Objection(
            name="decision asked",
            sentence="Somebody said that the embargo broke, and nobody has decided yet, so nobody "
            f"new is invited to it. Decide first: tacenda release {case.id}, or tacenda leak "
            f"{case.id} --hold-on --reason WHY.",
        )
    if act.planned is not None and act.planned <= now:
        yield Objection(
            name="instant",
            sentence=f"The release date {moment(act.planned)} is past. Give a later one with "
            "--planned T.",
            yields=False,
        )
    yield from longest_embargo(case, act.planned)


def _embargo_over(case: Case, what: str, instead: str) -> Objection:
    """Object to a new embargo on what is public or being exploited (rule 23 of the facts)."""
    why = "The case is public"
    if case.exploited and not (case.is_public or is_going_out(case)):
        why = f"The flaw is reported to be exploited since {moment(case.exploited)}"
    sentence = f"{why}, so there is {what}. {instead}"
    return Objection(name="embargo over", sentence=sentence, yields=False)


def without_consent(act: ApproveNotice, case: Case) -> Iterator[Objection]:
    """Object to a notice for a vendor by name that has said no, or nothing, to the embargo."""
    if not act.to or case.rules < SURE_POST or case.is_public:
        return
    names = small(act.to)
    for standing in standings(case).values():
        refuses = standing.consent in (Consent.DECLINED, Consent.SILENT)
        if refuses and is_meant(standing.vendor, names):
            name = standing.vendor.name
            said = "declined" if standing.consent is Consent.DECLINED else "did not answer about"
            yield Objection(
                name="consent",
                sentence=f"{name} {said} the embargo, so no detail goes to it. To ask again: "
                f"tacenda notify {case.id} vendors --invite --to '{name}'. If it has accepted: "
                f"tacenda vendor {case.id} '{name}' accepted.",
                yields=False,
            )


def longest_embargo(case: Case, planned: datetime | None) -> Iterator[Objection]:
    """Object to a release date up to which vendors who were told will not keep silent."""
    if planned is None or planned == case.planned or case.rules < SURE_POST:
        return
    ends = [(at, s.vendor.name) for s in standings(case).values() if (at := _keeps_until(s))]
    early = sorted(end for end in ends if end[0] < planned)
    if early:
        whom = named([f"{name} (until {moment(at)})" for at, name in early])
        yield Objection(
            name="longest embargo",
            sentence=f"The release would be on {moment(planned)}, and these vendors were told "
            f"and keep no embargo for so long: {whom}. Give an earlier date, or agree with them "
            "first.",
        )


def _keeps_until(standing: Standing) -> datetime | None:
    longest = standing.vendor.max_embargo
    return standing.told + longest if standing.told and longest else None


def _of_an_earlier_version(case: Case) -> Objection:
    return Objection(
        name="earlier version",
        sentence=f"{case.id} was opened by an earlier version, which asks vendors for no consent: "
        "those with a standing one get its notices. Close it and reopen it to change that.",
        yields=False,
    )
