"""What is on record of one disclosure: the plain facts, of which `case.py` asks questions."""

from collections.abc import Mapping

from pydantic import Field

from tacenda.bounces import Bounce
from tacenda.decisions import Choice, Decision
from tacenda.fields import Instant, Value
from tacenda.filings import Duty, Filing
from tacenda.hours import Hours
from tacenda.letters import Notice, Sent
from tacenda.links import Leading, Left, Link
from tacenda.models import (
    Audience,
    Break,
    Closing,
    Deed,
    Extension,
    Fix,
    Kept,
    Matter,
    Report,
    Severity,
    Step,
    Stopped,
    Trouble,
)
from tacenda.policy import FormerPolicy, Policy
from tacenda.rules import FIRST_RULES
from tacenda.turns import Turn
from tacenda.vendors import Asking, Parties, Replies, Silences


class Docket(Value):
    """The facts of one disclosure.

    `proposed_lead` is None until the directory has been asked, and empty when it knew nobody.
    `handing_to` is who has been asked to take the case over, since `handed`; `staffed` counts
    how often lead or team were named. `asked` is since when a person must decide what the
    break of the embargo changes, which was `broken` that way. `adopted` says where the case
    was handled before. `news` are the approved texts for those who were told another release
    date, or of one that does not come. `secrets` are words marked secret since the report.
    `stopped` is what keeps all letters back. `vendors` are those there were when somebody wanted
    to write to them for the `looked_up`th time; `askings` are the times when that was to invite
    them. `turns` is what changed in the plan, for those who must hear it;
    `decisions` bend the cadence, where the severity allows it. `second` is who was asked last, at
    `second_since`, to step in for a silent lead, `seconds` are all of this round; `hours` are when
    the lead works. `kept` are limits that would have moved into the past; `former_policies` those
    that the case carried before. `filings` are the duties to the regulator that are done.
    The case `follows` another, which
    releases both, and knows that one as `leading`; it was `linked` so often. `links` are those
    that follow it, `left` are those that it followed. `asked_with` is the linked case whose broken
    embargo made somebody ask; `duplicates` are cases that were closed as duplicates of this one.
    """

    id: str
    report: Report
    policy: Policy
    opened: Instant
    rules: int = FIRST_RULES
    adopted: str = ""
    reopened: Instant | None = None
    public_since: Instant | None = None
    leaked: Instant | None = None
    exploited: Instant | None = None
    asked: Instant | None = None
    broken: Break | None = None
    proposed_lead: str | None = None
    lead: str = ""
    former_lead: str = ""
    handing_to: str = ""
    handed: Instant | None = None
    staffed: int = 1
    fix_team: tuple[str, ...] = ()
    acknowledged: Instant | None = None
    acknowledgement: str | None = None
    secrets: tuple[str, ...] = ()
    stopped: Stopped | None = None
    severity: Severity | None = None
    cves: tuple[str, ...] = ()
    published_cves: tuple[str, ...] = ()
    fix: Fix | None = None
    planned: Instant | None = None
    news: Mapping[Audience, str] = Field(default_factory=dict)
    credit: str = ""
    confirmed: Mapping[Matter, Instant] = Field(default_factory=dict)
    moved: Mapping[Step, Extension] = Field(default_factory=dict)
    skipped: tuple[Step, ...] = ()
    revision: int = 1
    notices: tuple[Notice, ...] = ()
    under_way: tuple[Sent, ...] = ()
    letters: tuple[Sent, ...] = ()
    bounces: tuple[Bounce, ...] = ()
    vendors: Parties = ()
    looked_up: int = 0
    askings: tuple[Asking, ...] = ()
    replies: Replies = ()
    silences: Silences = ()
    troubles: tuple[Trouble, ...] = ()
    deeds: tuple[Deed, ...] = ()
    closing: Closing | None = None
    turns: tuple[Turn, ...] = ()
    decisions: Mapping[Choice, Decision] = Field(default_factory=dict)
    second: str = ""
    second_since: Instant | None = None
    seconds: tuple[str, ...] = ()
    hours: Hours | None = None
    kept: Mapping[Step, Kept] = Field(default_factory=dict)
    former_policies: tuple[FormerPolicy, ...] = ()
    filings: Mapping[Duty, Filing] = Field(default_factory=dict)
    follows: str = ""
    linked: int = 0
    leading: Leading | None = None
    links: tuple[Link, ...] = ()
    left: tuple[Left, ...] = ()
    asked_with: str = ""
    duplicates: tuple[str, ...] = ()
