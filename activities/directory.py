"""Who is on the team, on the lists and among the vendors, now."""

from collections.abc import Awaitable, Callable, Iterable
from typing import assert_never

from temporalio import activity

from tacenda.errands import Addressees, Availability, Found, Proposal
from tacenda.letters import Recipient
from tacenda.models import Audience
from tacenda.settings import Settings

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
        unknown = tuple(name for name in whom.only if name.casefold() not in known)
        return Found(recipients=tuple(mailboxes.values()), unknown=unknown)

    @activity.defn(name="propose_lead")
    async def propose_lead(self, when: Availability) -> Proposal:
        """Propose who could lead: fewest open cases first, then the order of the list."""
        day = when.now.date()
        present = [m.name for m in self._settings.team.members if not m.is_away(day)]
        load = {name: await self._count_open(name) for name in present}
        return Proposal(name=min(load, key=load.__getitem__, default=""))

    def _mailboxes(self, audience: Audience, whom: Addressees) -> _Mailboxes:  # noqa: PLR0911, PLR0912
        team, lists = self._settings.team, self._settings.lists
        match audience:
            case Audience.REPORTER:
                return _of((whom.reporter,) if whom.reporter else ())
            case Audience.LEAD:
                return self._members((whom.lead,)) or _nameless(team.address)
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
                return self._vendors(everyone=whom.told_elsewhere and bool(whom.only))
            case Audience.TOLD_VENDORS:
                return _of(r for r in whom.told if r.audience is Audience.VENDORS)
            case Audience.TOLD:
                return _of(whom.told)
            case _:
                assert_never(audience)

    def _members(self, names: Iterable[str]) -> _Mailboxes:
        """Return the members of these names; somebody who has left is left out."""
        known = {member.name: member.email for member in self._settings.team.members}
        return [(name, known[name]) for name in names if name in known]

    def _vendors(self, *, everyone: bool) -> _Mailboxes:
        """Return the vendors who have accepted the embargo; nobody else gets any detail."""
        vendors = self._settings.vendors
        return [(v.name, v.email) for v in vendors if everyone or v.embargo == "standing"]


def _of(recipients: Iterable[Recipient]) -> _Mailboxes:
    return [(recipient.name, recipient.address) for recipient in recipients]


def _nameless(*addresses: str) -> _Mailboxes:
    return [(address, address) for address in addresses]
