"""The two approvals: a person says yes to exactly this text, for these people.

An approval binds the text, its files, its recipients and the revision of the facts that the
approver read; how, and when it becomes void, stands in `approving.py`.
"""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from tacenda.act import Telling
from tacenda.acts import MOST
from tacenda.enclosures import Attachments
from tacenda.fields import FilledLine, Instant, Line, NoticeText, moment
from tacenda.models import NOTICES, Audience

HELD = "HELD"
"""The last word of the detail of an approval that stops an approved one."""


class Approval(Telling):
    """What the approval of a notice and that of the release have in common.

    `at` is when it goes out, now if None. `hold` stops an approved one instead; its reason.
    `revision` is that of the facts which the approver read, 0 if unknown. `users_told` and
    `vendors_told` are what those get who were told another release date.
    """

    text: NoticeText | None = None
    at: Instant | None = None
    hold: Line = ""
    revision: Annotated[int, Field(ge=0)] = 0
    users_told: NoticeText | None = None
    vendors_told: NoticeText | None = None

    @property
    def has_no_text(self) -> bool:
        """Whether nothing is approved that a person must have read."""
        return False

    @model_validator(mode="after")
    def _text_or_hold(self) -> Self:
        if self.text is None and not (self.hold or self.elsewhere or self.has_no_text):
            raise ValueError("needs the text that is approved")
        if self.elsewhere and (self.hold or self.at):
            raise ValueError("what was told elsewhere is neither held nor sent")
        return self


class ApproveNotice(Approval):
    """A person approves exactly this text for the users, the vendors or the reporter.

    After the release it is a correction. `planned` is the release date that the text names;
    `fix_expected` is the approver's word that the fix will be ready by then. `to` are the
    names of those it is for, everybody if empty. To `invite` vendors to the embargo takes no
    text: the invitation says nothing of the case.
    """

    name: ClassVar[str] = "approve_notice"

    audience: Audience
    planned: Instant | None = None
    fix_expected: bool = False
    to: Annotated[tuple[FilledLine, ...], Field(max_length=MOST)] = ()
    attachments: Attachments = ()
    invite: bool = False

    @model_validator(mode="after")
    def _known_audience(self) -> Self:
        if self.audience not in NOTICES:
            raise ValueError("a notice goes to users, vendors or reporter")
        return self

    @model_validator(mode="after")
    def _invites_vendors(self) -> Self:
        more = (self.text, self.at, self.hold, self.elsewhere, self.attachments)
        if self.invite and (self.audience is not Audience.VENDORS or any(more)):
            raise ValueError("only vendors are invited, and the invitation takes no text")
        return self

    @property
    def has_no_text(self) -> bool:
        """Whether nothing is approved that a person must have read."""
        return self.invite

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        if self.hold:
            return f"{self.audience}, {HELD}"
        whom = f" ({', '.join(self.to)})" if self.to else ""
        planned = f", release planned {moment(self.planned)}" if self.planned else ""
        if self.invite:
            return f"{self.audience}{whom}, invited to the embargo{planned}"
        count = len(self.attachments)
        files = f", {count} {'file' if count == 1 else 'files'}" if count else ""
        return self.told_elsewhere(f"{self.audience}{whom}{planned}{files}")


class ApproveRelease(Approval):
    """A person approves exactly this text for the release, now or `at` an instant.

    `artifacts_confirmed` is the approver's word that the fixed versions are, or will by
    then be, public and verified.
    """

    name: ClassVar[str] = "approve_release"

    artifacts_confirmed: bool = False

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        if self.hold:
            return HELD
        at = f"for {moment(self.at)}" if self.at else "at once"
        return self.told_elsewhere("out") if self.elsewhere else at
