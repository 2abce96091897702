"""To whom a text goes, as the settings here know them, before anybody approves it."""

from collections.abc import Sequence

from tacenda.case import Case
from tacenda.cli import session
from tacenda.consents import consented
from tacenda.errors import BadInput
from tacenda.models import Audience, Kind
from tacenda.openpgp import KeyUnusable
from tacenda.parties import standings
from tacenda.pgpkeys import holders, key_of
from tacenda.releases import who_had_a_notice
from tacenda.render import note, warn
from tacenda.rules import SURE_POST
from tacenda.settings import Settings
from tacenda.vendorwords import named

MOST_SHOWN = 50


def check_names(case: Case, whom: Audience, to: Sequence[str]) -> None:
    """Raise `BadInput` for a name that the settings here do not know among those who may get it."""
    settings = session.settings()
    if not to or settings is None:
        return
    known = {name.casefold() for pair in _mailboxes(settings, case, whom) for name in pair}
    for name in to:
        if name.casefold() in known:
            continue
        asked = (v for v in settings.vendors if v.embargo != "standing")
        is_asked = any(name.casefold() in (v.name.casefold(), v.email.casefold()) for v in asked)
        if is_asked and whom is Audience.VENDORS and not case.released:
            if case.rules >= SURE_POST:
                continue  # it is invited first, and the case holds its word
            raise BadInput(
                f'{name} has not accepted the embargo (embargo = "per-case" in tacenda.toml), '
                "so no detail goes to them."
            )
        if case.released:
            raise BadInput(f"{name} has had no notice before the release, so none to correct.")
        raise BadInput(f"tacenda.toml has nobody of the name {name} among the {whom}. Add them.")


def had_one(case: Case, whom: Audience) -> bool:
    """Whether all who would get a notice now, as the settings here know them, have had one."""
    had = {recipient.address for recipient in case.told(whom)}
    settings = session.settings()
    if settings is None:
        return bool(had)
    return bool(had) and had.issuperset(address for _, address in _mailboxes(settings, case, whom))


def say_addressees(case: Case, whom: Audience, subject: str, to: Sequence[str] = ()) -> None:
    """Say to whom the text goes, under which subject, and whose key will keep it from them."""
    settings = session.settings()
    if settings:
        meant = {name.casefold() for name in to}
        mailboxes = [
            (name, address)
            for name, address in _mailboxes(settings, case, whom)
            if not meant or not meant.isdisjoint({name.casefold(), address.casefold()})
        ]
        note(f"To:      {_shown(mailboxes) or 'nobody'}")
        on_lists = {address.casefold() for _, address in mailboxes}
        told = [] if meant else _told_before(case, whom)
        if others := [pair for pair in told if pair[1].casefold() not in on_lists]:
            note(f"And to:  {_shown(others)}, who had a notice or wait for one")
            mailboxes += others
        _warn_of_bounces(case, mailboxes)
        if whom is Audience.VENDORS and not case.is_public and case.rules >= SURE_POST:
            _say_invited(settings, case, meant)
        _warn_of_keys(settings, {address.casefold() for _, address in mailboxes})
    else:
        warn("There is no tacenda.toml here; the worker's settings say to whom it goes.")
    note(f"Subject: {subject}")


def _shown(mailboxes: Sequence[tuple[str, str]]) -> str:
    shown = [f"{name} <{at}>" if name != at else at for name, at in mailboxes[:MOST_SHOWN]]
    more = len(mailboxes) - MOST_SHOWN
    return ", ".join([*shown, f"and {more} more"] if more > 0 else shown)


def _told_before(case: Case, whom: Audience) -> list[tuple[str, str]]:
    """Return whom it reaches because of what they were told before, beside its own lists."""
    if whom is not Audience.RELEASE and not (case.released and whom is Audience.USERS):
        return []
    kind = Kind.RELEASE if whom is Audience.RELEASE else Kind.CORRECTION
    return [(r.name, r.address) for r in who_had_a_notice(case, kind)]


def _warn_of_bounces(case: Case, mailboxes: Sequence[tuple[str, str]]) -> None:
    """Say who will not get it, because letters to them come back."""
    dead = case.dead
    for name, address in mailboxes:
        if address.casefold() in dead:
            warn(
                f"{name} will not get it: a letter came back from {address}. Correct it in "
                f"tacenda.toml, or say that it works: tacenda bounces --works-again {case.id} "
                f"{address} --reason WHY."
            )


def _say_invited(settings: Settings, case: Case, meant: set[str]) -> None:
    """Say who is invited first, and gets the text once it has accepted the embargo."""
    known = standings(case)
    invited = [
        vendor.name
        for vendor in settings.vendors
        if vendor.embargo != "standing"
        and vendor.email.casefold() not in known
        and (not meant or not meant.isdisjoint({vendor.name.casefold(), vendor.email.casefold()}))
    ]
    if invited:
        note(f"Invited: {named(invited)}, who get the text once they have accepted the embargo")


def _warn_of_keys(settings: Settings, addresses: set[str]) -> None:
    """Say who will not get it, because nothing can be encrypted to them."""
    for holder in holders(settings):
        if holder.address.casefold() in addresses:
            try:
                key_of(holder, session.now())
            except KeyUnusable as reason:
                warn(f"{holder.name} will not get it: their OpenPGP key {reason}.")


def _mailboxes(settings: Settings, case: Case, whom: Audience) -> list[tuple[str, str]]:
    lists = settings.lists
    if whom is Audience.REPORTER:
        return [(case.reporter.name, case.reporter.address)] if case.reporter else []
    if whom is Audience.VENDORS and case.released:
        return [(r.name, r.address) for r in case.told(Audience.VENDORS)]
    if whom is Audience.VENDORS:
        accepted = {recipient.address.casefold() for recipient in consented(case)}
        return [
            (v.name, v.email)
            for v in settings.vendors
            if v.embargo == "standing" or v.email.casefold() in accepted
        ]
    is_advisory = whom is Audience.RELEASE or case.released
    return [(a, a) for a in (lists.release if is_advisory else lists.users)]
