"""Every guard there is: what it objects to, on which case, and what it offers instead."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tacenda.act import Act
from tacenda.acts import Close
from tacenda.case import Case
from tacenda.decisions import Choice
from tacenda.filings import Duty
from tacenda.link_acts import LinkedNews
from tacenda.links import Leading
from tacenda.models import Audience, CloseReason, Kind, Reporter, Step, Word
from tacenda.policy import Policy, Regulator
from tacenda.profiles import KUBERNETES_CURRENT
from tacenda.rules import SURE_POST, WHOLE_CASE
from tacenda.tidings import link_of
from tests.builders import (
    FIRST,
    LOW,
    RECEIVED,
    a_case,
    a_policy,
    acknowledge,
    adopt,
    after,
    assign_cve,
    attached,
    bounced,
    close,
    confirm_reporter,
    credit,
    decide,
    exploited,
    extend,
    file_report,
    fixed,
    hand_off,
    held_retrospective,
    hold,
    invite,
    leak,
    link_to,
    mitigated,
    not_required,
    notice,
    part,
    public,
    published,
    release,
    reopen,
    replied,
    score,
    skip,
    slot,
    told_elsewhere,
    undecide,
    user_notice,
    vendor_notice,
    withdrawn,
    works_again,
)
from tests.unit.linkedcases import LEADING
from tests.unit.story import Story

CASE = "case-2026-7k3q9xm4tp"
LONGEST = "longest embargo of the policy"
LATER = after(0, minutes=10)


def going_out() -> Case:
    """Return a case whose release is just going out."""
    story = Story().do(acknowledge(), fixed())
    story.stuck = {Kind.RELEASE}
    return story.do(release(override="urgent")).case


def with_open_ends() -> Case:
    """Return a released case whose reporter could not be reached, with a CVE id."""
    story = Story().do(acknowledge(), fixed(), assign_cve())
    story.refusing = {Kind.THANKS}
    return story.do(release(override="urgent")).case


def another(number: int) -> LinkedNews:
    """Return what one more case tells that lets this one lead it: its fix has not landed."""
    link = link_of(a_case()).model_copy(update={"case": f"case-2026-{number:010d}"})
    return LinkedNews(by=link.case, at=RECEIVED, link=link)


def tells_of_plan(**done: datetime) -> LinkedNews:
    """Return what the leading case tells: which steps are done there."""
    return LinkedNews(by=LEADING, at=RECEIVED, leading=Leading(case=LEADING, **done))


def with_vendors() -> Story:
    """Return a case whose vendors were told, for the 15th day: one that keeps it for ten days.

    Another is asked in each case, and was invited.
    """
    story = Story(lists={Audience.VENDORS: ("one",)})
    story.with_party("brief", standing=True, max_embargo=timedelta(days=10)).with_party("asked")
    story.do(acknowledge(), fixed())
    return story.do(vendor_notice(planned=slot(8)))


BARE = Story().case
TAKEN = Story().do(acknowledge()).case
FIXED = Story().do(acknowledge(), fixed()).case
HANDED = Story().do(acknowledge(), hand_off("bob")).case
ASSIGNED = Story().do(assign_cve()).case
WARNED = Story().do(acknowledge(), fixed(), vendor_notice()).case
SOON = Story().do(acknowledge(), fixed(), release(slot(1))).case
APPROVED = Story().do(acknowledge(), fixed(), user_notice(at=slot(1)), release(slot(15))).case
NAMELESS = Story(a_case(reporter=None)).do(acknowledge()).case
BY_PHONE = Story(a_case(reporter=Reporter(name="Rita"))).do(acknowledge()).case
GOING_OUT = going_out()
RELEASED = Story().do(acknowledge(), fixed(), release(override="urgent")).case
OPEN_ENDS = with_open_ends()
CORRECTED = (
    Story(RELEASED)
    .do(notice(Audience.USERS, "Wrong."), notice(Audience.VENDORS, "Later.", at=slot(1)))
    .case
)
CLOSED = Story().do(close()).case
RITA = "reporter@example.org"
LOST = (
    Story(a_case(reporter=Reporter(name="Rita", email=RITA)))
    .do(acknowledge(), bounced(RITA, "receipt"))
    .case
)
PUBLIC = Story(a_case(public=True)).case
TWO = Story(a_case(policy=a_policy(approvals=2))).do(acknowledge(), fixed(), release(slot(2))).case
KNOWN = (
    Story(
        a_case(
            title="The importer writes outside its folder",
            details="A name in an uploaded archive can climb out of the work folder.",
            secret=("Blue Lantern",),
        )
    )
    .do(acknowledge(), fixed("https://git.example.org/acme/lantern/pull/512"))
    .case
)
UNREAD = FIXED.model_copy(update={"secrets": (None,)})
INVITED = with_vendors().case
PUBLIC_INVITED = with_vendors().do(public()).case
USED = with_vendors().do(exploited()).case
LEAKED = with_vendors().do(leak()).case
HAS_DECLINED = with_vendors().do(replied("asked", Word.DECLINED)).case
CURRENT = Story(a_case(policy=KUBERNETES_CURRENT)).do(acknowledge(), fixed()).case
EARLIER = INVITED.model_copy(update={"rules": WHOLE_CASE})
SCORED = Story().do(acknowledge(), score(LOW)).case
SEVERE = Story().do(acknowledge(), score(), mitigated()).case
UNLED = Story().do(score(LOW)).case
OF_BOB = Story().do(acknowledge("bob"), score(LOW)).case
DECIDED = Story(SCORED).do(decide(Choice.SKIP_VENDORS)).case
EXPLOITED = Story().do(acknowledge(), exploited()).case
FILED = Story().do(acknowledge(), exploited(), file_report()).case
UNREQUIRED = Story().do(exploited(), not_required(Duty.EARLY_WARNING)).case
INFORMED = Story(RELEASED).do(exploited(), notice(Audience.USERS, "It is used.")).case
UNBOUND = Story(a_case(policy=a_policy(regulator=Regulator(applies=False)))).do(exploited()).case
BEFORE_THE_CLOCK = EXPLOITED.model_copy(update={"rules": SURE_POST})
JOINS = another(1)
THIRD = JOINS.by
LEADS = Story().do(acknowledge(), fixed()).do(JOINS).case
LEADS_MANY = Story(LEADS).do(*(another(n) for n in range(2, 21))).case
LED = Story().do(acknowledge(), fixed(), link_to(LEADING)).case
LED_TOLD = Story(LED).do(tells_of_plan(users=after(1))).case
LED_OUT = Story(LED).do(tells_of_plan(released=after(1))).case
UPDATE = notice(Audience.REPORTER, "Thank you.")


CORRECTION = notice(Audience.USERS, "It is tracker.acme.internal now.")


class Guard(NamedTuple):
    """A guard: on which case it objects to which act, what it offers, and to what it yields."""

    name: str
    case: Case
    act: Act
    offer: str
    yields: bool = True
    in_public: bool = False
    now: datetime = LATER


def sure(name: str, case: Case, act: Act, offer: str, **more: Any) -> Guard:
    """Return a guard that no override sets aside, and that stands in public."""
    return Guard(name, case, act, offer, **{"yields": False, "in_public": True, **more})


def slip(name: str, case: Case, act: Act, offer: str) -> Guard:
    """Return a guard that yields to a reason, and to nothing less on a public case."""
    return Guard(name, case, act, offer, in_public=True)


GUARDS = [
    # Linked cases.
    sure("itself", FIXED, link_to(CASE), "--to CASE"),
    sure("itself", FIXED, close(CloseReason.DUPLICATE, duplicate_of=CASE), "--of CASE"),
    sure("itself", FIXED, LinkedNews(by=CASE, at=LATER, link=link_of(FIXED)), "follow itself"),
    sure("follows already", LED, link_to(FIRST), f"tacenda link {CASE} --part"),
    sure("follows already", LED, JOINS, f"tacenda link {THIRD} --to {LEADING}"),
    sure("follows none", FIXED, part(), "tacenda link CASE --part"),
    sure("leads", LEADS, link_to(FIRST), f"tacenda link {THIRD} --part"),
    sure("links", LEADS_MANY, another(50), "is the most"),
    sure("earlier version", EARLIER, link_to(LEADING), "for the same instant"),
    sure("released", RELEASED, link_to(LEADING), "is out"),
    sure("released", LED_OUT, part(), f"together with {LEADING}"),
    sure("approved already", SOON, link_to(LEADING), f"tacenda release {CASE} --hold"),
    sure("not linked", FIXED, tells_of_plan(), f"does not follow {LEADING}"),
    Guard("told already", WARNED, link_to(LEADING), f"tacenda link CASE --to {CASE}"),
    Guard("told together", LED_TOLD, part(), "user notice on 2026-03-03"),
    Guard("released together", LED, release(slot(2)), f"tacenda release {LEADING}"),
    Guard("released together", LED, user_notice(), f"tacenda notify {LEADING} users"),
    Guard("released together", LED, invite(), f"tacenda notify {LEADING} vendors"),
    Guard("fix of another case", LEADS, release(slot(2)), f"tacenda fixed {THIRD} --ref URL"),
    Guard("limit of another case", LEADS, extend(Step.RELEASE, slot(40)), f"extend {THIRD}"),
    slip("first case", FIXED, Close(by="alice", reason=CloseReason.DUPLICATE), "--of CASE"),
    sure(
        "duplicates of each other",
        FIXED.model_copy(update={"duplicates": (FIRST,)}),
        close(CloseReason.DUPLICATE),
        "One of both must stay",
    ),
    # Who acts, and on which case.
    sure("closed", CLOSED, fixed(), "closed as invalid by alice"),
    sure("closed", CLOSED, close(), f"tacenda close {CASE} --reopen REASON"),
    sure("open", FIXED, reopen(), f"tacenda close {CASE} --as REASON"),
    sure("acknowledged", FIXED, acknowledge("bob"), f"tacenda handoff {CASE} --to bob"),
    sure("acknowledged", FIXED, acknowledge("bob"), f"tacenda ack {CASE} --team NAME"),
    sure("acknowledged", HANDED, acknowledge("carol"), f"tacenda --as bob ack {CASE}"),
    sure(
        "acknowledged",
        HANDED,
        acknowledge("bob", lead="carol"),
        f"tacenda handoff {CASE} --to carol",
    ),
    sure(
        "answered",
        HANDED,
        acknowledge("bob", text="Hello again."),
        f"tacenda notify {CASE} reporter --edit",
    ),
    sure(
        "answered", FIXED, acknowledge(team=("bob",), elsewhere="by telephone"), "reporter --edit"
    ),
    sure("no lead", BARE, hand_off("bob"), f"tacenda ack {CASE} --lead bob"),
    sure("leads already", FIXED, hand_off("alice", by="bob"), f"tacenda handoff {CASE} --to NAME"),
    # The embargo.
    sure("public already", PUBLIC, leak(), "no embargo left to break"),
    sure("public already", RELEASED, public(), "no embargo left to break"),
    sure("no decision asked", FIXED, leak(hold_on=True), f"tacenda leak {CASE} --reason WHAT"),
    # The vendors.
    sure("earlier version", EARLIER, invite(), "by an earlier version"),
    sure("earlier version", EARLIER, replied("asked"), "by an earlier version"),
    sure("unknown vendor", INVITED, replied("nobody"), f"tacenda notify {CASE} vendors --invite"),
    sure("unknown vendor", BARE, replied("asked"), f"tacenda vendors {CASE}"),
    sure("embargo over", PUBLIC, invite(), f"tacenda notify {CASE} vendors"),
    sure("embargo over", GOING_OUT, invite(), "no embargo to invite"),
    sure("embargo over", PUBLIC_INVITED, replied("asked"), "no embargo left to accept"),
    sure("embargo over", USED, invite(), "no embargo to invite anybody to"),
    sure("embargo over", USED, replied("asked"), "exploited since"),
    Guard("decision asked", LEAKED, invite(), f"tacenda leak {CASE} --hold-on --reason WHY"),
    sure("instant", INVITED, invite(planned=RECEIVED), "--planned T"),
    sure("instant", INVITED, replied("asked", until=RECEIVED), "--until T"),
    Guard("not told", INVITED, replied("asked", Word.READY), "--sent-elsewhere REF"),
    sure(
        "consent",
        HAS_DECLINED,
        vendor_notice(to=("asked",)),
        f"tacenda notify {CASE} vendors --invite --to 'asked'",
        in_public=False,
    ),
    Guard("longest embargo", INVITED, release(slot(15)), "brief (until 2026-03-12 09:00 UTC)"),
    Guard("longest embargo", INVITED, user_notice(planned=slot(15)), "Give an earlier date"),
    Guard("longest embargo", INVITED, vendor_notice("x", planned=slot(15)), "agree with them"),
    Guard("longest embargo", INVITED, invite(planned=slot(15)), "Give an earlier date"),
    # The facts.
    sure("vector", FIXED, score("CVSS:3.1/av:N"), 'metric "av"'),
    sure("CVE id", FIXED, published(), f"tacenda cve {CASE} CVE-2026-12345"),
    Guard("CVE record", ASSIGNED, published(), f"tacenda public {CASE} --reason WHY"),
    sure("no fix", TAKEN, withdrawn(), f"tacenda fixed {CASE} --ref URL"),
    sure("instant", TAKEN, fixed(when=slot(1)), "--when T"),
    # Limits.
    sure("step", RELEASED, extend(Step.RELEASE, slot(30)), "done or skipped"),
    sure("step", FIXED, extend(Step.FIX, slot(30)), "done or skipped"),
    sure("step", FIXED, skip(Step.RELEASE), f"tacenda close {CASE} --as REASON"),
    sure("step", BARE, skip(Step.ACKNOWLEDGE), f"tacenda close {CASE} --as REASON"),
    sure("limit", FIXED, extend(Step.RELEASE, RECEIVED), "Give a later one"),
    # The choices that severity leaves.
    sure("earlier version", EARLIER, decide(Choice.SEMI_PUBLIC), f"tacenda extend {CASE} STEP"),
    sure("not decided", SCORED, undecide(Choice.SEMI_PUBLIC), f"tacenda show {CASE}"),
    sure("no choice", PUBLIC, decide(Choice.SEMI_PUBLIC), "nothing left to choose"),
    sure(
        "decided already",
        DECIDED,
        decide(Choice.SKIP_VENDORS),
        f"tacenda decide {CASE} skip-vendors --withdraw REASON",
        in_public=False,
    ),
    sure("step", WARNED, decide(Choice.SKIP_VENDORS), "done or skipped", in_public=False),
    sure("planned release", SCORED, decide(Choice.NEXT_RELEASE), "[calendar]", in_public=False),
    sure("limit", SCORED, decide(Choice.SLOW_DOWN, until=slot(8)), "--until T", in_public=False),
    Guard("ground", BARE, decide(Choice.WARN_EARLY), f"tacenda score {CASE} VECTOR"),
    Guard("ground", SEVERE, decide(Choice.SLOW_DOWN), "--low-risk"),
    Guard("ground", SEVERE, decide(Choice.SEMI_PUBLIC), f"tacenda score {CASE} VECTOR"),
    Guard("ground", SEVERE, decide(Choice.SKIP_VENDORS), f"tacenda notify {CASE} vendors"),
    Guard("ground", SEVERE, decide(Choice.WARN_EARLY), "--easy-mitigation"),
    Guard("ground", SCORED, decide(Choice.WARN_EARLY), f"tacenda fixed {CASE} --mitigation TEXT"),
    Guard("discussion", SCORED, decide(Choice.SLOW_DOWN, discussion=""), "--discussion URL"),
    Guard("fix lead", OF_BOB, decide(Choice.SEMI_PUBLIC), f"tacenda handoff {CASE} --to alice"),
    Guard("fix lead", UNLED, decide(Choice.SEMI_PUBLIC), f"tacenda ack {CASE}"),
    Guard("longest embargo", SCORED, decide(Choice.SLOW_DOWN, until=slot(91)), "2026-05-31"),
    Guard("vendors", BARE, skip(Step.VENDOR_NOTICE), f"tacenda score {CASE} VECTOR"),
    Guard("vendors", SEVERE, skip(Step.VENDOR_NOTICE), f"tacenda decide {CASE} skip-vendors"),
    sure("step", CURRENT, extend(Step.USER_NOTICE, slot(9)), "kubernetes-current, has no user"),
    Guard(
        "limit of the release",
        TAKEN,
        extend(Step.FIX, after(22)),
        f"tacenda extend {CASE} release --until T --reason WHY",
    ),
    Guard(LONGEST, TAKEN, extend(Step.RELEASE, after(91)), "90 days from the receipt"),
    Guard(LONGEST, FIXED, release(slot(91)), "until 2026-05-31 09:00 UTC"),
    Guard(LONGEST, FIXED, user_notice(planned=slot(91)), "Give an earlier one"),
    Guard(LONGEST, FIXED, vendor_notice(planned=slot(91)), "Give an earlier one"),
    Guard(LONGEST, FIXED, invite(planned=slot(91)), "Give an earlier one"),
    sure("same policy", FIXED, adopt(Policy()), "nothing would change"),
    sure("earlier version", EARLIER, adopt(KUBERNETES_CURRENT), f"{CASE} was opened by an earlier"),
    # What was told elsewhere.
    sure("instant", FIXED, told_elsewhere(Audience.USERS, when=slot(1)), "--when T"),
    sure("instant", FIXED, leak(aware=slot(1)), "--aware T"),
    slip("before the report", FIXED, told_elsewhere(Audience.USERS, when=after(-1)), "--when T"),
    slip("before the report", BARE, acknowledge(elsewhere="chat", when=after(-1)), "--when T"),
    slip("before the report", FIXED, leak(aware=after(-1)), "--aware T"),
    # A notice.
    sure("no reporter", NAMELESS, UPDATE, "no address"),
    sure("no reporter", BY_PHONE, UPDATE, "no address"),
    sure("no reporter", NAMELESS, credit(), "no reporter to credit"),
    sure("released", GOING_OUT, user_notice(), "the same command sends a correction"),
    sure(
        "approved already",
        APPROVED,
        user_notice("Other."),
        f"tacenda notify {CASE} users --hold REASON",
        in_public=False,
    ),
    sure("approved already", CORRECTED, notice(Audience.VENDORS, "x"), "vendors --hold REASON"),
    sure(
        "nothing to hold", APPROVED, notice(Audience.VENDORS, hold="a slip"), "no approved vendor"
    ),
    sure("nothing to hold", CORRECTED, notice(Audience.USERS, hold="a slip"), "no approved corr"),
    slip("sent already", WARNED, vendor_notice(), "--to somebody"),
    slip("sent already", CORRECTED, notice(Audience.USERS, "Wrong."), "another text"),
    sure("instant", FIXED, vendor_notice(at=RECEIVED), "--at T"),
    slip("facts", FIXED, user_notice(revision=1), f"tacenda show {CASE}"),
    slip("facts", FIXED, release(slot(2), revision=1), f"tacenda show {CASE}"),
    slip("place to fill in", FIXED, user_notice("In <the version>."), "--text FILE"),
    slip("place to fill in", FIXED, release(slot(2), "In <the version>."), "--edit"),
    Guard("planned date", FIXED, user_notice(planned=None), "--planned T"),
    Guard("planned date", FIXED, user_notice(planned=RECEIVED), "--planned T"),
    Guard("planned date", FIXED, user_notice(at=slot(16)), "--planned T"),
    Guard("planned date", FIXED, vendor_notice(planned=RECEIVED), "--planned T"),
    Guard("approved date", SOON, user_notice(), "--planned 2026-03-03T16:00Z"),
    Guard("approved date", SOON, vendor_notice(planned=slot(9)), f"tacenda release {CASE} --hold"),
    Guard("fix or mitigation", BARE, user_notice(), f"tacenda fixed {CASE} --ref"),
    Guard("fix or mitigation", BARE, user_notice(), "--mitigation TEXT"),
    Guard("fix or mitigation", BARE, user_notice(), "--fix-expected"),
    Guard("files to the public", FIXED, user_notice(attachments=attached("a.patch")), "vendors"),
    # Letters that came back.
    sure("letter", FIXED, bounced("mallory@example.org", "receipt"), "nothing was recorded"),
    sure("letter", FIXED, bounced(RITA, "thanks"), "nothing was recorded"),
    sure("recorded already", LOST, bounced(RITA, "receipt"), "knows already"),
    sure("no bounce", FIXED, works_again(RITA), f"tacenda show {CASE}"),
    sure("no reporter", LOST, UPDATE, f"notify {CASE} reporter --sent-elsewhere REF"),
    # What the public would read.
    Guard("public text: CVE id", FIXED, user_notice("See\nCVE-2026-4242."), "line 2, columns 1-13"),
    Guard("public text: CVSS vector", FIXED, user_notice("AV:N/AC:L/PR:N"), "--text FILE"),
    Guard("public text: fix reference", KNOWN, user_notice("See PR #512."), "columns 5-11"),
    Guard("public text: commit hash", FIXED, user_notice("0a" * 20), "columns 1-40"),
    Guard("public text: patch", FIXED, user_notice("+++ b/x.py"), "lines of a patch"),
    Guard("public text: private address", KNOWN, user_notice("git.example.org"), "not public yet"),
    Guard(
        "public text: words of the report",
        KNOWN,
        user_notice("In an uploaded archive, can climb!"),
        "line 1, columns 1-33 (6 in a row)",
    ),
    Guard(
        "public text: CVE id",
        SOON,
        vendor_notice(users_told="CVE-2026-4242"),
        "line 1, columns 1-13 of the news for the users",
    ),
    Guard("public text: CVE id", SOON, close(users_told="CVE-2026-4242"), "of the news"),
    slip("public text: internal host", RELEASED, CORRECTION, "columns 7-27"),
    slip("public text: internal host", FIXED, release(slot(2), "http://wiki/x"), "columns 8-11"),
    slip("public text: reporter", FIXED, user_notice("By Rita."), f"tacenda confirm {CASE} credit"),
    slip("public text: reporter", FIXED, release(slot(2), "rita@example.org"), "--edit"),
    slip("public text: marked word", KNOWN, release(slot(2), "Blue-lantern"), "columns 1-12"),
    slip("public text: unread", UNREAD, user_notice(), "could not be looked through"),
    Guard("vendors' notice period", SOON, vendor_notice(at=after(0, hours=12)), "--at 2026-03-04"),
    # The release.
    Guard("fix", BARE, release(slot(2)), f"tacenda fixed {CASE} --ref URL"),
    Guard("fix", BARE, release(slot(2)), f"tacenda extend {CASE} fix --skip"),
    Guard("artifacts", FIXED, release(slot(2), artifacts_confirmed=False), "--confirm-artifacts"),
    Guard("vendor notice", CURRENT, release(slot(2)), f"tacenda notify {CASE} vendors"),
    Guard("vendor notice", CURRENT, release(slot(2)), f"extend {CASE} vendor_notice --skip"),
    Guard("vendors' notice period", WARNED, release(after(0, hours=20)), "--at 2026-03-03T16:00Z"),
    Guard("release day", FIXED, release(slot(4)), "--at 2026-03-09T16:00Z"),
    Guard("release day", FIXED, release(slot(5)), "--at 2026-03-09T16:00Z"),
    sure("instant", FIXED, release(RECEIVED), "--at T"),
    sure("instant", TWO, release(by="bob"), "approve it anew, both of you", now=slot(3)),
    sure("nothing to hold", FIXED, hold(), "no approved release"),
    sure("approved already", APPROVED, release(slot(3)), "--hold REASON", in_public=False),
    sure("approved already", TWO, release(slot(3), by="bob"), "another member", in_public=False),
    sure("released", RELEASED, release(), f"tacenda notify {CASE} users"),
    # The regulator.
    sure("nothing to file", TAKEN, file_report(), f"tacenda exploited {CASE} --reason WHO"),
    sure("nothing to file", UNBOUND, file_report(), "`applies = false`"),
    sure("nothing to file", BEFORE_THE_CLOCK, file_report(), "an earlier version"),
    sure("instant", EXPLOITED, file_report(when=after(1)), "--when T"),
    slip("before awareness", EXPLOITED, file_report(when=after(-1)), "--when T"),
    slip("filed already", FILED, file_report(ref="SRP-2"), "(SRP-1)"),
    slip("filed already", UNREQUIRED, file_report(), f"tacenda history {CASE}"),
    slip("filed already", INFORMED, file_report(Duty.USERS_INFORMED), "by the release"),
    slip("regulator", EXPLOITED, close(CloseReason.DUPLICATE), f"tacenda filed {CASE} users"),
    slip("regulator", FILED, close(CloseReason.COMPLETE), f"filed {CASE} notification --ref REF"),
    # The end.
    Guard("release", FIXED, held_retrospective(), f"tacenda release {CASE}"),
    Guard("release", FIXED, confirm_reporter(), "the last word to the reporter comes after it"),
    Guard("release", FIXED, close(CloseReason.COMPLETE), f"tacenda release {CASE}"),
    slip("CVE records", OPEN_ENDS, close(CloseReason.COMPLETE), "CVE-2026-12345 --published"),
    slip("reporter", OPEN_ENDS, close(CloseReason.COMPLETE), f"tacenda confirm {CASE} reporter"),
    slip("retrospective", OPEN_ENDS, close(CloseReason.COMPLETE), "retrospective --ref WHERE"),
]

NO_OVERRIDE_HELPS = {
    "itself": "nothing is linked to itself",
    "follows already": "a case has one plan",
    "follows none": "there is nothing to part",
    "leads": "one level is all that people can follow",
    "links": "there is a bound to everything that grows",
    "not linked": "who is not linked has no say",
    "duplicates of each other": "then nobody would work on the flaw",
    "closed": "nothing happens in a closed case; it is reopened first, by a person with a reason",
    "open": "there is nothing to reopen",
    "acknowledged": "exactly one person leads, and takes a case over with a command of its own",
    "answered": "a text is sent or refused, never dropped; another command sends it",
    "no lead": "nobody leads who could hand it over",
    "leads already": "they lead it",
    "public already": "it is public",
    "no decision asked": "nothing is asked that could be decided",
    "vector": "it cannot be read",
    "earlier version": "a case goes on by the rules by which it was opened",
    "unknown vendor": "nobody knows whose word that would be",
    "embargo over": "there is none left to accept",
    "consent": "nobody else can consent for them",
    "CVE id": "it is not of this case, and one command away from being",
    "no fix": "there is none to withdraw",
    "instant": "what is past cannot be done then, and what is to come was not told then",
    "not decided": "there is nothing to take back",
    "no choice": "what is public is due now",
    "decided already": "it holds, and is taken back with a reason first",
    "planned release": "there is none to join",
    "step": "it is done; and a case without acknowledgement or release is closed instead",
    "limit": "no limit is ever moved back",
    "same policy": "it has it",
    "no reporter": "there is nobody",
    "released": "it is out, or going out this moment; a correction follows it",
    "approved already": "what waits is stopped by a person, not replaced in silence",
    "nothing to hold": "nothing waits",
    "letter": "only a letter that was really sent can come back",
    "recorded already": "it is known",
    "nothing to file": "nothing is owed of which that could be said",
    "no bounce": "nothing keeps letters from that address",
}
"""The guards that stand whatever the reason, and why: a slip, or what is not there."""
