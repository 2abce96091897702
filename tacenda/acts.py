"""What people do to a case. The two approvals stand apart, in `approvals.py`.

An act carries who (`by`, a member of the team as claimed by the caller) and why; an
`override` is the reason for which the guards that yield are set aside.
"""

import re
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from tacenda.act import Act, Telling
from tacenda.fields import FilledLine, Instant, Line, NoticeText, Text, moment
from tacenda.links import CaseId
from tacenda.models import Break, CloseReason, Matter, Step
from tacenda.wording import SecretWords

MOST = 50
CVE_PATTERN = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")


def _cve_id(text: str) -> str:
    if not CVE_PATTERN.fullmatch(text):
        raise ValueError("must look like CVE-2026-12345")
    return text


CveId = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_cve_id)]


class Acknowledge(Telling):
    """A person takes the case: names the fix lead and the fix team, answers the reporter.

    Later it accepts a hand-over, or adds to the fix team.
    """

    name: ClassVar[str] = "acknowledge"

    lead: Line = ""
    team: Annotated[tuple[FilledLine, ...], Field(max_length=MOST)] = ()
    text: NoticeText | None = None

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        # Who only names a team may be adding to it, and lead nothing.
        lead = f"lead {self.lead or self.by}" if self.lead or not self.team else ""
        team = f"fix team {', '.join(self.team)}" if self.team else ""
        return self.told_elsewhere(", ".join(filter(None, (lead, team))))


class Score(Act):
    """A person scores the case with a CVSS vector."""

    name: ClassVar[str] = "score"

    vector: FilledLine

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return self.vector


class AssignCve(Act):
    """A person assigns CVE ids, confirms that their records are public, or takes them back.

    `withdraw` is the reason for which they are no longer this case's.
    """

    name: ClassVar[str] = "assign_cve"

    cves: Annotated[tuple[CveId, ...], Field(min_length=1, max_length=MOST)]
    published: bool = False
    withdraw: Line = ""

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.published and self.withdraw:
            raise ValueError("an id is either published or withdrawn")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        what = ", records public" if self.published else ", withdrawn" if self.withdraw else ""
        return ", ".join(self.cves) + what


class FixLanded(Act):
    """The fix has landed, or a mitigation is known; the signal of the customer's card.

    `when` it landed (UTC), if that was before. `withdraw` is the reason for which it is taken
    back: references and versions are gone then, and a mitigation stays.
    """

    name: ClassVar[str] = "fix_landed"

    refs: Annotated[tuple[FilledLine, ...], Field(max_length=MOST)] = ()
    versions: Annotated[tuple[FilledLine, ...], Field(max_length=MOST)] = ()
    mitigation: Text = ""
    when: Instant | None = None
    withdraw: Line = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        lands = bool(self.refs or self.mitigation.strip())
        if self.withdraw and (lands or self.versions):
            raise ValueError("a fix is either landed or withdrawn")
        if not (lands or self.withdraw):
            raise ValueError("needs a reference to the fix, or a mitigation")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        if self.withdraw:
            return "WITHDRAWN"
        return ", ".join((*self.refs, *self.versions)) or "a mitigation"


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


class HandOff(Act):
    """A person hands the case to another, who leads it once they have accepted.

    Whoever names themselves takes the case over at once.
    """

    name: ClassVar[str] = "hand_off"

    to: FilledLine

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return f"to {self.to}"


class ReportEvent(Act):
    """A person says what happened to the embargo; `why` is required.

    `aware` is when the team became aware of it (UTC). `hold_on` is the decision about it to
    keep to the plan.
    """

    name: ClassVar[str] = "report_event"

    event: Break
    why: FilledLine
    aware: Instant | None = None
    hold_on: bool = False

    @model_validator(mode="after")
    def _public_is_public(self) -> Self:
        if self.hold_on and self.event is Break.PUBLIC:
            raise ValueError("what is public cannot be held back any more")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        return f"{self.event}, decided to hold on" if self.hold_on else self.event.value


class Confirm(Act):
    """A person confirms that something is done, or how the reporter wishes to be named.

    `ref` is where that can be seen. `credit` is the name to print; without one nobody is named.
    """

    name: ClassVar[str] = "confirm"

    what: Matter
    ref: Line = ""
    credit: Line = ""

    @model_validator(mode="after")
    def _credit_alone_has_a_name(self) -> Self:
        if self.credit and self.what is not Matter.CREDIT:
            raise ValueError("a name belongs to the credit alone")
        if self.credit.casefold() in ("nobody", "none", "no one", "anonymous"):
            raise ValueError("leave the name out to name nobody")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        if self.what is Matter.CREDIT:
            return f"credit to {self.credit or 'nobody'}"
        return f"{self.what} {self.ref}".strip()


class MarkSecret(Act):
    """A person marks words that no public text of the case may hold."""

    name: ClassVar[str] = "mark_secret"

    words: Annotated[SecretWords, Field(min_length=1)]

    @property
    def detail(self) -> str:
        """How many there are: the record does not repeat them."""
        return f"{len(self.words)} marked"


class Close(Telling):
    """A person closes the case; `reopen` takes a closed one up again instead, for that reason.

    `users_told` and `vendors_told` are what those get who were told of a release that now
    does not come. A duplicate is one of the case `duplicate_of`.
    """

    name: ClassVar[str] = "close"

    reason: CloseReason | None = None
    text: NoticeText | None = None
    users_told: NoticeText | None = None
    vendors_told: NoticeText | None = None
    reopen: Line = ""
    duplicate_of: CaseId = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.reason is None) == (not self.reopen):
            raise ValueError("needs either a reason to close, or one to reopen")
        if self.duplicate_of and self.reason is not CloseReason.DUPLICATE:
            raise ValueError("only a duplicate is one of another case")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        of = f" of {self.duplicate_of}" if self.duplicate_of else ""
        return "REOPENED" if self.reopen else self.told_elsewhere(f"as {self.reason}{of}")
