"""How a case comes to be: from a report, or taken up again."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    import email_validator  # noqa: F401  # else pydantic imports it at the first address, in here

    from tacenda import lifecycle
    from tacenda.case import Case
    from tacenda.contract import Opening
    from tacenda.rules import (
        FIRST_RULES,
        LATE_REPORT,
        ON_RECORD,
        RIGHT_DATE,
        SEALED_CASE,
        SURE_POST,
        WHOLE_CASE,
    )

_PATCHES = {
    "late-report": LATE_REPORT,
    "on-record": ON_RECORD,
    "right-date": RIGHT_DATE,
    "sure-post": SURE_POST,
    "sealed-case": SEALED_CASE,
    "whole-case": WHOLE_CASE,
}
"""What the histories of each version say, the latest first."""


def rules() -> int:
    """Return the rules of the version that opened the case; a new one takes the latest."""
    return next((level for name, level in _PATCHES.items() if workflow.patched(name)), FIRST_RULES)


def case_of(opening: Opening, rules: int) -> Case:
    """Return the case that an opening starts, or takes up again."""
    now = workflow.now()
    if opening.closed and opening.reopening:
        closed = opening.closed.model_copy(update={"rules": rules})
        return lifecycle.reopened(closed, opening.reopening, now)
    return lifecycle.open_case(
        workflow.info().workflow_id,
        opening.report,
        opening.policy,
        now,
        rules=rules,
        adopted=opening.elsewhere,
    )
