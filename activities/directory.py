"""Who is on the team, on the lists and among the vendors, now."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from itertools import islice
from typing import assert_never

from temporalio import activity

from tacenda.errands import (
    Addressees,
    Availability,
    Found,
    HoursKnown,
    Proposal,
    VendorsKnown,
    Wanted,
    Whose,
)
from tacenda.hours import MOST_WINDOWS, WEEKS_KNOWN
from tacenda.letters import Recipient
from tacenda.models import Audience
from tacenda.settings import Settings
from tacenda.staffing import least_busy
from tacenda.tables import Member, Vendor
from tacenda.vendors import Party

CountOpen = Callable[[str], Awaitable[int]]
"""Counts the open cases that are led by the member of that name."""

_Mailboxes = list[tuple[str, str]]
"""Names and addresses; a mailbox without a name goes by its address."""


class Directory:
    """Looks people up in the settings."""

    def __init__(self, settings: Settings, count_open: CountOpen) -> None:
        """Take the settings, and a way to learn how busy somebody is."""
        self._settings = settings
        self._count_open = count_open
        self._prefixes = {v.email.casefold(): v.subject_prefix for v in settings.vendors}
        self._by_address: dict[str, Vendor] = {}
        for vendor in settings.vendors:
            self._by_address.setdefault(vendor.email.casefold(), vendor)

    @activity.defn(name="recipients")
    async def recipients(self, whom: Addressees) -> Found:
        """Find the mailboxes of some audiences, in that order and each once.

        Where only some are meant, names that fit nobody are returned as unknown.
        """
        mailboxes: dict[str, Recipient] = {}
        meant = {name.casefold() for name in whom.only}
        for audience in whom.audiences:
            for name, address in self._mailboxes(audience, whom):
                key = address.casefold()
                if meant and meant.isdisjoint({name.casefold(), key}):
                    continue
                found = Recipient(
                    name=name,
                    address=address,
                    audience=audience,
                    subject_prefix=self._prefixes.get(key, ""),
                )
                mailboxes.setdefault(key, found)
        known = {text.casefold() for r in mailboxes.values() for text in (r.name, r.address)}
        if whom.consented is not None:  # who has not consented, or gets it later, is known too
            known |= {x.casefold() for v in self._settings.vendors for x in (v.name, v.email)}
        unknown = tuple(name for name in whom.only if name.casefold() not in known)
        return Found(recipients=tuple(mailboxes.values()), unknown=unknown)

    @activity.defn(name="vendors")
    async def vendors(self, wanted: Wanted) -> VendorsKnown:
        """Say who the vendors are now, each mailbox once."""
        return VendorsKnown(
            vendors=tuple(
                Party(
                    name=vendor.name,
                    address=vendor.email,
                    standing=vendor.embargo == "standing",
                    max_embargo=vendor.max_embargo,
                    second=_second(vendor),
                )
                for vendor in self._by_address.values()
            )
        )

    @activity.defn(name="propose_lead")
    async def propose_lead(self, when: Availability) -> Proposal:
        """Propose who could lead: fewest open cases first, then the order of the list.

        Nobody is proposed who is away on that day, by their own calendar, or `without` whom.
        """
        present = [
            member.name
            for member in self._settings.team.members
            if member.name not in when.without and not member.absence_at(when.now)
        ]
        load = {name: await self._count_open(name) for name in present}
        return Proposal(name=least_busy(present, load))

    @activity.defn(name="hours")
    async def hours(self, whose: Whose) -> HoursKnown:
        """Say when a member works in the coming weeks; nobody knows it without a zone."""
        until = whose.now + timedelta(weeks=WEEKS_KNOWN)
        member = self._member(whose.name)
        found = member.works(whose.now, until) if member else iter(())
        windows = tuple(islice(found, MOST_WINDOWS))
        is_full = len(windows) == MOST_WINDOWS
        return HoursKnown(windows=windows, until=min(windows[-1][1], until) if is_full else until)

    def _mailboxes(self, audience: Audience, whom: Addressees) -> _Mailboxes:  # noqa: PLR0911, PLR0912
        team, lists = self._settings.team, self._settings.lists
        match audience:
            case Audience.REPORTER:
                return _of((whom.reporter,) if whom.reporter else ())
            case Audience.LEAD:
                return self._lead(whom)
            case Audience.SECOND:
                return self._members((whom.second,))
            case Audience.NEXT_LEAD:
                return self._members((whom.next_lead,)) or _nameless(team.address)
            case Audience.FORMER_LEAD:
                return self._members((whom.former_lead,))
            case Audience.FIX_TEAM:
                return self._members(whom.fix_team)
            case Audience.TEAM:
                return _nameless(team.address)
            case Audience.ESCALATION:
                return _nameless(*team.escalate_to)
            case Audience.USERS:
                return _nameless(*lists.users)
            case Audience.RELEASE:
                return _nameless(*lists.release)
            case Audience.VENDORS:
                return self._vendors(whom)
            case Audience.TOLD_VENDORS:
                told = [r for r in whom.told if r.audience is Audience.VENDORS]
                return _of(told if whom.consented is None else self._consenting(told, whom))
            case Audience.ASKED_VENDORS:
                return _of(r for r in whom.told if r.address.casefold() in self._asked())
            case Audience.TOLD:
                return _of(whom.told)
            case _:
                assert_never(audience)

    def _member(self, name: str) -> Member | None:
        return next((m for m in self._settings.team.members if m.name == name), None)

    def _lead(self, whom: Addressees) -> _Mailboxes:
        """Return the lead; the team where there is none, and also where the lead is away."""
        member, team = self._member(whom.lead), _nameless(self._settings.team.address)
        if member is None:
            return team
        is_away = whom.now is not None and member.absence_at(whom.now) is not None
        others = [*self._members((whom.second,)), *team] if is_away else []
        return [(member.name, member.email), *others]

    def _members(self, names: Iterable[str]) -> _Mailboxes:
        """Return the members of these names; somebody who has left is left out."""
        known = {member.name: member.email for member in self._settings.team.members}
        return [(name, known[name]) for name in names if name in known]

    def _vendors(self, whom: Addressees) -> _Mailboxes:
        """Return the vendors who have accepted the embargo; nobody else gets any detail."""
        vendors = self._settings.vendors
        if whom.told_elsewhere and whom.only:
            return [(v.name, v.email) for v in vendors]
        by_word = whom.consented if whom.whom or whom.told_elsewhere else ()
        accepted = {r.address.casefold() for r in by_word or ()}
        meant = {r.address.casefold() for r in whom.whom}
        without = {r.address.casefold() for r in whom.without}
        return [
            (v.name, v.email)
            for v in vendors
            if (v.embargo == "standing" or v.email.casefold() in accepted)
            and (not meant or v.email.casefold() in meant)
            and v.email.casefold() not in without
        ]

    def _consenting(self, told: Iterable[Recipient], whom: Addressees) -> list[Recipient]:
        """Return those of the told who may hear more: also by the settings of this moment."""
        accepted = {r.address.casefold() for r in whom.consented or ()}
        vendors = ((r, self._by_address.get(r.address.casefold())) for r in told)
        return [
            r
            for r, vendor in vendors
            if vendor and (vendor.embargo == "standing" or r.address.casefold() in accepted)
        ]

    def _asked(self) -> set[str]:
        """Return the addresses under which a vendor can be asked."""
        seconds = {second for v in self._by_address.values() if (second := _second(v).casefold())}
        return self._by_address.keys() | seconds


def _second(vendor: Vendor) -> str:
    """Return the second contact; where nothing goes out in plain, no key is known for it."""
    return "" if vendor.key_required else vendor.second or ""


def _of(recipients: Iterable[Recipient]) -> _Mailboxes:
    return [(recipient.name, recipient.address) for recipient in recipients]


def _nameless(*addresses: str) -> _Mailboxes:
    return [(address, address) for address in addresses]
