"""A person says that a report was filed with the regulator, or that the users were informed."""

from datetime import datetime
from typing import ClassVar, Self

from pydantic import model_validator

from tacenda.act import Act
from tacenda.case import Case
from tacenda.fields import Instant, Line, moment
from tacenda.filings import Duty, Filing


class FileReport(Act):
    """A person filed a report with the regulator, or informed the users some other way.

    `ref` is where that can be seen, `when` (UTC) when it was, if that was before. `not_required`
    is the reason for which there is nothing to file.
    """

    name: ClassVar[str] = "file_report"

    duty: Duty
    ref: Line = ""
    when: Instant | None = None
    not_required: Line = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.ref) == bool(self.not_required):
            raise ValueError("needs either a reference, or why it is not required")
        if self.when and self.not_required:
            raise ValueError("what is not required was not filed at any time")
        return self

    @property
    def detail(self) -> str:
        """What exactly was done, in a few words for the record."""
        if self.not_required:
            return f"{self.duty.label}, not required"
        when = f" on {moment(self.when)}" if self.when else ""
        return f"{self.duty.label}{when}: {self.ref}"


def filed(act: FileReport, case: Case, now: datetime) -> Case:
    """Return `case` after `act`, done at `now` (UTC): a later word takes the place of another."""
    filing = Filing(
        at=now,
        by=act.by,
        when=act.when or now,
        ref=act.ref,
        not_required=act.not_required,
    )
    return case.model_copy(update={"filings": {**case.filings, act.duty: filing}})
