"""Every situation in which a case can be when something happens to its embargo."""

from collections.abc import Callable
from datetime import timedelta

from tacenda.happenings import MailStopped
from tacenda.lifecycle import apply
from tacenda.models import Audience, Kind, Step, Stop
from tests.builders import (
    a_case,
    a_policy,
    acknowledge,
    after,
    close,
    fixed,
    hand_off,
    invite,
    mitigated,
    release,
    reopen,
    skip,
    slot,
    user_notice,
    vendor_notice,
)
from tests.unit.story import Story

HALF = timedelta(hours=12)
DATE = slot(15)
"""The release date that everybody was told who was told one."""

LISTS = {
    Audience.VENDORS: ("one", "two", "three"),
    Audience.USERS: ("reader", "other-reader"),
    Audience.RELEASE: ("reader", "world"),
}
VENDORS = frozenset(LISTS[Audience.VENDORS])

Situation = Callable[[], Story]


def opened(approvals: int = 1, adopted: str = "") -> Story:
    """Return a case that nobody has taken."""
    case = a_case(policy=a_policy(approvals=approvals))
    return Story(case.model_copy(update={"adopted": adopted}), lists=LISTS)


def taken() -> Story:
    """Return a case on its fifth day that somebody leads, and no more."""
    return opened().do(acknowledge(team=("bob",))).wait(after(5))


def mended() -> Story:
    """Return a case whose fix has landed."""
    return opened().do(acknowledge(team=("bob",)), fixed()).wait(after(5))


def users_told() -> Story:
    """Return a case whose users wait for a release."""
    return mended().do(user_notice())


def users_told_later() -> Story:
    """Return a case whose user notice is approved for tomorrow."""
    return mended().do(user_notice(at=slot(6)))


def users_half_told() -> Story:
    """Return a case whose user notice has not reached everybody."""
    story = mended()
    story.puts_off = {Kind.USER_NOTICE: {"other-reader"}}
    return story.do(user_notice())


def vendors_told() -> Story:
    """Return a case whose vendors know everything."""
    return mended().do(vendor_notice(planned=DATE))


def vendors_told_later() -> Story:
    """Return a case whose vendors' notice is approved for tomorrow."""
    return mended().do(vendor_notice(planned=DATE, at=slot(6)))


def vendors_half_told() -> Story:
    """Return a case whose vendors' notice has reached one of three."""
    story = mended()
    story.puts_off = {Kind.VENDOR_NOTICE: {"two", "three"}}
    return story.do(vendor_notice(planned=DATE))


def vendors_impatient() -> Story:
    """Return a case in which a vendor keeps no embargo for so long, and is told later."""
    story = mended().with_party("brief", standing=True, max_embargo=DATE - slot(10))
    return story.do(vendor_notice(planned=DATE))


def invited() -> Story:
    """Return a case in which a vendor was asked for its consent, and has not answered."""
    story = mended().with_party("asked")
    return story.do(invite(planned=DATE))


def waiting_for_consent() -> Story:
    """Return a case whose notice waits for the consent of one vendor."""
    story = mended().with_party("asked")
    return story.do(vendor_notice(planned=DATE))


def promised() -> Story:
    """Return a case whose release is approved, and everybody told."""
    return vendors_told().do(user_notice(), release(DATE))


def warned() -> Story:
    """Return a case a few hours before its release, with the vendors warned."""
    return promised().wait(slot(15) - HALF)


def half_warned() -> Story:
    """Return a case whose final warning has reached one of three vendors."""
    story = promised()
    story.puts_off = {Kind.FINAL_WARNING: {"two", "three"}}
    return story.wait(slot(14) + HALF)


def going_out() -> Story:
    """Return a case whose release is on its way, and has reached nobody yet."""
    story = promised().wait(slot(14) + HALF)
    story.stuck = {Kind.RELEASE}
    return story.wait(slot(15))


def half_out() -> Story:
    """Return a case whose release has reached one of its lists."""
    story = promised()
    story.puts_off = {Kind.RELEASE: {"world", "two"}}
    return story.wait(slot(15))


def held_back() -> Story:
    """Return a case whose release could not go out in time."""
    story = promised().wait(slot(14) + HALF).outage(slot(15) + HALF)
    assert any(notice.held for notice in story.case.notices)
    return story


def half_approved() -> Story:
    """Return a case whose release one of two people has approved."""
    story = opened(approvals=2).do(acknowledge(team=("bob",)), fixed()).wait(after(5))
    return story.do(vendor_notice(planned=DATE), release(DATE))


def twice_approved() -> Story:
    """Return a case whose release two people have approved."""
    return half_approved().do(release(DATE, by="bob"))


def handed_over() -> Story:
    """Return a case that was handed over, and not accepted."""
    return vendors_told().do(hand_off("carol"))


def skipping() -> Story:
    """Return a case that does without both notices."""
    return mended().do(skip(Step.USER_NOTICE), skip(Step.VENDOR_NOTICE, override="none to tell"))


def unfixed() -> Story:
    """Return a case without a fix whose users know what helps meanwhile."""
    return taken().do(mitigated(), user_notice(), vendor_notice(planned=DATE))


def speechless() -> Story:
    """Return a case while no letter leaves: none of those that were begun has arrived."""
    story = vendors_told()
    story.case = apply(story.case, MailStopped(by=Stop.UNREACHABLE), story.now)
    return story


def adopted() -> Story:
    """Return a case that was begun elsewhere."""
    return opened(adopted="a spreadsheet").do(acknowledge()).wait(after(5))


def reopened() -> Story:
    """Return a case that was closed and is open again."""
    return vendors_told().do(close(), reopen())


def leaderless() -> Story:
    """Return a case that nobody could even be proposed for."""
    story = opened().wait(after(5))
    story.case = story.case.model_copy(update={"proposed_lead": ""})
    return story


SITUATIONS: tuple[Situation, ...] = (
    opened,
    taken,
    mended,
    users_told,
    users_told_later,
    users_half_told,
    vendors_told,
    vendors_told_later,
    vendors_half_told,
    vendors_impatient,
    invited,
    waiting_for_consent,
    promised,
    warned,
    half_warned,
    going_out,
    half_out,
    held_back,
    half_approved,
    twice_approved,
    handed_over,
    skipping,
    unfixed,
    speechless,
    adopted,
    reopened,
    leaderless,
)
