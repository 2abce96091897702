"""A case: everything that is known of one disclosure, as one frozen value."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.bounces import dead_among
from tacenda.docket import Docket
from tacenda.letters import Notice, Recipient, Sent
from tacenda.models import NOTICES, Audience, Kind, State, Step
from tacenda.policy import Policy
from tacenda.rules import SURE_POST, WHOLE_CASE

_LETTER_FOR = {
    Step.USER_NOTICE: Kind.USER_NOTICE,
    Step.VENDOR_NOTICE: Kind.VENDOR_NOTICE,
    Step.RELEASE: Kind.RELEASE,
}


class Case(Docket):
    """The facts of one disclosure and what follows from them; every change makes a new value."""

    @property
    def state(self) -> State:
        """The first step that is neither done nor skipped; then released; then closed."""
        if self.closing:
            return State.CLOSED
        if self.released:
            return State.RELEASED
        return State(next(self.open_steps()).value)

    @property
    def released(self) -> datetime | None:
        """When the release actually went out (UTC), or None."""
        return self.done_at(Step.RELEASE)

    @property
    def is_public(self) -> bool:
        """Whether there is nothing left to keep: released, or public some other way."""
        return self.released is not None or self.public_since is not None

    @property
    def is_overtaken(self) -> bool:
        """Whether events overtook the plan: somebody must decide, or it is public already."""
        return self.released is None and bool(self.asked or self.public_since)

    def limit(self, step: Step) -> datetime:
        """Return the instant (UTC) by which `step` must be done.

        An extension moves one. When a case turns out to be public, every limit that was still to
        come is at that instant. The release of several cases together has the earliest of their
        limits.
        """
        moved, own = self.moved.get(step), self._own_limit(step)
        if self.public_since is None:
            return own
        if self.rules < WHOLE_CASE:
            return own if moved else self.public_since
        if moved:
            is_since = moved.decided >= self.public_since
            return own if is_since else min(own, self.public_since)
        return self._kept(step, min(own, self.public_since))

    def _own_limit(self, step: Step) -> datetime:
        moved = self.moved.get(step)
        own = moved.until if moved else self._kept(step, self._limit_by_policy(step))
        return min([own, *(link.limit for link in self.links)]) if step is Step.RELEASE else own

    def _kept(self, step: Step, limit: datetime) -> datetime:
        """Return that limit, or the one that stays because this one would lie in the past."""
        kept = self.kept.get(step)
        return kept.at if kept and (kept.upto is None or limit <= kept.upto) else limit

    def _limit_by_policy(self, step: Step) -> datetime:
        """Count from the receipt; for the vendors perhaps back from the release, as it is planned.

        The process as it is run today tells them 7 days before the publication.
        """
        received, policy = self.report.received, self.policy
        if policy.anchor == "receipt" or step is not Step.VENDOR_NOTICE:
            return received + policy.limits.of(step)
        release = self.planned or self._own_limit(Step.RELEASE)
        return max(release - policy.release.vendor_notice, received)

    def policy_at(self, at: datetime) -> Policy:
        """Return the policy that the case carried at an instant (UTC)."""
        former = (former.policy for former in self.former_policies if at < former.until)
        return next(former, self.policy)

    def done_at(self, step: Step) -> datetime | None:
        """Return when `step` was done (UTC): a notice is done when somebody has it."""
        if step is Step.ACKNOWLEDGE:
            return self.acknowledged
        if step is Step.FIX:
            return self.fix.landed if self.fix and self.fix.is_landed else None
        kind = _LETTER_FOR[step]
        return next((s.at for s in self.letters if s.kind is kind and self.arrived(s)), None)

    def open_steps(self) -> Iterator[Step]:
        """Yield the steps that are neither done nor skipped, in order.

        The release ends them all: what it told the world needs no notice any more.
        """
        if self.released:
            return
        for step in Step:
            if not self.is_without(step) and self.done_at(step) is None:
                yield step

    def is_without(self, step: Step) -> bool:
        """Whether a person does without that step, or the policy or the leading case does."""
        is_led_without = self.leading is not None and step in self.leading.without
        return step in self.skipped or step in self.policy.without or is_led_without

    def overdue(self, now: datetime) -> tuple[Step, ...]:
        """Return the open steps whose limit has been reached by `now`."""
        if self.closing:
            return ()
        return tuple(step for step in self.open_steps() if self.limit(step) <= now)

    def next_limit(self, now: datetime) -> datetime | None:
        """Return the next limit of an open step that is still to come, or None."""
        if self.closing:
            return None
        coming = [self.limit(step) for step in self.open_steps() if self.limit(step) > now]
        return min(coming, default=None)

    @property
    def reporter(self) -> Recipient | None:
        """The mailbox of the reporter, or None where there is nobody to write to."""
        reporter = self.report.reporter
        if reporter is None or reporter.email is None or self.lost_reporter:
            return None
        return Recipient(name=reporter.name, address=reporter.email, audience=Audience.REPORTER)

    @property
    def lost_reporter(self) -> bool:
        """Whether letters to the reporter come back, so that they must be reached another way."""
        reporter = self.report.reporter
        return bool(reporter and reporter.email and reporter.email.casefold() in self.dead)

    @property
    def dead(self) -> frozenset[str]:
        """The addresses, case-folded, from which a letter came back for good."""
        return dead_among(self.bounces) if self.rules >= SURE_POST else frozenset()

    def reached(self, letter: Sent) -> tuple[Recipient, ...]:
        """Return who has a letter: it was delivered, and has not come back since."""
        lost = {b.address.casefold() for b in self.bounces if b.letter == letter.key and b.is_lost}
        if not lost or self.rules < SURE_POST:
            return letter.delivered
        return tuple(r for r in letter.delivered if r.address.casefold() not in lost)

    def arrived(self, letter: Sent) -> bool:
        """Whether somebody has a letter; a release that left is out, whatever a mail says later."""
        if letter.elsewhere or letter.kind is Kind.RELEASE:
            return letter.arrived
        return bool(self.reached(letter))

    def notice_for(self, audience: Audience, when: datetime | None = None) -> Kind:
        """Return what a notice to `audience` is: after the release it corrects that.

        `when` (UTC) is when it was given, where that was before.
        """
        is_after = self.released and (when is None or when >= self.released)
        if is_after and audience is not Audience.REPORTER:
            return Kind.CORRECTION
        return NOTICES[audience]

    def step_for(self, kind: Kind) -> Step | None:
        """Return the step that a letter of `kind` does, or None."""
        return next((step for step, letter in _LETTER_FOR.items() if letter is kind), None)

    @property
    def all_letters(self) -> tuple[Sent, ...]:
        """The letters whose fate is known, then those on their way."""
        return (*self.letters, *self.under_way)

    def started(self, key: str) -> bool:
        """Whether the letter of that key is on its way, has left, or could not."""
        return any(letter.key == key for letter in self.all_letters)

    def finished(self, key: str) -> bool:
        """Whether the fate of the letter of that key is known."""
        return any(letter.key == key for letter in self.letters)

    def notice(self, key: str) -> Notice | None:
        """Return the approval whose letter has that key, or None.

        Vendors who get it later than the others get it under a key that goes on after a dot.
        """
        own = ".".join(key.split(".")[:2])
        return next((notice for notice in self.notices if notice.key == own), None)

    def approved(self, kind: Kind, audience: Audience | None = None) -> Notice | None:
        """Return the approval of `kind` that stands: neither held nor failed, or None.

        There can be a correction for the users and one for the vendors: `audience` says which.
        """
        standing = (n for n in self._standing(kind, audience) if not self.failed(n.key))
        return next(standing, None)

    def vendors_told(self) -> datetime | None:
        """Return when the vendors have, or will have, their last notice (UTC), or None.

        A later one that is only for some does not count: it keeps the others from nothing.
        """
        arrived = [s for s in self.letters if s.kind is Kind.VENDOR_NOTICE and self.arrived(s)]
        for_all = [s.at for s in arrived if not self._is_for_some(s.key)]
        coming = self.approved(Kind.VENDOR_NOTICE)
        if coming and not coming.to and not self.finished(coming.key):
            for_all.append(max(coming.send_at, coming.approved))
        return max(for_all or (s.at for s in arrived), default=None)

    def _is_for_some(self, key: str) -> bool:
        notice = self.notice(key)
        return notice is not None and bool(notice.to or notice.key != key)

    def waiting(self, kind: Kind, audience: Audience | None = None) -> Notice | None:
        """Return the last standing approval of `kind` whose letter has not started, or None."""
        return next(self.all_waiting(kind, audience), None)

    def all_waiting(self, kind: Kind, audience: Audience | None = None) -> Iterator[Notice]:
        """Yield those approvals, the last first: there can be one for each of several vendors."""
        return (n for n in self._standing(kind, audience) if not self.started(n.key))

    def told(self, *audiences: Audience) -> tuple[Recipient, ...]:
        """Return who got a user or vendor notice, each mailbox once, in order."""
        dead = self.dead
        mailboxes = {
            recipient.address: recipient
            for letter in self.letters
            if letter.kind in (Kind.USER_NOTICE, Kind.VENDOR_NOTICE)
            for recipient in self.reached(letter)
            if recipient.audience in audiences and recipient.address.casefold() not in dead
        }
        return tuple(mailboxes.values())

    def _standing(self, kind: Kind, audience: Audience | None) -> Iterator[Notice]:
        for notice in reversed(self.notices):
            is_for = audience is None or notice.audience in (None, audience)
            if notice.kind is kind and is_for and not notice.held:
                yield notice

    def failed(self, key: str) -> bool:
        """Whether the letter of that key reached nobody."""
        return any(s.key == key and not self.arrived(s) for s in self.letters)
