"""What speaks against a later limit, and against a release later than the policy allows."""

from collections.abc import Iterator
from datetime import datetime

from tacenda.acts import Extend
from tacenda.cadence_guards import against_doing_without
from tacenda.case import Case
from tacenda.fields import moment
from tacenda.linking_guards import beyond_links
from tacenda.models import Step
from tacenda.objections import Objection
from tacenda.prose import span

_NEVER_SKIPPED = (Step.ACKNOWLEDGE, Step.RELEASE)


def longest_allowed(case: Case) -> datetime:
    """Return until when (UTC) the policy allows a case to be under embargo.

    Never before the limit that the same policy gives the release.
    """
    policy = case.policy
    return case.report.received + max(policy.release.longest_embargo, policy.limits.release)


def within_the_longest(case: Case, at: datetime | None) -> Iterator[Objection]:
    """Object to a release, or its limit, later than the policy allows; a planned one stands."""
    if at is None or at == case.planned or at <= (longest := longest_allowed(case)):
        return
    yield Objection(
        name="longest embargo of the policy",
        sentence=f"{moment(at)} is later than the policy keeps anything under embargo: "
        f"{span(longest - case.report.received)} from the receipt, until {moment(longest)}. "
        "Give an earlier one, or publish now.",
    )


def against_extending(act: Extend, case: Case, now: datetime) -> Iterator[Objection]:
    """Yield what speaks against moving the limit of a step, or doing without the step."""
    if act.step not in case.open_steps():
        yield _over(act.step, case)
    elif act.skip:
        if act.step in _NEVER_SKIPPED:
            yield Objection(
                name="step",
                sentence=f"The step {act.step.label} cannot be skipped. A case that ends without "
                f"it is closed: tacenda close {case.id} --as REASON.",
                yields=False,
            )
        else:
            yield from against_doing_without(act, case, now)
    elif act.until is not None:
        yield from _against_limit(act.step, act.until, case, now)


def _over(step: Step, case: Case) -> Objection:
    why = f"The step {step.label} is done or skipped; its limit no longer counts."
    if step in case.policy.without:
        why = f"The policy of this case, {case.policy.profile}, has no {step.label}."
    return Objection(name="step", sentence=why, yields=False)


def _against_limit(step: Step, until: datetime, case: Case, now: datetime) -> Iterator[Objection]:
    limit = case.limit(step)
    if until <= max(now, limit):
        yield Objection(
            name="limit",
            sentence=f"The limit of {step.label} is {moment(limit)} and moves only "
            "forward, to an instant still to come. Give a later one.",
            yields=False,
        )
    elif step is Step.RELEASE:
        yield from within_the_longest(case, until)
        yield from beyond_links(case, until)
    elif until > (release := case.limit(Step.RELEASE)):
        yield Objection(
            name="limit of the release",
            sentence=f"{moment(until)} is after the limit of the release, {moment(release)}, and "
            f"the {step.label} is to come before it. Give an earlier instant, or move the release "
            f"first: tacenda extend {case.id} release --until T --reason WHY.",
        )


def on_extending(act: Extend, case: Case, now: datetime) -> Iterator[str]:
    """Yield what the author of a later limit should know."""
    if act.until is None:
        return
    release, period = case.planned or case.limit(Step.RELEASE), case.policy.release.vendor_notice
    if act.step is Step.VENDOR_NOTICE and act.until > release - period:
        yield (
            f"Told by then, the vendors have less than their notice period, {span(period)}, "
            f"before the release ({moment(release)})."
        )
    if act.step is Step.RELEASE and case.planned and act.until < case.planned:
        yield f"The release is planned for {moment(case.planned)}, after that limit."
