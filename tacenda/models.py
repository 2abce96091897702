"""The values of a case: frozen, validated at the edge, free of clocks and of I/O."""

from datetime import timedelta
from enum import StrEnum

from tacenda.enclosures import Enclosure
from tacenda.fields import Address, FilledLine, Instant, Line, MessageId, PgpKey, Text, Typed, Value
from tacenda.wording import SecretWords

DAY = timedelta(days=1)


class Step(StrEnum):
    """The five steps, in the order in which they name the state of a case."""

    ACKNOWLEDGE = "acknowledge"
    FIX = "fix"
    USER_NOTICE = "user_notice"
    VENDOR_NOTICE = "vendor_notice"
    RELEASE = "release"

    @property
    def label(self) -> str:
        """The step as a person reads it, without an underscore."""
        return self.value.replace("_", " ")


class State(StrEnum):
    """Where a case stands: the first open step, then released, then closed."""

    ACKNOWLEDGE = "acknowledge"
    FIX = "fix"
    USER_NOTICE = "user_notice"
    VENDOR_NOTICE = "vendor_notice"
    RELEASE = "release"
    RELEASED = "released"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The state as a person reads it."""
        return self.value.replace("_", " ")


class Band(StrEnum):
    """The severity bands of CVSS."""

    NONE = "None"
    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"
    CRITICAL = "Critical"


class Kind(StrEnum):
    """The letters that a case can send."""

    RECEIPT = "receipt"
    TEAM_ALERT = "team_alert"
    ACKNOWLEDGEMENT = "acknowledgement"
    FIX_TEAM = "fix_team"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    DIGEST = "digest"
    ALARM = "alarm"
    DECISION = "decision"
    HANDOVER = "handover"
    STAND_IN = "stand_in"
    PLAN_CHANGE = "plan_change"
    NEW_LIMITS = "new_limits"
    CALENDAR = "calendar"
    REPORTER_UPDATE = "reporter_update"
    INVITATION = "invitation"
    VENDOR_REMINDER = "vendor_reminder"
    USER_NOTICE = "user_notice"
    VENDOR_NOTICE = "vendor_notice"
    FINAL_WARNING = "final_warning"
    DATE_CHANGE = "date_change"
    RELEASE = "release"
    CORRECTION = "correction"
    THANKS = "thanks"
    RETROSPECTIVE = "retrospective"
    REGULATOR_REPORT = "regulator_report"
    DUTY_REMINDER = "duty_reminder"
    DUTY_OVERDUE = "duty_overdue"
    OPEN_ENDS = "open_ends"
    CLOSING = "closing"

    @property
    def label(self) -> str:
        """The kind as a person reads it."""
        return self.value.replace("_", " ")


class Audience(StrEnum):
    """Whom a letter is for; the directory turns it into addresses at sending time."""

    REPORTER = "reporter"
    LEAD = "lead"
    NEXT_LEAD = "next_lead"
    SECOND = "second"
    FORMER_LEAD = "former_lead"
    FIX_TEAM = "fix_team"
    TEAM = "team"
    ESCALATION = "escalate_to"
    USERS = "users"
    VENDORS = "vendors"
    RELEASE = "release"
    TOLD_VENDORS = "told_vendors"
    ASKED_VENDORS = "asked_vendors"
    TOLD = "told"

    @property
    def label(self) -> str:
        """The audience as a person reads it."""
        said = {Audience.ESCALATION: "escalation contacts", Audience.TOLD: "those told before"}
        return said.get(self, self.value.replace("_", " "))


class Break(StrEnum):
    """What can happen to an embargo: it leaks, it is public, the flaw is being exploited."""

    LEAK = "leak"
    PUBLIC = "public"
    EXPLOITED = "exploited"


class Word(StrEnum):
    """What a vendor answers: to an invitation, and, once it was told, to the notice."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    READY = "ready"
    NOT_AFFECTED = "not-affected"


class Matter(StrEnum):
    """What a person confirms: that the retrospective is held, the reporter answered, a credit."""

    RETROSPECTIVE = "retrospective"
    REPORTER = "reporter"
    CREDIT = "credit"


NOTICES = {
    Audience.USERS: Kind.USER_NOTICE,
    Audience.VENDORS: Kind.VENDOR_NOTICE,
    Audience.REPORTER: Kind.REPORTER_UPDATE,
}
"""Whom a notice can be for, and what it then is before the release."""


class CloseReason(StrEnum):
    """Why a case is closed."""

    COMPLETE = "complete"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    NOT_OURS = "not-ours"


class Reporter(Typed):
    """Who sent the report; without an address there is nobody to write to.

    They are named as in `credit` once a person confirmed it, and written to under `key`.
    """

    name: Line = ""
    email: Address | None = None
    credit: Line = ""
    key: PgpKey = ""


class Report(Typed):
    """What came in, as the reporter and the person who took it in wrote it down.

    `secret` are words that no public text may hold; `message_id` and `enclosures` came by mail.
    """

    title: FilledLine
    received: Instant
    component: Line = ""
    versions: Line = ""
    details: Text = ""
    public: bool = False
    reporter: Reporter | None = None
    secret: SecretWords = ()
    message_id: MessageId = ""
    enclosures: tuple[Enclosure, ...] = ()


class Severity(Value):
    """A CVSS vector with the base score and band recomputed from it."""

    vector: str
    version: str
    score: float
    band: Band


class Fix(Value):
    """Where the fix is, in which versions, and what helps until then, known since `mitigated`."""

    refs: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    mitigation: str = ""
    landed: Instant
    by: str
    mitigated: Instant | None = None

    @property
    def is_landed(self) -> bool:
        """Whether there is a fix, not only a mitigation."""
        return bool(self.refs)


class Extension(Value):
    """A limit that a person moved: until when, and when that was decided.

    `slowed`: the decision to slow down did, from where it `was` (None: where it is by itself).
    """

    until: Instant
    decided: Instant
    slowed: bool = False
    was: "Extension | None" = None


class Kept(Value):
    """A limit that stays at `at` (UTC), where the policy would have it no later than `upto`.

    Without `upto` it stays whatever the policy says: its step is over.
    """

    at: Instant
    upto: Instant | None = None


class Trouble(Value):
    """What a person must hear about, quoting nothing; `noise` is what any stranger can cause."""

    number: int
    at: Instant
    what: str
    noise: bool = False


class Deed(Value):
    """One act in the record; `overrode` is what `override` set aside, and what fell short."""

    at: Instant
    by: str
    what: str
    detail: str = ""
    why: str = ""
    override: str = ""
    overrode: tuple[str, ...] = ()
    digest: str = ""


class Stop(StrEnum):
    """What can keep every letter back: no answer, a refusal of us all, our ledger, our template."""

    UNREACHABLE = "unreachable"
    REJECTED = "rejected"
    LEDGER = "ledger"
    TEMPLATE = "template"

    @property
    def is_of_mail(self) -> bool:
        """Whether a letter cannot tell of it."""
        return self is not Stop.TEMPLATE


class Stopped(Value):
    """Since when (UTC) no letter of a case leaves, and what keeps them back."""

    by: Stop
    since: Instant


class Closing(Value):
    """How and when the case ended; a duplicate names the case that it is one of."""

    reason: CloseReason
    at: Instant
    by: str
    text: str = ""
    duplicate_of: str = ""
