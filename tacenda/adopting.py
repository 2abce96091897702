"""Another policy for an open case: the act, what it moves, and what a person must know of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from tacenda.act import Act
from tacenda.approving import held
from tacenda.case import Case
from tacenda.extending import longest_allowed
from tacenda.fields import FilledLine, moment
from tacenda.letters import Notice
from tacenda.models import Kind, Step
from tacenda.objections import Objection, command_for
from tacenda.policy import FormerPolicy, Policy
from tacenda.promises import is_going_out
from tacenda.prose import span
from tacenda.releases import is_approved
from tacenda.rules import RIGHT_DATE
from tacenda.settling import settled
from tacenda.troubles import with_trouble
from tacenda.turning import with_turn


class AdoptPolicy(Act):
    """A person moves an open case to another policy, which is carried whole; `why` is required."""

    name: ClassVar[str] = "adopt_policy"

    policy: Policy
    why: FilledLine

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return self.policy.profile


def adopted(act: AdoptPolicy, case: Case, now: datetime) -> Case:
    """Return the case under the policy of `act` at `now` (UTC); who was told otherwise hears it."""
    if act.policy == case.policy:
        return case
    unsure = _without_its_second(case, act.policy)
    after = under(case, act.policy, now)
    if unsure:
        after = with_trouble(
            held(after, unsure, "another policy was adopted"),
            "The release was approved by one person where two were wanted, and another policy "
            f"wants one. Read the text again and approve it anew: {command_for(case, unsure)}.",
            now,
        )
    for offence in offences(after, now):
        after = with_trouble(after, offence, now)
    return with_turn(case, after, now, by=act.by, what=_what(case.policy, act.policy), why=act.why)


def under(case: Case, policy: Policy, now: datetime) -> Case:
    """Return the case with another policy from `now` (UTC) on, and the limits by it.

    No limit moves into the past. One that a person extended stays, unless the policy gives more.
    """
    former = FormerPolicy(policy=case.policy, until=now)
    after = case.model_copy(
        update={
            "policy": policy,
            "kept": {},
            "former_policies": (*case.former_policies, former),
        }
    )
    # The release goes first: the limit of the vendors may run back from it.
    for step in sorted(after.open_steps(), key=lambda step: step is not Step.RELEASE):
        rest = {other: moved for other, moved in after.moved.items() if other is not step}
        unmoved = after.model_copy(update={"moved": rest})
        if unmoved.limit(step) > case.limit(step):
            after = unmoved
    return settled(case, after, now)


def _what(old: Policy, new: Policy) -> str:
    if old.profile == new.profile:
        return f"other values of the policy {new.profile}"
    return f"the policy {new.profile} in place of {old.profile}"


def _without_its_second(case: Case, policy: Policy) -> Notice | None:
    """Return the release that lacks an approval now, and would not by `policy`: or None."""
    release = case.waiting(Kind.RELEASE)
    if release is None or is_approved(release, case.policy) or not is_approved(release, policy):
        return None
    return release


def offences(case: Case, now: datetime) -> Iterator[str]:
    """Yield how what is planned offends the policy of the case at `now` (UTC)."""
    if case.is_public or is_going_out(case):
        return
    release, planned = case.waiting(Kind.RELEASE), case.planned
    if release and not is_approved(release, case.policy):
        yield (
            "The approved release needs a second approval by this policy: another member "
            f"approves the same text and instant with {command_for(case, release)}."
        )
    if planned is None or planned <= now:
        return
    for what in _against_date(case, planned, now):
        yield (
            f"The release is planned for {moment(planned)}, and {what}. It stays planned until "
            f"somebody changes it: tacenda notify {case.id} vendors --planned T, or "
            f"tacenda release {case.id} --at T."
        )


def _against_date(case: Case, planned: datetime, now: datetime) -> Iterator[str]:
    rules = case.policy.release
    if objection := case.policy.calendar.objection(planned):
        yield objection
    if planned > (longest := longest_allowed(case)):
        yield f"this policy keeps no embargo after {moment(longest)}"
    told = case.vendors_told() or now
    is_without = case.is_without(Step.VENDOR_NOTICE)
    if planned < told + rules.vendor_notice and not is_without:
        began = planned - rules.vendor_notice
        yield (
            f"the notice period of the vendors, {span(rules.vendor_notice)}, began on "
            f"{moment(began)}, before they {'were told' if case.vendors_told() else 'are told'}"
        )


def against_adopting(act: AdoptPolicy, case: Case, now: datetime) -> Iterator[Objection]:
    """Yield what speaks against another policy."""
    if case.rules < RIGHT_DATE:
        yield Objection(
            name="earlier version",
            sentence=f"{case.id} was opened by an earlier version, whose cases keep their policy. "
            "Close it and reopen it to change that.",
            yields=False,
        )
    elif act.policy == case.policy:
        yield Objection(
            name="same policy",
            sentence=f"The case carries exactly that policy ({act.policy.profile}): nothing would "
            "change. What it carries is what [policy], [profiles] and [calendar] in tacenda.toml "
            "say; change them first.",
            yields=False,
        )


def on_adopting(act: AdoptPolicy, case: Case, now: datetime) -> Iterator[str]:
    """Yield what the author of another policy should know."""
    yield from offences(under(case, act.policy, now), now)
    for step, kind in (
        (Step.USER_NOTICE, Kind.USER_NOTICE),
        (Step.VENDOR_NOTICE, Kind.VENDOR_NOTICE),
    ):
        waits = case.waiting(kind)
        if waits and step in act.policy.without and step not in case.policy.without:
            yield (
                f"The {step.label} that is approved for {moment(waits.send_at)} goes out all the "
                f"same. To stop it: {command_for(case, waits)} --hold REASON."
            )
