"""What people do to a case, and what happens to it: the events of the lifecycle.

An act carries who (`by`, a member of the team as claimed by the caller) and why; an
`override` is the reason for which the guards that yield are set aside.
"""

import hashlib
import re
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from tacenda.fields import FilledLine, Instant, Line, NoticeText, Text, Typed, Value, moment
from tacenda.models import Audience, CloseReason, Kind, Sent, Step

MOST = 50
CVE_PATTERN = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")


def _cve_id(text: str) -> str:
    if not CVE_PATTERN.fullmatch(text):
        raise ValueError("must look like CVE-2026-12345")
    return text


CveId = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_cve_id)]


class Act(Typed):
    """A person's act on a case."""

    name: ClassVar[str]

    by: FilledLine
    why: Line = ""
    override: Line = ""

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return ""

    def digest(self) -> str:
        """Return what identifies the content of the act: a hash of its name and values."""
        content = f"{self.name}:{self.model_dump_json()}"
        return hashlib.sha256(content.encode()).hexdigest()[:32]


class Acknowledge(Act):
    """A person takes the case: names the fix lead and the fix team, answers the reporter."""

    name: ClassVar[str] = "acknowledge"

    lead: Line = ""
    team: Annotated[tuple[FilledLine, ...], Field(max_length=MOST)] = ()
    text: NoticeText | None = None

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return f"lead {self.lead or self.by}"


class Score(Act):
    """A person scores the case with a CVSS vector."""

    name: ClassVar[str] = "score"

    vector: FilledLine

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return self.vector


class AssignCve(Act):
    """A person assigns one or several CVE ids."""

    name: ClassVar[str] = "assign_cve"

    cves: Annotated[tuple[CveId, ...], Field(min_length=1, max_length=MOST)]

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return ", ".join(self.cves)


class FixLanded(Act):
    """The fix has landed, or a mitigation is known; the signal of the customer's card."""

    name: ClassVar[str] = "fix_landed"

    refs: Annotated[tuple[FilledLine, ...], Field(max_length=MOST)] = ()
    versions: Annotated[tuple[FilledLine, ...], Field(max_length=MOST)] = ()
    mitigation: Text = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.refs and not self.mitigation.strip():
            raise ValueError("needs a reference to the fix, or a mitigation")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return ", ".join((*self.refs, *self.versions)) or "a mitigation"


class ApproveNotice(Act):
    """A person approves exactly this text for the users, the vendors or the reporter.

    `planned` is the release date that the text names; `fix_expected` is the approver's
    word that the fix will be ready by then.
    """

    name: ClassVar[str] = "approve_notice"

    audience: Audience
    text: NoticeText
    planned: Instant | None = None
    at: Instant | None = None
    fix_expected: bool = False

    @property
    def kind(self) -> Kind:
        """The letter that is approved."""
        return KIND_FOR[self.audience]

    @model_validator(mode="after")
    def _known_audience(self) -> Self:
        if self.audience not in KIND_FOR:
            raise ValueError("a notice goes to users, vendors or reporter")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        planned = f", release planned {moment(self.planned)}" if self.planned else ""
        return f"{self.audience}{planned}"


KIND_FOR = {
    Audience.USERS: Kind.USER_NOTICE,
    Audience.VENDORS: Kind.VENDOR_NOTICE,
    Audience.REPORTER: Kind.REPORTER_UPDATE,
}


class ApproveRelease(Act):
    """A person approves exactly this text for the release, now or `at` an instant.

    `artifacts_confirmed` is the approver's word that the fixed versions are, or will by
    then be, public and verified. `hold` stops an approved release instead; its reason.
    """

    name: ClassVar[str] = "approve_release"

    text: NoticeText | None = None
    at: Instant | None = None
    artifacts_confirmed: bool = False
    hold: Line = ""

    @model_validator(mode="after")
    def _text_or_hold(self) -> Self:
        if self.text is None and not self.hold:
            raise ValueError("needs the text that is approved")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        if self.hold:
            return "HELD"
        return f"for {moment(self.at)}" if self.at else "at once"


class Extend(Act):
    """A person moves the limit of a step, or does without the step; `why` is required."""

    name: ClassVar[str] = "extend"

    step: Step
    until: Instant | None = None
    skip: bool = False
    why: FilledLine

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.until is None) == (not self.skip):
            raise ValueError("needs either a new limit or skip")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return f"{self.step.label}, " + (f"to {moment(self.until)}" if self.until else "skipped")


class Close(Act):
    """A person closes the case."""

    name: ClassVar[str] = "close"

    reason: CloseReason
    text: NoticeText | None = None

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return f"as {self.reason}"


class Happening(Value):
    """Something that happens to a case without a person's act."""


class LeadProposed(Happening):
    """The directory proposes a fix lead."""

    name: str


class LetterStarted(Happening):
    """A letter is on its way: whatever it covers is not planned again."""

    letter: Sent


class LetterSent(Happening):
    """A letter has left, or could not: its fate goes into the case."""

    letter: Sent


class LetterHeld(Happening):
    """An approved letter did not go out in time; it holds until a person decides."""

    key: str
    reason: str


class TroubleFound(Happening):
    """Something a person must hear about, in words that quote nothing."""

    what: str


Event = Act | Happening
"""Anything that changes a case."""
